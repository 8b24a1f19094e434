"""Cases derived from what an alert is meant to do: its measure, its threshold, its labels and the scope of its metrics.

Whoever adds a signal and an alert gets them without writing anything. Each case is a set of series; what fires when is
computed by `monitoring_kit.testing.oracle`. The series of others, which look like the service's own but for one label,
are part of every case.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitoring_kit.core.units import COUNT
from monitoring_kit.model import prom
from monitoring_kit.model.budgets import ErrorBudget
from monitoring_kit.model.metrics import MetricType
from monitoring_kit.model.signals import Signal
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.model import PrometheusAlert
from monitoring_kit.testing.boundary_values import JUST, SETTLED_MINUTES, Intent
from monitoring_kit.testing.case import Case, Kind, NotApplicable
from monitoring_kit.testing.derive_budget import BudgetDeriver
from monitoring_kit.testing.go_template import in_words
from monitoring_kit.testing.oracle import Group, Oracle, rate_of
from monitoring_kit.testing.rendered import told
from monitoring_kit.testing.samples import (
    EVALUATION_SECONDS,
    SCRAPE_SECONDS,
    Profile,
    Series,
    Stretch,
    picks,
    seconds_of,
    within,
)
from monitoring_kit.testing.scope import CannotDerive, Ground
from monitoring_kit.testing.series_builder import (
    BUSY,
    LIMIT,
    DerivableMeasure,
    Fixture,
    derivable,
    selectors,
    series_of,
    unequal_instances,
)

_ROUNDING = 1e-9
# Events a minute, less than one a second.
_QUIET = 20.0
# Strangers have another limit than ours, so that it shows where one is held against the other's.
_STRANGERS_LIMIT = 8 * LIMIT
_BAD_STRANGER, _HEALTHY_STRANGER = 1, 2


@dataclass(frozen=True)
class Derived:
    """The cases of one alert, and the kinds that it needs none of."""

    cases: tuple[Case, ...]
    not_applicable: tuple[NotApplicable, ...]


def is_derivable(signal: Signal) -> bool:
    """Whether cases of an alert on `signal` can be derived at all: not where its measure is an expression."""
    return derivable(signal) is not None or isinstance(signal.prometheus, ErrorBudget)


def derive(rules: Sequence[PrometheusAlert], ground: Ground) -> Derived:
    """The cases of one alert, whose rules (one a severity) these are.

    Raises CannotDerive where its measure is an expression of somebody's own, or where no series can be made for it.
    """
    budget, measure = rules[0].alert.signal.prometheus, derivable(rules[0].alert.signal)
    if isinstance(budget, ErrorBudget):
        found = [*BudgetDeriver(tuple(rules), budget, ground).all()]
    elif measure is not None:
        found = [*_Deriver(tuple(rules), measure, ground, Intent(tuple(rules), measure)).all()]
    else:
        raise CannotDerive("the measure is an expression of its own, whose meaning only its author knows")
    return Derived(
        tuple(one for one in found if isinstance(one, Case)),
        tuple(one for one in found if isinstance(one, NotApplicable)),
    )


@dataclass(frozen=True)
class _Deriver:
    rules: tuple[PrometheusAlert, ...]
    measure: DerivableMeasure
    ground: Ground
    intent: Intent

    def all(self) -> Iterator[Case | NotApplicable]:
        for rule in self.rules:
            bad, good = (self._own(self.intent.steady(value)) for value in self.intent.neighbours(rule))
            yield self._case(Kind.JUST_BAD, f"just {rule.severity.value}", bad)
            yield self._case(Kind.JUST_GOOD, f"just not {rule.severity.value}", good)
        yield self._case(Kind.HOLD, "begin and end", self._own(self.intent.incident()))
        yield from self._bursts()
        yield self._case(Kind.FOREIGN, "bad elsewhere, well here", self._own(self.intent.steady(self.intent.healthy)))
        yield self._case(Kind.FOREIGN, "bad elsewhere, nothing here", (), self.intent.steady_minutes)
        yield from self._instances()
        yield from self._groups()
        yield from self._resets()
        yield self._case(Kind.NO_DATA, "no series at all", (), self.intent.steady_minutes, alone=True)
        yield from self._born_late()
        yield from self._low_traffic()
        yield from self._earlier()

    # Kinds

    def _bursts(self) -> Iterator[Case | NotApplicable]:
        """For each severity the longest burst that is bad for a while and does not fire; one may serve several."""
        if not self.intent.threshold.for_.seconds:
            yield NotApplicable(Kind.BURST, "it has no for: it fires at once")
            return
        missing = list(self.rules)
        while missing:
            profile, served = self._longest_burst(missing[0])
            missing = [rule for rule in missing[1:] if rule not in served]
            yield self._case(
                Kind.BURST, f"{profile[1].minutes:g} minutes, for {served[0].severity.value}", self._own(profile)
            )

    def _longest_burst(self, rule: PrometheusAlert) -> tuple[Profile, list[PrometheusAlert]]:
        before = Stretch(self.intent.lead_minutes + self.intent.window_minutes + SETTLED_MINUTES, self.intent.healthy)
        after = Stretch(self.intent.window_minutes + self.intent.hold_minutes, self.intent.healthy)
        for half_minutes in range(int(2 * (self.intent.hold_minutes + self.intent.window_minutes)), 0, -1):
            for bad in (self.intent.very_bad, self.intent.bad_for_all, self.intent.neighbours(rule)[0]):
                profile = (before, Stretch(half_minutes / 2, bad), after)
                oracle, end = self._oracle(self._own(profile)), _end(profile)
                served = [one for one in self.rules if self._almost_fires(oracle, one.severity, end)]
                if rule in served:
                    return profile, served
        raise CannotDerive(f"no burst is both bad enough for {rule.severity.value} and shorter than its for")

    def _almost_fires(self, oracle: Oracle, severity: Severity, end: int) -> bool:
        fires = any(oracle.firing(severity, end).values())
        return not fires and any(oracle.bad(severity, time) for time in range(0, end + 1, EVALUATION_SECONDS))

    def _instances(self) -> Iterator[Case | NotApplicable]:
        try:
            for name, value in (
                ("together just bad", self.intent.bad_for_all),
                ("together just good", self.intent.good_for_all),
            ):
                first, second = unequal_instances(self.measure, Fixture(self.intent.steady(value)))
                yield self._case(Kind.INSTANCES, name, (*self._made(first, 1), *self._made(second, 2)))
        except CannotDerive as reason:
            yield NotApplicable(Kind.INSTANCES, str(reason))

    def _groups(self) -> Iterator[Case | NotApplicable]:
        others = self._others(Fixture(self.intent.steady(self.intent.healthy), load=10 * BUSY))
        if not others:
            yield NotApplicable(Kind.GROUPS, "the scope pins every label that tells groups apart")
            return
        bad = self.intent.steady(self.intent.bad_for_all)
        load = _QUIET if self.intent.threshold.min_events is None else BUSY
        own = self._made(Fixture(bad, load=load), 1)
        yield self._case(Kind.GROUPS, "one bad, others well with more load", (*own, *others))
        if isinstance(self.measure, prom.Increase | prom.Gauge) and self.measure.only_while:
            unconditional = self._made(Fixture(bad, condition_holds=False), 1)
            yield self._case(Kind.GROUPS, "the condition holds for the others alone", (*unconditional, *others))

    def _others(self, fixture: Fixture) -> tuple[Series, ...]:
        """The series of groups that differ from the first in one label each."""
        numbers = range(1, len(self.rules[0].alert.signal.labels) + 1)
        return tuple(
            one for number in numbers if self._group(number) is not None for one in self._made(fixture, 1, group=number)
        )

    def _resets(self) -> Iterator[Case | NotApplicable]:
        if not any(one.metric in self._counters for one in self._own(self.intent.steady(self.intent.healthy))):
            yield NotApplicable(Kind.RESET, "it reads no counter")
            return
        again = self.intent.window_minutes + self.intent.hold_minutes
        for name, value in (("amid a bad time", self.intent.bad_for_all), ("amid a good time", self.intent.healthy)):
            profile = (*self.intent.steady(value), Stretch(again + SETTLED_MINUTES, value))
            fixture = Fixture(profile, reset_at=self.intent.lead_minutes + again)
            yield self._case(Kind.RESET, name, self._made(fixture, 1))

    @property
    def _counters(self) -> frozenset[str]:
        read = selectors(self.measure, self.ground)
        return frozenset(one.metric for one in read if self.ground.shape(one).type is MetricType.COUNTER)

    def _born_late(self) -> Iterator[Case]:
        late = 3.0
        born = (Stretch(late, None), *self.intent.steady(self.intent.very_bad))
        yield self._case(Kind.BORN_LATE, "bad from birth", self._own(born))
        if isinstance(self.measure, prom.Ratio):
            profile = (Stretch(self.intent.window_minutes, 0.0), *self.intent.steady(self.intent.very_bad))
            fixture = Fixture(profile, bad_born_at=self.intent.window_minutes)
            yield self._case(Kind.BORN_LATE, "the first bad event makes its series", self._made(fixture, 1))
            never = Fixture(self.intent.steady(0.0), bad_born_at=self.intent.steady_minutes)
            yield self._case(Kind.BORN_LATE, "no bad event ever", self._made(never, 1))

    def _low_traffic(self) -> Iterator[Case | NotApplicable]:
        least = self.intent.threshold.min_events
        if least is None or not isinstance(self.measure, prom.Ratio | prom.Histogram):
            yield NotApplicable(Kind.LOW_TRAFFIC, "its threshold asks for no number of events")
            return
        a_minute, bad = float(least.to(COUNT)) / self.intent.window_minutes, self.intent.steady(self.intent.very_bad)
        others = self._others(Fixture(self.intent.steady(self.intent.healthy), load=10 * BUSY))
        few = self._made(Fixture(bad, load=a_minute * (1 - JUST)), 1)
        yield self._case(Kind.LOW_TRAFFIC, "too little to judge, beside others with much", (*few, *others))
        first, second = unequal_instances(self.measure, Fixture(bad, load=a_minute * (1 + JUST)))
        enough = (*self._made(first, 1), *self._made(second, 2))
        yield self._case(Kind.LOW_TRAFFIC, "just enough on two instances together", enough)
        nothing = Fixture(self.intent.steady(0.0), load=0.0)
        yield self._case(Kind.LOW_TRAFFIC, "no traffic at all", self._made(nothing, 1))

    def _earlier(self) -> Iterator[Case | NotApplicable]:
        earlier = self.intent.threshold.earlier
        if earlier is None:
            yield NotApplicable(Kind.EARLIER, "its threshold does not look back")
            return
        lead = (earlier.ago.seconds + earlier.window.seconds) / 60
        alive = float(earlier.value.to(self.intent.unit))
        bad = Stretch(self.intent.window_minutes + self.intent.hold_minutes + SETTLED_MINUTES, self.intent.very_bad)
        others = self._others(Fixture((Stretch(lead + bad.minutes, self.intent.healthy),)))
        dead = self._own((*_uneven(alive * (1 - JUST), lead, earlier.window.seconds / 60), bad))
        yield self._case(Kind.EARLIER, "just not alive before, beside others that are", (*dead, *others))
        live = Fixture((*_uneven(alive * (1 + JUST), lead, earlier.window.seconds / 60), bad))
        first, second = unequal_instances(self.measure, live)
        both = (*self._made(first, 1), *self._made(second, 2))
        yield self._case(Kind.EARLIER, "two instances together just alive before", both)

    # Cases

    def _group(self, number: int) -> dict[str, str] | None:
        read = selectors(self.measure, self.ground)
        return self.ground.group(self.rules[0].alert.signal.labels, read, number)

    def _own(self, profile: Profile) -> tuple[Series, ...]:
        return self._made(Fixture(profile), 1)

    def _made(self, fixture: Fixture, number: int, group: int = 0) -> tuple[Series, ...]:
        labels = self._group(group)
        if labels is None:
            raise CannotDerive("the scope pins every label that tells groups apart")
        return tuple(series_of(self.measure, self.intent.threshold, self.ground, labels, fixture, number))

    def _oracle(self, series: Sequence[Series]) -> Oracle:
        alert = self.rules[0].alert
        return Oracle(self.measure, alert.signal.labels, self.intent.threshold, self.intent.unit, self.ground, series)

    def _case(self, kind: Kind, name: str, own: Sequence[Series], minutes: float = 0.0, *, alone: bool = False) -> Case:
        end = max([int(60 * minutes), *(SCRAPE_SECONDS * len(one.samples) for one in own)])
        end -= end % EVALUATION_SECONDS
        series = (*own, *(() if alone else self._strangers(end)))
        oracle = self._oracle(series)
        if not oracle.certain(end):
            raise CannotDerive(f"{kind.words}, {name}: a value comes too close to a bound to be sure of")
        firing = {rule.severity: oracle.firing(rule.severity, end) for rule in self.rules}
        at = {
            time: tuple(
                told(rule, dict(group), value, self.ground)
                for rule in self.rules
                for group, value in sorted(firing[rule.severity][time].items())
            )
            for time in self._moments(oracle, firing, end)
            if self._prints_surely(value for fires in firing.values() for value in fires[time].values())
        }
        return Case(kind, name, series, at)

    def _moments(
        self, oracle: Oracle, firing: Mapping[Severity, Mapping[int, Mapping[Group, float]]], end: int
    ) -> list[int]:
        """The evaluations before and after something begins to be bad, begins to fire or ends, and the last one."""

        def state(time: int) -> list[frozenset[Group]]:
            return [
                frozenset(groups)
                for severity, fires in firing.items()
                for groups in (oracle.bad(severity, time), fires[time])
            ]

        found = {end}
        for time in range(EVALUATION_SECONDS, end + 1, EVALUATION_SECONDS):
            if state(time) != state(time - EVALUATION_SECONDS):
                found |= {time - EVALUATION_SECONDS, time}
        return sorted(found)

    def _prints_surely(self, values: Iterable[float]) -> bool:
        """Whether the last bits of no value decide how it is printed."""
        return all(
            in_words(value * (1 - _ROUNDING), self.intent.unit) == in_words(value * (1 + _ROUNDING), self.intent.unit)
            for value in values
        )

    def _strangers(self, end: int) -> list[Series]:
        """Series of others, some as bad as can be and some well: each differs from ours in one label of the scope.

        Where ours are recorded, so may be those of others, by rules of the same name.
        """
        group = self._group(0)
        if group is None:
            return []
        found: dict[str, Series] = {}
        lead = (Stretch(self.intent.lead_minutes, self.intent.healthy),) if self.intent.lead_minutes else ()
        rest = max(0.5, end / 60 - self.intent.lead_minutes)
        for number, value in ((_BAD_STRANGER, self.intent.very_bad), (_HEALTHY_STRANGER, self.intent.healthy)):
            fixture = Fixture((*lead, Stretch(rest, value)), limit=_STRANGERS_LIMIT)
            for one in series_of(self.measure, self.intent.threshold, self.ground, group, fixture):
                for stranger in (*self._like(one, number), *self._recorded_like(one, number)):
                    found.setdefault(stranger.name, stranger)
        return list(found.values())

    def _like(self, one: Series, number: int) -> Iterator[Series]:
        read = selectors(self.measure, self.ground)
        for selector in read:
            if selector.metric == one.metric:
                for labels in self.ground.foreign(one.labels, selector, number):
                    stranger = Series(one.metric, labels, one.samples)
                    if not any(picks(ours, stranger) for ours in read):
                        yield stranger

    def _recorded_like(self, one: Series, number: int) -> Iterator[Series]:
        for recording, selector in self.ground.recorded(one.metric):
            kept = {label: value for label, value in one.labels.items() if label in recording.by}
            window = recording.window.seconds
            times = range(EVALUATION_SECONDS, EVALUATION_SECONDS * (len(one.samples) + 1), EVALUATION_SECONDS)
            rates = tuple(rate_of(within(one.samples, time, window), time, window) for time in times)
            for labels in self.ground.foreign(kept, selector, number):
                yield Series(recording.name, labels, rates)


def _uneven(mean: float, minutes: float, window: float) -> Profile:
    """A value that goes up and down three times in `window` minutes, so that only all of it shows the mean."""
    period = window / 3
    half = (Stretch(period / 2, 0.5 * mean), Stretch(period / 2, 1.5 * mean))
    return half * math.ceil(minutes / period)


def _end(profile: Profile) -> int:
    return seconds_of(profile) // EVALUATION_SECONDS * EVALUATION_SECONDS
