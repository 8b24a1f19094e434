"""What an alert is meant to do, computed a second time: from samples and from what a measure means, without PromQL.

The rate follows Prometheus's `extrapolatedRate`, the rest the docstrings of `monitoring_kit.model.prom`. A case that is
derived from an alert expects what is computed here; promtool says whether the rendered rule does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from monitoring_kit.core.units import COUNT, Unit
from monitoring_kit.model import prom
from monitoring_kit.model.metrics import bucket_label
from monitoring_kit.model.thresholds import Severity, Threshold
from monitoring_kit.promql.tree import Matcher, Selector
from monitoring_kit.testing.scope import CannotDerive, Scope
from monitoring_kit.testing.series import EVALUATION_SECONDS, Series, newest, picks, within
from monitoring_kit.testing.series_builder import DerivableMeasure, held_while, selectors, unless_of

Group = tuple[tuple[str, str], ...]
"""The labels of one group with their values."""

Values = dict[Group, float]

COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    "==": lambda value, bound: value == bound,
    "!=": lambda value, bound: value != bound,
}
# Two ways to compute one value differ in the last bits, so nothing is expected of a value that close to a bound.
_CLOSE = 1e-6


@dataclass(frozen=True)
class Moment:
    """The groups that may be judged at one evaluation, with their values, and whether rounding could change that."""

    values: Mapping[Group, float]
    close: bool


@dataclass(frozen=True)
class Oracle:
    """The reference model of one alert over `series`; `unit` is the unit in which its value is measured."""

    measure: DerivableMeasure
    by: tuple[str, ...]
    threshold: Threshold
    unit: Unit
    scope: Scope
    series: Sequence[Series]
    _moments: dict[int, Moment] = field(default_factory=dict, init=False, compare=False, repr=False)
    _by_selector: dict[Selector, tuple[Series, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def firing(self, severity: Severity, until: int) -> Mapping[int, Mapping[Group, float]]:
        """The groups that fire at each evaluation up to `until` seconds, with their values."""
        since: dict[Group, int] = {}
        found: dict[int, Mapping[Group, float]] = {}
        for time in _evaluations(until):
            bad = self.bad(severity, time)
            since = {group: since.get(group, time) for group in bad}
            held = self.threshold.for_.seconds
            found[time] = {group: value for group, value in bad.items() if time - since[group] >= held}
        return found

    def bad(self, severity: Severity, time: int) -> Values:
        """The groups for which the condition of `severity` holds at `time`, be it for long or not."""
        bound, compare = self.bound(severity), COMPARED[self.threshold.comparison.promql]
        return {group: value for group, value in self.moment(time).values.items() if compare(value, bound)}

    def bound(self, severity: Severity) -> float:
        """The level of `severity` in the measured unit."""
        return float(dict(self.threshold.levels)[severity].to(self.unit))

    def certain(self, until: int) -> bool:
        """Whether nothing up to `until` rests on the last bits of a number."""
        return not any(self.moment(time).close for time in _evaluations(until))

    def moment(self, time: int) -> Moment:
        """What is measured at `time`, after the guards."""
        if time not in self._moments:
            self._moments[time] = self._measured(time)
        return self._moments[time]

    def _measured(self, time: int) -> Moment:
        values = self.value(time, self.threshold.window.seconds)
        exact = isinstance(self.measure, prom.Gauge | prom.Absent)
        bounds = [self.bound(severity) for severity, _ in self.threshold.levels]
        close = any(_is_close(value, bound, exact) for value in values.values() for bound in bounds)
        if (least := self.threshold.min_events) is not None:
            number, enough = self._events(time), float(least.to(COUNT))
            close = close or any(_is_close(value, enough) for value in number.values())
            values = {group: value for group, value in values.items() if number.get(group, 0.0) >= enough}
        if (earlier := self.threshold.earlier) is not None:
            before, alive = self.value(time - earlier.ago.seconds, earlier.window.seconds), earlier.value.to(self.unit)
            close = close or any(_is_close(value, float(alive)) for value in before.values())
            values = {group: value for group, value in values.items() if before.get(group, 0.0) > alive}
        return Moment(values, close)

    def value(self, time: int, window: int) -> Values:
        """The signal's value in each group at `time`, measured over `window` seconds."""
        first, *rest = selectors(self.measure, self.scope)
        match self.measure:
            case prom.Ratio():
                total = self._rates(rest[0], time, window)
                bad = self._rates(first, time, window)
                return {group: bad.get(group, 0.0) / all_ for group, all_ in total.items() if all_ > 0}
            case prom.Rate():
                return self._rates(first, time, window)
            case prom.Histogram():
                return self._slow_share(first, time, window)
            case prom.Utilisation(used_is=kind):
                used = self._rates(first, time, window) if kind == "counter" else self._newest(first, time, max)
                limit = self._newest(rest[0], time, max)
                return {group: value / limit[group] for group, value in used.items() if group in limit}
            case prom.Share():
                part, whole = self._newest(first, time, max), self._newest(rest[0], time, max)
                return {group: value / whole[group] for group, value in part.items() if whole.get(group)}
            case prom.Increase():
                increase = {group: value * window for group, value in self._rates(first, time, window).items()}
                return self._held(self.measure, increase, time)
            case prom.Gauge():
                return self._level(self.measure, first, time, window)
            case prom.Absent():
                there = any(newest(series.samples, time) is not None for series in self._picked(first))
                return {} if there else self._unexcused(self.measure, {self._pinned(first): 1.0}, time)

    def _level(self, measure: prom.Gauge, selector: Selector, time: int, window: int) -> Values:
        combined: Mapping[str, Callable[[list[float]], float]] = {"sum": sum, "max": max, "min": min, "count": len}
        values = self._newest(selector, time, combined[measure.combine], window if measure.highest_in_window else 0)
        values = self._held(measure, values, time)
        gone = measure.or_missing and all(newest(series.samples, time) is None for series in self._picked(selector))
        values = {**values, self._pinned(selector): 0.0} if gone else values
        return self._unexcused(measure, values, time)

    def _unexcused(self, measure: prom.Gauge | prom.Absent, values: Values, time: int) -> Values:
        """The values without those that are meant to be."""
        condition = unless_of(measure, self.scope)
        if condition is None or measure.unless is None:
            return values
        excused, on = self._holding(condition, measure.unless.labels, time), measure.unless.labels
        return {
            group: value
            for group, value in values.items()
            if tuple((label, part) for label, part in group if label in on) not in excused
        }

    def _held(self, measure: prom.Increase | prom.Gauge, values: Values, time: int) -> Values:
        condition = held_while(measure, self.scope)
        if condition is None:
            return values
        holding = self._holding(condition, self.by, time)
        return {group: value for group, value in values.items() if group in holding}

    def _holding(self, condition: tuple[Selector, str, float], by: Iterable[str], time: int) -> set[Group]:
        """The groups for which a condition holds."""
        selector, operator, bound = condition
        return {
            group_of(series, by)
            for series in self._picked(selector)
            if (value := newest(series.samples, time)) is not None
            and (not operator or COMPARED[operator](value, bound))
        }

    def _slow_share(self, buckets: Selector, time: int, window: int) -> Values:
        bound = self.threshold.slower_than
        if bound is None:
            raise CannotDerive("a duration is judged by a share only where the threshold says slower_than")
        quick = self._rates(bucket_of(buckets, bucket_label(bound.value)), time, window)
        total = self._rates(bucket_of(buckets, "+Inf"), time, window)
        return {group: 1 - quick[group] / all_ for group, all_ in total.items() if all_ > 0 and group in quick}

    def _events(self, time: int) -> Values:
        """How many events the window holds."""
        window = self.threshold.window.seconds
        match self.measure:
            case prom.Ratio():
                total = selectors(self.measure, self.scope)[1]
            case prom.Histogram():
                total = bucket_of(selectors(self.measure, self.scope)[0], "+Inf")
            case _:
                return self.value(time, window)
        return {group: rate * window for group, rate in self._rates(total, time, window).items()}

    def _rates(self, selector: Selector, time: int, window: int) -> Values:
        """The rate of each group: the sum over its series that have one."""
        return summed_rates(self._picked(selector), self.by, time, window)

    def _newest(
        self, selector: Selector, time: int, combine: Callable[[list[float]], float], highest_in: int = 0
    ) -> Values:
        found: dict[Group, list[float]] = {}
        for series in self._picked(selector):
            value = newest(series.samples, time)
            if highest_in:
                value = max((value for _, value in within(series.samples, time, highest_in)), default=None)
            if value is not None:
                found.setdefault(self._group(series), []).append(value)
        return {group: float(combine(values)) for group, values in found.items()}

    def _picked(self, selector: Selector) -> tuple[Series, ...]:
        if selector not in self._by_selector:
            self._by_selector[selector] = tuple(series for series in self.series if picks(selector, series))
        return self._by_selector[selector]

    def _group(self, series: Series) -> Group:
        return group_of(series, self.by)

    def _pinned(self, selector: Selector) -> Group:
        """What remains to be said of series that are not there: the values that the selector names."""
        return tuple(sorted((matcher.label, matcher.value) for matcher in selector.matchers if matcher.operator == "="))


