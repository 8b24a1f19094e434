"""Checks on what people wrote, before any environment comes into play: names, units, reasons, deliberate silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from monitoring_kit.checks.buckets import Finder, bucket_findings
from monitoring_kit.checks.override_location import written
from monitoring_kit.checks.reachable_levels import reach_findings
from monitoring_kit.checks.registry import Check, Group
from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding
from monitoring_kit.core.units import plain
from monitoring_kit.environment.model import AlertOverride
from monitoring_kit.model import prom
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.dashboards import Dashboard
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.metrics import MetricType
from monitoring_kit.model.signals import Signal
from monitoring_kit.model.thresholds import Severity, Threshold
from monitoring_kit.plan.model import Plan
from monitoring_kit.promql.parser import PromqlError, parse
from monitoring_kit.promql.tree import Selector

_SIGNAL_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_ALERT_NAME = re.compile(r"([A-Z][a-z0-9]+){2,}")
# Who waits for longer hears of nothing that ends within a day; to look back further is the task of a window.
LONGEST_HOLD = Duration(86400)
GRID_COLUMNS = 24
_WORST_FIRST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


def definition_findings(definitions: Definitions) -> list[Finding]:
    """Everything that is wrong with the definitions themselves."""
    findings: list[Finding] = []
    for signal in definitions.signals.values():
        findings += _signal_findings(signal, definitions)
    for alert in definitions.alerts.values():
        findings += _alert_findings(alert, definitions)
    for dashboard in definitions.dashboards.values():
        findings += _dashboard_findings(dashboard)
        for row in dashboard.rows:
            for panel in row.panels:
                if definitions.signals.get(panel.signal.name) is not panel.signal:
                    problem = f"panel {panel.heading!r} shows a signal that no module of queries/ holds by name"
                    remedy = "give the signal a variable of its own in queries/ and import that"
                    findings.append(
                        Finding(panel.where, f"dashboard {dashboard.name}", problem, remedy, "unnamed-signal")
                    )
    return findings


def _dashboard_findings(dashboard: Dashboard) -> Iterator[Finding]:
    subject = f"dashboard {dashboard.name}"
    yield from _blank(dashboard, subject, title=dashboard.title, description=dashboard.description)
    for row in dashboard.rows:
        yield from _blank(dashboard, f"{subject}, a row", title=row.title)
        for panel in row.panels:
            if not 1 <= panel.width <= GRID_COLUMNS or panel.height < 1:
                problem = f"panel {panel.heading!r} is {panel.width} wide and {panel.height} high"
                remedy = f"write a width from 1 to {GRID_COLUMNS} and a height of at least 1"
                yield Finding(panel.where, subject, problem, remedy, "panel-size")
    labels = [panel.signal.labels for row in dashboard.rows for panel in row.panels if panel.signal.prometheus]
    shared = [label for label in (labels[0] if labels else ()) if all(label in each for each in labels)]
    if Backend.PROMETHEUS in dashboard.backends and shared and not dashboard.labels:
        problem = "has no variables: it cannot be narrowed down, and nor can links to it"
        yield Finding(dashboard.where, subject, problem, f'write variables="{" ".join(shared)}"', "no-variables")


def _blank(holder: Signal | Alert | Dashboard, subject: str, **texts: str) -> Iterator[Finding]:
    for field, text in texts.items():
        if not text.strip():
            yield Finding(holder.where, subject, f"its {field} is blank", f'write {field}="..."', "blank")


def override_findings(plan: Plan) -> Iterator[Finding]:
    """What is wrong with the thresholds that an environment has changed."""
    for alert in plan.alerts:
        if alert.threshold != plan.definitions.alerts[alert.name].threshold:
            yield from threshold_findings(alert, plan.definitions, plan.environment.overrides.get(alert.name))


def threshold_findings(
    alert: Alert, definitions: Definitions, override: AlertOverride | None = None
) -> Iterator[Finding]:
    """What is wrong with the numbers of an alert, some of which an environment's `override` may have changed."""
    threshold, signal = alert.threshold, alert.signal

    def finding(check: str, problem: str, remedy: str) -> Finding:
        return Finding(threshold.where, f"threshold of {alert.name}", problem, remedy, check)

    if not threshold.levels:
        yield finding("no-level", "has no level at all", "give it critical=, warning= or info=")
    if not threshold.because.strip():
        yield finding("reason", "does not say why", "write because='...': the engineer on call will ask")
    yield from _hold_findings(alert, override)
    yield from _unit_findings(alert, finding)
    yield from _order_findings(alert, override)
    yield from reach_findings(alert, override)
    measure = signal.prometheus
    if isinstance(measure, prom.Histogram):
        yield from _bound_findings(threshold, measure, definitions, finding)


