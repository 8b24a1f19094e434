"""The generated rules with every time divided by one factor, so that minutes can be watched in seconds.

Thresholds, labels and texts stay as they are: a text that says "for 5 minutes" speaks of production. So do the names of
recorded series, and counts of events in a window, which makes them easier to reach.
"""

from __future__ import annotations

from dataclasses import replace

from toolkit.alerts import Alert
from toolkit.durations import Duration
from toolkit.plan.model import Plan, PrometheusAlert
from toolkit.promql.tree import Expression, RangeSelector, Selector, Subquery, Window, transform


def faster(plan: Plan, factor: int) -> Plan:
    """The plan with the rules of Prometheus `factor` times as fast: windows, offsets, holds and intervals.

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
    return replace(
        plan,
        environment=replace(plan.environment, prometheus=quick),
        recordings=tuple(
            replace(recording, expression=faster_expression(recording.expression, factor))
            for recording in plan.recordings
        ),
        prometheus_alerts=tuple(_faster_rule(rule, factor) for rule in plan.prometheus_alerts),
    )


def shortened(duration: Duration, factor: int) -> Duration:
    """The duration divided by `factor`, rounded up to a whole second: only nothing becomes nothing."""
    return Duration(_divided(duration.seconds, factor))


def faster_expression(expression: Expression, factor: int) -> Expression:
    """The expression with its windows, steps and offsets divided by `factor`; Grafana's own intervals stay."""

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
            case _:
                return part

    return transform(expression, change)


def _faster_rule(rule: PrometheusAlert, factor: int) -> PrometheusAlert:
    return replace(
        rule,
        alert=_faster_alert(rule.alert, factor),
        value=faster_expression(rule.value, factor),
        condition=faster_expression(rule.condition, factor),
        window=None if rule.window is None else shortened(rule.window, factor),
    )


def _faster_alert(alert: Alert, factor: int) -> Alert:
    threshold = alert.threshold
    hold, window = shortened(threshold.hold, factor), shortened(threshold.window, factor)
    return replace(alert, threshold=replace(threshold, hold=hold, window=window))


def _window(window: Window, factor: int) -> Window:
    return shortened(window, factor) if isinstance(window, Duration) else window


def _divided(seconds: int, factor: int) -> int:
    return -(-seconds // factor)
