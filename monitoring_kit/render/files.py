"""Every file of an environment: the renderers side by side."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring_kit.definitions import Definitions
from monitoring_kit.plan.model import Plan
from monitoring_kit.render.alertmanager.configuration import render_alertmanager
from monitoring_kit.render.alertmanager.resource import alertmanager_config
from monitoring_kit.render.azure.alerts import render_azure
from monitoring_kit.render.grafana import dashboard_json
from monitoring_kit.render.kubernetes import render_kubernetes
from monitoring_kit.render.pages.index import render_index
from monitoring_kit.render.pages.runbook import render_runbooks
from monitoring_kit.render.prometheus import render_prometheus


def render_files(plan: Plan, definitions: Definitions) -> Mapping[str, str]:
    """The text of every file of the plan, by its path below the environment's folder."""
    dashboards = {dashboard.uid: dashboard_json(dashboard, plan) for dashboard in plan.dashboards}
    return {
        **{f"grafana/{uid}.json": text for uid, text in dashboards.items()},
        **render_prometheus(plan),
        **render_alertmanager(plan, definitions),
        **render_kubernetes(plan, dashboards, alertmanager_config(plan, definitions)),
        **{f"azure/{name}": text for name, text in render_azure(plan).items()},
        **render_runbooks(plan, definitions),
        "index.md": render_index(plan, definitions),
    }
