"""The generated rules with every time divided by one factor, so that minutes can be watched in seconds.

Thresholds, labels and texts stay as they are: a text that says "for 5 minutes" speaks of production, and so does the
name of a recorded series. A count of events in a window stays too, so it takes traffic that is as much faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from monitoring_kit.core.durations import Duration
from monitoring_kit.model.alerts import Alert
from monitoring_kit.plan.model import Plan, PlannedDashboard, PrometheusAlert, PrometheusQuery
from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Expression,
    NumberLiteral,
    RangeSelector,
    Selector,
    Subquery,
    Window,
    transform,
)


def faster(plan: Plan, factor: int) -> Plan:
    """The plan with Prometheus's rules and panels `factor` times as fast: windows, offsets, holds and intervals.

    Everything else of the plan is left alone.
    """
    prometheus = plan.environment.prometheus
    if prometheus is None:
        return plan
    quick = replace(
        prometheus,
        scrape_interval=shortened(prometheus.scrape_interval, factor),
        evaluation_interval=shortened(prometheus.evaluation_interval, factor),
    )
    recorded = {rule.name: rule.window for rule in plan.recordings}
    return replace(
        plan,
        environment=replace(plan.environment, prometheus=quick),
        recordings=tuple(
            replace(
                rule,
                window=shortened(rule.window, factor),
                expression=faster_expression(rule.expression, factor),
            )
            for rule in plan.recordings
        ),
        prometheus_alerts=tuple(_faster_rule(rule, factor, recorded) for rule in plan.prometheus_alerts),
        dashboards=tuple(_faster_dashboard(dashboard, factor, recorded) for dashboard in plan.dashboards),
    )


def shortened(duration: Duration, factor: int) -> Duration:
    """The duration divided by `factor`, rounded up to a whole second: only nothing becomes nothing."""
    return Duration(_divided(duration.seconds, factor))


def faster_expression(
    expression: Expression, factor: int, recorded: Mapping[str, Duration] | None = None
) -> Expression:
    """The expression with its windows, steps and offsets divided by `factor`; Grafana's own intervals stay.

    `recorded` are the windows of recorded rates by name: a rate that is multiplied by its window is a count of events,
    see `monitoring_kit.model.recordings`, so there the number is divided too.
    """
    windows = recorded or {}

    def change(part: Expression) -> Expression:
        match part:
            case Selector():
                return replace(part, offset=_divided(part.offset, factor))
            case RangeSelector():
                return replace(part, window=_window(part.window, factor))
            case Subquery():
                return replace(
                    part,
                    window=_window(part.window, factor),
                    step=None if part.step is None else _window(part.step, factor),
                    offset=_divided(part.offset, factor),
                )
            case Binary(
                operator="*",
                left=Aggregation(argument=Selector(metric=metric)),
                right=NumberLiteral(value=seconds),
            ) if metric in windows and windows[metric].seconds == seconds:
                return replace(part, right=NumberLiteral(Decimal(shortened(windows[metric], factor).seconds)))
            case _:
                return part

    return transform(expression, change)


def _faster_rule(rule: PrometheusAlert, factor: int, recorded: Mapping[str, Duration]) -> PrometheusAlert:
    return replace(
        rule,
        alert=_faster_alert(rule.alert, factor),
        value=faster_expression(rule.value, factor, recorded),
        condition=faster_expression(rule.condition, factor, recorded),
        window=None if rule.window is None else shortened(rule.window, factor),
    )


def _faster_dashboard(dashboard: PlannedDashboard, factor: int, recorded: Mapping[str, Duration]) -> PlannedDashboard:
    rows = tuple(
        replace(
            row,
            panels=tuple(
                replace(
                    panel,
                    queries=tuple(
                        replace(query, expression=faster_expression(query.expression, factor, recorded))
                        if isinstance(query, PrometheusQuery)
                        else query
                        for query in panel.queries
                    ),
                )
                for panel in row.panels
            ),
        )
        for row in dashboard.rows
    )
    return replace(dashboard, rows=rows)


def _faster_alert(alert: Alert, factor: int) -> Alert:
    threshold = alert.threshold
    for_, window, earlier = shortened(threshold.for_, factor), shortened(threshold.window, factor), threshold.earlier
    if earlier is not None:
        earlier = replace(earlier, window=shortened(earlier.window, factor), ago=shortened(earlier.ago, factor))
    return replace(alert, threshold=replace(threshold, for_=for_, window=window, earlier=earlier))


def _window(window: Window, factor: int) -> Window:
    return shortened(window, factor) if isinstance(window, Duration) else window


def _divided(seconds: int, factor: int) -> int:
    return -(-seconds // factor)