def _signal_findings(signal: Signal, definitions: Definitions) -> Iterator[Finding]:
    def finding(check: str, problem: str, remedy: str) -> Finding:
        return Finding(signal.where, f"signal {signal.name}", problem, remedy, check)

    yield from _blank(signal, f"signal {signal.name}", title=signal.title, description=signal.description)
    if not _SIGNAL_NAME.fullmatch(signal.name):
        yield finding("signal-name", "is not in snake_case", "rename the variable: error_ratio")
    if all(signal.measure(backend) is None for backend in Backend):
        remedy = "give it prometheus=, online_endpoint=, application_insights= or container_insights="
        yield finding("unmeasured", "is measured nowhere", remedy)
    if signal.prometheus is not None and not signal.labels:
        yield finding("by", "does not say what tells its series apart", 'write by="namespace ..."')
    watching = definitions.watching(signal)
    if not watching and signal.unwatched is None:
        remedy = "add an Alert in rules/alerts.py, or say unwatched=Unwatched('why no alert has to')"
        yield finding("unwatched", "no alert watches it, and it does not say why", remedy)
    if watching and signal.unwatched is not None:
        names = ", ".join(alert.name for alert in watching)
        yield finding("unwatched", f"says that no alert watches it, but {names} does", "drop one of the two")
    windows = {alert.threshold.window for alert in watching}
    if len(windows) > 1:
        named = " and ".join(f"{alert.name} over {alert.threshold.window.words()}" for alert in watching)
        remedy = "judge it over one window: a panel draws one line, and it has to be the judged one"
        yield finding("windows", f"is judged over different windows: {named}", remedy)
    if not any(panel.signal is signal for d in definitions.dashboards.values() for r in d.rows for panel in r.panels):
        yield finding(
            "unshown", "is on no dashboard", "add a panel of it to a module of dashboards/, or drop the signal"
        )


def _alert_findings(alert: Alert, definitions: Definitions) -> Iterator[Finding]:
    def finding(check: str, problem: str, remedy: str) -> Finding:
        return Finding(alert.where, f"alert {alert.name}", problem, remedy, check)

    yield from _blank(alert, f"alert {alert.name}", summary=alert.summary)
    if not _ALERT_NAME.fullmatch(alert.name):
        yield finding("alert-name", "is not named <Subject><Symptom>", "rename the variable: JobErrorsHigh")
    if definitions.signals.get(alert.signal.name) is not alert.signal:
        yield finding("unnamed-signal", "judges a signal that no module of queries/ holds by name", "name it there")
    labels = " ".join(alert.signal.labels)
    if alert.signal.prometheus is not None and "namespace" not in alert.signal.labels:
        problem = f"loses the label namespace: {alert.signal.name} is per {labels or 'nothing'}"
        remedy = f'write by="namespace {labels}": Alertmanager routes by it, and the runbook needs it'
        yield finding("namespace", problem, remedy)
    if not alert.team.strip():
        yield finding("team", "has no team", "name the team that is woken")
    yield from threshold_findings(alert, definitions)


