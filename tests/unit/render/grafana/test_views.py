"""What each view of a signal has to contain, and how empty results read."""

from __future__ import annotations

from typing import Any

import pytest

from monitoring_kit.model.signals import Panel
from queries.errors import error_ratio, rejected_ratio
from queries.latency import app_latency, latency
from queries.models import model_versions
from queries.resources import cpu_utilisation, memory_utilisation
from queries.scrape import metrics_missing
from queries.traffic import app_request_rate, request_rate
from rules.thresholds import ERROR_RATIO, METRICS_MISSING
from tests.unit.render.grafana.planned import (
    Rendered,
    defaults,
    panel_of,
    panels_of,
    shipped_dashboards,
    shipped_panel,
)

VIEWS: dict[str, tuple[Panel, dict[str, Any]]] = {
    "timeseries": (
        error_ratio.timeseries(12),
        {
            "type": "timeseries",
            "fieldConfig.defaults.unit": "percentunit",
            "fieldConfig.defaults.min": 0,
            "fieldConfig.defaults.noValue": "No data",
            "fieldConfig.defaults.custom.spanNulls": False,
            "fieldConfig.defaults.custom.drawStyle": "line",
            "options.legend.displayMode": "list",
            "options.legend.placement": "bottom",
            "options.legend.sortBy": "Last *",
            "options.legend.sortDesc": True,
            "fieldConfig.defaults.color.mode": "palette-classic-by-name",
            "pluginVersion": "12.0.0",
            "options.legend.showLegend": True,
            "options.tooltip.mode": "multi",
            "targets.0.format": "time_series",
            "targets.0.range": True,
            "targets.0.instant": False,
            "targets.0.editorMode": "code",
            "targets.0.legendFormat": "{{model_name}}",
        },
    ),
    "stat": (
        error_ratio.stat(4),
        {
            "type": "stat",
            "fieldConfig.defaults.unit": "percentunit",
            "fieldConfig.defaults.min": 0,
            "fieldConfig.defaults.max": 1,
            "fieldConfig.defaults.noValue": "No data",
            "fieldConfig.defaults.color.mode": "thresholds",
            "options.reduceOptions.calcs": ["lastNotNull"],
            "options.graphMode": "none",
            "targets.0.range": False,
            "targets.0.instant": True,
        },
    ),
    "quantiles": (
        latency.quantiles(12, "p50 p99.9"),
        {
            "type": "timeseries",
            "fieldConfig.defaults.unit": "s",
            "targets.0.refId": "A",
            "targets.0.legendFormat": "p50 {{model_name}}",
            "targets.1.refId": "B",
            "targets.1.legendFormat": "p99.9 {{model_name}}",
            "fieldConfig.overrides.0.matcher": {"id": "byRegexp", "options": "/(^| )p50( |$)/"},
            "fieldConfig.overrides.0.properties.0.value": {"mode": "shades", "fixedColor": "light-blue"},
            "fieldConfig.defaults.thresholds.steps": [{"color": "transparent", "value": None}],
        },
    ),
    "heatmap": (
        latency.heatmap(12),
        {
            "type": "heatmap",
            "options.calculate": False,
            "options.yAxis.unit": "s",
            "targets.0.format": "heatmap",
            "targets.0.legendFormat": "{{le}}",
            "fieldConfig.defaults.noValue": "No data",
        },
    ),
    "amounts": (
        memory_utilisation.amounts(12),
        {
            "type": "timeseries",
            "fieldConfig.defaults.unit": "bytes",
            "fieldConfig.overrides.0.matcher": {"id": "byRegexp", "options": "/^(request|limit)( |$)/"},
            "fieldConfig.overrides.0.properties.0.value.fill": "dash",
            "targets.0.legendFormat": "used {{pod}} {{container}}",
            "targets.1.legendFormat": "request {{pod}} {{container}}",
            "targets.2.legendFormat": "limit {{pod}} {{container}}",
        },
    ),
    "list": (
        model_versions.rows(12),
        {
            "type": "table",
            "targets.0.format": "table",
            "targets.0.instant": True,
            "fieldConfig.defaults.noValue": "No data",
            "options.sortBy": [{"desc": False, "displayName": "Model name"}],
        },
    ),
}


def at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_contains_what_a_reader_needs(view: str) -> None:
    panel, expected = VIEWS[view]
    rendered = panel_of(panel)
    assert {path: at(rendered, path) for path in expected} == expected


@pytest.mark.parametrize("view", VIEWS)
def test_a_panel_stands_where_the_plan_puts_it_and_says_what_it_shows(view: str) -> None:
    panel, _ = VIEWS[view]
    rendered = panel_of(panel)
    assert rendered["gridPos"] == {"x": 0, "y": 1, "w": panel.width, "h": panel.height}
    assert rendered["title"] == panel.heading
    assert panel.signal.description in rendered["description"]


@pytest.mark.parametrize("panel", [error_ratio.timeseries(12), error_ratio.stat(4), latency.quantiles(12, "p95")])
def test_no_value_and_nan_read_the_same(panel: Panel) -> None:
    settings = defaults(panel_of(panel))
    nothing = next(mapping for mapping in settings["mappings"] if mapping["type"] == "special")
    assert nothing["options"]["match"] == "null+nan"
    assert nothing["options"]["result"]["text"] == settings["noValue"] == panel.signal.when_empty


