"""The demonstration's page in a browser: a fault is pressed, its panel goes red and its notification arrives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitoring_kit.programs import node
from tests.preview.viewer import require_viewer
from tests.support.planting import PROJECT, REFERENCE

DRIVER = Path(__file__).with_name("drive_demo.ts")
WITHIN_SECONDS = 400.0


@pytest.fixture
def page(tmp_path: Path) -> Iterator[str]:
    """The address of the page of a running demonstration."""
    require_viewer()
    with subprocess.Popen(
        [sys.executable, "-m", "examples.demo", REFERENCE / "production.yaml"],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demonstration:
        try:
            assert demonstration.stdout is not None
            yield next(line.split()[1] for line in demonstration.stdout if line.startswith("Page "))
        finally:
            demonstration.terminate()


def test_a_fault_is_seen_on_the_page_and_taken_back(page: str, tmp_path: Path) -> None:
    done = node.run([DRIVER, page, tmp_path], folder=PROJECT, timeout_seconds=WITHIN_SECONDS)
    assert done.returncode == 0, done.stdout
    seen: dict[str, Any] = json.loads(done.stdout)
    before, during, after = seen["before"], seen["during"], seen["after"]

    assert before["red"] == before["notifications"] == []
    assert during["red"]
    assert "ModelErrorRatioHigh: critical, firing" in during["alerts"]
    assert "FIRING critical: ModelErrorRatioHigh" in during["notifications"][-1]
    assert after["red"] == after["alerts"] == []
    # On its way down the ratio may cross the lesser level, of which is then told too.
    assert any("RESOLVED critical: ModelErrorRatioHigh" in text for text in after["notifications"])
    assert before["errors"] == during["errors"] == after["errors"] == []
    assert seen["problems"] == []
