"""Whoever adds a signal and an alert of any kind gets cases that hold, answer every question and notice mistakes."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import pytest

from monitoring_kit.core.findings import Refused
from monitoring_kit.core.units import BYTES, CORES, COUNT, PER_SECOND, RATIO, SECONDS
from monitoring_kit.model import prom
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.signals import Absence, Increase, Latency, Query, Rate, Ratio, Signal, State, Utilisation
from monitoring_kit.model.thresholds import Threshold, above, at_least, at_most, below, earlier
from monitoring_kit.plan.build import build_plan
from monitoring_kit.testing.case import Specification
from monitoring_kit.testing.completeness import gaps
from monitoring_kit.testing.derive import derive
from monitoring_kit.testing.rule_files import Rule, rules_by_alert, rules_of, shipped_rules
from monitoring_kit.testing.runner import MutantOutcome, run_alert
from monitoring_kit.testing.scope import CannotDerive, scope_of
from monitoring_kit.testing.unit_tests import failures
from tests.behaviour.alerts.facts import facts
from tests.pack.test_docs import example
from tests.support.planting import alone, shipped_environment

ALERT = "PlantedSignalHigh"


@dataclass(frozen=True)
class New:
    """A signal and a threshold that somebody might add."""

    name: str
    signal: Signal
    threshold: Threshold


# As docs/add-a-signal.md adds it.
PAGE_SIGNAL = State(
    title="Slowest scrape",
    description="The longest that any pod of the service keeps Prometheus waiting.",
    unit=SECONDS,
    by="namespace job",
    prometheus=prom.Gauge(gauge="scrape_duration_seconds", combine="max"),
)
PAGE_THRESHOLD = above(warning=5 * SECONDS, for_="15m", because="a scrape is given up after 10 seconds")

NEW = (
    New("the one of docs/add-a-signal.md", PAGE_SIGNAL, PAGE_THRESHOLD),
    New(
        "a share of versions that is nearly all",
        Ratio(
            title="Rejected",
            description="Rejected.",
            by="namespace model_name model_version",
            prometheus=prom.Ratio(bad='model_predictions_total{status="rejected"}', total="model_predictions_total"),
        ),
        above(critical=0.98 * RATIO, info=0.5 * RATIO, for_="2m", min_events=50 * COUNT, because="planted"),
    ),
    New(
        "a share of all, without a hold",
        Ratio(
            title="Errors",
            description="Errors.",
            by="namespace",
            prometheus=prom.Ratio(bad='model_predictions_total{status="error"}', total="model_predictions_total"),
        ),
        above(warning=0.1 * RATIO, for_="0s", immediate_because="planted", because="planted"),
    ),
    New(
        "a rate above",
        Rate(
            title="Busy",
            description="Busy.",
            by="namespace model_name",
            prometheus=prom.Rate(counter="model_errors_total"),
        ),
        above(warning=10 * PER_SECOND, critical=50 * PER_SECOND, for_="5m", window="10m", because="planted"),
    ),
    New(
        "a rate that is gone",
        Rate(
            title="Gone",
            description="Gone.",
            by="namespace job",
            prometheus=prom.Rate(counter="model_predictions_total"),
        ),
        at_most(
            critical=0 * PER_SECOND,
            for_="5m",
            earlier=earlier(2 * PER_SECOND, window="30m", ago="30m"),
            because="planted",
        ),
    ),
    New(
        "slow answers of each version",
        Latency(
            title="Latency",
            description="Latency.",
            by="namespace model_name model_version",
            prometheus=prom.Histogram(histogram="model_prediction_duration_seconds"),
        ),
        above(critical=0.01 * RATIO, slower_than=2 * SECONDS, for_="3m", min_events=100 * COUNT, because="planted"),
    ),
    New(
        "memory of a pod",
        Utilisation(
            title="Memory",
            description="Memory.",
            by="namespace pod",
            amount=BYTES,
            prometheus=prom.Utilisation(
                used="container_memory_working_set_bytes",
                used_is="gauge",
                limit='kube_pod_container_resource_limits{resource="memory"}',
                request='kube_pod_container_resource_requests{resource="memory"}',
            ),
        ),
        above(warning=0.7 * RATIO, critical=0.95 * RATIO, for_="10m", because="planted"),
    ),
    New(
        "processor time over another window",
        Utilisation(
            title="CPU",
            description="CPU.",
            by="namespace pod container",
            amount=CORES,
            prometheus=prom.Utilisation(
                used="container_cpu_usage_seconds_total",
                used_is="counter",
                limit='kube_pod_container_resource_limits{resource="cpu"}',
                request='kube_pod_container_resource_requests{resource="cpu"}',
            ),
        ),
        above(critical=0.95 * RATIO, window="10m", for_="10m", because="planted"),
    ),
    New(
        "restarts after an error",
        Increase(
            title="Restarts",
            description="Restarts.",
            by="namespace pod container",
            prometheus=prom.Increase(
                counter="kube_pod_container_status_restarts_total",
                only_while='kube_pod_container_status_last_terminated_reason{reason="Error"} == 1',
            ),
        ),
        above(warning=10 * COUNT, window="30m", for_="0s", immediate_because="planted", because="planted"),
    ),
    New(
        "a number of series",
        State(
            title="Pods",
            description="Pods.",
            by="namespace model_name",
            prometheus=prom.Gauge(gauge="model_info", combine="count"),
        ),
        above(warning=3 * COUNT, for_="5m", because="planted"),
    ),
    New(
        "too few replicas",
        State(
            title="Replicas",
            description="Replicas.",
            by="namespace deployment",
            prometheus=prom.Gauge(gauge="kube_deployment_status_replicas_available"),
        ),
        below(warning=3 * COUNT, critical=2 * COUNT, for_="4m", because="planted"),
    ),
    New(
        "a sum that is at most",
        State(
            title="Up",
            description="Up.",
            by="namespace job",
            prometheus=prom.Gauge(gauge="up", combine="sum", or_missing=True),
        ),
        at_most(critical=1 * COUNT, for_="90s", because="planted"),
    ),
    New(
        "a highest value of a window",
        State(
            title="Image",
            description="Image.",
            by="namespace pod container",
            prometheus=prom.Gauge(
                gauge='kube_pod_container_status_waiting_reason{reason="ImagePullBackOff"}', highest_in_window=True
            ),
            yes_or_no=True,
        ),
        at_least(warning=1 * COUNT, for_="6m", window="3m", because="planted"),
    ),
    New(
        "no series",
        Absence(title="Gone", description="Gone.", by="namespace job", prometheus=prom.Absent(series="model_info")),
        at_least(warning=1 * COUNT, for_="7m", because="planted"),
    ),
)


@pytest.mark.parametrize("new", NEW, ids=lambda new: new.name)
def test_its_cases_hold_and_answer_every_question(new: New) -> None:
    rules, derived = proven(new)
    severities = [severity for severity, _ in new.threshold.levels]
    assert [str(gap) for gap in gaps(derived, severities)] == []
    assert failures(rules, [ALERT], derived.cases) == []


@pytest.mark.parametrize(
    "name", ["the one of docs/add-a-signal.md", "restarts after an error", "a number of series", "no series"]
)
def test_its_derived_cases_alone_notice_every_mistake(name: str) -> None:
    (new,) = [new for new in NEW if new.name == name]
    rules, derived = proven(new)
    catalogue = alone(new.signal, new.threshold).catalogue
    verdicts = run_alert(rules, ALERT, [derived.cases[:3], derived.cases[3:]], catalogue)
    assert [
        str(verdict) for verdict in verdicts if verdict.outcome in (MutantOutcome.REFUTED, MutantOutcome.SURVIVED)
    ] == []


def test_the_signal_of_the_page_is_the_one_above() -> None:
    for file, words in (
        (
            "queries/scrape.py",
            ("unit=SECONDS", 'by="namespace job"', 'gauge="scrape_duration_seconds", combine="max"'),
        ),
        ("rules/thresholds.py", ('above(warning=5 * SECONDS, for_="15m"',)),
    ):
        assert [word for word in words if word not in example(file)] == []
    alert = Alert(PAGE_SIGNAL, PAGE_THRESHOLD, team="platform", summary="", name="ModelScrapeSlow")
    assert ast.literal_eval(f"{{{example('tests/behaviour/alerts/golden.py')}}}") == {alert.name: facts(alert)}


def test_an_expression_of_somebody_s_own_is_refused_with_the_reason() -> None:
    signal = Query(
        title="Own", description="Own.", by="namespace", prometheus=prom.Query(text="sum by (namespace) (up)")
    )
    with pytest.raises(CannotDerive, match="expression of its own"):
        proven(New("own", signal, above(warning=1 * COUNT, for_="5m", because="planted")))


def test_a_wrong_rule_does_not_pass_the_cases_of_its_definition() -> None:
    rules, derived = proven(NEW[0])
    wrong = [{**rule, "expr": str(rule["expr"]).replace("> 5", "> 6")} for rule in rules]
    assert wrong != list(rules)
    with pytest.raises(Refused, match="does not pass its own cases: warning"):
        run_alert(wrong, ALERT, [derived.cases], alone(NEW[0].signal).catalogue)


def proven(new: New) -> tuple[list[Rule], Specification]:
    """The rules of a definition in production, and its derived cases."""
    definitions = alone(new.signal, new.threshold, says="is odd: {value}")
    plan = build_plan(definitions, shipped_environment("production"))
    return rules_of([ALERT], shipped_rules(plan)), derive(rules_by_alert(plan)[ALERT], scope_of(definitions, plan))
