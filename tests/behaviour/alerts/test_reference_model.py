"""The reference model itself: rates, numbers in words, samples."""

from __future__ import annotations

import pytest

from monitoring_kit.core.units import (
    BYTES,
    CORES,
    COUNT,
    MILLISECONDS,
    PER_SECOND,
    PERCENT,
    RATIO,
    SECONDS,
    UNITS,
    Unit,
)
from monitoring_kit.testing.go_template import in_words
from monitoring_kit.testing.oracle import rate_of
from monitoring_kit.testing.samples import Series, Stretch, counter, gauge, newest, within


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.054, RATIO, "5.4%"),
        (1.0, RATIO, "100%"),
        (12.3456, PERCENT, "12.35%"),
        (0.0, SECONDS, "0s"),
        (0.25, SECONDS, "250ms"),
        (5.2, SECONDS, "5.2s"),
        (61.5, SECONDS, "1m 1s"),
        (3661.0, SECONDS, "1h 1m 1s"),
        (90061.0, SECONDS, "1d 1h 1m 1s"),
        (512.0, MILLISECONDS, "512 ms"),
        (1.5 * 2**30, BYTES, "1.5GiB"),
        (512.0, BYTES, "512B"),
        (1.2345, CORES, "1.23 cores"),
        (3.0, COUNT, "3"),
        (0.0, PER_SECOND, "0/s"),
        (1234.0, PER_SECOND, "1.234k/s"),
        (0.002, PER_SECOND, "2m/s"),
    ],
)
def test_a_number_is_printed_as_prometheus_prints_it(value: float, unit: Unit, words: str) -> None:
    assert in_words(value, unit) == words


def test_every_unit_in_which_prometheus_can_measure_is_printed() -> None:
    assert [unit.name for unit in UNITS if not in_words(1.0, unit)] == []


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        ([(15, 0.0)], None),
        ([(15, 300.0), (45, 330.0), (75, 360.0), (105, 390.0)], 1.0),
        ([(15, 0.0), (45, 30.0), (75, 60.0), (105, 90.0)], 105 / 120),
        ([(15, 100.0), (45, 130.0), (75, 20.0), (105, 50.0)], (30 + 20 + 30) / 90),
        # Born late: what lies before the first sample counts as far as the counter can have been above 0, or by half
        # an interval.
        ([(75, 0.0), (105, 30.0)], 30 * (30 + 15) / 30 / 120),
        ([(75, 300.0), (105, 330.0)], 30 * (30 + 15 + 15) / 30 / 120),
    ],
)
def test_a_rate_is_extrapolated_to_the_window(samples: list[tuple[int, float]], rate: float | None) -> None:
    assert rate_of(samples, 120, 120) == (None if rate is None else pytest.approx(rate))


def test_samples_follow_a_profile() -> None:
    profile = (Stretch(1, 2.0), Stretch(1, None), Stretch(1, 4.0))
    assert gauge(profile) == (2.0, 2.0, None, None, 4.0, 4.0)
    assert counter(profile) == (0.0, 1.0, None, None, 0.0, 2.0)
    assert counter((Stretch(2, 60.0),), reset_at=1) == (0.0, 30.0, 0.0, 30.0)
    assert Series("up", {}, gauge(profile)).notation == "_ 2 _ 2 _ stale _ _ _ 4 _ 4"
    assert [newest(gauge(profile), time) for time in (0, 30, 60, 90, 150)] == [None, 2.0, 2.0, None, 4.0]
    assert within(gauge(profile), 180, 120) == [(135, 4.0), (165, 4.0)]
