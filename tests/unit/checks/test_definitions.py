"""What the checks of definitions refuse: each case plants one mistake and expects one message, with what to write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from monitoring_kit.core.durations import Duration, parse_duration
from monitoring_kit.core.findings import Refused
from monitoring_kit.core.units import BYTES, COUNT, MILLISECONDS, PER_SECOND, RATIO, SECONDS
from monitoring_kit.environment.model import Environment
from monitoring_kit.environment.reader import read_environment
from monitoring_kit.model import prom
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.metrics import SCOPE_SETTINGS, source
from monitoring_kit.model.signals import Latency, Query, Rate, Signal, State, Unwatched
from monitoring_kit.model.thresholds import Severity, above
from monitoring_kit.plan.build import build_plan
from tests.support.planting import REFERENCE, alone, any_threshold, findings_of, shipped, shipped_environment

TARGETS = State(
    title="Targets", description="Targets.", by="namespace job", prometheus=prom.Gauge(gauge="up", combine="sum")
)
REQUESTS = Rate(
    title="Requests", description="Requests.", by="namespace", prometheus=prom.Rate(counter="model_predictions_total")
)
LATENCY = Latency(
    title="Latency",
    description="Latency.",
    by="namespace model_name",
    prometheus=prom.Histogram(histogram="model_prediction_duration_seconds"),
)


def raw(promql: str, by: str = "namespace") -> Query:
    return Query(title="Planted", description="Planted.", by=by, prometheus=prom.Query(text=promql))


def slower_than(bound: object) -> Definitions:
    return alone(LATENCY, any_threshold(RATIO, slower_than=bound))


def levels(warning: float, critical: float) -> Definitions:
    threshold = above(warning=warning * COUNT, critical=critical * COUNT, for_="5m", because="it is planted")
    return alone(TARGETS, threshold)


CASES: dict[str, tuple[Callable[[], Definitions], str, tuple[str, ...]]] = {
    "a metric outside the contract": (
        lambda: alone(raw("sum by (namespace) (model_requests)"), any_threshold()),
        "unknown-metric",
        ("model_requests",),
    ),
    "a label that the metric does not have": (
        lambda: alone(raw('sum by (namespace) (up{version="3"})'), any_threshold()),
        "unknown-label",
        ("version",),
    ),
    "a label value outside the closed set": (
        lambda: alone(raw('sum by (namespace) (rate(model_predictions_total{status="failed"}[5m]))'), any_threshold()),
        "unknown-label-value",
        ("failed", "error"),
    ),
    "a counter without a rate": (
        lambda: alone(raw("sum by (namespace) (model_predictions_total)"), any_threshold()),
        "raw-counter",
        ("model_predictions_total",),
    ),
    "an alert that loses the namespace": (
        lambda: alone(replace(TARGETS, by="job"), any_threshold()),
        "namespace",
        ("per job", 'by="namespace job"'),
    ),
    "a text that names a label which the query drops": (
        lambda: alone(raw("sum by (namespace) (up)", by="namespace pod"), any_threshold()),
        "template-label",
        ("pod",),
    ),
    "a legend that names a label which the query drops": (
        lambda: alone(raw("sum by (namespace) (up)", by="namespace pod")),
        "legend-label",
        ("pod",),
    ),
    "a range with too few scrapes": (
        lambda: alone(REQUESTS, any_threshold(PER_SECOND, window=parse_duration("1m"))),
        "range",
        ("[1m]", "2m"),
    ),
    "a latency threshold between two buckets": (
        lambda: slower_than(0.6 * SECONDS),
        "bucket-bound",
        ("600 ms", "0.5 0.75"),
    ),
    "a latency threshold in no unit of time": (lambda: slower_than(1 * BYTES), "unit", ("no time",)),
    "a threshold in another unit than the signal": (
        lambda: alone(TARGETS, any_threshold(MILLISECONDS)),
        "unit",
        ("milliseconds", "COUNT"),
    ),
    "a critical level that is reached before the warning": (
        lambda: levels(5, 2),
        "level-order",
        ("critical (2)", "warning (5)"),
    ),
    "two levels that are the same": (lambda: levels(5, 5), "level-order", ("critical (5)",)),
    "a threshold without a reason": (lambda: alone(TARGETS, any_threshold(because=" ")), "reason", ("because",)),
    "a threshold without a level": (lambda: alone(TARGETS, any_threshold(levels=())), "no-level", ("critical=",)),
    "an alert that fires at once": (
        lambda: alone(TARGETS, any_threshold(for_=Duration(0))),
        "for",
        ("immediate_because",),
    ),
    "an alert without a team": (lambda: alone(TARGETS, any_threshold(), team=" "), "team", ("name the team",)),
    "a text with an unknown hole": (
        lambda: alone(TARGETS, any_threshold(), says="has {number} targets"),
        "text",
        ("number", "{value}"),
    ),
    "a latency that is judged without a bound": (
        lambda: alone(LATENCY, any_threshold(RATIO)),
        "view",
        ("slow share", "slower_than="),
    ),
    "a signal that no alert watches and that does not say why": (
        lambda: with_signal(replace(TARGETS, name="planted")),
        "unwatched",
        ("Unwatched(",),
    ),
    "a signal that is on no dashboard": (
        lambda: with_signal(replace(TARGETS, name="planted", unwatched=Unwatched("planted"))),
        "unshown",
        ("dashboards/",),
    ),
    "a signal whose description is blank": (
        lambda: alone(replace(TARGETS, description=" ")),
        "blank",
        ("its description is blank", "write description="),
    ),
    "an alert whose summary is blank": (
        lambda: alone(TARGETS, any_threshold(), says=""),
        "blank",
        ("its summary is blank",),
    ),
    "a panel without a width": (
        lambda: alone(TARGETS, panel=TARGETS.timeseries(-1)),
        "panel-size",
        ("is -1 wide and 8 high", "from 1 to 24"),
    ),
    "a panel wider than the dashboard": (
        lambda: alone(TARGETS, panel=TARGETS.timeseries(25)),
        "panel-size",
        ("is 25 wide",),
    ),
    "a dashboard that cannot be narrowed down": (
        lambda: alone(TARGETS, variables=""),
        "no-variables",
        ("cannot be narrowed down", 'write variables="namespace job"'),
    ),
    "a signal without labels": (
        lambda: alone(replace(TARGETS, by=""), any_threshold()),
        "by",
        ("tells its series apart",),
    ),
    "a signal that is measured nowhere": (
        lambda: with_signal(Signal(title="Nothing", description="Nothing.", name="planted")),
        "unmeasured",
        ("prometheus=",),
    ),
    "a signal whose name is not in snake_case": (
        lambda: alone(replace(TARGETS, name="targetsUp")),
        "signal-name",
        ("snake_case",),
    ),
    "an alert whose name is one word": (lambda: renamed("Broken"), "alert-name", ("<Subject><Symptom>",)),
    "two views with the same panel id": (
        lambda: shown_twice(),
        "collision",
        ("panel id",),
    ),
    "a variable that no panel's metric has": (
        lambda: alone(TARGETS, variables="namespace colour"),
        "variable",
        ("colour",),
    ),
    "PromQL that does not parse": (lambda: alone(raw("sum by (namespace) (up")), "promql-syntax", ("sum by",)),
}


def with_signal(signal: Signal) -> Definitions:
    definitions = shipped()
    return replace(definitions, signals={**definitions.signals, signal.name: signal})


def renamed(name: str) -> Definitions:
    definitions = alone(TARGETS, any_threshold())
    (alert,) = definitions.alerts.values()
    return replace(definitions, alerts={name: replace(alert, name=name)})


def shown_twice() -> Definitions:
    definitions = alone(TARGETS)
    (dashboard,) = definitions.dashboards.values()
    return replace(definitions, dashboards={"planted": replace(dashboard, rows=dashboard.rows * 2)})


@pytest.mark.parametrize("mistake", CASES)
def test_a_mistake_is_refused_with_what_to_write_instead(mistake: str) -> None:
    definitions, check, words = CASES[mistake]
    found = findings_of(definitions())
    assert check in found, found
    assert all(word in found[check] for word in words), found[check]


def test_the_shipped_definitions_have_no_findings() -> None:
    assert findings_of(shipped(), "production") == {}
    assert findings_of(shipped(), "staging") == {}


def test_all_mistakes_are_reported_in_one_run() -> None:
    definitions = alone(replace(TARGETS, by="job"), any_threshold(MILLISECONDS, because="", for_=Duration(0)), team="")
    assert {"namespace", "unit", "reason", "for", "team"} <= findings_of(definitions).keys()


def overriding(folder: Path, alerts: str) -> Environment:
    file = folder / "production.yaml"
    shipped_text = (REFERENCE / "production.yaml").read_text()
    file.write_text(f"{shipped_text}\nalerts:\n{alerts}\n")
    return read_environment(file)


@pytest.mark.parametrize(
    ("alerts", "words"),
    [
        ("  ModelErrorRatioHihg:\n    critical: 10%", ("ModelErrorRatioHihg", "did you mean ModelErrorRatioHigh?")),
        ("  ModelErrorRatioHigh:\n    info: 1%", ("no level 'info'", "critical or warning")),
        ("  ModelErrorRatioHigh:\n    critical: 10ms", ("in seconds", "5%")),
        ("  ModelErrorRatioHigh:\n    critical: 1%", ("critical (1%) is not worse than warning (2%)",)),
        (
            "  InferenceContainerRestarts:\n    warning: 4.5",
            ("4.5 is not a whole number", "value like the definition's"),
        ),
        (f"  InferenceContainerRestarts:\n    warning: 1{'0' * 21}", ("is more than any value can be",)),
        (
            "  ModelErrorRatioHigh:\n    critical: https://u:hunter2@example.com",
            ("critical: 'https://...' is not a number",),
        ),
    ],
    ids=[
        "unknown alert",
        "unknown level",
        "wrong unit",
        "critical below warning",
        "fraction",
        "beyond reach",
        "secret",
    ],
)
def test_a_wrong_override_is_refused_at_its_line(tmp_path: Path, alerts: str, words: tuple[str, ...]) -> None:
    environment = overriding(tmp_path, alerts)
    (message,) = findings_of(shipped(), environment).values()
    assert "production.yaml:" in message
    assert all(word in message for word in words), message


def test_an_override_changes_one_level_and_nothing_else(tmp_path: Path) -> None:
    environment = overriding(tmp_path, "  ModelErrorRatioHigh:\n    critical: 10%")
    plan = build_plan(shipped(), environment)
    before = build_plan(shipped(), shipped_environment("production"))
    changed = {
        (rule.alert.name, rule.severity)
        for rule, was in zip(plan.prometheus_alerts, before.prometheus_alerts, strict=True)
        if rule.condition != was.condition
    }
    assert changed == {("ModelErrorRatioHigh", Severity.CRITICAL)}


def test_an_alert_that_is_switched_off_is_listed_with_its_reason(tmp_path: Path) -> None:
    environment = overriding(tmp_path, '  ModelTrafficStopped:\n    disabled: "idle at night by design"')
    plan = build_plan(shipped(), environment)
    assert [(off.alert.name, off.reason) for off in plan.disabled] == [
        ("ModelTrafficStopped", "idle at night by design")
    ]
    assert "ModelTrafficStopped" not in {rule.alert.name for rule in plan.prometheus_alerts}


def test_an_alert_object_is_named_after_its_variable() -> None:
    assert isinstance(shipped().alerts["ModelErrorRatioHigh"], Alert)
    assert all(name == alert.name for name, alert in shipped().alerts.items())


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ('{namespace="$namespace"', "is no selector"),
        ('{namespace="$namespce"}', "matches namespace with '$namespce', which is no setting"),
        ('{pod=~"$workload.*"}', "matches pod with '$workload.*', which is no setting"),
        ('{pod=~"x-$pods"}', "matches pod with 'x-$pods', which is no setting"),
    ],
)
def test_a_scope_that_no_environment_can_fill_is_refused(scope: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        source("planted", adds="namespace pod", scope=scope)
    (finding,) = refused.value.findings
    assert says in finding.problem
    assert "$namespace, $service, $workload, $pods" in finding.remedy


def test_every_environment_with_prometheus_has_what_a_scope_may_name() -> None:
    assert set(SCOPE_SETTINGS) <= shipped_environment("production").settings().keys()
