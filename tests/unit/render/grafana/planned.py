"""Small plans: one signal on one panel, rendered, and what a test asks of the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from monitoring_kit.environment.model import Environment
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.dashboards import Dashboard, Row
from monitoring_kit.model.signals import Panel, Signal
from monitoring_kit.model.thresholds import Threshold
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.render.grafana import render_dashboard
from tests.support.planting import shipped, shipped_environment

Rendered = dict[str, Any]
Kind = TypeVar("Kind", bound=Signal)

SHIPPED = ("production", "staging")


@cache
def shipped_plan(name: str) -> Plan:
    """The plan of an environment of the repository."""
    return build_plan(shipped(), shipped_environment(name))


@cache
def shipped_dashboards() -> dict[str, Rendered]:
    """Every dashboard of the repository by uid."""
    plans = [shipped_plan(name) for name in SHIPPED]
    return {dashboard.uid: render_dashboard(dashboard, plan) for plan in plans for dashboard in plan.dashboards}


def plan_of(
    panels: Sequence[Panel],
    threshold: Threshold | None = None,
    *,
    environment: str | Environment = "production",
    variables: str = "namespace",
) -> Plan:
    """A plan with one dashboard of one row. With a threshold, an alert judges the signal of the first panel."""
    where = shipped_environment(environment) if isinstance(environment, str) else environment
    signal = panels[0].signal
    alerts = [Alert(signal, threshold, team="us", summary="is odd", name="PlannedSignalHigh")] if threshold else []
    dashboard = Dashboard(
        title="Planned",
        description="What a test planned.",
        rows=(Row("Is it up?", *panels),),
        backends=tuple(Backend),
        # An environment without Prometheus has no labels to narrow anything by.
        variables=variables if where.prometheus else "",
        name="planned",
    )
    signals = {panel.signal.name: panel.signal for panel in panels}
    definitions = replace(
        shipped(),
        signals=signals,
        subjects=dict.fromkeys(signals, "planned"),
        alerts={alert.name: alert for alert in alerts},
        dashboards={dashboard.name: dashboard},
        runbooks={},
    )
    return build_plan(definitions, where)


def dashboard_of(
    panel: Panel,
    *,
    environment: str | Environment = "production",
    variables: str = "namespace",
) -> Rendered:
    """A dashboard with nothing but `panel`."""
    plan = plan_of([panel], environment=environment, variables=variables)
    return render_dashboard(plan.dashboards[0], plan)


def panel_of(
    panel: Panel,
    threshold: Threshold | None = None,
    *,
    environment: str | Environment = "production",
    variables: str = "namespace",
) -> Rendered:
    """`panel` as Grafana gets it."""
    # The graph beside it is there because a plan refuses an alert whose signal is plotted nowhere.
    graph = [panel.signal.timeseries(12)] if threshold else []
    plan = plan_of([panel, *graph], threshold, environment=environment, variables=variables)
    return panels_of(render_dashboard(plan.dashboards[0], plan))[0]


def panels_of(dashboard: Rendered) -> list[Rendered]:
    """The panels without the headings of rows, those of collapsed rows too."""
    found: list[Rendered] = []
    for panel in dashboard["panels"]:
        found += panel["panels"] if panel["type"] == "row" else [panel]
    return found


def shipped_panel(uid: str, title: str) -> Rendered:
    """A panel of the repository."""
    return next(panel for panel in panels_of(shipped_dashboards()[uid]) if panel["title"] == title)


def defaults(panel: Rendered) -> Rendered:
    """The settings of a panel's fields."""
    settings: Rendered = panel["fieldConfig"]["defaults"]
    return settings


def steps(panel: Rendered) -> list[tuple[str, float | None]]:
    """The threshold steps of a panel, as colour and the value from which on it holds."""
    return [(step["color"], step["value"]) for step in defaults(panel)["thresholds"]["steps"]]


def only_at(signal: Kind, backend: Backend) -> Kind:
    """`signal`, measured in one place only."""
    others = {other.value: None for other in Backend if other is not backend}
    return replace(signal, **others)  # type: ignore[arg-type] # the places are fields of every signal
