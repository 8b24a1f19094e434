"""Series that give a signal a wanted value: one function for each kind of measure.

A fixture knows nothing of the rule that judges the signal; it follows from what the measure means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from monitoring_kit.model import prom
from monitoring_kit.model.metrics import MetricType, bucket_label
from monitoring_kit.model.signals import Signal
from monitoring_kit.model.thresholds import Threshold
from monitoring_kit.promql.tree import Binary, Matcher, NumberLiteral, Selector
from monitoring_kit.testing.samples import Profile, Series, Stretch, counter, gauge, scaled
from monitoring_kit.testing.scope import CannotDerive, Ground

DerivableMeasure = prom.Ratio | prom.Rate | prom.Histogram | prom.Utilisation | prom.Increase | prom.Gauge | prom.Absent

# Events a minute where nothing asks for a number: many, so that a guard for low traffic stays out of the way.
BUSY = 1000.0
# What a resource is limited to, in its own unit.
LIMIT = 2.0**31
_BUSY_SHARE = 0.9
# The value of series that are only counted: another one than 1, so that it shows where they are added up.
_ANY = 2.0


@dataclass(frozen=True)
class Fixture:
    """How the series of one group behave.

    `profile` is the signal's value over time, `load` the events a minute (for what is a share of events), `reset_at`
    the minute in which every counter begins at 0 again, `bad_born_at` the minute before which no bad event ever
    happened. `condition_holds` is the condition of the measure's `only_while`, `limit` what a resource is limited to.
    """

    profile: Profile
    load: float = BUSY
    reset_at: float | None = None
    bad_born_at: float = 0.0
    condition_holds: bool = True
    limit: float = LIMIT


def derivable(signal: Signal) -> DerivableMeasure | None:
    """How Prometheus measures the signal, None where series cannot be derived from that."""
    measure = signal.prometheus
    if isinstance(
        measure, prom.Ratio | prom.Rate | prom.Histogram | prom.Utilisation | prom.Increase | prom.Gauge | prom.Absent
    ):
        return measure
    return None


def selectors(measure: DerivableMeasure, ground: Ground) -> tuple[Selector, ...]:
    """What the measure reads, narrowed to the environment."""
    match measure:
        case prom.Ratio(bad=bad, total=total):
            return ground.selector(bad), ground.selector(total)
        case prom.Rate(counter=text):
            return (ground.selector(text),)
        case prom.Histogram(histogram=histogram, only=only):
            return (ground.selector(f"{histogram}_bucket{only}"),)
        case prom.Utilisation(used=used, limit=limit):
            return ground.selector(used), ground.selector(limit)
        case prom.Increase(counter=text) | prom.Gauge(gauge=text):
            condition = held_while(measure, ground)
            return (ground.selector(text), *([condition[0]] if condition else []))
        case prom.Absent(series=text):
            return (ground.selector(text),)


def held_while(measure: prom.Increase | prom.Gauge, ground: Ground) -> tuple[Selector, str, float] | None:
    """The condition of `only_while`: a selector, a comparison and a number. None where there is no condition.

    The comparison is "" where it is enough that there is a series.
    Raises CannotDerive for a condition of another form.
    """
    if not measure.only_while:
        return None
    match ground.expression(measure.only_while):
        case Selector() as selector:
            return selector, "", 0.0
        case Binary(operator=operator, left=Selector() as selector, right=NumberLiteral(value=bound)):
            return selector, operator, float(bound)
        case _:
            raise CannotDerive(f"the condition {measure.only_while} is not a selector compared with a number")


def series_of(
    measure: DerivableMeasure,
    threshold: Threshold,
    ground: Ground,
    group: Mapping[str, str],
    fixture: Fixture,
    number: int = 1,
) -> list[Series]:
    """The series that give the signal the fixture's value, as instance `number` of the group.

    Raises CannotDerive where no such series can be made.
    """
    return list(_Maker(threshold, ground, group, fixture, number).of(measure))


def unequal_instances(measure: DerivableMeasure, fixture: Fixture) -> tuple[Fixture, Fixture]:
    """Two instances that together have the fixture's value, each with another value and another load."""
    match measure:
        case prom.Ratio() | prom.Histogram():
            quiet = replace(fixture, load=fixture.load * (1 - _BUSY_SHARE), profile=_map(fixture.profile, _quiet))
            busy = replace(fixture, load=fixture.load * _BUSY_SHARE, profile=_map(fixture.profile, _busy))
            return busy, quiet
        case prom.Rate() | prom.Increase():
            return _split(fixture, _BUSY_SHARE)
        case prom.Utilisation(used_is=kind):
            first, second = _split(fixture, _BUSY_SHARE) if kind == "counter" else (fixture, fixture)
            return first, replace(
                second, profile=scaled(second.profile, 2 if kind == "counter" else 1), limit=LIMIT / 2
            )
        case prom.Gauge(combine="sum"):
            return (
                replace(fixture, profile=_map(fixture.profile, lambda value: value - value // 2)),
                replace(fixture, profile=_map(fixture.profile, lambda value: value // 2)),
            )
        case prom.Gauge(combine="min"):
            return fixture, replace(fixture, profile=_map(fixture.profile, lambda value: value + 1))
        case prom.Gauge(combine="max"):
            return fixture, replace(fixture, profile=_map(fixture.profile, lambda value: max(0.0, value - 1)))
        case prom.Absent():
            gone = replace(fixture, profile=_map(fixture.profile, lambda _: 1.0))
            return fixture, gone
        case _:
            raise CannotDerive("the value is a number of series, so that several of them are the case itself")


@dataclass(frozen=True)
class _Maker:
    threshold: Threshold
    ground: Ground
    group: Mapping[str, str]
    fixture: Fixture
    number: int

    def of(self, measure: DerivableMeasure) -> Iterator[Series]:
        profile, load = self.fixture.profile, self.fixture.load
        match measure:
            case prom.Ratio():
                yield from self._events(measure)
            case prom.Rate(counter=text):
                yield self._counter(self.ground.selector(text), scaled(profile, 60))
            case prom.Histogram():
                yield from self._durations(measure)
            case prom.Utilisation(used=used, used_is=kind, limit=limit):
                amount = scaled(profile, self.fixture.limit)
                make = self._counter if kind == "counter" else self._gauge
                yield make(self.ground.selector(used), scaled(amount, 60) if kind == "counter" else amount)
                yield self._gauge(self.ground.selector(limit), _always(profile, self.fixture.limit))
            case prom.Increase(counter=text):
                yield self._counter(self.ground.selector(text), scaled(profile, 60 / self.threshold.window.seconds))
                yield from self._condition(measure)
            case prom.Gauge(gauge=text, combine="count"):
                most = max(int(stretch.value or 0) for stretch in profile)
                for index in range(most):
                    present = tuple(
                        Stretch(part.minutes, _ANY if part.value is not None and part.value > index else None)
                        for part in profile
                    )
                    yield self._gauge(self.ground.selector(text), present, self.number + index)
                yield from self._condition(measure)
            case prom.Gauge(gauge=text):
                yield self._gauge(self.ground.selector(text), profile)
                yield from self._condition(measure)
            case prom.Absent(series=text):
                selector = self.ground.selector(text)
                there = tuple(Stretch(part.minutes, None if part.value else load) for part in profile)
                is_counter = self.ground.shape(selector).type is MetricType.COUNTER
                yield (self._counter if is_counter else self._gauge)(selector, there)

    def _events(self, measure: prom.Ratio) -> Iterator[Series]:
        bad, total = self.ground.selector(measure.bad), self.ground.selector(measure.total)
        profile, load = self.fixture.profile, self.fixture.load
        born = self.fixture.bad_born_at
        failing = _born(scaled(profile, load), born)
        if bad.metric != total.metric:
            yield self._counter(bad, failing)
            yield self._counter(total, _map(profile, lambda _: load))
            return
        labels = self.ground.labels([bad, total], self.group, self.number)
        yield Series(bad.metric, labels, counter(failing, self.fixture.reset_at))
        others = _map(profile, lambda value: (1 - value) * load)
        labels = self.ground.labels([total], self.group, self.number, avoid=[bad])
        yield Series(total.metric, labels, counter(others, self.fixture.reset_at))

    def _durations(self, measure: prom.Histogram) -> Iterator[Series]:
        """Three buckets around the bound that is judged, and the one of all events, of a spread that is no line."""
        bound = self.threshold.slower_than
        if bound is None:
            raise CannotDerive("a duration is judged by a share only where the threshold says slower_than")
        buckets = self.ground.selector(f"{measure.histogram}_bucket{measure.only}")
        known = [bucket_label(one) for one in self.ground.shape(buckets).metric.buckets]
        place = known.index(bucket_label(bound.value)) if bucket_label(bound.value) in known else -1
        if place < 0:
            raise CannotDerive(f"{bound} is no bucket of {measure.histogram}")
        shares = {known[place]: 0.0, "+Inf": 1.0}
        if place > 0:
            shares[known[place - 1]] = -0.5
        if place + 1 < len(known):
            shares[known[place + 1]] = 0.5

        for le, share in shares.items():
            one = replace(buckets, matchers=(*buckets.matchers, Matcher("le", "=", le)))
            yield self._counter(one, _map(self.fixture.profile, _in_bucket(self.fixture.load, share)))

    def _condition(self, measure: prom.Increase | prom.Gauge) -> Iterator[Series]:
        condition = held_while(measure, self.ground)
        if condition is None:
            return
        selector, operator, bound = condition
        examples = {
            "==": (bound, bound - 1),
            ">": (bound + 1, bound),
            ">=": (bound, bound - 1),
            "<": (bound - 1, bound),
            "<=": (bound, bound + 1),
            "": (_ANY, None),
        }
        if operator not in examples:
            raise CannotDerive(f"the comparison {operator} of {measure.only_while} has no obvious example")
        holds, fails = examples[operator]
        value = holds if self.fixture.condition_holds else fails
        if value is not None:
            yield self._gauge(selector, _always(self.fixture.profile, value), 1)

    def _counter(self, selector: Selector, per_minute: Profile) -> Series:
        labels = self.ground.labels([selector], self.group, self.number)
        return Series(selector.metric, labels, counter(per_minute, self.fixture.reset_at))

    def _gauge(self, selector: Selector, levels: Profile, number: int = 0) -> Series:
        labels = self.ground.labels([selector], self.group, number or self.number)
        return Series(selector.metric, labels, gauge(levels))


def _always(profile: Profile, value: float) -> Profile:
    """`value` wherever the profile has one."""
    return _map(profile, lambda _: value)


def _born(profile: Profile, minutes: float) -> Profile:
    """The profile without a series in the first `minutes`."""
    parts: list[Stretch] = [Stretch(minutes, None)] if minutes else []
    for part in profile:
        left = max(0.0, part.minutes - minutes)
        minutes = max(0.0, minutes - part.minutes)
        if left:
            parts.append(Stretch(left, part.value))
    return tuple(parts)


def _split(fixture: Fixture, share: float) -> tuple[Fixture, Fixture]:
    return (
        replace(fixture, profile=scaled(fixture.profile, share)),
        replace(fixture, profile=scaled(fixture.profile, 1 - share)),
    )


def _quiet(value: float) -> float:
    """The bad share of the instance with a tenth of the load: up to four times that of both together."""
    return min((1 + value) / 2, 4 * value)


def _busy(value: float) -> float:
    return max(0.0, (value - (1 - _BUSY_SHARE) * _quiet(value)) / _BUSY_SHARE)


def _map(profile: Profile, function: Callable[[float], float]) -> Profile:
    return tuple(Stretch(part.minutes, None if part.value is None else function(part.value)) for part in profile)


def _in_bucket(load: float, share: float) -> Callable[[float], float]:
    """Events of a bucket by the share that is slow: all quick ones and `share` of the slow ones.

    A negative share is the part of the quick ones that is not in the bucket.
    """

    def events(slow: float) -> float:
        quick = 1 - slow
        return load * (quick + share * slow if share >= 0 else quick * (1 + share))

    return events
