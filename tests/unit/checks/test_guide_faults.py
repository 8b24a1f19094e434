"""The faults of the hand-written guide: each is planted, and is either refused with a clear message or cannot happen.

All of them pass `promtool check rules`, or are accepted by the Azure command line until the moment of deployment.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitoring_kit.core.units import COUNT, PERCENT, RATIO, SECONDS
from monitoring_kit.model import azure, prom
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.log_tables import platform_metric
from monitoring_kit.model.signals import Increase, Query, State
from monitoring_kit.plan.build import build_plan
from monitoring_kit.promql.tree import Matcher, Selector, walk
from queries.errors import error_ratio
from queries.resources import cpu_utilisation, memory_utilisation
from tests.support.planting import alone, any_threshold, findings_of, shipped, shipped_environment

ERRORS_BY_REQUESTS = "rate(model_errors_total[5m]) / rate(model_predictions_total[5m])"
QUANTILE_PER_POD = "histogram_quantile(0.95, rate(model_prediction_duration_seconds_bucket[5m]))"
QUANTILE_WITHOUT_LE = (
    "histogram_quantile(0.95, sum by (namespace, model_name) (rate(model_prediction_duration_seconds_bucket[5m])))"
)


@pytest.mark.parametrize(
    ("promql", "unit", "check", "words"),
    [
        (ERRORS_BY_REQUESTS, RATIO, "never-matches", ("error_type", "status")),
        (QUANTILE_PER_POD, SECONDS, "quantile-per-instance", ("pod",)),
        (QUANTILE_WITHOUT_LE, SECONDS, "le-lost", ("le",)),
        ("rate(model_info[5m])", COUNT, "rate-on-gauge", ("model_info",)),
        ("model_version_info", COUNT, "unknown-metric", ("model_version_info",)),
    ],
    ids=["error ratio with unmatched labels", "quantile per pod", "lost le", "rate of a gauge", "unknown metric"],
)
def test_a_query_of_the_guide_is_refused(promql: str, unit: object, check: str, words: tuple[str, ...]) -> None:
    signal = Query(title="Planted", description="As in the guide.", by="namespace", prometheus=prom.Query(text=promql))
    found = findings_of(alone(replace(signal, unit=unit), any_threshold(unit)))  # type: ignore[arg-type] # see the table
    assert check in found, found
    assert all(word in found[check] for word in words), found[check]
    assert "tests/unit/checks/test_guide_faults.py:" in found[check]


@pytest.mark.parametrize("signal", [cpu_utilisation, memory_utilisation], ids=lambda signal: signal.name)
def test_container_figures_leave_out_the_pods_own_cgroup_and_sandbox(signal: Query) -> None:
    plan = build_plan(shipped(), shipped_environment("production"))
    asked = [rule.condition for rule in plan.prometheus_alerts if rule.alert.signal is signal]
    asked += [recorded.expression for recorded in plan.recordings]
    selectors = [part for expression in asked for part in walk(expression) if isinstance(part, Selector)]
    containers = [part for part in selectors if part.metric.startswith("container_")]
    assert containers
    for selector in containers:
        assert {Matcher("container", "!=", ""), Matcher("container", "!=", "POD")} <= {*selector.matchers}


def test_a_raw_query_of_container_figures_is_narrowed_in_the_same_way() -> None:
    raw = Query(
        title="CPU",
        description="As in the guide.",
        by="namespace pod",
        prometheus=prom.Query(text="max by (namespace, pod) (rate(container_cpu_usage_seconds_total[5m]))"),
    )
    plan = build_plan(alone(raw, any_threshold()), shipped_environment("production"))
    (selector,) = [part for part in walk(plan.prometheus_alerts[0].condition) if isinstance(part, Selector)]
    assert Matcher("container", "!=", "POD") in selector.matchers
    assert Matcher("namespace", "=", "production") in selector.matchers


def test_an_alert_on_restarts_that_fires_at_once_is_refused() -> None:
    restarts = Increase(
        title="Restarts",
        description="As in the guide.",
        by="namespace pod container",
        prometheus=prom.Increase(counter="kube_pod_container_status_restarts_total"),
    )
    found = findings_of(alone(restarts, any_threshold(for_=replace(any_threshold().for_, seconds=0))))
    assert "fires at once" in found["for"]
    assert "immediate_because" in found["for"]


@pytest.mark.parametrize("name", ["Percentage CPU", "RequestFailureRate"])
def test_a_metric_that_an_endpoint_does_not_have_is_refused(name: str) -> None:
    endpoint = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    metric = platform_metric(endpoint, name, unit=PERCENT, aggregations="Average")
    signal = State(
        title="Planted", description="As in the guide.", unit=PERCENT, online_endpoint=azure.Metric(metric=metric)
    )
    found = findings_of(alone(signal, any_threshold(PERCENT)), "staging")
    assert any(name in message for message in found.values()), found


def test_both_sides_of_the_shipped_error_ratio_carry_the_same_labels() -> None:
    plan = build_plan(shipped(), shipped_environment("production"))
    rules = [rule for rule in plan.prometheus_alerts if rule.alert.signal is error_ratio]
    assert {rule.severity.value for rule in rules} == {"critical", "warning"}
    assert not [message for message in findings_of(shipped()).values() if "error_ratio" in message]
    assert error_ratio.measure(Backend.PROMETHEUS) is not None
