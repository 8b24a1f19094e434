"""The value of a signal: the PromQL or Kusto that measures it, as an alert judges it and a panel plots it."""

from __future__ import annotations

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import COUNT, RATIO, Quantity, Unit
from monitoring_kit.model import kql, prom
from monitoring_kit.model.budgets import ErrorBudget
from monitoring_kit.model.kql import KqlText
from monitoring_kit.model.prom import Labels, guarded, offset
from monitoring_kit.model.signals import Measure, Signal
from monitoring_kit.model.thresholds import Severity, Threshold
from monitoring_kit.promql.tree import Binary, Expression, NumberLiteral, Window


def prometheus_value(measure: Measure, by: Labels, window: Window, slower_than: Quantity | None) -> Expression | None:
    """The measured value, None where `measure` has no single one in Prometheus."""
    match measure:
        case prom.Histogram():
            return None if slower_than is None else measure.slow_share(slower_than, by, window)
        case prom.Ratio() | prom.Rate() | prom.Utilisation() | prom.Increase() | prom.Gauge():
            return measure.value(by, window)
        case prom.Absent():
            return measure.value()
        case prom.Query():
            return measure.value(window)
        case ErrorBudget() if isinstance(window, Duration):
            return measure.burn_rate(by, window)
        case _:
            return None


def prometheus_condition(
    measure: Measure, by: Labels, threshold: Threshold, severity: Severity, unit: Unit
) -> Expression | None:
    """When the value is bad for `severity`: the comparison, with the guards that the threshold asks for.

    `unit` is the unit in which Prometheus measures. Raises ValueError where the level is in another kind of unit.
    """
    value, level = prometheus_value(measure, by, threshold.window, threshold.slower_than), threshold.level(severity)
    if value is None or level is None:
        return None
    if isinstance(measure, ErrorBudget):
        return measure.burns(by, severity)
    condition: Expression = Binary(threshold.comparison.promql, value, NumberLiteral(level.to(unit)))
    if threshold.min_events is not None and isinstance(measure, prom.Ratio | prom.Histogram):
        enough = NumberLiteral(threshold.min_events.to(COUNT))
        condition = guarded(condition, Binary(">=", measure.number(by, threshold.window), enough), by)
    if threshold.earlier is not None:
        before = prometheus_value(measure, by, threshold.earlier.window, threshold.slower_than)
        if before is not None:
            alive = NumberLiteral(threshold.earlier.value.to(unit))
            condition = guarded(condition, Binary(">", offset(before, threshold.earlier.ago), alive), by)
    return condition


def judged_unit(signal: Signal, measure: Measure) -> Unit:
    """The unit of the value that an alert compares: a latency is judged by the share of slow events, a ratio."""
    match measure:
        case prom.Histogram() | kql.Durations():
            return RATIO
        case kql.Query():
            return measure.unit
        case _:
            return signal.unit


def log_value(
    measure: Measure, signal: Signal, slower_than: Quantity | None, min_events: Quantity | None, split: str = ""
) -> KqlText | None:
    """The Kusto text of the measured value, None where `measure` has no single one."""
    column = "".join(word.capitalize() for word in signal.name.split("_"))
    match measure:
        case kql.Ratio():
            return measure.value(column, min_events)
        case kql.Rate():
            return measure.value(column, split)
        case kql.Durations():
            return None if slower_than is None else measure.slow_share(f"{column}SlowShare", slower_than, min_events)
        case kql.Query():
            return measure.value()
        case _:
            return None


def windows_to_hold(for_: Duration, window: Duration) -> int:
    """How many consecutive windows have to be bad so that the value was bad for `for_`: the first and those after."""
    return -(-for_.seconds // window.seconds) + 1
