"""The value of a signal: the PromQL or Kusto that measures it, as an alert judges it and a panel plots it."""

from __future__ import annotations

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import COUNT, RATIO, Quantity, Unit
from monitoring_kit.model.budgets import ErrorBudget
from monitoring_kit.model.kql import KqlText, LogDurations, LogEvents, LogQuery, LogRows
from monitoring_kit.model.prom import (
    CounterIncrease,
    CounterRate,
    Durations,
    Events,
    Labels,
    Level,
    Missing,
    Promql,
    Usage,
    guarded,
    offset,
)
from monitoring_kit.model.signals import Measure, Signal
from monitoring_kit.model.thresholds import Severity, Threshold
from monitoring_kit.promql.tree import Binary, Expression, NumberLiteral, Window


def prometheus_value(measure: Measure, per: Labels, window: Window, slower_than: Quantity | None) -> Expression | None:
    """The measured value, None where `measure` has no single one in Prometheus."""
    match measure:
        case Durations():
            return None if slower_than is None else measure.slow_share(slower_than, per, window)
        case Events() | CounterRate() | Usage() | CounterIncrease() | Level():
            return measure.value(per, window)
        case Missing():
            return measure.value()
        case Promql():
            return measure.value(window)
        case ErrorBudget() if isinstance(window, Duration):
            return measure.burn_rate(per, window)
        case _:
            return None


def prometheus_condition(
    measure: Measure, per: Labels, threshold: Threshold, severity: Severity, unit: Unit
) -> Expression | None:
    """When the value is bad for `severity`: the comparison, with the guards that the threshold asks for.

    `unit` is the unit in which Prometheus measures. Raises ValueError where the level is in another kind of unit.
    """
    value, level = prometheus_value(measure, per, threshold.window, threshold.slower_than), threshold.level(severity)
    if value is None or level is None:
        return None
    if isinstance(measure, ErrorBudget):
        return measure.burns(per, severity)
    condition: Expression = Binary(threshold.comparison.promql, value, NumberLiteral(level.to(unit)))
    if threshold.min_events is not None and isinstance(measure, Events | Durations):
        enough = NumberLiteral(threshold.min_events.to(COUNT))
        condition = guarded(condition, Binary(">=", measure.number(per, threshold.window), enough), per)
    if threshold.earlier is not None:
        before = prometheus_value(measure, per, threshold.earlier.window, threshold.slower_than)
        if before is not None:
            alive = NumberLiteral(threshold.earlier.value.to(unit))
            condition = guarded(condition, Binary(">", offset(before, threshold.earlier.ago), alive), per)
    return condition


def judged_unit(signal: Signal, measure: Measure) -> Unit:
    """The unit of the value that an alert compares: a latency is judged by the share of slow events, a ratio."""
    match measure:
        case Durations() | LogDurations():
            return RATIO
        case LogQuery():
            return measure.unit
        case _:
            return signal.unit


def log_value(
    measure: Measure, signal: Signal, slower_than: Quantity | None, min_events: Quantity | None, split: str = ""
) -> KqlText | None:
    """The Kusto text of the measured value, None where `measure` has no single one."""
    column = "".join(word.capitalize() for word in signal.name.split("_"))
    match measure:
        case LogEvents():
            return measure.value(column, min_events)
        case LogRows():
            return measure.value(column, split)
        case LogDurations():
            return None if slower_than is None else measure.slow_share(f"{column}SlowShare", slower_than, min_events)
        case LogQuery():
            return measure.value()
        case _:
            return None


def windows_to_hold(hold: Duration, window: Duration) -> int:
    """How many consecutive windows have to be bad so that the value was bad for `hold`: the first and those after."""
    return -(-hold.seconds // window.seconds) + 1
