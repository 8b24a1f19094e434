"""The variables of a dashboard: which data source, and what the reader narrows it down to."""

from __future__ import annotations

from grafanalib import core as grafana

from monitoring_kit.environment.model import Environment
from monitoring_kit.plan.model import PlannedDashboard, PrometheusQuery, Variable
from monitoring_kit.promql.printer import one_line
from monitoring_kit.render.grafana.schema import JsonObject
from monitoring_kit.render.grafana.targets import AZURE_TYPE, AZURE_VARIABLE, PROMETHEUS_TYPE, PROMETHEUS_VARIABLE

# "All" means "no filter", so that a panel shows what its alert judges: `.+` would hide series without the label.
EVERYTHING = ".*"
# What Grafana's editor of Prometheus variables calls a query of the kind "label values".
_LABEL_VALUES: JsonObject = {"qryType": 1, "refId": "PrometheusVariableQueryEditor-VariableQuery"}


def variables(dashboard: PlannedDashboard, environment: Environment) -> list[JsonObject]:
    """The data sources that the dashboard needs, then its own variables, each narrowed by those before it."""
    queries = [query for panel in dashboard.panels for query in panel.queries]
    found: list[JsonObject] = []
    if any(isinstance(query, PrometheusQuery) for query in queries):
        uid = environment.prometheus.datasource if environment.prometheus else None
        found.append(_data_source(PROMETHEUS_VARIABLE, "Prometheus", PROMETHEUS_TYPE, uid))
    if any(not isinstance(query, PrometheusQuery) for query in queries):
        found.append(_data_source(AZURE_VARIABLE, "Azure Monitor", AZURE_TYPE, None))
    return [*found, *map(_label_values, dashboard.variables)]


def _data_source(name: str, label: str, kind: str, uid: str | None) -> JsonObject:
    variable: JsonObject = grafana.Template(
        name=name,
        label=label,
        type="datasource",
        query=kind,
        regex="",
        refresh=grafana.REFRESH_ON_DASHBOARD_LOAD,
        sort=grafana.SORT_DISABLED,
    ).to_json_data()
    # Without a current value Grafana opens the dashboard with its default data source of this type.
    return {**variable, "current": {"text": uid, "value": uid} if uid else None}


def _label_values(variable: Variable) -> JsonObject:
    """One value where the environment gives a default, any number of them elsewhere."""
    single = bool(variable.default)
    template: JsonObject = grafana.Template(
        name=variable.label,
        label=heading(variable.label),
        query="",
        dataSource={"type": PROMETHEUS_TYPE, "uid": f"${{{PROMETHEUS_VARIABLE}}}"},
        multi=not single,
        includeAll=not single,
        allValue=None if single else EVERYTHING,
        regex="",
        refresh=grafana.REFRESH_ON_TIME_RANGE_CHANGE,
        sort=grafana.SORT_ALPHA_ASC,
    ).to_json_data()
    text = f"label_values({one_line(variable.selector)}, {variable.label})"
    chosen: JsonObject = {"text": variable.default, "value": variable.default}
    everything: JsonObject = {"text": ["All"], "value": ["$__all"]}
    return {**template, "query": {**_LABEL_VALUES, "query": text}, "current": chosen if single else everything}


def heading(label: str) -> str:
    """A label's name as a person reads it: `job_name` is "Job name"."""
    return label.replace("_", " ").capitalize()
