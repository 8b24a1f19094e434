"""Every field of an environment file knows its line, so that a finding leads there, whichever check makes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from monitoring_kit.checks.routing import tree_findings
from monitoring_kit.environment.model import Addresses, Environment
from monitoring_kit.plan.build import build_plan
from tests.support.planting import REFERENCE, shipped
from tests.unit.environment.conftest import VALID
from tests.unit.plan.overrides.changing import findings as checked
from tests.unit.plan.overrides.changing import read as read_file

PRODUCTION = (REFERENCE / "production.yaml").read_text()


def line_of(text: str, start: str) -> int:
    """The line, the first of its kind, that starts so."""
    return next(n for n, line in enumerate(text.splitlines(), start=1) if line.startswith(start))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("grafana_url", "grafana_url:"),
        ("prometheus", "prometheus:"),
        ("prometheus.scrape_interval", "  scrape_interval:"),
        ("azure.action_group.short_name", "    short_name:"),
        ("azure.online_endpoint.deployments[0]", "    deployments:"),
        ("prometheus.notifications.teams", "prometheus:"),
    ],
    ids=lambda value: value.strip(),
)
def test_a_field_is_found_at_its_line_and_one_that_is_left_out_at_its_block(
    read: Callable[[str | bytes], Environment], path: str, line: str
) -> None:
    assert read(VALID).location(path).line == line_of(VALID, line)


def without_team(name: str) -> str:
    return re.sub(rf"      - name: {name}\n(?: {{8,}}.*\n)*", "", PRODUCTION, count=1)


def test_a_team_that_is_missing_is_reported_at_the_teams(tmp_path: Path) -> None:
    text = without_team("ml-serving")
    (finding,) = checked(read_file(tmp_path, "production", text))
    assert "there is no team 'ml-serving'" in finding.problem
    assert finding.where.line == line_of(text, "    teams:")


def nobody_to_page(environment: Environment) -> Environment:
    """The environment without addresses for the page of its first team, which a file cannot say."""
    prometheus = environment.prometheus
    assert prometheus is not None
    assert prometheus.notifications is not None
    first, *others = prometheus.notifications.teams
    teams = (replace(first, page=Addresses()), *others)
    notifications = replace(prometheus.notifications, teams=teams)
    return replace(environment, prometheus=replace(prometheus, notifications=notifications))


def test_a_receiver_without_an_address_is_reported_at_its_block(tmp_path: Path) -> None:
    plan = build_plan(shipped(), nobody_to_page(read_file(tmp_path, "production", PRODUCTION)))
    assert plan.routing is not None
    (finding,) = tree_findings(plan.routing, plan)
    assert finding.problem.startswith("has no address")
    assert finding.where.line == line_of(PRODUCTION, "        page:")
