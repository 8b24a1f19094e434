"""Every dashboard can be switched off in an environment, with a reason, and its alerts still fire."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitoring_kit.core.findings import Finding
from monitoring_kit.environment.model import Environment
from monitoring_kit.plan.build import build_plan
from monitoring_kit.render.pages.index import render_index
from tests.support.planting import REFERENCE, shipped, shipped_environment
from tests.unit.environment.conftest import findings as findings
from tests.unit.environment.conftest import read as read
from tests.unit.plan.overrides.changing import findings as findings_of
from tests.unit.plan.overrides.changing import read as read_file

PRODUCTION = (REFERENCE / "production.yaml").read_text()
WHY = "The platform team has its own."


def without(folder: Path, dashboard: str) -> Environment:
    return read_file(folder, "production", f'{PRODUCTION}\ndashboards:\n  {dashboard}:\n    disabled: "{WHY}"\n')


@pytest.mark.parametrize("dashboard", sorted(shipped().dashboards))
def test_every_dashboard_can_be_switched_off(tmp_path: Path, dashboard: str) -> None:
    environment = without(tmp_path, dashboard)
    assert findings_of(environment) == []
    on, off = build_plan(shipped(), shipped_environment("production")), build_plan(shipped(), environment)
    uid = f"production-{dashboard}"
    assert {page.uid for page in off.dashboards} == {page.uid for page in on.dashboards} - {uid}
    assert [rule.alert.name for rule in off.prometheus_alerts] == [rule.alert.name for rule in on.prometheus_alerts]
    assert not any(uid in rule.annotations["dashboard_url"] for rule in off.prometheus_alerts)


def test_the_index_says_what_is_off_and_why(tmp_path: Path) -> None:
    text = render_index(build_plan(shipped(), without(tmp_path, "pods")))["index.md"]
    assert f"Switched off by this environment:\n\n- `production-pods` {WHY}" in text


def test_a_name_that_no_dashboard_has_is_refused(tmp_path: Path) -> None:
    (finding,) = findings_of(without(tmp_path, "podss"))
    assert (finding.subject, finding.problem) == ("dashboards.podss", "there is no such dashboard")
    assert finding.remedy == "did you mean pods?"


@pytest.mark.parametrize(
    ("text", "path", "remedy"),
    [
        ("dashboards: off", "dashboards", "Write a dashboard and why it is off below it"),
        ("dashboards:\n  pods: off", "dashboards.pods", "Write below it why it is switched off"),
        ("dashboards:\n  pods:\n    title: x", "dashboards.pods", "Write below it why it is switched off"),
        ('dashboards:\n  pods:\n    disabled: ""', "dashboards.pods.disabled", "Allowed: "),
        ("dashboards:\n  pods:\n    disabled: The team has its own.\n    for: 5m", "dashboards.pods.for", ""),
    ],
    ids=["no block", "no reason", "something else", "an empty reason", "something beside it"],
)
def test_a_dashboard_is_switched_off_by_a_reason_alone(
    findings: Callable[[str], tuple[Finding, ...]], text: str, path: str, remedy: str
) -> None:
    (finding,) = findings(f"{PRODUCTION}\n{text}\n")
    assert finding.subject == path
    assert remedy in finding.remedy
