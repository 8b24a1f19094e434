"""A mistake is told once, however many expressions, panels, rules and runbooks it spoils."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring_kit.checks.causes import causes
from monitoring_kit.core.findings import Finding, Location
from tests.support.project import edit, run


@pytest.mark.parametrize(
    ("file", "right", "wrong", "says"),
    [
        ("errors", 'by="namespace model_name",', 'by="namespace model_nam",', "by names model_nam, but"),
        (
            "errors",
            """bad='model_predictions_total{status=""",
            """bad='model_predictions_total{state=""",
            "label state",
        ),
        ("errors", """{status="error"}', total""", """{status="eror"}', total""", "eror"),
        ("errors", "bad='model_predictions_total", "bad='model_prediction_total", "model_prediction_total"),
        ("errors", """{status="error"}', total""", """{status="error"', total""", "not valid PromQL"),
        ("models", "by (", "by ((", "not valid PromQL"),
    ],
    ids=["group label", "label", "value", "metric", "syntax of a selector", "syntax of a query"],
)
def test_a_mistake_in_one_signal_is_one_finding(project: Path, file: str, right: str, wrong: str, says: str) -> None:
    edit(project / f"queries/{file}.py", right, wrong)
    done = run("check", project=project)
    assert done.returncode == 1
    assert done.stderr.startswith(f"queries/{file}.py:")
    assert says in done.stderr
    assert "\n1 finding. " in done.stderr, done.stderr


def finding(line: int, problem: str, check: str, remedy: str = "mend it") -> Finding:
    return Finding(Location("queries/a.py", line), "signal a", problem, remedy, check)


def test_what_does_not_follow_from_a_broken_expression_is_told_beside_it() -> None:
    broken = finding(1, "`up{x=1}`: there is no label x", "unknown-label")
    follows, own = finding(2, "its legend names x", "legend-label"), finding(3, "does not say why", "reason")
    assert causes([broken, follows, own]) == [broken, own]
    assert causes([follows, own]) == [follows, own]


def test_two_mistakes_in_one_place_are_two_findings() -> None:
    one = finding(1, "`up{x=1}`: there is no label x", "unknown-label", "drop x")
    other = finding(1, "`down{y=1}`: there is no label y", "unknown-label", "drop y")
    around = finding(1, "`up{x=1} / down{y=1}`: there is no label x", "unknown-label", "drop x in both")
    assert causes([around, one, other]) == sorted([one, other])


def test_one_mistake_at_several_places_names_them_all() -> None:
    (told,) = causes(finding(line, f"`up{line}`: there is no label x", "unknown-label") for line in (1, 7, 9))
    assert told.where.line == 1
    assert told.problem.endswith("; the same at queries/a.py:7, queries/a.py:9")
