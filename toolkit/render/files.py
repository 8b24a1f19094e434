"""Every file of an environment: the renderers side by side."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.definitions import Definitions
from toolkit.plan.model import Plan
from toolkit.render.alertmanager import render_alertmanager
from toolkit.render.alertmanager_config import alertmanager_config
from toolkit.render.azure_alerts import render_azure
from toolkit.render.grafana import dashboard_json
from toolkit.render.index import render_index
from toolkit.render.kubernetes import render_kubernetes
from toolkit.render.prometheus import render_prometheus
from toolkit.render.runbook import render_runbooks


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
