"""What a series does over time, in words that a case is short in, and its samples as `testing.samples` has them.

A gauge is first seen by the evaluation at 0:30, a rate by the one at 1:00.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitoring_kit.testing.samples import FIRST_SAMPLE_SECONDS, SCRAPE_SECONDS


@dataclass(frozen=True)
class Gone:
    """There is no series; where there was one before, Prometheus marks its end."""


@dataclass(frozen=True)
class Reset:
    """The process restarts: its counter begins at 0 again."""


GONE = Gone()
RESET = Reset()


@dataclass(frozen=True)
class For:
    """`value` for some minutes, before what follows."""

    minutes: float
    value: float | Gone


Part = float | For | Gone | Reset
"""A stretch of time. A bare number and `GONE` last to the end."""


def gauge_samples(parts: Sequence[Part], seconds: int) -> Iterator[float | None]:
    """The samples of a gauge in the first `seconds`: the parts' numbers are its levels."""
    for number in range(_samples(seconds)):
        value = _value(parts, number)
        yield None if isinstance(value, Gone) else value


def counter_samples(parts: Sequence[Part], seconds: int) -> Iterator[float | None]:
    """The samples of a counter in the first `seconds`: the parts' numbers are increments per minute.

    It begins at 0, at its birth and after a reset.
    """
    total: float | None = None
    resets = [_first_sample(parts[:index]) for index, part in enumerate(parts) if isinstance(part, Reset)]
    for number in range(_samples(seconds)):
        value = _value(parts, number)
        if isinstance(value, Gone):
            total = None
            yield None
            continue
        born = total is None or number in resets
        total = 0.0 if born or total is None else total + value * SCRAPE_SECONDS / 60
        yield total


def _samples(seconds: int) -> int:
    """How many samples are taken until then."""
    return max(0, (seconds - FIRST_SAMPLE_SECONDS) // SCRAPE_SECONDS + 1)


def _value(parts: Sequence[Part], number: int) -> float | Gone:
    """What the series does at its sample `number`, counted from 0."""
    minute = (FIRST_SAMPLE_SECONDS + number * SCRAPE_SECONDS) / 60
    for part in parts:
        if isinstance(part, For):
            if minute < part.minutes:
                return part.value
            minute -= part.minutes
        elif not isinstance(part, Reset):
            return part
    return GONE


def _first_sample(before: Sequence[Part]) -> int:
    """The number of the first sample after these parts."""
    minutes = sum(part.minutes for part in before if isinstance(part, For))
    return -(-int(minutes * 60 - FIRST_SAMPLE_SECONDS) // SCRAPE_SECONDS)
