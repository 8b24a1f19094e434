"""Every alert does what its cases say, in promtool's own engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from monitoring_kit.testing.rule_files import Rule, rules_of, write_rules
from tests.behaviour.alerts.case import Specification
from tests.behaviour.alerts.cases import SPECIFICATIONS
from tests.behaviour.alerts.rendering import write_cases
from tests.support.unit_tests import expect_to_hold


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda specification: specification.alert)
def test_alert_fires_as_specified_and_not_otherwise(
    specification: Specification, rules: Sequence[Rule], tmp_path: Path
) -> None:
    rule_file = write_rules(tmp_path / "rules.json", rules_of([specification.alert], rules))
    cases = write_cases(tmp_path, rule_file, specification)
    names = {file: case.name for file, case in cases.items()}
    expect_to_hold(f"{specification.alert} does otherwise than specified:", names)
