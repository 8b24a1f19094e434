"""Dashboards as Grafana reads them: grafanalib's objects, put right for the current schema in one step.

The JSON goes through Grafana's import dialog, through a provisioning folder and through the sidecar that reads
ConfigMaps alike: data sources are chosen by variables, ids and uids come from the plan, nothing tells the time.
"""

from monitoring_kit.render.grafana.dashboard import dashboard_json, render_dashboard, render_grafana

__all__ = ["dashboard_json", "render_dashboard", "render_grafana"]