def group_of(series: Series, by: Iterable[str]) -> Group:
    """The group that a series belongs to. An absent label has the value ""."""
    return tuple(sorted((label, series.labels.get(label, "")) for label in by))


def summed_rates(series: Iterable[Series], by: Iterable[str], time: int, window: int) -> Values:
    """The rates of counters over the `window` before `time`, added up by the labels `by`."""
    rates: Values = {}
    for counted in series:
        rate = rate_of(within(counted.samples, time, window), time, window)
        if rate is not None:
            group = group_of(counted, by)
            rates[group] = rates.get(group, 0.0) + rate
    return rates


def rate_of(samples: Sequence[tuple[int, float]], time: int, window: int) -> float | None:
    """The increase per second of a counter over the `window` before `time`, None for fewer than two samples.

    A fall is a restart at 0. The increase is extrapolated to the window's edges: by the time to an edge that is nearer
    than 1.1 sample intervals, else by half an interval, and never to before the counter was 0.
    """
    if len(samples) < 2:
        return None
    (first_time, first), (last_time, _) = samples[0], samples[-1]
    pairs = pairwise(samples)
    increase = sum(later if later < sooner else later - sooner for (_, sooner), (_, later) in pairs)
    sampled = last_time - first_time
    interval = sampled / (len(samples) - 1)
    before: float = first_time - (time - window)
    if increase > 0:
        before = min(before, sampled * first / increase)
    after = time - last_time
    covered = sampled + sum(gap if gap < 1.1 * interval else interval / 2 for gap in (before, after))
    return increase * covered / sampled / window


def bucket_of(buckets: Selector, le: str) -> Selector:
    """The one bucket of a histogram."""
    return replace(buckets, matchers=(*buckets.matchers, Matcher("le", "=", le)))


def _is_close(value: float, bound: float, exact: bool = False) -> bool:
    if value == bound and (exact or value == 0):
        return False
    return abs(value - bound) <= _CLOSE * max(1.0, abs(bound))


def _evaluations(until: int) -> range:
    return range(0, until + 1, EVALUATION_SECONDS)
