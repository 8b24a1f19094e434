"""The dashboards of the demonstration: those of production, at the speed of the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitoring_kit.plan.model import Plan, PlannedDashboard, PrometheusQuery
from monitoring_kit.render.grafana.dashboard import render_dashboard


def demo_dashboards(plan: Plan) -> Mapping[str, Mapping[str, Any]]:
    """JSON by uid of the dashboards that show what the alerts of `plan` judge, in the plan's order.

    `plan` is that of the rules which run, see `examples.demo.faster`. Dashboards of Azure, and those of objectives, for
    which the demonstration is too short, are left out.
    """
    judged = {rule.alert.signal.name for rule in plan.prometheus_alerts}
    shown = [dashboard for dashboard in plan.dashboards if _asks_prometheus(dashboard) and _signals(dashboard) & judged]
    scrape = plan.environment.prometheus.scrape_interval.prometheus() if plan.environment.prometheus else ""
    return {dashboard.uid: _asking_every(scrape, render_dashboard(dashboard, plan)) for dashboard in shown}


def _asks_prometheus(dashboard: PlannedDashboard) -> bool:
    return any(isinstance(query, PrometheusQuery) for panel in dashboard.panels for query in panel.queries)


def _signals(dashboard: PlannedDashboard) -> set[str]:
    return {panel.panel.signal.name for panel in dashboard.panels}


def _asking_every(scrape: str, part: Any) -> Any:
    """A part of a dashboard with queries for a point each scrape; as generated, they fit a real cluster's scrapes."""
    match part:
        case dict():
            changed = {name: _asking_every(scrape, value) for name, value in part.items()}
            return {**changed, "interval": scrape} if "expr" in part else changed
        case list():
            return [_asking_every(scrape, item) for item in part]
        case _:
            return part
