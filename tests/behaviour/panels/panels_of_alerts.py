"""Whether an alert's link leads to the panel that shows what the alert saw, at the moment it fires."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import quote_plus

from monitoring_kit.core.findings import Finding
from monitoring_kit.model.thresholds import Comparison, Severity
from monitoring_kit.plan.model import Plan, PlannedPanel, PrometheusAlert
from tests.behaviour.panels.grafana import GrafanaError, Json, Link, PanelLine, panels_of, read_link, resolve, run
from tests.behaviour.panels.panels import lines_of

_FILLED_IN = re.compile(r"\{\{\s*\$labels\.(\w+)\s*\|\s*urlquery\s*\}\}")


@dataclass(frozen=True)
class FiredAlert:
    """An alert when it fires: its name, its labels, its annotations as the rule file has them, and the time."""

    name: str
    labels: Mapping[str, str] = field(hash=False)
    annotations: Mapping[str, str] = field(hash=False)
    at: float


def check_link(fired: FiredAlert, plan: Plan, dashboards: Mapping[str, Json], address: str) -> Iterator[Finding]:
    """Follows the alert's `dashboard_url`.

    The panel has to plot the alert's signal and draw a line at its threshold, to show the alert's own series beyond
    that line, and no series of anybody else. `dashboards` are the files by uid.
    """
    alert = next(
        rule
        for rule in plan.prometheus_alerts
        if rule.alert.name == fired.name and rule.severity.value == fired.labels["severity"]
    )

    def finding(problem: str, remedy: str = "") -> Finding:
        subject = f"alert {fired.name} ({alert.alert.signal.where})"
        return Finding(alert.alert.where, subject, problem, remedy, "live-link")

    try:
        link = read_link(_filled_in(fired), fired.at)
        dashboard, panel, planned = _opened(link, plan, dashboards)
        variables = resolve(dashboard, address, link.time_range, link.chosen)
        unknown = sorted(set(link.chosen) - set(variables))
        if unknown:
            raise GrafanaError(f"the link sets {', '.join(unknown)}, which {link.uid} has no variable for")
        answers = tuple(run(panel, variables, address, link.time_range))
    except GrafanaError as error:
        yield finding(f"its dashboard link shows nothing: {error}")
        return
    at = f"the panel {panel['title']!r} of {link.uid} that its link opens"
    if planned.panel.signal.name != alert.alert.signal.name:
        yield finding(f"{at} plots {planned.panel.signal.name}, not {alert.alert.signal.name}")
    level = _level(alert, planned)
    if level not in lines_of(panel):
        yield finding(f"{at} draws no line at {level}, where the alert fires")
    own = {label: value for label, value in fired.labels.items() if label in alert.alert.signal.labels}
    series = [series for answer in answers for series in answer.series]
    newest = [value for one in series if _is_about(one, own) for value in _values_at(one, fired.at)]
    if not any(_is_beyond(value, level, alert) for value in newest):
        saw = ", ".join(f"{value:g}" for value in newest) or "nothing"
        labels = ", ".join(f"{label}={value}" for label, value in sorted(own.items()))
        bad = f"{alert.alert.threshold.comparison.words} {level}"
        yield finding(f"{at} shows {saw} for {labels} while the alert fires, which it does at {bad}")
    narrowed = [label for label in own if label in variables]
    others = [one.legend for one in series if not _is_about(one, {label: own[label] for label in narrowed})]
    if others:
        yield finding(f"{at} also shows {', '.join(others)}, which the alert is not about")


def _filled_in(fired: FiredAlert) -> str:
    """The link as Prometheus fills it in. Raises GrafanaError for a label that the alert does not carry."""

    def value(hole: re.Match[str]) -> str:
        if hole[1] not in fired.labels:
            raise GrafanaError(f"it names the label {hole[1]!r}, which the alert lacks")
        return quote_plus(fired.labels[hole[1]])

    link = _FILLED_IN.sub(value, fired.annotations["dashboard_url"])
    if "{{" in link:
        raise GrafanaError(f"nobody knows how to fill in {link}")
    return link


def _opened(link: Link, plan: Plan, dashboards: Mapping[str, Json]) -> tuple[Json, Json, PlannedPanel]:
    if link.uid not in dashboards:
        raise GrafanaError(f"there is no dashboard {link.uid!r}")
    panel = next((panel for panel in panels_of(dashboards[link.uid]) if panel["id"] == link.panel), None)
    if panel is None:
        raise GrafanaError(f"{link.uid} has no panel {link.panel}")
    planned = next(
        planned
        for dashboard in plan.dashboards
        if dashboard.uid == link.uid
        for planned in dashboard.panels
        if planned.id == link.panel
    )
    return dashboards[link.uid], panel, planned


def _level(alert: PrometheusAlert, planned: PlannedPanel) -> Decimal:
    level = alert.alert.threshold.level(Severity(alert.labels["severity"]))
    assert level is not None, "the plan has a rule for each level"
    return level.to(planned.unit)


def _is_about(series: PanelLine, labels: Mapping[str, str]) -> bool:
    return all(series.labels.get(label) == value for label, value in labels.items())


def _values_at(series: PanelLine, moment: float) -> list[float]:
    """The value of the point at `moment`; none where the line has ended before."""
    return [value for time, value in series.points if time == moment]


def _is_beyond(value: float, level: Decimal, alert: PrometheusAlert) -> bool:
    match alert.alert.threshold.comparison:
        case Comparison.ABOVE:
            return value > level
        case Comparison.AT_LEAST:
            return value >= level
        case Comparison.BELOW:
            return value < level
        case Comparison.AT_MOST:
            return value <= level
