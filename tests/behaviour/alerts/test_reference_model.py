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
from monitoring_kit.testing.series import GONE, RESET, For, Series, counter, gauge, newest, restarted, within


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


LABELS = {"pod": "a"}


def test_a_series_does_what_its_parts_say_until_it_ends() -> None:
    parts = (For(1, 2.0), For(1, GONE), For(1, 4.0))
    assert gauge("up", LABELS, *parts).samples == (2.0, 2.0, None, None, 4.0, 4.0)
    assert counter("errors_total", LABELS, *parts).samples == (0.0, 1.0, None, None, 0.0, 2.0)
    assert counter("errors_total", LABELS, For(1, 60), RESET, For(1, 60)).samples == (0.0, 30.0, 0.0, 30.0)
    assert gauge("up", LABELS, *parts).notation(210) == "_ 2 _ 2 _ stale _ _ _ 4 _ 4 _ stale"


@pytest.mark.parametrize(
    ("series", "notation"),
    [
        (gauge("up", LABELS, 1), "_ 1 _ 1 _ 1 _ 1"),
        (gauge("up", LABELS, For(1, 1), 0), "_ 1 _ 1 _ 0 _ 0"),
        (gauge("up", LABELS, For(1, 1), GONE), "_ 1 _ 1 _ stale _ _"),
        (counter("errors_total", LABELS, 60), "_ 0 _ 30 _ 60 _ 90"),
        (counter("errors_total", LABELS, For(1, GONE), 60), "_ _ _ _ _ 0 _ 30"),
        (counter("errors_total", LABELS, For(1, 60), RESET, 20), "_ 0 _ 30 _ 0 _ 10"),
        (counter("errors_total", LABELS, For(1, 60), 0), "_ 0 _ 30 _ 30 _ 30"),
    ],
)
def test_a_bare_number_lasts_to_the_end(series: Series, notation: str) -> None:
    assert series.notation(120) == notation


def test_a_profile_restarts_after_any_time() -> None:
    profile = (For(1, 60), For(2, 30))
    assert restarted(profile, None) == profile
    assert restarted(profile, 2) == (For(1, 60), For(1, 30), RESET, For(1, 30))
    assert counter("errors_total", LABELS, *restarted(profile, 1)).samples == (0.0, 30.0, 0.0, 15.0, 30.0, 45.0)


def test_an_evaluation_sees_the_samples_before_it() -> None:
    samples = (2.0, 2.0, None, None, 4.0, 4.0)
    assert [newest(samples, time) for time in (0, 30, 60, 90, 150)] == [None, 2.0, 2.0, None, 4.0]
    assert within(samples, 180, 120) == [(135, 4.0), (165, 4.0)]
