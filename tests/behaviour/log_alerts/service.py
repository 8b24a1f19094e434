"""What Azure does with a scheduled query rule, read from the rule as it is deployed and from nothing else.

At each evaluation the query sees `windowSize` times `numberOfEvaluationPeriods`, or `overrideQueryTimeRange`. The rows
of its result are put into that many periods by their time, bins ending at the evaluation, and apart by the dimensions.
A period is bad where the measure, aggregated over its rows, is beyond the threshold; a period without rows is not. A
combination of dimensions fires where enough of its periods are bad. Sources: Microsoft's pages on log search alert
rules, and the reference of scheduledQueryRules ("the number of aggregated lookback points"). Not modelled: the delay of
ingestion, and that a fired alert is resolved only after some healthy evaluations.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.render.azure.names import LOG_ALERTS
from tests.behaviour.log_alerts.store import NOW, Result

Dimensions = tuple[str, ...]

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
    "Equals": operator.eq,
}
_AGGREGATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Maximum": max,
    "Minimum": min,
    "Total": sum,
    "Average": lambda values: sum(values) / len(values),
}


@dataclass(frozen=True)
class LogRule:
    """A scheduled query rule. Times are in seconds."""

    name: str
    alert: str
    severity: str
    query: str
    column: str
    aggregation: str
    operator: str
    threshold: float
    dimensions: tuple[str, ...]
    window: int
    frequency: int
    periods: int
    bad_periods: int
    time_range: int = 0

    @property
    def lookback(self) -> int:
        """The time that an evaluation sees."""
        return self.time_range or self.window * self.periods


def rules_of(template: str) -> tuple[LogRule, ...]:
    """The scheduled query rules of an ARM template."""
    resources = json.loads(template)["resources"]
    return tuple(_rule(one) for one in resources if one["type"] == LOG_ALERTS)


def judged(rule: LogRule, result: Result) -> frozenset[Dimensions]:
    """The combinations of dimensions that fire on a result. Raises ValueError for a column that the rule lacks."""
    missing = {rule.column, *rule.dimensions} - result.columns.keys()
    if missing:
        raise ValueError(f"{rule.name}: the result has no {', '.join(sorted(missing))}: {', '.join(result.columns)}")
    time = next((name for name, type in result.columns.items() if type == "TIMESTAMP"), None)
    if time is None and rule.periods > 1:
        raise ValueError(f"{rule.name}: the result has no time to tell {rule.periods} periods apart")
    values: dict[tuple[Dimensions, int], list[float]] = {}
    for row in result.rows:
        dimensions = tuple(str(row[name]) for name in rule.dimensions)
        measured = row[rule.column]
        if isinstance(measured, int | float):
            values.setdefault((dimensions, _period(row, time, rule.window)), []).append(measured)
    compare, aggregate = _OPERATORS[rule.operator], _AGGREGATIONS[rule.aggregation]
    bad = [dimensions for (dimensions, _), found in values.items() if compare(aggregate(found), rule.threshold)]
    return frozenset(dimensions for dimensions in bad if bad.count(dimensions) >= rule.bad_periods)


def _period(row: Mapping[str, object], time: str | None, window: int) -> int:
    """How many periods ago the row was; the newest is 0."""
    moment = row[time] if time else None
    if not isinstance(moment, datetime):
        return 0
    return int((NOW - moment - timedelta(microseconds=1)).total_seconds() // window)


def _rule(resource: Mapping[str, Any]) -> LogRule:
    properties = resource["properties"]
    (condition,) = properties["criteria"]["allOf"]
    periods = condition["failingPeriods"]
    context = properties["actions"]["customProperties"]
    for dimension in condition.get("dimensions", ()):
        if dimension["operator"] != "Include" or dimension["values"] != ["*"]:
            raise ValueError(f"{resource['name']}: only dimensions with all their values are modelled")
    return LogRule(
        name=resource["name"],
        alert=context["alertname"],
        severity=context["severity"],
        query=condition["query"],
        column=condition["metricMeasureColumn"],
        aggregation=condition["timeAggregation"],
        operator=condition["operator"],
        threshold=condition["threshold"],
        dimensions=tuple(dimension["name"] for dimension in condition.get("dimensions", ())),
        window=_seconds(properties["windowSize"]),
        frequency=_seconds(properties["evaluationFrequency"]),
        periods=periods["numberOfEvaluationPeriods"],
        bad_periods=periods["minFailingPeriodsToAlert"],
        time_range=_seconds(properties.get("overrideQueryTimeRange", "PT0S")),
    )


def _seconds(iso8601: str) -> int:
    """An ISO 8601 duration such as PT5M or P1D, of whole days, hours, minutes and seconds."""
    return parse_duration(iso8601.removeprefix("P").replace("T", "").lower()).seconds
