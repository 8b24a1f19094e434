"""grafanalib alone does not write what Grafana reads today; the normalising step does."""

from __future__ import annotations

import json
from typing import Any

from grafanalib import core as grafana
from grafanalib._gen import DashboardEncoder

from monitoring_kit.render.grafana.schema import SCHEMA_VERSION, normalised
from tests.acceptance.grafana.grafana import grafana_type_errors

PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}


def one_panel_dashboard() -> grafana.Dashboard:
    panel = grafana.TimeSeries(
        id=1,
        title="Up",
        dataSource=PROMETHEUS,
        gridPos=grafana.GridPos(h=8, w=12, x=0, y=0),
        targets=[grafana.Target(expr="up", refId="A", datasource=PROMETHEUS).to_json_data()],
        thresholds=[grafana.Threshold("green", 0, 0.0), grafana.Threshold("red", 1, 3.0)],
        stacking={"mode": "none"},
        extraJson={"options": {"legend": {"showLegend": True}}, "fieldConfig": {"defaults": {"noValue": None}}},
    )
    variable = grafana.Template(name="pod", query="label_values(up, pod)", dataSource=PROMETHEUS)
    return grafana.Dashboard(
        title="Service",
        uid="service",
        schemaVersion=SCHEMA_VERSION,
        templating=grafana.Templating([{**variable.to_json_data(), "current": None}]),
        panels=[panel, grafana.RowPanel(id=2, title="Row", gridPos=grafana.GridPos(h=1, w=24, x=0, y=8))],
    )


def without_normalising() -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(json.dumps(one_panel_dashboard(), cls=DashboardEncoder))
    return raw


def test_grafanas_types_refuse_what_grafanalib_writes() -> None:
    errors = "\n".join(grafana_type_errors({"raw": without_normalising()}))
    for fault in ("gnetId", "thresholds.steps[0].value", '"op"', "defaults.min", "panels[1].repeat"):
        assert fault in errors


def test_grafanas_types_accept_it_once_normalised() -> None:
    assert grafana_type_errors({"normalised": normalised(one_panel_dashboard())}) == []


def test_keys_that_grafana_forgot_are_gone() -> None:
    dashboard = normalised(one_panel_dashboard())
    dead = {"rows", "style", "hideControls", "sharedCrosshair", "gnetId", "__inputs"}
    assert dead <= set(without_normalising())
    assert dead.isdisjoint(dashboard)
    panels: Any = dashboard["panels"]
    assert set(panels[0]["targets"][0]) == {
        "datasource",
        "expr",
        "format",
        "instant",
        "interval",
        "legendFormat",
        "refId",
    }


def test_the_base_of_thresholds_is_null_and_not_a_word() -> None:
    panel: Any = normalised(one_panel_dashboard())["panels"]
    assert panel[0]["fieldConfig"]["defaults"]["thresholds"]["steps"] == [
        {"color": "green", "value": None},
        {"color": "red", "value": 3},
    ]


def test_a_whole_number_is_written_without_a_fraction() -> None:
    assert '"value": 3.0' in json.dumps(without_normalising())
    assert '"value": 3}' in json.dumps(normalised(one_panel_dashboard()))


def test_a_row_keeps_only_what_rows_have() -> None:
    panels: Any = normalised(one_panel_dashboard())["panels"]
    assert set(panels[1]) == {"collapsed", "gridPos", "id", "panels", "title", "type"}