def test_an_absence_reads_present_on_green_and_missing_on_red() -> None:
    settings = defaults(panel_of(metrics_missing.stat(4), METRICS_MISSING))
    texts = {mapping["type"]: mapping["options"] for mapping in settings["mappings"]}
    assert texts["special"]["result"] == {"text": "Present", "color": "green", "index": 0}
    assert texts["value"]["1"]["text"] == "Missing"


def test_no_traffic_is_neither_good_nor_bad() -> None:
    (nothing,) = defaults(panel_of(error_ratio.stat(4), ERROR_RATIO))["mappings"]
    assert nothing["options"]["result"]["color"] == "transparent"


@pytest.mark.parametrize(
    ("panel", "end"),
    [
        # Against 100% an error ratio of 2% and the line at 5% would lie on the axis.
        pytest.param(error_ratio.timeseries(12), 0.06, id="a bad share of events: a little above the highest line"),
        pytest.param(cpu_utilisation.timeseries(12), 1, id="a used share: the whole"),
    ],
)
def test_the_axis_of_a_share_ends_where_the_share_can_be_read(panel: Panel, end: float) -> None:
    threshold = ERROR_RATIO if panel.signal is error_ratio else None
    assert defaults(panel_of(panel, threshold))["custom"]["axisSoftMax"] == end


def test_a_bad_share_without_lines_leaves_the_axis_to_the_data() -> None:
    assert "axisSoftMax" not in defaults(panel_of(rejected_ratio.timeseries(12)))["custom"]


class TestVersionTable:
    """The guide's panel on model versions: one row a version, nothing that only helps Grafana."""

    def options(self, variables: str) -> Rendered:
        panel = panel_of(model_versions.rows(12), variables=variables)
        (organise,) = panel["transformations"]
        assert organise["id"] == "organize"
        options: Rendered = organise["options"]
        return options

    def test_helper_columns_are_hidden(self) -> None:
        hidden = self.options("namespace")["excludeByName"]
        assert hidden == {"Time": True, "__name__": True, "namespace": True}

    def test_a_namespace_that_can_vary_stays(self) -> None:
        assert "namespace" not in self.options("model_name")["excludeByName"]

    def test_columns_have_headings_and_an_order(self) -> None:
        options = self.options("namespace")
        headings = options["renameByName"]
        assert [headings[name] for name in sorted(headings, key=options["indexByName"].get)] == [
            "Model name",
            "Model version",
            "Framework",
            "Pods",
            "Pods",
        ]
        # Grafana calls the value's column by the query's letter where a panel has several queries.
        assert {"Value", "Value #A"} < set(headings)


class TestLogs:
    """Results of Kusto queries."""

    def test_a_series_is_called_by_the_columns_that_tell_it_apart(self) -> None:
        panel = shipped_panel("production-containers", "CPU used of the limit")
        assert defaults(panel)["displayName"] == "${__field.labels.PodName} ${__field.labels.ContainerName}"

    def test_quantiles_of_a_log_are_told_apart_by_their_column(self) -> None:
        panel = panel_of(app_latency.quantiles(8, "p50 p95"), environment="staging")
        assert defaults(panel)["displayName"] == "${__field.name} ${__field.labels.cloud_RoleName}"

    @pytest.mark.parametrize(
        ("panel", "style", "points"),
        [
            pytest.param(app_request_rate.timeseries(12), "bars", "auto", id="counted rows"),
            pytest.param(app_latency.quantiles(12, "p95"), "line", "always", id="measured rows"),
        ],
    )
    def test_silence_between_rows_is_not_drawn_as_if_the_value_had_lasted(
        self, panel: Panel, style: str, points: str
    ) -> None:
        custom = defaults(panel_of(panel, environment="staging"))["custom"]
        assert (custom["drawStyle"], custom["showPoints"], custom["spanNulls"]) == (style, points, False)

    def test_a_list_shows_milliseconds_as_such_and_wraps_long_text(self) -> None:
        panel = shipped_panel("staging-endpoint", "Slowest requests")
        overrides = {
            override["matcher"]["options"]: {item["id"]: item["value"] for item in override["properties"]}
            for override in panel["fieldConfig"]["overrides"]
        }
        in_milliseconds = {name for name, properties in overrides.items() if properties.get("unit") == "ms"}
        assert in_milliseconds == {"TotalDurationMs", "RequestDurationMs", "ResponseDurationMs", "ThrottlingDelayMs"}
        assert overrides["string"]["custom.wrapText"] is True
        assert panel["transformations"] == []


def test_a_panel_leads_to_the_runbook_of_each_alert_on_it() -> None:
    (link,) = panel_of(error_ratio.timeseries(12), ERROR_RATIO)["links"]
    assert link["title"] == "Runbook: PlannedSignalHigh"
    assert link["url"].endswith("/build/production/runbooks/PlannedSignalHigh.md")
    assert link["targetBlank"] is True


def test_an_azure_panel_leads_to_its_resource_in_the_portal() -> None:
    urls = {
        link["title"]: link["url"]
        for panel in panels_of(shipped_dashboards()["staging-endpoint"])
        for link in panel["links"]
        if link["title"].startswith("Azure portal")
    }
    assert set(urls) == {
        f"Azure portal: {name}" for name in ("example-law", "example-appi", "ml-endpoint-staging", "blue")
    }
    assert urls["Azure portal: example-law"] == (
        "https://portal.azure.com/#resource/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/example-rg"
        "/providers/Microsoft.OperationalInsights/workspaces/example-law"
    )


def test_a_panel_of_prometheus_has_no_link_to_azure() -> None:
    assert panel_of(request_rate.timeseries(12))["links"] == []
