"""No mutant of a shipped rule goes unnoticed: by the score of the full run, and by a run of what changed since."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Refused
from monitoring_kit.testing.event_recording_cases import derive_events
from monitoring_kit.testing.mutation import Excused, complaints, machinery_digest
from monitoring_kit.testing.rule_files import title_of
from monitoring_kit.testing.runner import MutantOutcome
from monitoring_kit.testing.scope import CannotDerive
from tests.behaviour.alerts.proofs import plan, rules, scope
from tests.behaviour.mutants.excused import EXCUSED
from tests.behaviour.mutants.runs import SCORE, run_of, runs
from tests.behaviour.mutants.score import read, written
from tests.support.planting import shipped

# Always run, besides the recordings: quick, and of another kind each.
SAMPLE = ("ModelTargetDown", "ModelMetricsMissing", "InferenceNoReplicas")


def test_the_score_is_that_of_the_rules_and_cases_as_they_are() -> None:
    score = read(SCORE.read_text(encoding="utf-8"))
    stale = [run.rule for run in runs() if score.digests.get(run.rule) != run.digest()]
    gone = sorted(set(score.digests) - {run.rule for run in runs()})
    assert (stale, gone, score.machinery == machinery_digest(EXCUSED)) == ([], [], True), "run `make mutants`"
    assert score.not_noticed == 0


def test_the_mutants_of_what_changed_and_of_a_sample_are_noticed() -> None:
    score = read(SCORE.read_text(encoding="utf-8"))
    chosen = [
        run
        for run in runs()
        if run.rule in SAMPLE or run.recorded is not None or score.digests.get(run.rule) != run.digest()
    ]
    verdicts = [verdict for run in chosen for verdict in run.verdicts()]
    assert list(complaints(verdicts, [run.rule for run in chosen], EXCUSED)) == []


def test_every_rule_has_mutants() -> None:
    assert {run.rule for run in runs()} == {title_of(rule) for rule in rules()}


def test_a_mutant_that_no_case_notices_is_complained_of() -> None:
    run = run_of("ModelTargetDown")
    only_bad = replace(run, stages=[run.stages[0][:1]])
    found = list(complaints(only_bad.verdicts(), [run.rule]))
    assert any(
        one.startswith("survived, so a case is missing: ModelTargetDown warning | for x2") is False for one in found
    )
    assert any("min to max" in one for one in found)


def test_an_excuse_for_a_mutant_that_is_noticed_is_complained_of() -> None:
    run = run_of("ModelTargetDown")
    wrong = Excused(run.rule, "number x2", "left of <", "planted")
    noticed = Excused(run.rule, "for removed", "for", "planted")
    found = list(complaints(run.verdicts(), [run.rule], [wrong, noticed]))
    assert len(found) == 2
    assert "is excused (planted), and is killed: ModelTargetDown warning | for removed" in found[0]
    assert "there is no such mutant" in found[1]


def test_a_wrong_claim_of_equivalence_is_complained_of() -> None:
    run = run_of("ModelTargetDown")
    verdict = next(one for one in run.verdicts() if one.outcome is MutantOutcome.KILLED)
    (found,) = complaints([replace(verdict, outcome=MutantOutcome.REFUTED, reason="planted")], [run.rule])
    assert "is said to be equivalent (planted), and a case notices it" in found


def test_a_rule_that_fails_its_own_cases_proves_nothing() -> None:
    run = run_of("ModelTargetDown")
    wrong = replace(run, rules=[{**rule, "for": "6m"} for rule in run.rules])
    with pytest.raises(Refused, match="does not pass its own cases: warning"):
        wrong.verdicts()


@pytest.mark.parametrize(
    ("recording", "right", "wrong"),
    [
        ("model_name_slo:bad_events:increase6h", "[5h59m59s999ms:5m]", "[5h59m59s999ms:15m]"),
        ("model_name_slo:bad_events:increase5m", "* 30", "* 15"),
        ('model_name_slo:bad_events:rate{slo="latency"}', 'le="0.5"', 'le="1"'),
        ('model_name_slo:total_events:rate{slo="availability"}', 'status!="rejected"', 'status!="error"'),
    ],
)
def test_a_recording_that_does_not_fit_its_name_proves_nothing(recording: str, right: str, wrong: str) -> None:
    run = run_of(recording)
    (rule,) = run.rules
    assert right in str(rule["expr"])
    changed = replace(run, rules=[{**rule, "expr": str(rule["expr"]).replace(right, wrong)}])
    with pytest.raises(Refused, match="does not record what it should"):
        changed.verdicts()


def test_a_recording_of_something_else_has_no_case() -> None:
    counted = replace(plan().event_recordings[0], name="model_name_slo:bad_events:increase1y")
    with pytest.raises(CannotDerive, match="is no rate and no count of an objective"):
        derive_events(counted, shipped().objectives, scope(), Duration(30), Duration(120))


def test_the_digest_follows_the_rule_and_its_cases_but_not_its_links() -> None:
    run = run_of("ModelTargetDown")
    (rule,) = run.rules
    annotations = rule["annotations"]
    assert isinstance(annotations, dict)
    moved = replace(run, rules=[{**rule, "annotations": {**annotations, "runbook_url": "https://example.com"}}])
    assert moved.digest() == run.digest()
    assert replace(run, rules=[{**rule, "for": "6m"}]).digest() != run.digest()
    assert replace(run, stages=[run.stages[0][1:], *run.stages[1:]]).digest() != run.digest()


def test_what_is_written_of_a_run_can_be_read_again() -> None:
    run = run_of("ModelTargetDown")
    score = read(written("production", [(run, run.verdicts())], (), "0123456789abcdef", 1.0, 2.0))
    assert (score.machinery, score.digests, score.not_noticed) == ("0123456789abcdef", {run.rule: run.digest()}, 0)
