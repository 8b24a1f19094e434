"""The model of Azure's log alerts: windows, periods, dimensions, aggregation and operator, as the rule states them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.behaviour.log_alerts.running import deployed
from tests.behaviour.log_alerts.service import LogRule, judged, rules_of
from tests.behaviour.log_alerts.store import NOW, Result

RULE = LogRule(
    name="planted",
    alert="Planted",
    severity="warning",
    query="",
    column="Value",
    aggregation="Maximum",
    operator="GreaterThan",
    threshold=5,
    dimensions=("Pod",),
    window=300,
    frequency=300,
    periods=1,
    bad_periods=1,
)


def result(*rows: tuple[float, str, float | None]) -> Result:
    """Rows of a result: how many minutes ago their bin began, the pod, and the value."""
    columns = {"TimeGenerated": "TIMESTAMP", "Pod": "VARCHAR", "Value": "DOUBLE"}
    moved = [{"TimeGenerated": NOW - timedelta(minutes=ago), "Pod": pod, "Value": value} for ago, pod, value in rows]
    return Result(columns, moved)


A, B = frozenset({("a",)}), frozenset({("b",)})


@pytest.mark.parametrize(
    ("operator", "value", "fires"),
    [
        ("GreaterThan", 5, False),
        ("GreaterThan", 5.1, True),
        ("GreaterThanOrEqual", 5, True),
        ("LessThan", 5, False),
        ("LessThan", 4.9, True),
        ("LessThanOrEqual", 5, True),
        ("Equals", 5, True),
        ("Equals", 5.1, False),
    ],
)
def test_the_operator_compares_with_the_threshold(operator: str, value: float, fires: bool) -> None:
    assert judged(replace(RULE, operator=operator), result((5, "a", value))) == (A if fires else frozenset())


@pytest.mark.parametrize(
    ("aggregation", "threshold"), [("Maximum", 8.5), ("Minimum", 2.5), ("Average", 5.5), ("Total", 11.5)]
)
def test_the_rows_of_a_period_are_aggregated(aggregation: str, threshold: float) -> None:
    rows = result((5, "a", 3), (4, "a", 9))
    for step, fires in ((0.0, True), (1.0, False)):
        rule = replace(RULE, aggregation=aggregation, threshold=threshold + step)
        assert judged(rule, rows) == (A if fires else frozenset())


def test_each_combination_of_dimensions_is_judged_alone() -> None:
    assert judged(RULE, result((5, "a", 6), (5, "b", 4))) == A
    assert judged(replace(RULE, aggregation="Total"), result((5, "a", 4), (5, "b", 4))) == frozenset()
    assert judged(replace(RULE, dimensions=(), aggregation="Total"), result((5, "a", 4), (5, "b", 4))) == {()}


@pytest.mark.parametrize(
    ("bad_minutes_ago", "needed", "fires"),
    [((5, 10, 15), 3, True), ((5, 10), 3, False), ((5, 15), 2, True), ((15,), 1, True), ((5, 4, 3), 2, False)],
)
def test_enough_of_the_periods_have_to_be_bad(bad_minutes_ago: tuple[int, ...], needed: int, fires: bool) -> None:
    rule = replace(RULE, periods=3, bad_periods=needed)
    rows = result(*((ago, "a", 6.0) for ago in bad_minutes_ago))
    assert judged(rule, rows) == (A if fires else frozenset())


def test_no_rows_and_no_values_are_not_bad() -> None:
    below = replace(RULE, operator="LessThan")
    assert judged(below, result()) == frozenset()
    assert judged(below, result((5, "a", None), (5, "b", 1))) == B


def test_a_rule_that_its_result_cannot_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="planted: the result has no Value: Pod"):
        judged(RULE, Result({"Pod": "VARCHAR"}, []))
    with pytest.raises(ValueError, match="no time to tell 2 periods apart"):
        judged(replace(RULE, periods=2), Result({"Pod": "VARCHAR", "Value": "DOUBLE"}, []))


def test_a_rule_is_read_from_the_template_that_is_deployed() -> None:
    (rule,) = (one for one in deployed("staging") if one.name == "staging-ModelLatencyHigh-critical")
    assert replace(rule, query="") == LogRule(
        name="staging-ModelLatencyHigh-critical",
        alert="ModelLatencyHigh",
        severity="critical",
        query="",
        column="LatencySlowShare",
        aggregation="Maximum",
        operator="GreaterThan",
        threshold=0.25,
        dimensions=("EndpointName", "DeploymentName"),
        window=300,
        frequency=300,
        periods=3,
        bad_periods=3,
    )
    assert rule.lookback == 900


def test_a_dimension_with_chosen_values_is_not_modelled_and_so_refused() -> None:
    condition: Mapping[str, object] = {
        "query": "T",
        "metricMeasureColumn": "Value",
        "timeAggregation": "Maximum",
        "operator": "GreaterThan",
        "threshold": 5,
        "dimensions": [{"name": "Pod", "operator": "Exclude", "values": ["a"]}],
        "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
    }
    properties = {
        "windowSize": "PT5M",
        "evaluationFrequency": "PT5M",
        "criteria": {"allOf": [condition]},
        "actions": {"customProperties": {"alertname": "Planted", "severity": "warning"}},
    }
    resource = {"type": "Microsoft.Insights/scheduledQueryRules", "name": "planted", "properties": properties}
    with pytest.raises(ValueError, match="planted: only dimensions with all their values"):
        rules_of(json.dumps({"resources": [resource]}))
