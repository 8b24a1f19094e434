"""Every alert does what its cases say, in promtool's own engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.rules.case import Specification
from tests.rules.cases import SPECIFICATIONS
from tests.rules.rendering import write_cases
from toolkit import promtool
from toolkit.proofs.rule_files import Rule, rules_of, write_rules


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda specification: specification.alert)
def test_alert_fires_as_specified_and_not_otherwise(
    specification: Specification, rules: Sequence[Rule], tmp_path: Path
) -> None:
    rule_file = write_rules(tmp_path / "rules.json", rules_of([specification.alert], rules))
    cases = write_cases(tmp_path, rule_file, specification)
    files = list(cases)
    assert promtool.find_vacuous(files) == []
    failures = [
        f"{cases[result.file].name}\n  {finding.subject} {finding.problem}"
        for result in promtool.unit_test_results(files)
        for finding in result.failures
    ]
    if failures:
        pytest.fail("\n".join([f"{specification.alert} does otherwise than specified:", *failures]), pytrace=False)
