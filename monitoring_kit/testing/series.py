"""Series as a case gives them to Prometheus: a metric, its labels and a sample at every scrape.

    >>> labels = {"pod": "a"}
    >>> errors = counter("errors_total", labels, For(2, 0), 60)             # none for 2 minutes, then 60 a minute
    >>> target = gauge("up", labels, For(1, 1), For(1, 0), GONE)            # up, down for a minute, then gone
    >>> restarts = counter("errors_total", labels, For(1, 60), RESET, 60)   # the process restarts after a minute
    >>> target.name, target.notation(seconds=150)
    ('up{pod="a"}', '_ 1 _ 1 _ 0 _ 0 _ stale')

Every sample lies 15 seconds beside an evaluation: the first is taken at 0:15, the rules are evaluated at 0:00, 0:30 and
so on. No sample thus lies on the edge of a window of whole half minutes, which Prometheus 2 counts in and Prometheus 3
does not. A gauge is first seen by the evaluation at 0:30, a rate by the one at 1:00.
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
class Reset:
    """The process restarts: its counter begins at 0 again."""


@dataclass(frozen=True)
class For:
    """`value` for some minutes, before what follows; None while there is no series."""

    minutes: float
    value: float | None


GONE = None
"""There is no series; where there was one before, Prometheus marks its end."""

RESET = Reset()

Part = float | For | Reset | None
"""What a series does for a time. A bare number and `GONE` last to the end."""

Profile = tuple[For, ...]
"""What a value does from the start to an end."""


@dataclass(frozen=True)
class Series:
    """A series: its first samples, and by how much each further one is greater than the one before.

    `step` is None where the series ends after `samples`. Written by `gauge` and `counter`.
    """

    metric: str
    labels: Mapping[str, str] = field(hash=False)
    samples: Samples
    step: float | None = None

    @property
    def name(self) -> str:
        """The metric with its labels, as Prometheus writes it."""
        return f"{self.metric}{{{', '.join(f'{name}={quote(self.labels[name])}' for name in sorted(self.labels))}}}"

    def notation(self, seconds: int) -> str:
        """The samples of the first `seconds` in promtool's words, which are 15 seconds apart: every second one is one.

        Where a series ends, Prometheus marks it as stale.
        """
        words: list[str] = []
        alive = False
        for number in range(samples_until(seconds)):
            sample = self._sample(number)
            words += ["_", ("stale" if alive else "_") if sample is None else format(sample, ".12g")]
            alive = sample is not None
        return " ".join(words) or "_"

    def _sample(self, number: int) -> float | None:
        if number < len(self.samples):
            return self.samples[number]
        last = self.samples[-1] if self.samples else None
        return None if last is None or self.step is None else last + self.step * (number - len(self.samples) + 1)


def gauge(metric: str, labels: Mapping[str, str], *parts: Part) -> Series:
    """A gauge whose levels are the numbers of `parts`."""
    return _series(metric, labels, parts, is_counter=False)


def counter(metric: str, labels: Mapping[str, str], *parts: Part) -> Series:
    """A counter whose increments per minute are the numbers of `parts`. It begins at 0, at its birth and when reset."""
    return _series(metric, labels, parts, is_counter=True)


def _series(metric: str, labels: Mapping[str, str], parts: Sequence[Part], *, is_counter: bool) -> Series:
    samples: list[float | None] = []
    minutes, last, restarts = 0.0, None, False
    for part in parts:
        if isinstance(part, Reset):
            restarts = True
            continue
        lasts = not isinstance(part, For)
        value = part.value if isinstance(part, For) else part
        minutes += part.minutes if isinstance(part, For) else 0.0
        increment = None if value is None else value * SCRAPE_SECONDS / 60
        for _ in range(1 if lasts else samples_until(round(60 * minutes) - 1) - len(samples)):
            if value is None or increment is None:
                last = None
            elif not is_counter:
                last = value
            else:
                last = 0.0 if last is None or restarts else last + increment
            restarts = False
            samples.append(last)
        if lasts:
            return Series(metric, labels, tuple(samples), increment if is_counter or value is None else 0.0)
    return Series(metric, labels, tuple(samples))


def restarted(profile: Profile, minutes: float | None) -> tuple[Part, ...]:
    """The profile with a reset after so many minutes; without one for None."""
    if minutes is None:
        return profile
    parts: list[Part] = []
    for part in profile:
        if minutes is not None and minutes <= part.minutes:
            parts += [*([For(minutes, part.value)] if minutes else []), RESET]
            part, minutes = For(part.minutes - minutes, part.value), None
        elif minutes is not None:
            minutes -= part.minutes
        parts.append(part)
    return tuple(parts)


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
    return round(60 * sum(part.minutes for part in profile))


def scaled(profile: Profile, factor: float) -> Profile:
    """The profile with every value multiplied."""
    return tuple(For(part.minutes, None if part.value is None else part.value * factor) for part in profile)


def newest(samples: Sequence[float | None], time: int) -> float | None:
    """The sample that an evaluation at `time` (seconds) sees."""
    number = samples_until(time) - 1
    return samples[number] if 0 <= number < len(samples) else None


def within(samples: Sequence[float | None], time: int, window: int) -> list[tuple[int, float]]:
    """The samples of the `window` seconds before `time`, each with its time."""
    first = max(0, samples_until(time - window))
    return [
        (FIRST_SAMPLE_SECONDS + number * SCRAPE_SECONDS, value)
        for number in range(first, min(samples_until(time), len(samples)))
        if (value := samples[number]) is not None
    ]


def samples_until(seconds: int) -> int:
    """How many samples are taken in the first `seconds`."""
    return max(0, (seconds - FIRST_SAMPLE_SECONDS) // SCRAPE_SECONDS + 1)
