"""Cases of recording rules: what a recorded rate has to be, computed from the samples without PromQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitoring_kit.plan.model import PrometheusRecording
from monitoring_kit.plan.scope import scoped
from monitoring_kit.promql.tree import Selector
from monitoring_kit.testing.oracle import Group, Values, summed_rates
from monitoring_kit.testing.samples import (
    EVALUATION_SECONDS,
    FIRST_SAMPLE_SECONDS,
    Profile,
    Series,
    Stretch,
    counter,
    picks,
)
from monitoring_kit.testing.scope import Ground

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


def derive_recorded(rule: PrometheusRecording, ground: Ground) -> RecordedCase:
    """One case with everything in it: unequal instances, several groups, a restart, a late birth, an end, strangers.

    Raises CannotDerive where no series of the counter can be made.
    """
    recording = rule.recording
    selector = scoped(Selector(recording.counter), ground.catalogue, ground.settings)
    if not isinstance(selector, Selector):
        raise TypeError(f"the counter of {recording.name} is no selector")
    window = recording.window.seconds
    series = [*_own(selector, recording.by, ground, window / 60)]
    series += [
        Series(one.metric, labels, one.samples) for one in series[:1] for labels in ground.foreign(one.labels, selector)
    ]
    ours = picked(series, selector)
    return case_of(series, {time: summed_rates(ours, recording.by, time, window) for time in moments(window)})


def case_of(series: Iterable[Series], at: Mapping[int, Values]) -> RecordedCase:
    """The case of series that are scraped and rules that are evaluated as everywhere."""
    return RecordedCase(tuple((one.name, one.notation) for one in series), {time: rounded(at[time]) for time in at})


def rounded(values: Values) -> Mapping[Group, int]:
    """The values in millionths."""
    return {group: round(value * ROUNDING) for group, value in values.items()}


def moments(window: int) -> list[int]:
    """When to look at a rate over `window` seconds of series that last for three windows."""
    halves = (round(window * part / 2 / EVALUATION_SECONDS) for part in range(1, 7))
    return [60, *(EVALUATION_SECONDS * number for number in halves)]


def picked(series: Iterable[Series], selector: Selector) -> list[Series]:
    """The series that `selector` picks."""
    return [one for one in series if picks(selector, one)]


def _own(selector: Selector, by: Sequence[str], ground: Ground, window: float) -> list[Series]:
    """Two instances of one group, and one of a group that differs in each label in turn."""
    first = ground.group(by, [selector], 0) or {}
    busy: Profile = (Stretch(1.5 * window, _INSTANCES[0][1]), Stretch(1.5 * window, 2 * _INSTANCES[0][1]))
    found = [Series(selector.metric, ground.labels([selector], first, 1), counter(busy, reset_at=2 * window))]
    quiet: Profile = (Stretch(window / 2, None), Stretch(window * 1.5, _INSTANCES[1][1]), Stretch(window, None))
    found.append(Series(selector.metric, ground.labels([selector], first, 2), counter(quiet)))
    for number, label in enumerate(by, start=3):
        other = ground.group([label], [selector], 1)
        if other is not None:
            profile: Profile = (Stretch(3 * window, 10.0 * number),)
            labels = ground.labels([selector], {**first, **other}, 1)
            found.append(Series(selector.metric, labels, counter(profile)))
    return found
