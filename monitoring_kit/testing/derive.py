"""Cases derived from what an alert is meant to do: its measure, its threshold, its labels and the scope of its metrics.

Whoever adds a signal and an alert gets them without writing anything. Each case is a set of series; what fires when is
computed by `monitoring_kit.testing.oracle`. The series of others, which look like the service's own but for one label,
are part of every case.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import COUNT
from monitoring_kit.model import prom
from monitoring_kit.model.budgets import ErrorBudget
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.metrics import MetricType
from monitoring_kit.model.signals import Signal
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.model import Plan, PrometheusAlert
from monitoring_kit.testing.boundary_values import JUST, SETTLED_MINUTES, BoundaryValues
from monitoring_kit.testing.case import Case, Question, Specification
from monitoring_kit.testing.derive_budget import BudgetDeriver, Found
from monitoring_kit.testing.go_template import in_words
from monitoring_kit.testing.oracle import Group, Oracle, rate_of
from monitoring_kit.testing.rendered import rendered
from monitoring_kit.testing.rule_files import rules_by_alert
from monitoring_kit.testing.scope import CannotDerive, Scope, scope_of
from monitoring_kit.testing.series import (
    EVALUATION_SECONDS,
    SCRAPE_SECONDS,
    For,
    Profile,
    Series,
    picks,
    seconds_of,
    within,
)
from monitoring_kit.testing.series_builder import (
    BUSY,
    LIMIT,
    DerivableMeasure,
    GroupBehaviour,
    derivable,
    selectors,
    series_of,
    unequal_instances,
    unless_of,
)

_ROUNDING = 1e-9
# Events a minute, less than one a second.
_QUIET = 20.0
# Foreign series have another limit than ours, so that it shows where one is held against the other's.
_FOREIGN_LIMIT = 8 * LIMIT
_BAD_FOREIGN, _HEALTHY_FOREIGN = 1, 2


def is_derivable(signal: Signal) -> bool:
    """Whether cases of an alert on `signal` can be derived at all: not where its measure is an expression."""
    return derivable(signal) is not None or isinstance(signal.prometheus, ErrorBudget)


def derived_cases(plan: Plan, definitions: Definitions) -> tuple[Specification, ...]:
    """What can be derived of the alerts of `plan`: one specification each, none for an expression of somebody's own.

    Raises CannotDerive where no series can be made for an alert.
    """
    scope = scope_of(definitions, plan)
    return tuple(derive(rules, scope) for rules in rules_by_alert(plan).values() if is_derivable(rules[0].alert.signal))


def derive(rules: Sequence[PrometheusAlert], scope: Scope) -> Specification:
    """The cases of one alert, whose rules (one a severity) these are.

    Raises CannotDerive where its measure is an expression of somebody's own, or where no series can be made for it.
    """
    budget, measure = rules[0].alert.signal.prometheus, derivable(rules[0].alert.signal)
    if isinstance(budget, ErrorBudget):
        found = [*BudgetDeriver(tuple(rules), budget, scope).all()]
    elif measure is not None:
        found = [*_Deriver(tuple(rules), measure, scope, BoundaryValues(tuple(rules), measure)).all()]
    else:
        raise CannotDerive("the measure is an expression of its own, whose meaning only its author knows")
    return Specification(
        rules[0].alert.name,
        tuple(case for case in found if isinstance(case, Case)),
        dict(reason for reason in found if not isinstance(reason, Case)),
    )


@dataclass(frozen=True)
class _Deriver:
    rules: tuple[PrometheusAlert, ...]
    measure: DerivableMeasure
    scope: Scope
    boundary: BoundaryValues

    def all(self) -> Iterator[Found]:
        for rule in self.rules:
            bad, good = (self._own(self.boundary.steady(value)) for value in self.boundary.neighbours(rule))
            yield self._case(Question.JUST_BAD, f"just {rule.severity.value}", bad)
            yield self._case(Question.JUST_GOOD, f"just not {rule.severity.value}", good)
        yield self._case(Question.HOLD, "begin and end", self._own(self.boundary.incident()))
        yield from self._bursts()
        yield self._case(
            Question.FOREIGN, "bad elsewhere, well here", self._own(self.boundary.steady(self.boundary.healthy))
        )
        yield self._case(Question.FOREIGN, "bad elsewhere, nothing here", (), self.boundary.steady_minutes)
        yield from self._instances()
        yield from self._groups()
        yield from self._resets()
        yield self._case(Question.NO_DATA, "no series at all", (), self.boundary.steady_minutes, alone=True)
        yield from self._excused()
        yield from self._born_late()
        yield from self._low_traffic()
        yield from self._earlier()

    # Kinds

    def _bursts(self) -> Iterator[Found]:
        """For each severity the longest burst that is bad for a while and does not fire; one may serve several."""
        if not self.boundary.threshold.for_.seconds:
            yield (Question.BURST, "it has no for: it fires at once")
            return
        missing = list(self.rules)
        while missing:
            profile, served = self._longest_burst(missing[0])
            missing = [rule for rule in missing[1:] if rule not in served]
            yield self._case(
                Question.BURST, f"{profile[1].minutes:g} minutes, for {served[0].severity.value}", self._own(profile)
            )

    def _longest_burst(self, rule: PrometheusAlert) -> tuple[Profile, list[PrometheusAlert]]:
        before = For(self.boundary.lead_minutes + self.boundary.window_minutes + SETTLED_MINUTES, self.boundary.healthy)
        after = For(self.boundary.window_minutes + self.boundary.hold_minutes, self.boundary.healthy)
        for half_minutes in range(int(2 * (self.boundary.hold_minutes + self.boundary.window_minutes)), 0, -1):
            for bad in (self.boundary.very_bad, self.boundary.bad_for_all, self.boundary.neighbours(rule)[0]):
                profile = (before, For(half_minutes / 2, bad), after)
                oracle, end = self._oracle(self._own(profile)), _end(profile)
                served = [rule for rule in self.rules if self._almost_fires(oracle, rule.severity, end)]
                if rule in served:
                    return profile, served
        raise CannotDerive(f"no burst is both bad enough for {rule.severity.value} and shorter than its for")

    def _almost_fires(self, oracle: Oracle, severity: Severity, end: int) -> bool:
        fires = any(oracle.firing(severity, end).values())
        return not fires and any(oracle.bad(severity, time) for time in range(0, end + 1, EVALUATION_SECONDS))

    def _instances(self) -> Iterator[Found]:
        try:
            for name, value in (
                ("together just bad", self.boundary.bad_for_all),
                ("together just good", self.boundary.good_for_all),
            ):
                first, second = unequal_instances(self.measure, GroupBehaviour(self.boundary.steady(value)))
                yield self._case(Question.INSTANCES, name, (*self._made(first, 1), *self._made(second, 2)))
        except CannotDerive as reason:
            yield (Question.INSTANCES, str(reason))

    def _groups(self) -> Iterator[Found]:
        others = self._others(GroupBehaviour(self.boundary.steady(self.boundary.healthy), load=10 * BUSY))
        if not others:
            yield (Question.GROUPS, "the scope pins every label that tells groups apart")
            return
        bad = self.boundary.steady(self.boundary.bad_for_all)
        load = _QUIET if self.boundary.threshold.min_events is None else BUSY
        own = self._made(GroupBehaviour(bad, load=load), 1)
        yield self._case(Question.GROUPS, "one bad, others well with more load", (*own, *others))
        if isinstance(self.measure, prom.Increase | prom.Gauge) and self.measure.only_while:
            unconditional = self._made(GroupBehaviour(bad, condition_holds=False), 1)
            yield self._case(Question.GROUPS, "the condition holds for the others alone", (*unconditional, *others))

    def _excused(self) -> Iterator[Case]:
        """Bad, and meant to be; beside groups that are bad without being meant to, where there can be any."""
        condition = unless_of(self.measure, self.scope)
        if condition is not None:
            bad = self.boundary.steady(self.boundary.very_bad)
            own = self._made(GroupBehaviour(bad, excused=True), 1)
            known = {series.name for series in own}
            others = [series for series in self._others(GroupBehaviour(bad)) if series.name not in known]
            yield self._case(Question.NO_DATA, "meant to be so", (*own, *others))

    def _others(self, behaviour: GroupBehaviour) -> tuple[Series, ...]:
        """The series of groups that differ from the first in one label each."""
        numbers = range(1, len(self.rules[0].alert.signal.labels) + 1)
        return tuple(
            series
            for number in numbers
            if self._group(number) is not None
            for series in self._made(behaviour, 1, group=number)
        )

    def _resets(self) -> Iterator[Found]:
        if not any(
            series.metric in self._counters for series in self._own(self.boundary.steady(self.boundary.healthy))
        ):
            yield (Question.RESET, "it reads no counter")
            return
        again = self.boundary.window_minutes + self.boundary.hold_minutes
        for name, value in (
            ("amid a bad time", self.boundary.bad_for_all),
            ("amid a good time", self.boundary.healthy),
        ):
            profile = (*self.boundary.steady(value), For(again + SETTLED_MINUTES, value))
            behaviour = GroupBehaviour(profile, reset_at=self.boundary.lead_minutes + again)
            yield self._case(Question.RESET, name, self._made(behaviour, 1))

    @property
    def _counters(self) -> frozenset[str]:
        read = selectors(self.measure, self.scope)
        return frozenset(selector.metric for selector in read if self.scope.shape(selector).type is MetricType.COUNTER)

    def _born_late(self) -> Iterator[Case]:
        late = 3.0
        born = (For(late, None), *self.boundary.steady(self.boundary.very_bad))
        yield self._case(Question.BORN_LATE, "bad from birth", self._own(born))
        if isinstance(self.measure, prom.Ratio):
            profile = (For(self.boundary.window_minutes, 0.0), *self.boundary.steady(self.boundary.very_bad))
            behaviour = GroupBehaviour(profile, bad_born_at=self.boundary.window_minutes)
            yield self._case(Question.BORN_LATE, "the first bad event makes its series", self._made(behaviour, 1))
            never = GroupBehaviour(self.boundary.steady(0.0), bad_born_at=self.boundary.steady_minutes)
            yield self._case(Question.BORN_LATE, "no bad event ever", self._made(never, 1))

    def _low_traffic(self) -> Iterator[Found]:
        least = self.boundary.threshold.min_events
        if least is None or not isinstance(self.measure, prom.Ratio | prom.Histogram):
            yield (Question.LOW_TRAFFIC, "its threshold asks for no number of events")
            return
        a_minute, bad = (
            float(least.to(COUNT)) / self.boundary.window_minutes,
            self.boundary.steady(self.boundary.very_bad),
        )
        others = self._others(GroupBehaviour(self.boundary.steady(self.boundary.healthy), load=10 * BUSY))
        few = self._made(GroupBehaviour(bad, load=a_minute * (1 - JUST)), 1)
        yield self._case(Question.LOW_TRAFFIC, "too little to judge, beside others with much", (*few, *others))
        first, second = unequal_instances(self.measure, GroupBehaviour(bad, load=a_minute * (1 + JUST)))
        enough = (*self._made(first, 1), *self._made(second, 2))
        yield self._case(Question.LOW_TRAFFIC, "just enough on two instances together", enough)
        nothing = GroupBehaviour(self.boundary.steady(0.0), load=0.0)
        yield self._case(Question.LOW_TRAFFIC, "no traffic at all", self._made(nothing, 1))

    def _earlier(self) -> Iterator[Found]:
        earlier = self.boundary.threshold.earlier
        if earlier is None:
            yield (Question.EARLIER, "its threshold does not look back")
            return
        lead = (earlier.ago.seconds + earlier.window.seconds) / 60
        alive = float(earlier.value.to(self.boundary.unit))
        bad = For(self.boundary.window_minutes + self.boundary.hold_minutes + SETTLED_MINUTES, self.boundary.very_bad)
        others = self._others(GroupBehaviour((For(lead + bad.minutes, self.boundary.healthy),)))
        dead = self._own((*_uneven(alive * (1 - JUST), lead, earlier.window.seconds / 60), bad))
        yield self._case(Question.EARLIER, "just not alive before, beside others that are", (*dead, *others))
        live = GroupBehaviour((*_uneven(alive * (1 + JUST), lead, earlier.window.seconds / 60), bad))
        first, second = unequal_instances(self.measure, live)
        both = (*self._made(first, 1), *self._made(second, 2))
        yield self._case(Question.EARLIER, "two instances together just alive before", both)

    # Cases

    def _group(self, number: int) -> dict[str, str] | None:
        read = selectors(self.measure, self.scope)
        return self.scope.group(self.rules[0].alert.signal.labels, read, number)

    def _own(self, profile: Profile) -> tuple[Series, ...]:
        return self._made(GroupBehaviour(profile), 1)

    def _made(self, behaviour: GroupBehaviour, number: int, group: int = 0) -> tuple[Series, ...]:
        labels = self._group(group)
        if labels is None:
            raise CannotDerive("the scope pins every label that tells groups apart")
        return tuple(series_of(self.measure, self.boundary.threshold, self.scope, labels, behaviour, number))

    def _oracle(self, series: Sequence[Series]) -> Oracle:
        alert = self.rules[0].alert
        return Oracle(
            self.measure, alert.signal.labels, self.boundary.threshold, self.boundary.unit, self.scope, series
        )

    def _case(
        self, question: Question, name: str, own: Sequence[Series], minutes: float = 0.0, *, alone: bool = False
    ) -> Case:
        end = max([int(60 * minutes), *(SCRAPE_SECONDS * len(series.samples) for series in own)])
        end -= end % EVALUATION_SECONDS
        # Two instances of a group share what is said of the group: the condition under which it is judged.
        series = tuple(
            {series.name: series for series in (*own, *(() if alone else self._foreign_series(end)))}.values()
        )
        oracle = self._oracle(series)
        if not oracle.certain(end):
            raise CannotDerive(f"{question.words}, {name}: a value comes too close to a bound to be sure of")
        firing = {rule.severity: oracle.firing(rule.severity, end) for rule in self.rules}
        at = {
            Duration(time).prometheus(): tuple(
                rendered(rule, dict(group), value, self.scope)
                for rule in self.rules
                for group, value in sorted(firing[rule.severity][time].items())
            )
            for time in self._moments(oracle, firing, end)
            if self._prints_surely(value for fires in firing.values() for value in fires[time].values())
        }
        return Case(f"{question.words}: {name}", series, at, (question,))

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
            in_words(value * (1 - _ROUNDING), self.boundary.unit)
            == in_words(value * (1 + _ROUNDING), self.boundary.unit)
            for value in values
        )

    def _foreign_series(self, end: int) -> list[Series]:
        """Series of others, some as bad as can be and some well: each differs from ours in one label of the scope.

        Where ours are recorded, so may be those of others, by rules of the same name.
        """
        group = self._group(0)
        if group is None:
            return []
        found: dict[str, Series] = {}
        lead = (For(self.boundary.lead_minutes, self.boundary.healthy),) if self.boundary.lead_minutes else ()
        rest = max(0.5, end / 60 - self.boundary.lead_minutes)
        for number, value in ((_BAD_FOREIGN, self.boundary.very_bad), (_HEALTHY_FOREIGN, self.boundary.healthy)):
            excused = number == _BAD_FOREIGN
            behaviour = GroupBehaviour((*lead, For(rest, value)), limit=_FOREIGN_LIMIT, excused=excused)
            for series in series_of(self.measure, self.boundary.threshold, self.scope, group, behaviour):
                for foreign in (*self._like(series, number), *self._recorded_like(series, number)):
                    if any(sample is not None for sample in foreign.samples):  # bad may mean absent
                        found.setdefault(foreign.name, foreign)
        return list(found.values())

    def _like(self, series: Series, number: int) -> Iterator[Series]:
        condition = unless_of(self.measure, self.scope)
        read = (*selectors(self.measure, self.scope), *([condition[0]] if condition else []))
        for selector in read:
            if selector.metric == series.metric:
                for labels in self.scope.foreign_labels(series.labels, selector, number):
                    foreign = Series(series.metric, labels, series.samples)
                    if not any(picks(ours, foreign) for ours in read):
                        yield foreign

    def _recorded_like(self, series: Series, number: int) -> Iterator[Series]:
        for recording, selector in self.scope.recorded(series.metric):
            kept = {label: value for label, value in series.labels.items() if label in recording.by}
            window = recording.window.seconds
            times = range(EVALUATION_SECONDS, EVALUATION_SECONDS * (len(series.samples) + 1), EVALUATION_SECONDS)
            rates = tuple(rate_of(within(series.samples, time, window), time, window) for time in times)
            for labels in self.scope.foreign_labels(kept, selector, number):
                yield Series(recording.name, labels, rates)


def _uneven(mean: float, minutes: float, window: float) -> Profile:
    """A value that goes up and down three times in `window` minutes, so that only all of it shows the mean."""
    period = window / 3
    half = (For(period / 2, 0.5 * mean), For(period / 2, 1.5 * mean))
    return half * math.ceil(minutes / period)


def _end(profile: Profile) -> int:
    return seconds_of(profile) // EVALUATION_SECONDS * EVALUATION_SECONDS
