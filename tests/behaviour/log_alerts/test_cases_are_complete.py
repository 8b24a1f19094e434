"""No log alert goes unspecified, and no case proves less than it seems to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.acceptance.kusto.variants import variants
from tests.behaviour.log_alerts.case import SILENT, LogCase, LogSpecification
from tests.behaviour.log_alerts.cases import SPECIFICATIONS
from tests.behaviour.log_alerts.running import deployed, differences, loaded, rules_for
from tests.behaviour.log_alerts.service import LogRule


def test_every_log_alert_of_every_environment_is_specified() -> None:
    specified = {one.alert for one in SPECIFICATIONS}
    assert len(specified) == len(SPECIFICATIONS)
    assert {rule.alert for name in variants() for rule in deployed(name)} == specified


def test_an_alert_is_the_same_rule_in_every_environment_so_that_one_specification_will_do() -> None:
    for specification in SPECIFICATIONS:
        wanted = {unnamed(rule) for rule in rules_for(specification)}
        for name in variants():
            found = {unnamed(rule) for rule in deployed(name) if rule.alert == specification.alert}
            assert found in (set(), wanted), f"{specification.alert} in {name}"


def unnamed(rule: LogRule) -> LogRule:
    """The rule without its environment's name."""
    return replace(rule, name="")


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda specification: specification.alert)
def test_every_severity_fires_in_one_case_and_is_silent_in_another(specification: LogSpecification) -> None:
    for rule in rules_for(specification):
        assert rule.severity in fired_severities(specification)
        assert any(silent_for(rule.severity, case) for case in specification.cases)


def fired_severities(specification: LogSpecification) -> set[str]:
    return {one.severity for case in specification.cases for fires in case.at.values() for one in fires}


def silent_for(severity: str, case: LogCase) -> bool:
    return bool(case.rows) and all(one.severity != severity for fires in case.at.values() for one in fires)


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda specification: specification.alert)
def test_every_case_has_a_name_of_its_own_and_looks_at_moments_of_evaluation(specification: LogSpecification) -> None:
    names = [case.name for case in specification.cases]
    assert len(names) == len(set(names))
    for rule in rules_for(specification):
        for case in specification.cases:
            assert all(60 * minute % rule.frequency == 0 for minute in case.at), case.name


def test_a_case_that_expects_otherwise_is_reported_with_what_happened() -> None:
    (specification,) = (one for one in SPECIFICATIONS if one.alert == "ModelExceptionsRaised")
    rules = rules_for(specification)
    first = loaded(specification.alert)[0]
    wrong = replace(first, case=replace(first.case, at={15: SILENT}))
    assert list(differences(rules, [wrong])) == [f"{first.case.name}: at 15m fires (warning ML service), not is silent"]
