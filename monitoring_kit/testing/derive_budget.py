"""Cases of an alert on an error budget: the recorded numbers of events of each window, as bad as its burn rates allow.

The alert reads recordings of windows of up to days. Here each window has the events that it is given, so that no case
takes days; that the recordings count right is for cases of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import FACTOR
from monitoring_kit.model.budgets import OBJECTIVE_LABEL, OUTCOMES, ErrorBudget
from monitoring_kit.model.thresholds import BurnRate, Severity
from monitoring_kit.plan.model import PrometheusAlert
from monitoring_kit.plan.scope import scoped
from monitoring_kit.promql.tree import Matcher, Selector
from monitoring_kit.testing.boundary_values import JUST
from monitoring_kit.testing.case import Case, Question
from monitoring_kit.testing.oracle import Group
from monitoring_kit.testing.rendered import rendered
from monitoring_kit.testing.scope import CannotDerive, Scope
from monitoring_kit.testing.series import EVALUATION_SECONDS, For, Series, gauge, newest, picks

Found = Case | tuple[Question, str]
"""A case, or a question that needs none and the reason why."""

_MINUTES = 1.0
_SAMPLES = 2
_MANY = 100_000.0
# An event, as the recordings measure it: what happens between two scrapes is extrapolated.
_ONE = 0.9

Events = tuple[float, float]
"""Bad events and all events."""

_CALM: Events = (0.0, _MANY)


@dataclass(frozen=True)
class WindowCounts:
    """The events of each window, where they are not those of a calm time."""

    by_window: Mapping[Duration, Events] = field(hash=False)
    otherwise: Events = _CALM


@dataclass(frozen=True)
class BudgetDeriver:
    """Derives the cases of one alert, whose rules (one a severity) these are."""

    rules: tuple[PrometheusAlert, ...]
    budget: ErrorBudget
    scope: Scope

    def all(self) -> Iterator[Found]:
        """The cases, and the questions that need none."""
        for rate in self.budget.rates:
            over, under = self._share(rate, 1 + JUST), self._share(rate, 1 - JUST)
            yield self._steady(Question.JUST_BAD, f"{rate.factor} over {rate.long} and {rate.short}", rate, over, over)
            yield self._steady(
                Question.JUST_GOOD, f"{rate.factor} over {rate.short}, not {rate.long}", rate, under, over
            )
            yield self._steady(
                Question.JUST_GOOD, f"{rate.factor} over {rate.long}, not {rate.short}", rate, over, under
            )
            one_event = WindowCounts({rate.long: (over * _MANY, _MANY), rate.short: (_ONE, _ONE)})
            yield self._case(Question.LOW_TRAFFIC, f"a single event within {rate.short}", self._own(one_event))
            for factor, name in ((1 - JUST, "too few"), (1 + JUST, "just enough")):
                few = float(self.budget.enough) * factor
                counts = WindowCounts({rate.long: (few, few), rate.short: (few, few)})
                yield self._case(Question.LOW_TRAFFIC, f"{name} bad events over {rate.long}", self._own(counts))
            yield from self._groups(rate)
        everything_bad = WindowCounts({}, otherwise=(_MANY, _MANY))
        calm = WindowCounts({})
        yield self._case(Question.LOW_TRAFFIC, "no events at all", self._own(WindowCounts({}, otherwise=(0.0, 0.0))))
        yield self._case(Question.HOLD, "begin and end", self._own(calm, everything_bad, calm))
        yield (Question.BURST, "it has no for: its short window ends it")
        yield self._case(Question.FOREIGN, "bad elsewhere, well here", self._own(calm))
        yield self._case(Question.FOREIGN, "bad elsewhere, nothing here", ())
        yield (Question.INSTANCES, "instances are added up in what is recorded")
        yield (Question.RESET, "it reads recordings, which know of restarts")
        yield self._case(Question.NO_DATA, "no series at all", (), alone=True)
        yield self._case(Question.BORN_LATE, "bad from birth", self._own(None, everything_bad))
        yield (Question.EARLIER, "its threshold does not look back")

    def _steady(self, question: Question, name: str, rate: BurnRate, long: float, short: float) -> Case:
        counts = WindowCounts({rate.long: (long * _MANY, _MANY), rate.short: (short * _MANY, _MANY)})
        return self._case(question, name, self._own(counts))

    def _groups(self, rate: BurnRate) -> Iterator[Found]:
        """The long window is bad in one group, the short one in others; and the number of events is in others."""
        numbers = [n for n in range(1, len(self._per) + 1) if self._group(n) is not None]
        if not numbers:
            yield (Question.GROUPS, "the scope pins every label that tells groups apart")
            return
        share = self._share(rate, 1 + JUST) * _MANY
        few = float(self.budget.enough) * (1 - JUST)
        bad = WindowCounts({rate.long: (share, _MANY), rate.short: (share, _MANY)})
        for name, own, other in (
            ("one bad, others well with more", bad, WindowCounts({}, otherwise=(0.0, 10 * _MANY))),
            (
                "long here, short elsewhere",
                WindowCounts({rate.long: (share, _MANY)}),
                WindowCounts({rate.short: (share, _MANY)}),
            ),
            (
                "few here, many elsewhere",
                WindowCounts({rate.long: (few, few), rate.short: (few, few)}),
                WindowCounts({rate.long: (share / 100, _MANY)}),
            ),
        ):
            others = (series for number in numbers for series in self._own(other, group=number))
            yield self._case(Question.GROUPS, f"{name}, {rate.long}", (*self._own(own), *others))

    def _share(self, rate: BurnRate, factor: float) -> float:
        """The share of bad events that burns the budget so many times as fast as `rate` says."""
        bound = float(rate.factor.to(FACTOR) * self.budget.budget)
        if bound >= 1:
            raise CannotDerive(f"not even failing always burns the budget {rate.factor} as fast as it may")
        return min(bound * factor, (1 + bound) / 2)

    @property
    def _per(self) -> tuple[str, ...]:
        return self.rules[0].alert.signal.labels

    @property
    def _windows(self) -> list[Duration]:
        return sorted({window for rate in self.budget.rates for window in (rate.long, rate.short)})

    @cached_property
    def _selectors(self) -> dict[tuple[str, Duration], Selector]:
        """What the alert reads: the recorded numbers of bad and of all events, of each window."""
        own = Matcher(OBJECTIVE_LABEL, "=", self.budget.objective)
        found: dict[tuple[str, Duration], Selector] = {}
        for outcome in OUTCOMES:
            for window in self._windows:
                name = self.budget.series.increase(outcome, window)
                selector = scoped(Selector(name, (own,)), self.scope.catalogue, self.scope.settings)
                if isinstance(selector, Selector):
                    found[outcome, window] = selector
        return found

    def _group(self, number: int) -> dict[str, str] | None:
        return self.scope.group(self._per, [self._selectors["bad", self._windows[0]]], number)

    def _own(self, *counts: WindowCounts | None, group: int = 0) -> tuple[Series, ...]:
        """The recorded series of a group, which have each of the counts for a minute, or are not there."""
        labels = self._group(group) or {}
        found = []
        for place, outcome in enumerate(OUTCOMES):
            for window in self._windows:
                selector = self._selectors[outcome, window]
                levels = [
                    None if count is None else count.by_window.get(window, count.otherwise)[place] for count in counts
                ]
                of_series = self.scope.labels([selector], labels, 1)
                found.append(gauge(selector.metric, of_series, *(For(_MINUTES, level) for level in levels)))
        return tuple(found)

    def _foreign_series(self, stretches: int) -> Iterator[Series]:
        """Recorded series of others, all bad and all well."""
        for number, counts in (
            (1, WindowCounts({}, otherwise=(_MANY, _MANY))),
            (2, WindowCounts({}, otherwise=(0.0, 10 * _MANY))),
        ):
            for series in self._own(*(counts for _ in range(stretches))):
                for selector in self._selectors.values():
                    if selector.metric == series.metric:
                        for labels in self.scope.foreign_labels(series.labels, selector, number):
                            yield Series(series.metric, labels, series.samples)

    def _case(self, question: Question, name: str, own: Sequence[Series], *, alone: bool = False) -> Case:
        stretches = max([1, *(len(series.samples) // _SAMPLES for series in own)])
        foreign_series: dict[str, Series] = {}
        for foreign in () if alone else self._foreign_series(stretches):
            foreign_series.setdefault(foreign.name, foreign)
        series = (*own, *foreign_series.values())
        end = round(60 * _MINUTES) * stretches
        fires = {time: self._firing(series, time) for time in range(0, end + 1, EVALUATION_SECONDS)}
        moments = {end}
        for time in range(EVALUATION_SECONDS, end + 1, EVALUATION_SECONDS):
            if fires[time].keys() != fires[time - EVALUATION_SECONDS].keys():
                moments |= {time - EVALUATION_SECONDS, time}
        at = {
            Duration(time).prometheus(): tuple(
                rendered(rule, dict(group), value, self.scope)
                for rule in self.rules
                for (severity, group), value in sorted(fires[time].items(), key=str)
                if severity is rule.severity
            )
            for time in sorted(moments)
        }
        return Case(f"{question.words}: {name}", series, at, (question,))

    def _firing(self, series: Sequence[Series], time: int) -> dict[tuple[Severity, Group], float]:
        """The burn rate over the long window of the first rate that is exceeded, by severity and group."""
        found: dict[tuple[Severity, Group], float] = {}
        for rate in self.budget.rates:
            long, short = self._burns(series, rate.long, time), self._burns(series, rate.short, time)
            bad = self._numbers(series, "bad", rate.long, time)
            factor, enough = float(rate.factor.to(FACTOR)), float(self.budget.enough)
            for group, value in long.items():
                if value > factor and short.get(group, 0.0) > factor and bad.get(group, 0.0) > enough:
                    found.setdefault((rate.severity, group), value)
        return found

    def _burns(self, series: Sequence[Series], window: Duration, time: int) -> dict[Group, float]:
        bad, total = (self._numbers(series, outcome, window, time) for outcome in OUTCOMES)
        budget = float(self.budget.budget)
        return {group: bad[group] / number / budget for group, number in total.items() if number and group in bad}

    def _numbers(self, series: Sequence[Series], outcome: str, window: Duration, time: int) -> dict[Group, float]:
        selector = self._selectors[outcome, window]
        found: dict[Group, float] = {}
        for of_group in series:
            value = newest(of_group.samples, time) if picks(selector, of_group) else None
            if value is not None:
                group = tuple(sorted((label, of_group.labels[label]) for label in self._per))
                found[group] = found.get(group, 0.0) + value
        return found
