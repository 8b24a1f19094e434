"""Cases of recording rules: what a recorded rate has to be, computed from the samples without PromQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitoring_kit.plan.model import PrometheusRecording
from monitoring_kit.plan.scope import scoped
from monitoring_kit.promql.tree import Selector
from monitoring_kit.testing.oracle import Group, Values, summed_rates
from monitoring_kit.testing.scope import Scope
from monitoring_kit.testing.series import (
    EVALUATION_SECONDS,
    FIRST_SAMPLE_SECONDS,
    For,
    Profile,
    Series,
    counter,
    picks,
    restarted,
)

# Values are compared after a rounding, because two ways to compute one differ in the last bits.
ROUNDING = 1_000_000

_INSTANCES = ((1, 600.0), (2, 37.0))


@dataclass(frozen=True)
class RecordedCase:
    """Given `inputs`, the recording has exactly these values, in millionths, at each time (in seconds).

    `inputs` are series with their samples in promtool's notation, `interval` seconds apart; the rule is evaluated every
    `evaluation` seconds.
    """

    inputs: tuple[tuple[str, str], ...]
    at: Mapping[int, Mapping[Group, int]] = field(hash=False)
    interval: int = FIRST_SAMPLE_SECONDS
    evaluation: int = EVALUATION_SECONDS


def derive_recorded(rule: PrometheusRecording, scope: Scope) -> RecordedCase:
    """One case with everything in it: unequal instances, several groups, a restart, a late birth, an end, and
    series of others.

    Raises CannotDerive where no series of the counter can be made.
    """
    recording = scope.recordings[rule.name]
    selector = scoped(Selector(recording.counter), scope.catalogue, scope.settings)
    if not isinstance(selector, Selector):
        raise TypeError(f"the counter of {recording.name} is no selector")
    window = recording.window.seconds
    series = [*_own(selector, recording.by, scope, window / 60)]
    series += [
        Series(made.metric, labels, made.samples)
        for made in series[:1]
        for labels in scope.foreign_labels(made.labels, selector)
    ]
    ours = picked(series, selector)
    return case_of(series, {time: summed_rates(ours, recording.by, time, window) for time in moments(window)})


def case_of(series: Iterable[Series], at: Mapping[int, Values]) -> RecordedCase:
    """The case of series that are scraped and rules that are evaluated as everywhere."""
    inputs = tuple((made.name, made.notation(max(at))) for made in series)
    return RecordedCase(inputs, {time: rounded(at[time]) for time in at})


def rounded(values: Values) -> Mapping[Group, int]:
    """The values in millionths."""
    return {group: round(value * ROUNDING) for group, value in values.items()}


def moments(window: int) -> list[int]:
    """When to look at a rate over `window` seconds of series that last for three windows."""
    halves = (round(window * part / 2 / EVALUATION_SECONDS) for part in range(1, 7))
    return [60, *(EVALUATION_SECONDS * number for number in halves)]


def picked(series: Iterable[Series], selector: Selector) -> list[Series]:
    """The series that `selector` picks."""
    return [candidate for candidate in series if picks(selector, candidate)]


def _own(selector: Selector, by: Sequence[str], scope: Scope, window: float) -> list[Series]:
    """Two instances of one group, and one of a group that differs in each label in turn."""
    first = scope.group(by, [selector], 0) or {}
    busy: Profile = (For(1.5 * window, _INSTANCES[0][1]), For(1.5 * window, 2 * _INSTANCES[0][1]))
    found = [counter(selector.metric, scope.labels([selector], first, 1), *restarted(busy, 2 * window))]
    quiet: Profile = (For(window / 2, None), For(window * 1.5, _INSTANCES[1][1]), For(window, None))
    found.append(counter(selector.metric, scope.labels([selector], first, 2), *quiet))
    for number, label in enumerate(by, start=3):
        other = scope.group([label], [selector], 1)
        if other is not None:
            labels = scope.labels([selector], {**first, **other}, 1)
            found.append(counter(selector.metric, labels, For(3 * window, 10.0 * number)))
    return found
