"""Cases of the recordings of objectives: events per second, and how many events a window holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from monitoring_kit.core.durations import Duration
from monitoring_kit.model import prom
from monitoring_kit.model.budgets import OBJECTIVE_LABEL, OUTCOMES, Outcome
from monitoring_kit.model.gaps import Gap, GapWindows
from monitoring_kit.model.metrics import bucket_label
from monitoring_kit.model.objectives import STAGES, Objective, gaps_of
from monitoring_kit.plan.model import PrometheusRecording
from monitoring_kit.plan.scope import scoped
from monitoring_kit.promql.tree import Selector, walk
from monitoring_kit.testing.gap_recording_cases import gap_case
from monitoring_kit.testing.oracle import Values, bucket_of, group_of, summed_rates
from monitoring_kit.testing.recording_cases import RecordedCase, case_of, moments, picked, rounded
from monitoring_kit.testing.scope import CannotDerive, Scope
from monitoring_kit.testing.series import For, Samples, Series, gauge, newest, picks
from monitoring_kit.testing.series_builder import DerivableMeasure, GroupBehaviour, derivable, selectors, series_of

# A quiet instance of a group, and a busy one whose events are of another kind.
_QUIET, _BUSY = 40.0, 600.0
# Samples between two steps of a window, so that it shows how far apart the steps are. All are newer than 5 minutes,
# beyond which Prometheus does not look back.
_SAMPLES_IN_A_STEP = 3
# In a sixth of a window: promtool refuses to look at more than 10,000 samples at once.
_MOST_STEPS = 24


def derive_events(
    rule: PrometheusRecording,
    objectives: Iterable[Objective],
    scope: Scope,
    evaluation: Duration,
    rate_window: Duration,
) -> RecordedCase:
    """The case of a recording of `objectives`, whose rules are evaluated every `evaluation`.

    `rate_window` is what rates are taken over. Raises CannotDerive for a rule that records something else.
    """
    objectives = tuple(objectives)
    gaps = gaps_of(objectives, scope.catalogue)
    for gap in gaps:
        if rule.name in (gap.before, gap.after, gap.across):
            return gap_case(gap, rule.name, GapWindows(rate_window, evaluation), scope)
    for objective in objectives:
        for outcome in OUTCOMES:
            if rule.name == objective.series.rate(outcome) and rule.labels.get(OBJECTIVE_LABEL) == objective.name:
                return _rate_case(objective, outcome, scope, rate_window.seconds, gaps)
            steps = {objective.series.rate(outcome): (evaluation.seconds, evaluation.seconds)}
            steps |= {objective.series.increase(outcome, stage): (stage.seconds, 1) for stage in STAGES}
            for window in (*objective.windows, *STAGES):
                if rule.name == objective.series.increase(outcome, window):
                    (source,) = (part.metric for part in walk(rule.expression) if isinstance(part, Selector))
                    if source in steps:
                        return _count_case(source, *steps[source], window.seconds, scope)
    raise CannotDerive(f"{rule.name} is no rate and no count of an objective")


def _rate_case(objective: Objective, outcome: Outcome, scope: Scope, window: int, gaps: Sequence[Gap]) -> RecordedCase:
    """Unequal instances, a restart, a late birth, an end, groups that differ in each label, one without bad events.

    The series of the first group, and those of others like them, have events of a gap as well, beside a rate and after.
    """
    measure = derivable(objective.signal)
    if not isinstance(measure, prom.Ratio | prom.Histogram):
        raise CannotDerive(f"the events of {objective.name} are told by an expression of its own")
    read = selectors(measure, scope)
    by = sorted(scope.shape(Selector(objective.series.rate(outcome))).labels - {OBJECTIVE_LABEL})
    threshold = replace(objective.threshold, slower_than=objective.slower_than)

    def made(group: dict[str, str], behaviour: GroupBehaviour, number: int = 1) -> list[Series]:
        return series_of(measure, threshold, scope, group, behaviour, number)

    minutes = window / 60
    first, *others = scope.groups(by, read)
    busy = (For(1.5 * minutes, 0.25), For(1.5 * minutes, 0.5))
    quiet = (For(minutes / 2, None), For(1.5 * minutes, 0.75), For(minutes, None))
    series = made(first, GroupBehaviour(busy, load=_BUSY, reset_at=2 * minutes))
    series += made(first, GroupBehaviour(quiet, load=_QUIET), 2)
    ends = (For(2 * minutes, 0.0), For(minutes, None))
    for number, other in enumerate(others, start=1):
        series += made(other, GroupBehaviour(ends, load=100.0 * number, bad_born_at=3 * minutes))
    free = [
        label for label in by if not any(matcher.label == label for selector in read for matcher in selector.matchers)
    ]
    series += [*_foreign_series(series, free, read, scope)]
    across = [
        replace(selector, metric=gap.across) for gap in gaps for selector in read if selector.metric == gap.counter
    ]
    in_first = [one for one in series if all(one.labels[label] == first[label] for label in free)]
    series += [*_across_series(in_first, {gap.counter: gap for gap in gaps}, minutes)]
    return case_of(
        series,
        {
            time: {
                tuple(sorted((*group, (OBJECTIVE_LABEL, objective.name)))): value
                for group, value in _events(
                    measure, objective, outcome, scope, series, by, time, window, across
                ).items()
            }
            for time in moments(window)
        },
    )


def _across_series(series: Sequence[Series], gaps: Mapping[str, Gap], minutes: float) -> Iterator[Series]:
    """Events of a gap for each series of a counter, ours and those of others, another number each."""
    for number, one in enumerate(series, start=1):
        gap = gaps.get(one.metric)
        if gap is not None:
            yield gauge(gap.across, one.labels, For(1.5 * minutes, None), For(2.5 * minutes, 0.25 * number))


def _foreign_series(
    series: Sequence[Series], free: Sequence[str], read: Sequence[Selector], scope: Scope
) -> Iterator[Series]:
    """Series that differ from ours in one label that is matched: in our group, and in one where nothing is ours."""
    found: dict[str, Series] = {}
    for own in series:
        for labels in (own.labels, {**own.labels, **{label: f"{own.labels[label]}-apart" for label in free}}):
            for selector in (selector for selector in read if picks(selector, own)):
                for changed in scope.foreign_labels(dict(labels), selector):
                    foreign = Series(own.metric, changed, own.samples)
                    if not any(picks(ours, foreign) for ours in read):
                        found.setdefault(foreign.name, foreign)
    yield from found.values()


def _events(
    measure: DerivableMeasure,
    objective: Objective,
    outcome: Outcome,
    scope: Scope,
    series: Sequence[Series],
    by: Sequence[str],
    time: int,
    window: int,
    across: Sequence[Selector],
) -> Values:
    """Events per second of each group, those of gaps included.

    Where something happens and nothing is bad, there are 0 bad events.
    """
    first, *rest = selectors(measure, scope)

    def counted(selector: Selector) -> Values:
        events = summed_rates(picked(series, selector), by, time, window)
        for gap in dict.fromkeys(replace(selector, metric=one.metric) for one in across):
            for one in picked(series, gap):
                value = newest(one.samples, time)
                if value is not None:
                    group = group_of(one, by)
                    events[group] = events.get(group, 0.0) + value
        return events

    if rest:
        bad, total = counted(first), counted(rest[0])
        rates = summed_rates(picked(series, rest[0]), by, time, window)
        return total if outcome == "total" else {**dict.fromkeys(rates, 0.0), **bad}
    total = counted(bucket_of(first, "+Inf"))
    if outcome == "total" or objective.slower_than is None:
        return total
    quick = counted(bucket_of(first, bucket_label(objective.slower_than.value)))
    return {group: total[group] - quick[group] for group in total if group in quick}


def _count_case(source: str, step: int, factor: int, window: int, scope: Scope) -> RecordedCase:
    """A series that grows, one that is born late and ends, one for each label that tells groups apart, others' series.

    `source` is added up in steps of so many seconds, and multiplied by `factor`. What happens over time is told in
    sixths of the window.
    """
    selector = scoped(Selector(source), scope.catalogue, scope.settings)
    if not isinstance(selector, Selector):
        raise TypeError(f"{source} is no selector")
    interval = step // _SAMPLES_IN_A_STEP
    sixth = window // 6 // interval
    labels = sorted(scope.shape(selector).labels)
    samples: dict[str, tuple[Mapping[str, str], Samples]] = {}

    def add(own: Mapping[str, str], levels: Samples) -> None:
        values = tuple(value for level in levels for value in _sixth(level, sixth))
        samples.setdefault(Series(source, own, ()).name, (own, values))

    for number, group in enumerate(scope.groups(labels, [selector])):
        levels: Samples = (2.0 + number,) * 21
        if number == 0:
            levels = (*(8.0,) * 9, *(24.0,) * 12)
        elif number == 1:
            levels = (*(None,) * 3, *(5.0,) * 9, *(None,) * 9)
        add(group, levels)
        for changed in scope.foreign_labels(group, selector):
            add(changed, levels)
    evaluation = window // 2
    picked = [(own, values) for own, values in samples.values() if picks(selector, Series(source, own, ()))]
    at = {
        time: rounded(
            {
                tuple(sorted(own.items())): sum(counted) * factor
                for own, values in picked
                if (counted := _steps(values, step, interval, time - window, time))
            }
        )
        for time in (evaluation * number for number in range(1, 7))
    }
    inputs = tuple((name, _notation(values)) for name, (_, values) in samples.items())
    return RecordedCase(inputs, at, interval, evaluation)


def _sixth(level: float | None, length: int) -> Samples:
    """`level` for as many samples as it takes to show it, and no series for the rest."""
    alive = min(length, _MOST_STEPS * _SAMPLES_IN_A_STEP)
    return (*(level,) * alive, *(None,) * (length - alive))


def _steps(values: Samples, step: int, interval: int, after: int, until: int) -> list[float]:
    """What is there at each step later than `after`, up to and including `until`."""
    first = max(0, after // step + 1)
    places = (number * step // interval for number in range(first, until // step + 1))
    return [value for place in places if place < len(values) and (value := values[place]) is not None]


def _notation(values: Samples) -> str:
    """The values in promtool's words; where a series ends, Prometheus marks it as stale."""
    words: list[str] = []
    for value, run in groupby(values):
        repeated = len([*run])
        if value is not None:
            words.append(f"{value:g}+0x{repeated - 1}")
        elif words:
            words += ["stale", *([f"_x{repeated - 1}"] if repeated > 1 else [])]
        else:
            words.append(f"_x{repeated}")
    return " ".join(words)
