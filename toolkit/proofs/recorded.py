"""Cases of recording rules: what a recorded rate has to be, computed from the samples without PromQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from toolkit.plan.model import PrometheusRecording
from toolkit.promql.scope import scoped
from toolkit.promql.tree import Selector
from toolkit.proofs.ground import Ground
from toolkit.proofs.oracle import rate_of
from toolkit.proofs.samples import EVALUATION_SECONDS, Profile, Series, Stretch, counter, picks, within

# Rates are compared after a rounding, because two ways to compute one differ in the last bits.
ROUNDING = 1_000_000

_INSTANCES = ((1, 600.0), (2, 37.0))


@dataclass(frozen=True)
class RecordedCase:
    """Given `series`, the recording has exactly these rates, in millionths a second, at each time (in seconds)."""

    series: tuple[Series, ...]
    at: Mapping[int, Mapping[tuple[tuple[str, str], ...], int]] = field(hash=False)


def derive_recorded(rule: PrometheusRecording, ground: Ground) -> RecordedCase:
    """One case with everything in it: unequal instances, several groups, a restart, a late birth, an end, strangers.

    Raises CannotDerive where no series of the counter can be made.
    """
    recording = rule.recording
    selector = scoped(Selector(recording.counter), ground.catalogue, ground.settings)
    if not isinstance(selector, Selector):
        raise TypeError(f"the counter of {recording.name} is no selector")
    window = recording.window.seconds / 60
    series = [*_own(selector, recording.by, ground, window)]
    series += [
        Series(one.metric, labels, one.samples) for one in series[:1] for labels in ground.foreign(one.labels, selector)
    ]
    times = [60, *(EVALUATION_SECONDS * round(2 * part * window) for part in (0.5, 1, 1.5, 2, 2.5, 3))]
    return RecordedCase(
        tuple(series), {time: _rates(series, selector, recording.by, time, recording.window.seconds) for time in times}
    )


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


def _rates(
    series: Sequence[Series], selector: Selector, by: Sequence[str], time: int, window: int
) -> Mapping[tuple[tuple[str, str], ...], int]:
    rates: dict[tuple[tuple[str, str], ...], float] = {}
    for one in series:
        rate = rate_of(within(one.samples, time, window), time, window) if picks(selector, one) else None
        if rate is not None:
            group = tuple((label, one.labels[label]) for label in sorted(by))
            rates[group] = rates.get(group, 0.0) + rate
    return {group: round(rate * ROUNDING) for group, rate in rates.items()}
