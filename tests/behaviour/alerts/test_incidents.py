"""All alerts of production together: an incident raises exactly those that it should, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from monitoring_kit.testing.rule_files import Rule, rules_of, write_rules
from tests.behaviour.alerts.incidents import INCIDENTS
from tests.behaviour.alerts.rendering import write_incident
from tests.support.unit_tests import expect_to_hold


def test_every_incident_raises_exactly_its_alerts(rules: Sequence[Rule], tmp_path: Path) -> None:
    alerts = {str(rule["alert"]) for rule in rules if "alert" in rule}
    rule_file = write_rules(tmp_path / "rules.json", rules_of(alerts, rules))
    files = {write_incident(tmp_path, rule_file, incident, alerts): incident.name for incident in INCIDENTS}
    expect_to_hold("An incident raises other alerts than it should:", files)
