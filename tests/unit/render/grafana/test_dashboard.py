"""A dashboard as a whole: it can be imported anywhere, the reader chooses its data sources, it leads to the others."""

from __future__ import annotations

import json
from dataclasses import replace

from monitoring_kit.model.backends import Backend
from monitoring_kit.model.signals import Panel
from monitoring_kit.render.grafana import dashboard_json, render_dashboard
from queries.errors import error_ratio
from queries.resources import cpu_utilisation
from queries.traffic import app_request_rate, request_rate
from tests.support.planting import shipped_environment
from tests.unit.render.grafana.planned import (
    Rendered,
    dashboard_of,
    only_at,
    panels_of,
    plan_of,
    shipped_dashboards,
    shipped_plan,
)


def variable(dashboard: Rendered, name: str) -> Rendered:
    return next(entry for entry in dashboard["templating"]["list"] if entry["name"] == name)


def variable_names(dashboard: Rendered) -> list[str]:
    return [entry["name"] for entry in dashboard["templating"]["list"]]


def test_the_frame_of_a_dashboard() -> None:
    dashboard = dashboard_of(error_ratio.timeseries(12))
    parts = {"panels", "templating", "annotations", "links"}
    assert {key: value for key, value in dashboard.items() if key not in parts} == {
        "uid": "production-planned",
        "title": "ML inference / Planned (production)",
        "description": "What a test planned.",
        "tags": ["ml-inference", "production"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
    }


def test_azure_is_asked_less_often() -> None:
    assert dashboard_of(app_request_rate.timeseries(12), environment="staging")["refresh"] == "5m"


def test_dashboards_of_an_environment_link_to_each_other_keeping_time_and_variables() -> None:
    for dashboard in shipped_dashboards().values():
        (link,) = dashboard["links"]
        assert link["type"] == "dashboards"
        assert link["tags"] == dashboard["tags"]
        assert link["keepTime"] and link["includeVars"]


class TestVariables:
    """What a reader can choose."""

    def test_only_the_data_sources_that_the_dashboard_reads(self) -> None:
        assert variable_names(dashboard_of(request_rate.timeseries(12))) == ["datasource", "namespace"]
        assert variable_names(dashboard_of(app_request_rate.timeseries(12), environment="staging")) == ["azure"]

    def test_the_data_source_opens_with_the_one_of_the_environment(self) -> None:
        data_source = variable(dashboard_of(request_rate.timeseries(12)), "datasource")
        assert data_source["query"] == "prometheus"
        assert data_source["current"] == {"text": "prometheus", "value": "prometheus"}

    def test_without_one_the_choice_is_grafanas(self) -> None:
        environment = shipped_environment("production")
        assert environment.prometheus is not None
        unnamed = replace(environment, prometheus=replace(environment.prometheus, datasource=None))
        assert "current" not in variable(dashboard_of(request_rate.timeseries(12), environment=unnamed), "datasource")
        azure = variable(dashboard_of(app_request_rate.timeseries(12), environment="staging"), "azure")
        assert azure["query"] == "grafana-azure-monitor-datasource"
        assert "current" not in azure

    def test_the_namespace_is_one_and_starts_with_the_environments(self) -> None:
        namespace = variable(dashboard_of(request_rate.timeseries(12)), "namespace")
        assert namespace["current"] == {"text": "production", "value": "production"}
        assert not namespace["multi"] and not namespace["includeAll"]
        assert "allValue" not in namespace

    def test_other_labels_take_several_values_and_start_with_no_filter(self) -> None:
        model = variable(dashboard_of(request_rate.timeseries(12), variables="namespace model_name"), "model_name")
        assert model["multi"] and model["includeAll"]
        assert model["current"] == {"text": ["All"], "value": ["$__all"]}
        # `.+` would hide a series that lacks the label, which the alert judges all the same.
        assert model["allValue"] == ".*"

    def test_values_come_from_a_series_narrowed_by_the_variables_before(self) -> None:
        model = variable(dashboard_of(request_rate.timeseries(12), variables="namespace model_name"), "model_name")
        assert model["label"] == "Model name"
        assert model["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert model["query"] == {
            "qryType": 1,
            "query": (
                'label_values(model_predictions_total{job="ml-inference-metrics", namespace="$namespace"}, model_name)'
            ),
            "refId": "PrometheusVariableQueryEditor-VariableQuery",
        }
        # 2: when the time range changes; 1: alphabetically.
        assert (model["refresh"], model["sort"]) == (2, 1)


def rendered_with(*panels: Panel) -> Rendered:
    plan = plan_of(panels)
    return render_dashboard(plan.dashboards[0], plan)


def test_a_panel_that_is_added_before_moves_the_others_but_changes_nothing_else_of_them() -> None:
    cpu = only_at(cpu_utilisation, Backend.PROMETHEUS)
    before, after = rendered_with(request_rate.timeseries(12)), rendered_with(cpu.stat(12), request_rate.timeseries(12))
    (alone_panel,), (_, moved) = panels_of(before), panels_of(after)
    assert before["uid"] == after["uid"]
    assert before["panels"][0] == after["panels"][0]
    assert {**moved, "gridPos": alone_panel["gridPos"]} == alone_panel
    assert moved["gridPos"] != alone_panel["gridPos"]


def test_a_row_stands_above_its_panels() -> None:
    heading, panel = dashboard_of(request_rate.timeseries(12))["panels"]
    assert heading["gridPos"] == {"x": 0, "y": 0, "w": 24, "h": 1}
    assert (heading["type"], heading["panels"], heading["collapsed"]) == ("row", [], False)
    assert panel["gridPos"]["y"] == 1


def test_the_file_is_the_same_every_time_and_easy_to_compare() -> None:
    plan = shipped_plan("production")
    dashboard = plan.dashboards[0]
    text = dashboard_json(render_dashboard(dashboard, plan))
    assert text == dashboard_json(render_dashboard(dashboard, plan))
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_no_trace_of_an_export_that_another_grafana_would_stumble_over() -> None:
    # An id belongs to one database; inputs make the import dialog ask, and the sidecar fail.
    for dashboard in shipped_dashboards().values():
        assert not {"id", "version", "iteration", "__inputs", "__requires"} & set(dashboard)
