"""The gate: every question about every severity of an alert is answered by a case, or by a reason why it needs none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitoring_kit.model.thresholds import Severity
from monitoring_kit.testing.case import Question, Shows, Specification


@dataclass(frozen=True)
class Unanswered:
    """What no case shows."""

    alert: str
    severity: Severity
    question: Question
    problem: str

    def __str__(self) -> str:
        return f"{self.alert} {self.severity.value}: {self.question.words}: {self.problem}"


def gaps(specification: Specification, severities: Iterable[Severity]) -> Iterator[Unanswered]:
    """What the cases of an alert leave open, and reasons that stand beside cases that answer the same question."""
    alert = specification.alert
    for severity in severities:
        for question in Question:
            answers = [case for case in specification.cases if question in case.answers]
            if question in specification.not_applicable:
                if answers:
                    yield Unanswered(
                        alert, severity, question, "has cases and a reason to have none: remove the reason"
                    )
                continue
            fires, silent = (any(case.fires(severity) is wanted for case in answers) for wanted in (True, False))
            enough = {
                Shows.FIRES: fires,
                Shows.SILENT: silent,
                Shows.BOTH: fires and silent,
                Shows.ANYTHING: bool(answers),
            }
            if not enough[question.shows]:
                yield Unanswered(
                    alert, severity, question, f"no case shows {question.shows.value}, and no reason is given"
                )
