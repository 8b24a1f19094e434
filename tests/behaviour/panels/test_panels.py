"""Every panel and variable of every Prometheus dashboard, run as Grafana runs them over recorded incidents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pytest

from monitoring_kit.core.findings import Finding
from monitoring_kit.plan.model import PlannedDashboard
from monitoring_kit.render.grafana import render_grafana
from tests.behaviour.incidents import production
from tests.behaviour.incidents.evaluation import firings, name_of
from tests.behaviour.incidents.history import over_time
from tests.behaviour.incidents.incident import Incident
from tests.behaviour.incidents.incidents import HEALTHY_WEEK, INCIDENTS
from tests.behaviour.incidents.recording import Recorded, served
from tests.behaviour.panels.grafana import Json, TimeRange, panels_of, reads_prometheus
from tests.behaviour.panels.panels import check_healthy, check_narrowing, check_values, show
from tests.behaviour.panels.panels_of_alerts import FiredAlert, check_link
from tests.support.planting import shipped

# Signals that show nothing on a good day, and why that is right. All others have to show data, these must not.
EMPTY_WHEN_HEALTHY = {
    name: signal.empty_when_healthy for name, signal in shipped().signals.items() if signal.empty_when_healthy
}

HOUR = 3600
# Hours before the end. The week is short of its first hour, in which the windows of its queries are not full yet.
RANGES = {"1 h": 1, "24 h": 24, "7 d": 7 * 24 - 1}

SILENT = [incident for incident in INCIDENTS if incident.name in ("traffic gone", "no traffic at night")]
# The last half hour without a single request.
SILENCE = 'sum(increase(model_predictions_total{job="ml-inference-metrics", namespace="production"}[35m])) == 0'


@dataclass(frozen=True)
class RecordedIncident:
    """An incident and the Prometheus that knows it."""

    incident: Incident
    recorded: Recorded

    def last_hours(self, hours: int) -> TimeRange:
        """The last `hours`."""
        return TimeRange(self.recorded.end - hours * HOUR, self.recorded.end)

    @property
    def after_first_hour(self) -> TimeRange:
        """All of it but the first hour."""
        return TimeRange(self.recorded.start + HOUR, self.recorded.end)


@cache
def dashboards() -> Mapping[str, tuple[PlannedDashboard, Json]]:
    """The files of the dashboards that ask Prometheus, each beside its plan, by uid."""
    plan = production.plan()
    texts = render_grafana(plan)
    files = {shown.uid: (shown, json.loads(texts[f"grafana/{shown.uid}.json"])) for shown in plan.dashboards}
    return {uid: found for uid, found in files.items() if any(map(reads_prometheus, panels_of(found[1])))}


@pytest.fixture(scope="module")
def healthy() -> Iterator[RecordedIncident]:
    with served(HEALTHY_WEEK) as recorded:
        yield RecordedIncident(HEALTHY_WEEK, recorded)


@pytest.fixture(scope="module", params=INCIDENTS, ids=[incident.name for incident in INCIDENTS])
def recording(request: pytest.FixtureRequest) -> Iterator[RecordedIncident]:
    incident: Incident = request.param
    with served(incident) as recorded:
        yield RecordedIncident(incident, recorded)


def said(findings: list[Finding]) -> str:
    return "\n".join(map(str, findings))


@pytest.mark.parametrize("uid", dashboards())
@pytest.mark.parametrize("hours", RANGES.values(), ids=RANGES)
def test_every_panel_shows_data_on_a_good_day(uid: str, hours: int, healthy: RecordedIncident) -> None:
    planned, dashboard = dashboards()[uid]

    shown, findings = show(dashboard, planned, healthy.recorded.address, healthy.last_hours(hours))
    findings += [*check_values(shown), *check_healthy(shown, EMPTY_WHEN_HEALTHY)]

    assert not findings, said(findings)
    assert len(shown.answers) == len(planned.panels)


@pytest.mark.parametrize("name", EMPTY_WHEN_HEALTHY)
def test_a_panel_that_is_empty_on_a_good_day_says_what_that_means(name: str) -> None:
    panels = [panel for planned, _ in dashboards().values() for panel in planned.panels]
    signals = [panel.panel.signal for panel in panels if panel.panel.signal.name == name]

    assert signals
    assert all(signal.when_empty != "No data" for signal in signals)


@pytest.mark.parametrize("uid", dashboards())
def test_no_panel_fails_or_shows_an_impossible_value_whatever_happens(uid: str, recording: RecordedIncident) -> None:
    planned, dashboard = dashboards()[uid]

    shown, findings = show(dashboard, planned, recording.recorded.address, recording.after_first_hour)
    findings += check_values(shown)

    assert not findings, said(findings)


@pytest.mark.parametrize("uid", dashboards())
def test_every_value_of_a_variable_leaves_just_its_own_series(uid: str, recording: RecordedIncident) -> None:
    planned, dashboard = dashboards()[uid]

    shown, findings = show(dashboard, planned, recording.recorded.address, recording.last_hours(1))
    findings += check_narrowing(shown, recording.recorded.address)

    assert not findings, said(findings)


@pytest.mark.parametrize("uid", dashboards())
@pytest.mark.parametrize("recording", SILENT, ids=[incident.name for incident in SILENT], indirect=True)
def test_silence_is_no_error(uid: str, recording: RecordedIncident) -> None:
    planned, dashboard = dashboards()[uid]
    recorded = recording.recorded
    now = max(time for past in over_time(recorded.address, SILENCE, recorded.evaluations) for time in past.values)

    shown, findings = show(dashboard, planned, recorded.address, TimeRange(now - HOUR / 2, now))
    findings += check_values(shown)

    assert not findings, said(findings)
    # A table of several signals has that of its panel in the first column.
    traffic = [
        answer
        for panel in planned.panels
        if panel.panel.signal.name == "request_rate"
        for answer in shown.answers[panel.id][: 1 if panel.columns else None]
        if answer.target["instant"]
    ]
    assert traffic or uid != "production-service"
    for answer in traffic:
        assert answer.series
        assert all(series.values == (0.0,) for series in answer.series)


def test_the_link_of_every_alert_that_fires_opens_what_the_alert_saw(recording: RecordedIncident) -> None:
    plan, files = production.plan(), {uid: dashboard for uid, (_, dashboard) in dashboards().items()}
    recorded = recording.recorded

    findings: list[Finding] = []
    followed: set[str] = set()
    for rule in production.alerts():
        if name_of(rule) not in recording.incident.fires:
            continue
        for firing in firings(recorded.address, rule, recorded.evaluations):
            assert isinstance(rule["annotations"], Mapping)
            annotations = {str(name): str(text) for name, text in rule["annotations"].items()}
            fired = FiredAlert(str(rule["alert"]), firing.labels, annotations, recorded.start + firing.since.seconds)
            findings += check_link(fired, plan, files, recorded.address)
            followed.add(name_of(rule))

    assert not findings, said(findings)
    assert followed == set(recording.incident.fires)
