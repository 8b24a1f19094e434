"""Checks that a level parts the values of its signal: some are worse and some are not.

Else the alert never fires, or never ends. Which values there are follows from what the signal measures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitoring_kit.checks.override_location import written
from monitoring_kit.core.findings import Finding
from monitoring_kit.core.units import COUNT, RATIO, Quantity
from monitoring_kit.environment.model import AlertOverride
from monitoring_kit.model import prom
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.signals import BudgetLeft, Latency, Query, Ratio, Signal, State, Utilisation
from monitoring_kit.model.thresholds import Comparison
from monitoring_kit.promql.parser import PromqlError, parse
from monitoring_kit.promql.tree import Aggregation


@dataclass(frozen=True)
class Span:
    """The values that a signal can have. `highest` None is without end, `says` the same in words.

    `strict` keeps a level away from both ends though the comparison would allow one: memory that is used up to its
    limit is never seen, because the container is killed.
    """

    lowest: Quantity
    highest: Quantity | None
    says: str
    strict: bool = False


def span_of(signal: Signal) -> Span | None:
    """The values that an alert on `signal` compares, None if nothing is known about them.

    A gauge counts or measures something, so it does not fall below zero; what can is a `Query`.
    """
    share = Span(0 * RATIO, 1 * RATIO, "a share is from 0% to 100%")
    match signal:
        case Signal(yes_or_no=True):
            return Span(0 * signal.unit, 1 * signal.unit, "it is 1 or 0")
        case Utilisation():
            return Span(0 * RATIO, 1 * RATIO, "the used share of a limit stays between 0% and 100%", strict=True)
        case Ratio() | Latency():
            return share
        case State() | Query() if _counts(signal):
            return Span(1 * COUNT, None, "it counts what is there, so it is 1 or more, or has no value")
        case Query() | BudgetLeft():
            return None
        case State() if signal.unit.dimension == RATIO.dimension:
            return share
        case _:
            return Span(0 * signal.unit, None, "it is 0 or more")


def reach_findings(alert: Alert, override: AlertOverride | None) -> Iterator[Finding]:
    """The levels of `alert` that no value reaches, and those that every value reaches."""
    span, comparison = span_of(alert.signal), alert.threshold.comparison
    if span is None or alert.threshold.burn_rates:
        return  # the windows of a budget have a check of their own
    for severity, level in alert.threshold.levels:
        if level.unit.dimension != span.lowest.unit.dimension:
            continue  # a finding of the units
        never, always = _never(span, comparison, level), _always(span, comparison, level)
        if not never and not always:
            continue
        found = f"{severity.value} at {comparison.words} {level} would {'never' if never else 'always'} fire"
        allowed = _allowed(span, comparison, level)
        yield written(alert, severity.value, override).finding(
            "unreachable" if never else "always-reached",
            f"{found}: {alert.signal.title} is judged, and {span.says}",
            definition=f"write {severity.value}= as {allowed}",
            override=f"write `{severity.value}:` as {allowed}",
        )


def _never(span: Span, comparison: Comparison, level: Quantity) -> bool:
    """Whether not even the worst value is bad."""
    worst = span.highest if comparison.worse_is_higher else span.lowest
    if worst is None:
        return False
    beyond = _order(worst, level) if comparison.worse_is_higher else _order(level, worst)
    return beyond < 0 or (beyond == 0 and (span.strict or not _reached_by_itself(comparison)))


def _always(span: Span, comparison: Comparison, level: Quantity) -> bool:
    """Whether even the best value is bad."""
    best = span.lowest if comparison.worse_is_higher else span.highest
    if best is None:
        return False
    beyond = _order(best, level) if comparison.worse_is_higher else _order(level, best)
    return beyond > 0 or (beyond == 0 and (span.strict or _reached_by_itself(comparison)))


def _order(left: Quantity, right: Quantity) -> int:
    """1 if `left` is greater than `right`, -1 if it is less, 0 if they are the same."""
    apart = left.to(right.unit) - right.value
    return (apart > 0) - (apart < 0)


def _reached_by_itself(comparison: Comparison) -> bool:
    """Whether a value that equals the level is bad."""
    return comparison in (Comparison.AT_LEAST, Comparison.AT_MOST)


def _allowed(span: Span, comparison: Comparison, level: Quantity) -> str:
    """The levels that part the values."""
    with_lowest = not span.strict and comparison in (Comparison.ABOVE, Comparison.AT_MOST)
    with_highest = not span.strict and not with_lowest
    lowest = Quantity(span.lowest.to(level.unit), level.unit)
    least = f"{lowest} or more" if with_lowest else f"more than {lowest}"
    if span.highest is None:
        return least
    highest = Quantity(span.highest.to(level.unit), level.unit)
    return f"{least} and {f'at most {highest}' if with_highest else f'less than {highest}'}"


def _counts(signal: Signal) -> bool:
    """Whether Prometheus counts series for it: where none is left there is no value, rather than 0."""
    match signal.prometheus:
        case prom.Gauge(combine="count", or_missing=False):
            return True
        case prom.Query(text=text):
            try:
                parsed = parse(text)
            except PromqlError:
                return False  # the expression's own check reports it
            return isinstance(parsed, Aggregation) and parsed.operator == "count"
        case _:
            return False
