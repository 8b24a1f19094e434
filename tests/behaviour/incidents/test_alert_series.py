"""What Prometheus records of its alerts, made afterwards: states and beginnings as its alerting rules write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from monitoring_kit.programs.prometheus import backfill, serve
from tests.behaviour.incidents.alert_series import alert_series
from tests.behaviour.incidents.production import Rule

START = 1_704_067_200
STEP = 30
RULE: Rule = {
    "alert": "TooMany",
    "expr": "errors > 5",
    "for": "1m",
    "labels": {"severity": "critical"},
}
# At each evaluation; None where the series is missing.
ERRORS = (1, 9, 9, 9, 9, 1, 9, 9, None, 9, 9, 9)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    blocks: Path = tmp_path_factory.mktemp("blocks")
    samples = [f'errors{{pod="a"}} {value} {START + STEP * at}' for at, value in enumerate(ERRORS) if value is not None]
    backfill("\n".join(["# TYPE errors unknown", *samples, "# EOF", ""]), blocks)
    with serve(blocks, flags=[f"--query.lookback-delta={STEP * 1000 - 1}ms"]) as running:
        yield running


def at(times: Sequence[int]) -> list[int]:
    """Times as numbers of the evaluation."""
    return [(time - START) // STEP for time in times]


def test_an_alert_is_pending_until_it_has_held_and_starts_again_after_a_gap(address: str) -> None:
    evaluations = range(START, START + STEP * len(ERRORS), STEP)
    found = {series.name: series for series in alert_series(address, [RULE], evaluations)}

    labels = 'alertname="TooMany",alertstate="{}",pod="a",severity="critical"'
    since = found.pop('ALERTS_FOR_STATE{alertname="TooMany",pod="a",severity="critical"}')
    assert {name: at(series.times) for name, series in found.items()} == {
        f"ALERTS{{{labels.format('firing')}}}": [3, 4, 11],
        f"ALERTS{{{labels.format('pending')}}}": [1, 2, 6, 7, 9, 10],
    }
    assert {value for series in found.values() for value in series.values} == {1.0}
    assert at(since.times) == [1, 2, 3, 4, 6, 7, 9, 10, 11]
    assert at([int(value) for value in since.values]) == [1, 1, 1, 1, 6, 6, 9, 9, 9]
