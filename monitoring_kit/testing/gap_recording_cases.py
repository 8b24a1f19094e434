"""Cases of the recordings that carry a counter across a gap: what each has to be, computed without PromQL.

Each recording is looked at alone: what the others would have recorded is an input. The series come and go so that each
part of a rule decides about one of them, and every series has one of others beside it for each label that is matched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from monitoring_kit.model.gaps import UP, Gap, GapWindows
from monitoring_kit.plan.scope import scoped
from monitoring_kit.promql.tree import Selector
from monitoring_kit.testing.oracle import Group, Values
from monitoring_kit.testing.recording_cases import RecordedCase, case_of
from monitoring_kit.testing.scope import CannotDerive, Scope
from monitoring_kit.testing.series import (
    EVALUATION_SECONDS,
    For,
    Part,
    Samples,
    Series,
    counter,
    gauge,
    newest,
    picks,
    within,
)

# The longest window of a rule, in windows of rates: so long is looked at what comes of a note.
_WINDOWS = 8


@dataclass(frozen=True)
class _Stage:
    """One counter, and the series that are made for its recordings."""

    gap: Gap
    windows: GapWindows
    scope: Scope
    series: list[Series] = field(default_factory=list, hash=False)

    def selector(self, metric: str) -> Selector:
        """Its own series in the environment."""
        matchers = () if metric == UP else self.gap.matchers
        found = scoped(Selector(metric, matchers), self.scope.catalogue, self.scope.settings)
        if not isinstance(found, Selector):
            raise CannotDerive(f"{metric} is no selector")
        return found

    def labels(self, number: int) -> dict[str, str]:
        """The labels of a series of the counter, on a target of its own."""
        own = {label: f"{label}-{number}" for label in self.gap.target}
        return self.scope.labels([self.selector(self.gap.counter)], own, number)

    def beside(self, labels: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """The labels of the same series on targets that differ in one label each."""
        yield from ({**labels, label: f"{labels[label]}-beside"} for label in self.gap.target)

    def sibling(self, labels: Mapping[str, str]) -> dict[str, str]:
        """The labels of another series on the same target; the same ones where no label is free for that."""
        shape = self.scope.shape(self.selector(self.gap.counter))
        taken = {*self.gap.target, *shape.closed, *(m.label for m in self.selector(self.gap.counter).matchers)}
        return {**labels, **{label: f"{labels[label]}-sibling" for label in sorted(shape.labels - taken)[:1]}}

    def add(self, metric: str, labels: Mapping[str, str], *parts: Part) -> None:
        """A series that lasts to the end."""
        make = counter if metric == self.gap.counter else gauge
        self.series.append(make(metric, self.of_target(labels) if metric == UP else labels, *parts))

    def of_target(self, labels: Mapping[str, str]) -> dict[str, str]:
        """What `up` has of the labels."""
        own = self.scope.shape(Selector(UP)).labels
        return {label: value for label, value in labels.items() if label in own}

    def foreign(self, metric: str, labels: Mapping[str, str]) -> list[dict[str, str]]:
        """The same series of others: one matcher does not take them."""
        selector = self.selector(metric)
        whole = self.of_target(labels) if metric == UP else dict(labels)
        return [*self.scope.foreign_labels(whole, selector)]

    def own(self, metric: str) -> dict[Group, Samples]:
        """The samples of our series, by their labels."""
        selector = self.selector(metric)
        return {_key(one.labels): one.samples for one in self.series if picks(selector, one)}

    def target(self, labels: Group) -> Group:
        """The labels by which a series and its target find each other."""
        return tuple(pair for pair in labels if pair[0] in self.gap.target)


def gap_case(gap: Gap, recorded: str, windows: GapWindows, scope: Scope) -> RecordedCase:
    """The case of one of the recordings of `gap`. Raises CannotDerive where no series of the counter can be made."""
    stage = _Stage(gap, windows, scope)
    make, value = {gap.before: _BEFORE, gap.after: _AFTER, gap.across: _ACROSS}[recorded]
    make(stage, windows.rate.seconds / 60)
    end = _WINDOWS * windows.rate.seconds
    times = range(EVALUATION_SECONDS, end + 1, EVALUATION_SECONDS)
    return case_of(stage.series, {time: value(stage, time) for time in times})


def _make_before(stage: _Stage, window: float) -> None:
    """`window` is in minutes, as are all times of series."""
    gap, lasting = stage.gap, For(_WINDOWS * window, 1.0)
    ends: tuple[Part, ...] = (For(1.5 * window, 60.0), For(_WINDOWS * window, None))
    returns: tuple[Part, ...] = (For(1.5 * window, 90.0), For(2 * window, None), For(5 * window, 30.0))
    stage.add(gap.counter, stage.labels(1), *ends)
    stage.add(gap.counter, stage.labels(2), *returns)
    for labels in stage.foreign(gap.counter, stage.labels(1)):
        stage.add(gap.counter, labels, *ends)
    # Kept while its target is known, for a known time after the last note; not if it is scraped again.
    noted: tuple[Part, ...] = (For(0.5 * window, 20.0), For(_WINDOWS * window, None))
    for number, up in ((3, (lasting,)), (4, (For(1.5 * window, 1.0), For(_WINDOWS * window, None))), (5, (lasting,))):
        stage.add(gap.before, stage.labels(number), *noted)
        stage.add(UP, stage.labels(number), *up)
    stage.add(gap.counter, stage.labels(5), For(window, None), For(_WINDOWS * window, 10.0))
    for labels in stage.beside(stage.labels(3)):
        stage.add(gap.before, labels, *noted)
    for labels in stage.foreign(gap.before, stage.labels(3)):
        stage.add(gap.before, labels, *noted)
    for number, labels in enumerate(stage.foreign(UP, stage.labels(6))):
        if number == 0:
            stage.add(gap.before, stage.labels(6), *noted)
        stage.add(UP, labels, lasting)
    # A newer value is noted in place of the one that was kept.
    stage.add(gap.before, stage.labels(7), For(_WINDOWS * window, 3.0))
    stage.add(UP, stage.labels(7), lasting)
    stage.add(gap.counter, stage.labels(7), *ends)


def _before(stage: _Stage, time: int) -> Values:
    windows = stage.windows
    found: Values = {}
    counters, notes = stage.own(stage.gap.counter), stage.own(stage.gap.before)
    known = {stage.target(labels) for labels, samples in stage.own(UP).items() if newest(samples, time) is not None}
    for labels in {**counters, **notes}:
        newest_ones = within(counters.get(labels, ()), time, windows.missing.seconds)
        older = within(counters.get(labels, ()), time - windows.missing.seconds, windows.noted.seconds)
        kept = within(notes.get(labels, ()), time, windows.kept.seconds)
        if newest_ones:
            continue
        if older:
            found[labels] = older[-1][1]
        elif kept and stage.target(labels) in known:
            found[labels] = kept[-1][1]
    return found


def _make_after(stage: _Stage, window: float) -> None:
    gap = stage.gap
    lasting = For(_WINDOWS * window, 1.0)
    returns: tuple[Part, ...] = (For(0.5 * window, 60.0), For(2 * window, None), For(6 * window, 120.0))
    born: tuple[Part, ...] = (For(2.5 * window, None), For(6 * window, 45.0))
    until_return: tuple[Part, ...] = (For(window, None), For(1.5 * window, 7.0), For(6 * window, None))
    for number, parts in ((1, returns), (2, born), (3, (For(_WINDOWS * window, 20.0),))):
        stage.add(gap.counter, stage.labels(number), *parts)
        # What is new in the gap is known by another series of its target.
        labels = stage.sibling(stage.labels(number)) if number == 2 else stage.labels(number)
        stage.add(gap.before, labels, *until_return)
    short: tuple[Part, ...] = (For(1.25 * window, 60.0), For(1.5 * window, None), For(6 * window, 30.0))
    stage.add(gap.counter, stage.labels(9), *short)
    stage.add(gap.before, stage.labels(9), For(_WINDOWS * window, 5.0))
    for labels in stage.beside(stage.labels(1)):
        stage.add(gap.counter, labels, *returns)
    for labels in stage.foreign(gap.counter, stage.labels(1)):
        stage.add(gap.counter, labels, *returns)
    for number, labels in enumerate(stage.foreign(gap.before, stage.labels(4))):
        if number == 0:
            stage.add(gap.counter, stage.labels(4), *returns)
        if stage.target(_key(labels)) == stage.target(_key(stage.labels(4))):
            stage.add(gap.before, labels, lasting)
    # Notes that are older than those that are read, and just not.
    for number, age in ((5, 0.5), (6, 1.6), (7, 2.5), (8, 4.0)):
        back = 5.0 * window
        stage.add(gap.before, stage.labels(number), For(back - age * window, 9.0), For(_WINDOWS * window, None))
        stage.add(gap.counter, stage.labels(number), For(back, None), For(_WINDOWS * window, 30.0))


def _after(stage: _Stage, time: int) -> Values:
    windows = stage.windows
    found: Values = {}
    noted = {
        stage.target(labels)
        for labels, samples in stage.own(stage.gap.before).items()
        if within(samples, time, windows.read.seconds)
    }
    for labels, samples in stage.own(stage.gap.counter).items():
        values = within(samples, time, windows.rate.seconds)
        seen = within(samples, time - windows.rate.seconds, windows.missing.seconds)
        if values and not seen and stage.target(labels) in noted:
            found[labels] = min(value for _, value in values)
    return found


def _make_across(stage: _Stage, window: float) -> None:
    gap, number = stage.gap, 0

    def add(after: float, note: float | None, now: float, *, age: float = 0.0) -> dict[str, str]:
        nonlocal number
        number += 1
        labels = stage.labels(number)
        begin, whole = 3.0 * window, _WINDOWS * window
        stage.add(gap.after, labels, For(begin, None), For(2 * window, after), For(whole, None))
        if note is not None:
            stage.add(gap.before, labels, For(begin - age * window, note), For(whole, None))
        stage.series.append(gauge(gap.counter, labels, For(whole, now)))
        return labels

    grown = add(50, 20, 60)
    for after, note, now in (
        (5, 20, 10),  # began again in the gap
        (5, 20, 25),  # scraped, missed and scraped again: its first value is older than the note
        (5, 20, 20),
        (20, 20, 22),  # nothing happened
        (19.5, 20, 19.8),
        (20.5, 20, 21),
    ):
        add(after, note, now)
    born = add(8, None, 9)
    for age in (0.5, 0.9, 1.2, 1.8, 2.5):
        add(30, 10, 35, age=age)
        add(3, 10, 6, age=age)
    for metric in (gap.after, gap.before, gap.counter):
        for labels in (grown, born):
            for foreign in stage.foreign(metric, labels):
                stage.add(metric, foreign, For(_WINDOWS * window, 77.0))


def _across(stage: _Stage, time: int) -> Values:
    windows = stage.windows
    found: Values = {}
    notes, counters = stage.own(stage.gap.before), stage.own(stage.gap.counter)
    for labels, samples in stage.own(stage.gap.after).items():
        after, now = newest(samples, time), newest(counters.get(labels, ()), time)
        noted = within(notes.get(labels, ()), time, windows.read.seconds)
        if after is None:
            continue
        if not noted:
            found[labels] = after
        elif after >= noted[-1][1]:
            found[labels] = after - noted[-1][1]
        elif now is not None and now < noted[-1][1]:
            found[labels] = after
    return {labels: events / windows.rate.seconds for labels, events in found.items()}


def _key(labels: Mapping[str, str]) -> Group:
    return tuple(sorted(labels.items()))


_Make = Callable[[_Stage, float], None]
_Value = Callable[[_Stage, int], Values]
_BEFORE: tuple[_Make, _Value] = (_make_before, _before)
_AFTER: tuple[_Make, _Value] = (_make_after, _after)
_ACROSS: tuple[_Make, _Value] = (_make_across, _across)
