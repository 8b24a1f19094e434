"""What Azure does with a metric alert, read from the rule as it is deployed and from nothing else.

A metric has a value for each minute and each combination of its dimensions. A rule looks at the last `windowSize`,
takes the series whose dimensions it includes, apart where it says "*" and together where it does not name a dimension,
and aggregates the minutes that have a value: a minute without one is left out (Microsoft, metric alerts: static
thresholds). Together, averages of series in the same minute are added up, as requests of different answers are.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.render.azure.names import METRIC_ALERTS

Dimensions = Mapping[str, str]

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
}
_AGGREGATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Average": lambda values: sum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
}


@dataclass(frozen=True)
class Series:
    """A metric's value from one minute to another (that one not included), with these dimensions."""

    minutes: tuple[int, int]
    value: float
    metric: str
    dimensions: Dimensions = field(hash=False)
    scope: str = "endpoint"


@dataclass(frozen=True)
class MetricRule:
    """A metric alert with one condition; `window` is in minutes, `scope` the resource's kind."""

    name: str
    alert: str
    severity: str
    scope: str
    metric: str
    aggregation: str
    operator: str
    threshold: float
    window: int
    split: tuple[str, ...]
    only: Mapping[str, tuple[str, ...]] = field(hash=False)


def rules_of(template: str) -> tuple[MetricRule, ...]:
    """The metric alerts of an ARM template."""
    return tuple(_rule(one) for one in json.loads(template)["resources"] if one["type"] == METRIC_ALERTS)


def fires(rule: MetricRule, given: Sequence[Series], minute: int) -> frozenset[tuple[str, ...]]:
    """The values of the rule's split dimensions that fire at `minute`."""
    found: dict[tuple[str, ...], dict[int, float]] = {}
    for series in given:
        if (series.metric, series.scope) != (rule.metric, rule.scope) or not _included(rule, series):
            continue
        minutes = found.setdefault(tuple(series.dimensions[name] for name in rule.split), {})
        for at in range(max(series.minutes[0], minute - rule.window), min(series.minutes[1], minute)):
            minutes[at] = minutes.get(at, 0.0) + series.value
    compare, aggregate = _OPERATORS[rule.operator], _AGGREGATIONS[rule.aggregation]
    return frozenset(
        split for split, minutes in found.items() if minutes and compare(aggregate([*minutes.values()]), rule.threshold)
    )


def _included(rule: MetricRule, series: Series) -> bool:
    return all(series.dimensions.get(name) in values for name, values in rule.only.items())


def _rule(resource: Mapping[str, Any]) -> MetricRule:
    properties = resource["properties"]
    (condition,) = properties["criteria"]["allOf"]
    (scope,) = properties["scopes"]
    (action,) = properties["actions"]
    dimensions = {one["name"]: tuple(one["values"]) for one in condition.get("dimensions", ())}
    return MetricRule(
        name=resource["name"],
        alert=action["webHookProperties"]["alertname"],
        severity=action["webHookProperties"]["severity"],
        scope="deployment" if "/deployments/" in scope else "endpoint",
        metric=condition["metricName"],
        aggregation=condition["timeAggregation"],
        operator=condition["operator"],
        threshold=condition["threshold"],
        window=parse_duration(properties["windowSize"].removeprefix("PT").lower()).seconds // 60,
        split=tuple(name for name, values in dimensions.items() if values == ("*",)),
        only={name: values for name, values in dimensions.items() if values != ("*",)},
    )
