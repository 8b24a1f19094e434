"""Definitions name roles; the environment file says which teams take them, and how a person reaches a team."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitoring_kit.environment.model import AlertOverride, Environment
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.render.pages.runbook import render_runbooks
from tests.support.planting import shipped, shipped_environment

TEAMS = {"serving": "fraud-squad", "platform": "sre"}


def planned(**changes: object) -> Plan:
    environment: Environment = replace(shipped_environment("production"), **changes)  # type: ignore[arg-type] # fields
    return build_plan(shipped(), environment)


def teams_of(plan: Plan) -> dict[str, str]:
    return {rule.alert.name: rule.labels["team"] for rule in plan.prometheus_alerts}


def test_each_role_becomes_the_team_that_takes_it() -> None:
    teams = teams_of(planned(teams=TEAMS))
    assert set(teams.values()) == {"fraud-squad", "sre"}
    assert (teams["ModelErrorRatioHigh"], teams["ModelTargetDown"]) == ("fraud-squad", "sre")


def test_a_role_that_is_not_mapped_is_the_team_s_own_name() -> None:
    assert set(teams_of(planned(teams={})).values()) == {"serving", "platform"}


def test_one_alert_can_go_to_another_team() -> None:
    where = shipped_environment("production").where
    override = AlertOverride("ModelErrorRatioHigh", {}, None, None, where, team="sre")
    teams = teams_of(planned(teams=TEAMS, overrides={"ModelErrorRatioHigh": override}))
    assert (teams["ModelErrorRatioHigh"], teams["ModelLatencyHigh"]) == ("sre", "fraud-squad")


def test_runbooks_name_the_teams_and_how_to_reach_them() -> None:
    plan = planned(teams=TEAMS, contacts={"fraud-squad": "#fraud-oncall"})
    page = render_runbooks(plan)["runbooks/ModelErrorRatioHigh.md"]
    assert "fraud-squad, reached at #fraud-oncall" in page
    assert "wake the\n   sre team" in page


@pytest.mark.parametrize(
    ("changes", "subject", "problem", "remedy"),
    [
        ({"teams": {"srving": "a"}}, "teams.srving", "no alert names this role", "is serving meant?"),
        (
            {"contacts": {"sree": "#s"}, "teams": TEAMS},
            "contacts.sree",
            "no alert goes to this team",
            "is sre meant?",
        ),
    ],
)
def test_a_name_that_nothing_has_is_refused(
    changes: dict[str, object], subject: str, problem: str, remedy: str
) -> None:
    (finding,) = planned(**changes).findings
    assert (finding.subject, finding.problem) == (subject, problem)
    assert remedy in finding.remedy
