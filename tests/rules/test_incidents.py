"""All alerts of production together: an incident raises exactly those that it should, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.rules.incidents import INCIDENTS
from tests.rules.rendering import Rule, rules_for, write_incident, write_rules
from toolkit import promtool


def test_every_incident_raises_exactly_its_alerts(rules: Sequence[Rule], tmp_path: Path) -> None:
    alerts = {str(rule["alert"]) for rule in rules if "alert" in rule}
    rule_file = write_rules(tmp_path / "rules.yaml", rules_for(alerts, rules))
    files = {write_incident(tmp_path, rule_file, incident, alerts): incident for incident in INCIDENTS}
    assert promtool.find_vacuous(list(files)) == []
    failures = [
        f"{files[result.file].name}\n  {finding.subject} {finding.problem}"
        for result in promtool.unit_test_results(list(files))
        for finding in result.failures
    ]
    if failures:
        pytest.fail("\n".join(["An incident raises other alerts than it should:", *failures]), pytrace=False)
