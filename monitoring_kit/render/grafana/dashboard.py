"""A whole dashboard: its panels, its variables, and the way to the other dashboards of the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from grafanalib import core as grafana

from monitoring_kit.plan.model import Plan, PlannedAnnotation, PlannedDashboard, PrometheusQuery
from monitoring_kit.promql.printer import print_promql
from monitoring_kit.render.grafana.panels import panel, row
from monitoring_kit.render.grafana.schema import SCHEMA_VERSION, JsonObject, normalised
from monitoring_kit.render.grafana.targets import PROMETHEUS_TYPE, PROMETHEUS_VARIABLE
from monitoring_kit.render.grafana.variables import variables
from monitoring_kit.render.kubernetes import config_map, config_map_file

# Every dashboard carries this tag and its environment's name: by both of them the dashboards link to each other.

# Azure takes logs in minutes late and limits how often it may be asked for them.
_REFRESH_PROMETHEUS = "1m"
_REFRESH_AZURE = "5m"
# As often as rules are usually evaluated. Grafana takes a wider step over a longer range.
_ANNOTATION_STEP = "60s"

# Grafana puts this annotation on every dashboard that lacks it, and would show an unsaved change.
_BUILT_IN_ANNOTATION: JsonObject = {
    "builtIn": 1,
    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    "enable": True,
    "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)",
    "name": "Annotations & Alerts",
    "type": "dashboard",
}


def render_dashboard(dashboard: PlannedDashboard, plan: Plan) -> JsonObject:
    """The dashboard as JSON-ready values, in Grafana's classic schema (version 39)."""
    environment = plan.environment
    tags = [_tag(environment.dashboard_folder), environment.name]
    queries = [query for planned in dashboard.panels for query in planned.queries]
    reads_prometheus = any(isinstance(query, PrometheusQuery) for query in queries)
    panels = []
    for planned_row in dashboard.rows:
        head, inside = row(planned_row), [panel(planned, dashboard, plan) for planned in planned_row.panels]
        if planned_row.collapsed:
            head.panels = inside
            panels.append(head)
        else:
            panels += [head, *inside]
    return normalised(
        grafana.Dashboard(
            title=dashboard.title,
            uid=dashboard.uid,
            description=dashboard.dashboard.description,
            tags=tags,
            editable=False,
            schemaVersion=SCHEMA_VERSION,
            graphTooltip=grafana.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
            refresh=_REFRESH_PROMETHEUS if reads_prometheus else _REFRESH_AZURE,
            time=grafana.Time(f"now-{dashboard.dashboard.last}", "now"),
            timezone="browser",
            annotations=grafana.Annotations([_BUILT_IN_ANNOTATION, *map(_annotation, dashboard.annotations)]),
            links=[grafana.DashboardLink(title="Dashboards", tags=tags, includeVars=True, keepTime=True)],
            templating=grafana.Templating(variables(dashboard, environment)),
            panels=panels,
        )
    )


def _annotation(planned: PlannedAnnotation) -> JsonObject:
    annotation = planned.annotation
    return {
        "datasource": {"type": PROMETHEUS_TYPE, "uid": f"${{{PROMETHEUS_VARIABLE}}}"},
        "enable": True,
        "expr": print_promql(planned.expression),
        "iconColor": annotation.colour,
        "name": annotation.title,
        "step": _ANNOTATION_STEP,
        "titleFormat": annotation.title,
        "textFormat": annotation.text,
    }


def render_grafana(plan: Plan) -> Mapping[str, str]:
    """`grafana/<uid>.json` for the import dialog and for provisioning; with a cluster, the same for the sidecar."""
    files: dict[str, str] = {}
    for dashboard in plan.dashboards:
        model = render_dashboard(dashboard, plan)
        files[f"grafana/{dashboard.uid}.json"] = dashboard_json(model)
        if plan.environment.prometheus is not None:
            manifest = config_map(plan.environment.prometheus, plan.environment.dashboard_folder, dashboard, model)
            files[f"kubernetes/{config_map_file(dashboard)}"] = manifest
    return files


def dashboard_json(model: JsonObject) -> str:
    """A rendered dashboard as the text of a file: sorted keys, two blanks, a newline at the end."""
    return json.dumps(model, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _tag(folder: str) -> str:
    """The tag that all dashboards of a folder bear, and by which they link to each other."""
    return re.sub(r"\W+", "-", folder).strip("-").lower()
