"""The evaluation of alerts over the past: `for` as Prometheus applies it, and promtool's rule engine of one opinion."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from monitoring_kit.core.durations import Duration
from tests.behaviour.incidents import production
from tests.behaviour.incidents.evaluation import firings, held, name_of
from tests.behaviour.incidents.incidents import INCIDENTS
from tests.behaviour.incidents.matrix import Raised, raised
from tests.behaviour.incidents.recording import served
from tests.behaviour.incidents.rule_engine import disagreements

BY_NAME = {incident.name: incident for incident in INCIDENTS}
# Together they raise an alert of every group.
GIVEN_TO_PROMTOOL = (
    "error burst",
    "slow version rolled out",
    "pod crash-looping",
    "traffic gone",
    "several pods with uneven load",
    "rollout stuck half-way",
)
RULES = (*production.recording_rules(), *production.alerts())


@pytest.mark.parametrize(
    ("true_at", "for_", "fires"),
    [
        pytest.param([], 60, [], id="never true, never firing"),
        pytest.param([30], 0, [(30, 60)], id="without `for` it fires at once and is resolved at the next evaluation"),
        pytest.param([30, 60, 90, 120], 60, [(90, 150)], id="it fires when it has been true for all of `for`"),
        pytest.param([30, 60], 60, [], id="it is pending until then"),
        pytest.param([0, 30, 90, 120, 150], 60, [(150, 180)], id="a gap begins `for` anew"),
        pytest.param([0, 30, 90], 30, [(30, 60)], id="an alert that is over has to wait for all of `for` again"),
        pytest.param([0, 60, 120], 0, [(0, 30), (60, 90), (120, 150)], id="it can fire more than once"),
        pytest.param([150, 180], 30, [(180, None)], id="it can outlast the recording"),
    ],
)
def test_for(true_at: Collection[int], for_: int, fires: list[tuple[int, int | None]]) -> None:
    assert list(held(true_at, for_, range(0, 181, 30))) == fires


def test_a_rule_with_a_field_that_changes_when_it_fires_is_refused() -> None:
    rule = {**production.alerts()[0], "keep_firing_for": "5m"}
    with pytest.raises(ValueError, match="ModelErrorRatioHigh: keep_firing_for is not evaluated here"):
        firings("http://127.0.0.1:1", rule, range(2))


@pytest.mark.parametrize("name", GIVEN_TO_PROMTOOL)
def test_promtool_is_of_one_opinion_at_every_evaluation(name: str, tmp_path: Path) -> None:
    incident = BY_NAME[name]
    with served(incident) as recorded:
        found = raised(recorded, production.alerts())
        evaluations = recorded.evaluations
    samples = incident.happens().samples

    assert disagreements(tmp_path, samples, RULES, evaluations, found) == []


def test_promtool_is_asked_about_every_group_of_alerts() -> None:
    raised_there = {name for incident in GIVEN_TO_PROMTOOL for name in BY_NAME[incident].fires}
    groups = {production.group_of(rule) for rule in production.alerts() if name_of(rule) in raised_there}
    assert groups == {production.group_of(rule) for rule in production.alerts()}


def test_one_evaluation_that_promtool_sees_otherwise_is_found(tmp_path: Path) -> None:
    incident = BY_NAME["targets gone"]
    with served(incident) as recorded:
        found = raised(recorded, production.alerts())
        evaluations = recorded.evaluations

    late = _fires_later(found, "ModelMetricsMissing critical", evaluations.step)
    (disagreement,) = disagreements(tmp_path, incident.happens().samples, RULES, evaluations, late)
    assert "ModelMetricsMissing" in disagreement


def _fires_later(found: Raised, alert: str, seconds: int) -> Raised:
    (firing,) = found[alert]
    return {**found, alert: (replace(firing, since=Duration(firing.since.seconds + seconds)),)}
