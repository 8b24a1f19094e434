"""Every alert does what its definition means, and every question about it is answered by a case."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring_kit.testing.case import Kind
from monitoring_kit.testing.completeness import gaps
from monitoring_kit.testing.rule_files import rules_by_alert, rules_of, write_case, write_rules
from tests.behaviour.alerts.by_hand import BY_HAND
from tests.behaviour.alerts.proofs import alerts, derived_alerts, derived_cases, plan, proofs, rules
from tests.support.unit_tests import expect_to_hold


@pytest.mark.parametrize("alert", derived_alerts())
def test_alert_does_what_its_definition_means(alert: str, tmp_path: Path) -> None:
    rule_file = write_rules(tmp_path / "rules.json", rules_of([alert], rules()))
    files = {
        write_case(tmp_path / f"{number:02}.json", rule_file, alert, case): f"{case.kind.words}: {case.name}"
        for number, case in enumerate(derived_cases(alert))
    }
    expect_to_hold(f"{alert} does otherwise than its definition means:", files)


@pytest.mark.parametrize("alert", alerts())
def test_every_question_about_every_severity_has_an_answer(alert: str) -> None:
    cases, reasons = proofs(alert)
    severities = [rule.severity for rule in rules_by_alert(plan())[alert]]
    assert [str(gap) for gap in gaps(alert, severities, cases, reasons)] == []


def test_only_alerts_on_expressions_of_their_own_have_answers_by_hand() -> None:
    assert sorted(BY_HAND) == sorted(set(alerts()) - set(derived_alerts()))


@pytest.mark.parametrize("alert", derived_alerts())
def test_the_series_of_others_are_part_of_every_case_with_series(alert: str) -> None:
    """Else a rule without a namespace would pass."""
    for case in derived_cases(alert):
        namespaces = {series.labels["namespace"] for series in case.series}
        assert namespaces >= {"production", "production-other1"} or case.kind in (Kind.NO_DATA, Kind.FOREIGN), case.name


def test_a_case_that_was_taken_away_is_missed() -> None:
    cases, reasons = proofs("ModelErrorRatioHigh")
    severities = [rule.severity for rule in rules_by_alert(plan())["ModelErrorRatioHigh"]]
    for kind in Kind:
        left = [case for case in cases if case.kind is not kind]
        found = list(gaps("ModelErrorRatioHigh", severities, left, {k: v for k, v in reasons.items() if k is not kind}))
        assert {gap.kind for gap in found} == {kind}
        assert {gap.severity for gap in found} == set(severities)


def test_a_reason_beside_cases_of_the_same_kind_is_found() -> None:
    cases, reasons = proofs("ModelErrorRatioHigh")
    severities = [rule.severity for rule in rules_by_alert(plan())["ModelErrorRatioHigh"]]
    found = list(gaps("ModelErrorRatioHigh", severities, cases, {**reasons, Kind.RESET: "no counter"}))
    assert {gap.kind for gap in found} == {Kind.RESET}