def _unit_findings(alert: Alert, finding: Finder) -> Iterator[Finding]:
    threshold, signal = alert.threshold, alert.signal
    for severity, level in threshold.levels:
        for backend in Backend:
            measure = signal.measure(backend)
            if measure is None:
                continue
            unit = measure.judged_unit(signal.unit)
            if level.unit.dimension != unit.dimension:
                problem = f"{severity.value} is {plain(level.value)} {level.unit}, but {signal.name} is in {unit}"
                yield finding("unit", problem, f"write the level in {unit.constant}")
                break
    if threshold.slower_than is not None and threshold.slower_than.unit.dimension != "time":
        problem = f"slower_than is {threshold.slower_than}, which is no time"
        yield finding("unit", problem, "write it in SECONDS or MILLISECONDS")
    if threshold.min_events is not None and threshold.min_events.unit.dimension != "number":
        yield finding("unit", f"min_events is {threshold.min_events}, which is no count", "write it in COUNT")


def _hold_findings(alert: Alert, override: AlertOverride | None) -> Iterator[Finding]:
    threshold, for_ = alert.threshold, written(alert, "for", override)
    if threshold.for_.seconds == 0 and not threshold.immediate_because:
        yield for_.finding(
            "for",
            "fires at once, on a single evaluation",
            definition='write for_="5m", or immediate_because="..." where waiting makes no sense',
            override="write a time that a short trouble does not last, such as `for: 5m`",
        )
    if threshold.for_ > LONGEST_HOLD:
        yield for_.finding(
            "for",
            f"has to last {threshold.for_}, so whatever ends within {threshold.for_.words()} is never told",
            definition=f'write at most for_="{LONGEST_HOLD}"',
            override=f"write at most `for: {LONGEST_HOLD}`",
        )


def _order_findings(alert: Alert, override: AlertOverride | None) -> Iterator[Finding]:
    threshold, levels = alert.threshold, dict(alert.threshold.levels)
    present = [severity for severity in _WORST_FIRST if severity in levels]
    for worse, better in pairwise(present):
        high, low = levels[worse], levels[better]
        if high.unit.dimension != low.unit.dimension:
            continue
        apart = high.to(low.unit) - low.value
        if apart == 0 or (apart > 0) != threshold.comparison.worse_is_higher:
            changed = worse if override is None or override.changes(worse.value) else better
            beyond = "more" if threshold.comparison.worse_is_higher else "less"
            yield written(alert, changed.value, override).finding(
                "level-order",
                f"{worse.value} ({high}) is not worse than {better.value} ({low})",
                definition=f"a value must pass {better.value} before it reaches {worse.value}",
                override=f"write `{worse.value}:` as {beyond} than `{better.value}:`, which is {low}; change either",
            )


def _bound_findings(
    threshold: Threshold, measure: prom.Histogram, definitions: Definitions, finding: Finder
) -> Iterator[Finding]:
    if threshold.slower_than is None or threshold.slower_than.unit.dimension != "time":
        return
    try:
        parsed = parse(measure.histogram)
    except PromqlError:
        return  # the expression's own check reports it
    metric = definitions.catalogue.metrics.get(parsed.metric) if isinstance(parsed, Selector) else None
    if metric is None or metric.type is not MetricType.HISTOGRAM:
        return
    yield from bucket_findings(threshold.slower_than, metric, finding)


