"""Series that give a signal a wanted value: one function for each kind of measure.

How a group behaves knows nothing of the rule that judges the signal; it follows from what the measure means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from monitoring_kit.model import prom
from monitoring_kit.model.metrics import MetricType, bucket_label
from monitoring_kit.model.signals import Signal
from monitoring_kit.model.thresholds import Threshold
from monitoring_kit.promql.tree import Binary, Matcher, NumberLiteral, Selector
from monitoring_kit.testing.scope import CannotDerive, Scope
from monitoring_kit.testing.series import For, Profile, Series, counter, gauge, restarted, scaled

DerivableMeasure = (
    prom.Ratio | prom.Rate | prom.Histogram | prom.Utilisation | prom.Share | prom.Increase | prom.Gauge | prom.Absent
)

# Events a minute where nothing asks for a number: many, so that a guard for low traffic stays out of the way.
BUSY = 1000.0
# What a resource is limited to, in its own unit.
LIMIT = 2.0**31
_BUSY_SHARE = 0.9
# The value of series that are only counted: another one than 1, so that it shows where they are added up.
_ANY = 2.0


@dataclass(frozen=True)
class GroupBehaviour:
    """How the series of one group behave.

    `profile` is the signal's value over time, `load` the events a minute (for what is a share of events), `reset_at`
    the minute in which every counter begins at 0 again, `bad_born_at` the minute before which no bad event ever
    happened. `condition_holds` is the condition of the measure's `only_while`, `excused` that of its `unless`, `limit`
    what a resource is limited to.
    """

    profile: Profile
    load: float = BUSY
    reset_at: float | None = None
    bad_born_at: float = 0.0
    condition_holds: bool = True
    excused: bool = False
    limit: float = LIMIT


def derivable(signal: Signal) -> DerivableMeasure | None:
    """How Prometheus measures the signal, None where series cannot be derived from that."""
    measure = signal.prometheus
    return measure if isinstance(measure, DerivableMeasure) else None


def selectors(measure: DerivableMeasure, scope: Scope) -> tuple[Selector, ...]:
    """What the measure reads, narrowed to the environment."""
    match measure:
        case prom.Ratio(bad=bad, total=total):
            return scope.selector(bad), scope.selector(total)
        case prom.Rate(counter=text):
            return (scope.selector(text),)
        case prom.Histogram(histogram=histogram, only=only):
            return (scope.selector(f"{histogram}_bucket{only}"),)
        case prom.Utilisation(used=used, limit=limit):
            return scope.selector(used), scope.selector(limit)
        case prom.Share(part=part, whole=whole):
            return scope.selector(part), scope.selector(whole)
        case prom.Increase(counter=text) | prom.Gauge(gauge=text):
            condition = held_while(measure, scope)
            return (scope.selector(text), *([condition[0]] if condition else []))
        case prom.Absent(series=text):
            return (scope.selector(text),)


def held_while(measure: prom.Increase | prom.Gauge, scope: Scope) -> tuple[Selector, str, float] | None:
    """The condition of `only_while`: a selector, a comparison and a number. None where there is no condition.

    The comparison is "" where it is enough that there is a series.
    Raises CannotDerive for a condition of another form.
    """
    return _condition_of(measure.only_while, scope) if measure.only_while else None


def unless_of(measure: DerivableMeasure, scope: Scope) -> tuple[Selector, str, float] | None:
    """The condition of `unless`, as that of `held_while`. None where nothing excuses what the measure finds."""
    unless = measure.unless if isinstance(measure, prom.Gauge | prom.Absent) else None
    return _condition_of(unless.condition, scope) if unless else None


def _condition_of(text: str, scope: Scope) -> tuple[Selector, str, float]:
    match scope.expression(text):
        case Selector() as selector:
            return selector, "", 0.0
        case Binary(operator=operator, left=Selector() as selector, right=NumberLiteral(value=bound)):
            return selector, operator, float(bound)
        case _:
            raise CannotDerive(f"the condition {text} is not a selector compared with a number")


def series_of(
    measure: DerivableMeasure,
    threshold: Threshold,
    scope: Scope,
    group: Mapping[str, str],
    behaviour: GroupBehaviour,
    number: int = 1,
) -> list[Series]:
    """The series that give the signal its value in `behaviour`, as instance `number` of the group.

    Raises CannotDerive where no such series can be made.
    """
    return list(_Maker(threshold, scope, group, behaviour, number).of(measure))


def unequal_instances(measure: DerivableMeasure, behaviour: GroupBehaviour) -> tuple[GroupBehaviour, GroupBehaviour]:
    """Two instances that together behave so, each with another value and another load."""
    match measure:
        case prom.Ratio() | prom.Histogram():
            quiet = replace(behaviour, load=behaviour.load * (1 - _BUSY_SHARE), profile=_map(behaviour.profile, _quiet))
            busy = replace(behaviour, load=behaviour.load * _BUSY_SHARE, profile=_map(behaviour.profile, _busy))
            return busy, quiet
        case prom.Rate() | prom.Increase():
            return _split(behaviour, _BUSY_SHARE)
        case prom.Share():
            return behaviour, replace(behaviour, limit=LIMIT / 2)
        case prom.Utilisation(used_is=kind):
            first, second = _split(behaviour, _BUSY_SHARE) if kind == "counter" else (behaviour, behaviour)
            return first, replace(
                second, profile=scaled(second.profile, 2 if kind == "counter" else 1), limit=LIMIT / 2
            )
        case prom.Gauge(combine="sum"):
            return (
                replace(behaviour, profile=_map(behaviour.profile, lambda value: value - value // 2)),
                replace(behaviour, profile=_map(behaviour.profile, lambda value: value // 2)),
            )
        case prom.Gauge(combine="min"):
            return behaviour, replace(behaviour, profile=_map(behaviour.profile, lambda value: value + 1))
        case prom.Gauge(combine="max"):
            return behaviour, replace(behaviour, profile=_map(behaviour.profile, lambda value: max(0.0, value - 1)))
        case prom.Absent():
            gone = replace(behaviour, profile=_map(behaviour.profile, lambda _: 1.0))
            return behaviour, gone
        case _:
            raise CannotDerive("the value is a number of series, so that several of them are the case itself")


@dataclass(frozen=True)
class _Maker:
    threshold: Threshold
    scope: Scope
    group: Mapping[str, str]
    behaviour: GroupBehaviour
    number: int

    def of(self, measure: DerivableMeasure) -> Iterator[Series]:
        profile, load = self.behaviour.profile, self.behaviour.load
        match measure:
            case prom.Ratio():
                yield from self._events(measure)
            case prom.Rate(counter=text):
                yield self._counter(self.scope.selector(text), scaled(profile, 60))
            case prom.Histogram():
                yield from self._durations(measure)
            case prom.Utilisation(used=used, used_is=kind, limit=limit):
                amount = scaled(profile, self.behaviour.limit)
                make = self._counter if kind == "counter" else self._gauge
                yield make(self.scope.selector(used), scaled(amount, 60) if kind == "counter" else amount)
                yield self._gauge(self.scope.selector(limit), _always(profile, self.behaviour.limit))
            case prom.Share(part=part, whole=whole):
                yield self._gauge(self.scope.selector(part), scaled(profile, self.behaviour.limit))
                yield self._gauge(self.scope.selector(whole), _always(profile, self.behaviour.limit))
            case prom.Increase(counter=text):
                yield self._counter(self.scope.selector(text), scaled(profile, 60 / self.threshold.window.seconds))
                yield from self._condition(measure)
            case prom.Gauge(gauge=text, combine="count"):
                most = max(int(stretch.value or 0) for stretch in profile)
                for index in range(most):
                    present = tuple(
                        For(part.minutes, _ANY if part.value is not None and part.value > index else None)
                        for part in profile
                    )
                    yield self._gauge(self.scope.selector(text), present, self.number + index)
                yield from self._condition(measure)
            case prom.Gauge(gauge=text):
                yield self._gauge(self.scope.selector(text), profile)
                yield from self._condition(measure)
                yield from self._excuse(measure)
            case prom.Absent(series=text):
                selector = self.scope.selector(text)
                there = tuple(For(part.minutes, None if part.value else load) for part in profile)
                is_counter = self.scope.shape(selector).type is MetricType.COUNTER
                yield (self._counter if is_counter else self._gauge)(selector, there)
                yield from self._excuse(measure)

    def _events(self, measure: prom.Ratio) -> Iterator[Series]:
        bad, total = self.scope.selector(measure.bad), self.scope.selector(measure.total)
        profile, load = self.behaviour.profile, self.behaviour.load
        born = self.behaviour.bad_born_at
        failing = _born(scaled(profile, load), born)
        if bad.metric != total.metric:
            yield self._counter(bad, failing)
            yield self._counter(total, _map(profile, lambda _: load))
            return
        labels = self.scope.labels([bad, total], self.group, self.number)
        yield counter(bad.metric, labels, *restarted(failing, self.behaviour.reset_at))
        others = _map(profile, lambda value: (1 - value) * load)
        labels = self.scope.labels([total], self.group, self.number, avoid=[bad])
        yield counter(total.metric, labels, *restarted(others, self.behaviour.reset_at))

    def _durations(self, measure: prom.Histogram) -> Iterator[Series]:
        """Three buckets around the bound that is judged, and the one of all events, of a spread that is no line."""
        bound = self.threshold.slower_than
        if bound is None:
            raise CannotDerive("a duration is judged by a share only where the threshold says slower_than")
        buckets = self.scope.selector(f"{measure.histogram}_bucket{measure.only}")
        known = [bucket_label(bound) for bound in self.scope.shape(buckets).metric.buckets]
        place = known.index(bucket_label(bound.value)) if bucket_label(bound.value) in known else -1
        if place < 0:
            raise CannotDerive(f"{bound} is no bucket of {measure.histogram}")
        shares = {known[place]: 0.0, "+Inf": 1.0}
        if place > 0:
            shares[known[place - 1]] = -0.5
        if place + 1 < len(known):
            shares[known[place + 1]] = 0.5

        for le, share in shares.items():
            bucket = replace(buckets, matchers=(*buckets.matchers, Matcher("le", "=", le)))
            yield self._counter(bucket, _map(self.behaviour.profile, _in_bucket(self.behaviour.load, share)))

    def _condition(self, measure: prom.Increase | prom.Gauge) -> Iterator[Series]:
        condition = held_while(measure, self.scope)
        if condition is None:
            return
        selector = condition[0]
        value = _example(condition, holds=self.behaviour.condition_holds)
        if value is not None:
            yield self._gauge(selector, _always(self.behaviour.profile, value), 1)

    def _excuse(self, measure: prom.Gauge | prom.Absent) -> Iterator[Series]:
        condition = unless_of(measure, self.scope)
        if condition is None or measure.unless is None:
            return
        value = _example(condition, holds=self.behaviour.excused)
        if value is not None:
            same = {label: self.group[label] for label in measure.unless.labels}
            labels = self.scope.labels([condition[0]], same, 1)
            yield gauge(condition[0].metric, labels, For(_minutes(self.behaviour.profile), value))

    def _counter(self, selector: Selector, per_minute: Profile) -> Series:
        labels = self.scope.labels([selector], self.group, self.number)
        return counter(selector.metric, labels, *restarted(per_minute, self.behaviour.reset_at))

    def _gauge(self, selector: Selector, levels: Profile, number: int = 0) -> Series:
        labels = self.scope.labels([selector], self.group, number or self.number)
        return gauge(selector.metric, labels, *levels)


def _example(condition: tuple[Selector, str, float], *, holds: bool) -> float | None:
    """A value for which the condition holds or does not, None for no series."""
    selector, operator, bound = condition
    examples = {
        "==": (bound, bound - 1 if bound else 1.0),
        ">": (bound + 1, bound),
        ">=": (bound, bound - 1),
        "<": (bound - 1, bound),
        "<=": (bound, bound + 1),
        "": (_ANY, None),
    }
    if operator not in examples:
        raise CannotDerive(f"the comparison {operator} of {selector.metric} has no obvious example")
    return examples[operator][not holds]


def _minutes(profile: Profile) -> float:
    return sum(part.minutes for part in profile)


def _always(profile: Profile, value: float) -> Profile:
    """`value` wherever the profile has one."""
    return _map(profile, lambda _: value)


def _born(profile: Profile, minutes: float) -> Profile:
    """The profile without a series in the first `minutes`."""
    parts: list[For] = [For(minutes, None)] if minutes else []
    for part in profile:
        left = max(0.0, part.minutes - minutes)
        minutes = max(0.0, minutes - part.minutes)
        if left:
            parts.append(For(left, part.value))
    return tuple(parts)


def _split(behaviour: GroupBehaviour, share: float) -> tuple[GroupBehaviour, GroupBehaviour]:
    return (
        replace(behaviour, profile=scaled(behaviour.profile, share)),
        replace(behaviour, profile=scaled(behaviour.profile, 1 - share)),
    )


def _quiet(value: float) -> float:
    """The bad share of the instance with a tenth of the load: up to four times that of both together."""
    return min((1 + value) / 2, 4 * value)


def _busy(value: float) -> float:
    return max(0.0, (value - (1 - _BUSY_SHARE) * _quiet(value)) / _BUSY_SHARE)


def _map(profile: Profile, function: Callable[[float], float]) -> Profile:
    return tuple(For(part.minutes, None if part.value is None else function(part.value)) for part in profile)


def _in_bucket(load: float, share: float) -> Callable[[float], float]:
    """Events of a bucket by the share that is slow: all quick ones and `share` of the slow ones.

    A negative share is the part of the quick ones that is not in the bucket.
    """

    def events(slow: float) -> float:
        quick = 1 - slow
        return load * (quick + share * slow if share >= 0 else quick * (1 + share))

    return events
