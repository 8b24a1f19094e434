"""Unit tests of rules, run so that a failure names the case."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from monitoring_kit.programs import promtool


def expect_to_hold(says: str, files: Mapping[Path, str]) -> None:
    """Fails with `says` and the name of each case that does not hold; `files` are test files with their cases' names.

    A test file that proves nothing fails as well.
    """
    assert promtool.find_vacuous(list(files)) == []
    failures = [
        f"{files[result.file]}\n  {finding.subject} {finding.problem}"
        for result in promtool.unit_test_results(list(files))
        for finding in result.failures
    ]
    if failures:
        pytest.fail("\n".join([says, *failures]), pytrace=False)