GROUP = Group(
    title="Signals, alerts and thresholds",
    checks=(
        Check(
            "alert-name",
            "An alert is called by its subject and its symptom, in CamelCase. The name is what a page shows "
            "first, and what silences and routes match.",
            "alert modelErrors: is not named <Subject><Symptom>",
        ),
        Check(
            "signal-name",
            "A signal's name is the variable that holds it, in snake_case. Rule groups, columns of Kusto "
            "results and the index use it.",
            "signal targetsUp: is not in snake_case",
        ),
        Check(
            "unnamed-signal",
            "An alert judges a signal that no module of `queries/` holds under a name, so nothing else can "
            "show or find it.",
            "alert CheckoutErrorsHigh: judges a signal that no module of queries/ holds by name",
        ),
        Check(
            "blank",
            "A text that people read is blank: a title, a description, the summary of an alert.",
            "signal planted: its description is blank",
        ),
        Check(
            "panel-size",
            "A panel is wider than the grid, or has no size at all.",
            "dashboard planted: panel 'Targets' is -1 wide and 8 high",
        ),
        Check(
            "no-variables",
            "A dashboard of Prometheus series has no variable, so a reader cannot narrow it down.",
            "dashboard planted: has no variables: it cannot be narrowed down, and nor can links to it",
        ),
        Check(
            "unmeasured",
            "A signal, or the signal of an objective, has no measure where it needs one.",
            "signal planted: is measured nowhere",
        ),
        Check(
            "by",
            "A signal measured by Prometheus names the labels that tell its series apart. Without them "
            "everything is added up into one number.",
            "signal planted: does not say what tells its series apart",
        ),
        Check(
            "unwatched",
            "Either an alert judges a signal or the signal says why none has to. So a signal that was "
            "forgotten differs from one that was left alone on purpose.",
            "signal planted: no alert watches it, and it does not say why",
        ),
        Check(
            "unshown",
            "Every signal is on a dashboard. The person who is paged needs to see what the alert saw.",
            "signal planted: is on no dashboard",
        ),
        Check(
            "windows",
            "All alerts on a signal judge it over the same window, because a panel draws one line and that is "
            "to be the judged one.",
            "signal error_ratio: is judged over different windows: CheckoutErrorsHigh over 5 minutes and "
            "CheckoutErrorsOdd over 1 hour",
        ),
        Check(
            "namespace",
            "The label `namespace` is kept from the series to the alert. The operator's routes, inhibitions "
            "and runbooks rest on it.",
            "alert PlantedSignalHigh: loses the label namespace: planted is per job",
        ),
        Check(
            "team",
            "An alert names a team, and an environment file maps only roles that alerts name.",
            "alert PlantedSignalHigh: has no team",
        ),
        Check(
            "no-level",
            "A threshold has at least one level, an objective at least one burn rate that is told to a team.",
            "threshold of PlantedSignalHigh: has no level at all",
        ),
        Check(
            "reason",
            "Every number that can page carries its reason. Without one it is never changed later.",
            "threshold of PlantedSignalHigh: does not say why",
        ),
        Check(
            "unit",
            "A level, a bound or a number of events is in another kind of unit than what it is compared with.",
            "threshold of PlantedSignalHigh: slower_than is 1 B, which is no time",
        ),
        Check(
            "level-order",
            "A worse severity has to need a worse value. Otherwise the page comes before the ticket, or both at once.",
            "threshold of PlantedSignalHigh: critical (2) is not worse than warning (5)",
        ),
        Check(
            "for",
            "A condition has to last: not so short that a single evaluation pages, not so long that "
            "trouble is over before it is told.",
            "threshold of PlantedSignalHigh: fires at once, on a single evaluation",
        ),
        Check(
            "unreachable",
            "The level lies beyond what the value can ever be, so the alert can never fire: a ratio above "
            "100%, a count below 0.",
            "threshold of PlantedSignalHigh: warning at less than 0 would never fire: Planted is judged, and "
            "it is 0 or more",
        ),
        Check(
            "always-reached",
            "Every possible value is bad, so the alert would always fire.",
            "threshold of PlantedSignalHigh: warning at more than -1/s would always fire: Planted is judged, "
            "and it is 0 or more",
        ),
        Check(
            "bucket-bound",
            "`slower_than` has to be one of the histogram's buckets: only there is the share of slow events exact.",
            "objective planted: does not say from when on an event of latency is slow",
        ),
    ),
    definitions=definition_findings,
    plan=override_findings,
)
