"""Every question about every alert is answered by a case, derived or written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitoring_kit.model.thresholds import Severity
from monitoring_kit.testing.case import Question
from monitoring_kit.testing.completeness import gaps
from monitoring_kit.testing.rule_files import rules_by_alert
from tests.behaviour.alerts.proofs import alerts, answering, derived, derived_alerts, plan

RATIO = "ModelErrorRatioHigh"


@pytest.mark.parametrize("alert", alerts())
def test_every_question_about_every_severity_has_an_answer(alert: str) -> None:
    assert [str(gap) for gap in gaps(answering(alert), severities(alert))] == []


@pytest.mark.parametrize("alert", derived_alerts())
def test_the_series_of_others_are_part_of_every_case_with_series(alert: str) -> None:
    """Else a rule without a namespace would pass: it would fire for one in trouble, or be kept from firing by one
    that is well. Of what is absent the one in trouble has no series."""
    other = "production-other2" if alert == "InferenceDeploymentUnknown" else "production-other1"
    for case in derived(alert).cases:
        namespaces = {series.labels["namespace"] for series in case.series}
        alone = {Question.NO_DATA, Question.FOREIGN} & {*case.answers}
        assert namespaces >= {"production", other} or alone, case.name


def test_a_case_that_was_taken_away_is_missed() -> None:
    whole = derived(RATIO)
    for question in Question:
        without = replace(
            whole,
            cases=tuple(case for case in whole.cases if question not in case.answers),
            not_applicable={other: why for other, why in whole.not_applicable.items() if other is not question},
        )
        found = list(gaps(without, severities(RATIO)))
        assert {gap.question for gap in found} == {question}
        assert {gap.severity for gap in found} == set(severities(RATIO))


def test_a_reason_beside_cases_that_answer_the_same_question_is_found() -> None:
    whole = derived(RATIO)
    excused = replace(whole, not_applicable={**whole.not_applicable, Question.RESET: "no counter"})
    assert {gap.question for gap in gaps(excused, severities(RATIO))} == {Question.RESET}


def severities(alert: str) -> list[Severity]:
    return [rule.severity for rule in rules_by_alert(plan())[alert]]
