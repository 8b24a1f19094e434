"""Every alert can be switched off in an environment: nothing else stops working, and nothing is judged by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring_kit.model.views import View
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import PlannedPanel
from tests.support.planting import shipped
from tests.unit.plan.overrides.changing import ENVIRONMENTS, findings, overriding, unchanged

OFF = "Load tests run here every night."


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("alert", sorted(shipped().alerts))
def test_every_alert_can_be_switched_off(tmp_path: Path, alert: str, environment: str) -> None:
    assert findings(overriding(tmp_path, alert, {"disabled": OFF}, environment)) == []


def slow_share(plan_of: Path, changes: dict[str, str] | None, environment: str) -> PlannedPanel:
    here = overriding(plan_of, "ModelLatencyHigh", changes, environment) if changes else unchanged(environment)
    panels = [panel for dashboard in build_plan(shipped(), here).dashboards for panel in dashboard.panels]
    return next(panel for panel in panels if panel.panel.view is View.SLOW_SHARE)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_panel_shows_the_same_without_the_lines_of_an_alert_that_is_off(tmp_path: Path, environment: str) -> None:
    on, off = slow_share(tmp_path, None, environment), slow_share(tmp_path, {"disabled": OFF}, environment)
    assert (off.queries, off.shortest_interval) == (on.queries, on.shortest_interval)
    assert on.lines
    assert on.alerts
    assert (off.lines, off.alerts) == ((), ())
    says = "ModelLatencyHigh would judge it (Latency, share slower than 500 ms), but is switched off here."
    assert says in off.description
