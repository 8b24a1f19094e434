"""Series as promtool reads them: what a signal does over time, in samples every 30 seconds.

Every sample lies 15 seconds beside an evaluation: the first is taken at 0:15, the rules are evaluated at 0:00, 0:30 and
so on. No sample thus lies on the edge of a window of whole half minutes, which Prometheus 2 counts in and Prometheus 3
does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitoring_kit.promql.printer import quote
from monitoring_kit.promql.tree import Matcher, Selector

EVALUATION_SECONDS = 30
FIRST_SAMPLE_SECONDS = 15
SCRAPE_SECONDS = 30

Samples = tuple[float | None, ...]
"""One value each scrape, None while there is no series."""


@dataclass(frozen=True)
class Stretch:
    """`value` for some minutes, None while there is no series."""

    minutes: float
    value: float | None


Profile = tuple[Stretch, ...]
"""What a value does from the start on."""


@dataclass(frozen=True)
class Series:
    """A series and its samples."""

    metric: str
    labels: Mapping[str, str] = field(hash=False)
    samples: Samples

    @property
    def name(self) -> str:
        """The metric with its labels, as Prometheus writes it."""
        return f"{self.metric}{{{', '.join(f'{name}={quote(self.labels[name])}' for name in sorted(self.labels))}}}"

    @property
    def notation(self) -> str:
        """The samples in promtool's words, which are 15 seconds apart: every second one, beginning with the second.

        Where a series ends, Prometheus marks it as stale.
        """
        words: list[str] = []
        alive = False
        for sample in self.samples:
            words += ["_", ("stale" if alive else "_") if sample is None else format(sample, ".12g")]
            alive = sample is not None
        return " ".join(words) or "_"


def picks(selector: Selector, series: Series) -> bool:
    """Whether `selector` selects `series`. An absent label has the value ""."""
    return selector.metric == series.metric and all(
        accepts(matcher, series.labels.get(matcher.label, "")) for matcher in selector.matchers
    )


def accepts(matcher: Matcher, value: str) -> bool:
    """Whether `matcher` takes `value`; a regular expression matches the whole value."""
    if matcher.operator in ("=", "!="):
        return (matcher.value == value) == (matcher.operator == "=")
    return (re.fullmatch(matcher.value, value) is not None) == (matcher.operator == "=~")


def seconds_of(profile: Profile) -> int:
    """How long `profile` lasts."""
    return round(60 * sum(stretch.minutes for stretch in profile))


def gauge(profile: Profile) -> Samples:
    """The samples of a gauge whose levels are the profile's values."""
    return tuple(_value(profile, number) for number in range(seconds_of(profile) // SCRAPE_SECONDS))


def counter(profile: Profile, reset_at: float | None = None) -> Samples:
    """The samples of a counter whose increments per minute are the profile's values.

    It begins at 0, at its birth and at the first sample after `reset_at` minutes.
    """
    samples: list[float | None] = []
    total: float | None = None
    restart = None if reset_at is None else round(60 * reset_at) // SCRAPE_SECONDS
    for number in range(seconds_of(profile) // SCRAPE_SECONDS):
        value = _value(profile, number)
        if value is None:
            total = None
        elif total is None or number == restart:
            total = 0.0
        else:
            total += value * SCRAPE_SECONDS / 60
        samples.append(total)
    return tuple(samples)


def scaled(profile: Profile, factor: float) -> Profile:
    """The profile with every value multiplied."""
    return tuple(Stretch(part.minutes, None if part.value is None else part.value * factor) for part in profile)


def newest(samples: Sequence[float | None], time: int) -> float | None:
    """The sample that an evaluation at `time` (seconds) sees."""
    number = _last_before(time)
    return samples[number] if 0 <= number < len(samples) else None


def within(samples: Sequence[float | None], time: int, window: int) -> list[tuple[int, float]]:
    """The samples of the `window` seconds before `time`, each with its time."""
    first = max(0, _last_before(time - window) + 1)
    return [
        (FIRST_SAMPLE_SECONDS + number * SCRAPE_SECONDS, value)
        for number in range(first, min(_last_before(time) + 1, len(samples)))
        if (value := samples[number]) is not None
    ]


def _last_before(time: int) -> int:
    return (time - FIRST_SAMPLE_SECONDS) // SCRAPE_SECONDS


def _value(profile: Profile, number: int) -> float | None:
    minute = (FIRST_SAMPLE_SECONDS + number * SCRAPE_SECONDS) / 60
    for part in profile:
        if minute < part.minutes:
            return part.value
        minute -= part.minutes
    return profile[-1].value
