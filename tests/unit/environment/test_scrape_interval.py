"""The scrape interval of an environment: whatever the field takes builds, and the rest is refused in the field."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.core.findings import Refused
from monitoring_kit.environment.model import Environment
from tests.support.planting import REFERENCE, shipped_environment
from tests.unit.plan.overrides.changing import findings, read


def scraped_every(folder: Path, interval: str) -> Environment:
    text = (REFERENCE / "production.yaml").read_text()
    prometheus = shipped_environment("production").prometheus
    assert prometheus is not None
    shipped = f"scrape_interval: {prometheus.scrape_interval}"
    assert shipped in text
    return read(folder, "production", text.replace(shipped, f"scrape_interval: {interval}"))


@pytest.mark.parametrize("interval", ["5s", "15s", "1m", "75s"])
def test_every_interval_that_the_field_takes_builds(tmp_path: Path, interval: str) -> None:
    assert findings(scraped_every(tmp_path, interval)) == []


@pytest.mark.parametrize("interval", ["4s", "76s", "2m"])
def test_the_field_refuses_what_could_not_build_and_says_why(tmp_path: Path, interval: str) -> None:
    with pytest.raises(Refused) as refused:
        scraped_every(tmp_path, interval)
    (finding,) = refused.value.findings
    assert finding.subject == "prometheus.scrape_interval"
    assert f"{parse_duration(interval)} is not between 5s and 75s" in finding.problem
    assert "the shortest window of the definitions, 5m, holds 4 scrapes" in finding.remedy
