"""Every dashboard of the repository, for what no single panel shows: types, names, layout, and the guide's own list."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from monitoring_kit.analysis.labels import infer
from monitoring_kit.environment.model import (
    ActionGroup,
    AzureSettings,
    ContainerInsights,
    Environment,
    ManagedPrometheus,
    OnlineEndpoint,
    PrometheusSettings,
)
from monitoring_kit.environment.values import Form
from monitoring_kit.plan.model import PlannedDashboard, PlannedPanel, PrometheusQuery
from tests.acceptance.grafana.grafana import grafana_type_errors
from tests.support.planting import shipped
from tests.unit.render.grafana.planned import SHIPPED, Rendered, panels_of, shipped_dashboards, shipped_plan

UIDS = sorted(dashboard.uid for name in SHIPPED for dashboard in shipped_plan(name).dashboards)

CURRENT_PANEL_TYPES = {"heatmap", "row", "stat", "state-timeline", "table", "text", "timeseries"}
# What Grafana and the two data sources fill in themselves.
BUILT_IN_VARIABLES = {
    "__all",
    "__field",
    "__interval",
    "__rate_interval",
    "__timeFilter",
    "__url_time_range",
    "__value",
}
COLUMNS = 24


def values(value: Any) -> Iterator[Any]:
    """Everything in a JSON value."""
    yield value
    if isinstance(value, dict | list):
        yield from chain.from_iterable(map(values, value.values() if isinstance(value, dict) else value))


def objects(dashboard: Rendered) -> Iterator[Rendered]:
    return (value for value in values(dashboard) if isinstance(value, dict))


def texts(dashboard: Rendered) -> Iterator[str]:
    return (value for value in values(dashboard) if isinstance(value, str))


def planned_panels() -> Iterator[tuple[PlannedDashboard, PlannedPanel]]:
    for name in SHIPPED:
        for dashboard in shipped_plan(name).dashboards:
            yield from ((dashboard, panel) for panel in dashboard.panels)


def test_grafanas_own_types_accept_every_dashboard() -> None:
    assert grafana_type_errors(shipped_dashboards()) == []


@pytest.mark.parametrize("uid", UIDS)
class TestEveryDashboard:
    """What holds on each of them."""

    def test_has_a_uid_that_grafana_accepts_and_that_names_its_environment(self, uid: str) -> None:
        assert re.fullmatch(r"(production|staging)-[A-Za-z0-9_-]{1,19}", uid)

    def test_has_current_panel_types_only(self, uid: str) -> None:
        assert {panel["type"] for panel in shipped_dashboards()[uid]["panels"]} <= CURRENT_PANEL_TYPES

    def test_has_no_null_in_words(self, uid: str) -> None:
        assert {"null", "None", "undefined"}.isdisjoint(texts(shipped_dashboards()[uid]))

    def test_names_the_data_source_of_every_query_by_variable(self, uid: str) -> None:
        dashboard = shipped_dashboards()[uid]
        known = {f"${{{entry['name']}}}" for entry in dashboard["templating"]["list"] if entry["type"] == "datasource"}
        for panel in panels_of(dashboard):
            assert panel["datasource"]["uid"] in known
            assert panel["targets"]
            assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])

    def test_defines_every_variable_that_it_uses(self, uid: str) -> None:
        dashboard = shipped_dashboards()[uid]
        defined = {entry["name"] for entry in dashboard["templating"]["list"]}
        used = {
            name
            for text in texts(dashboard)
            for name in re.findall(r"\$\{?(\w+)|\[\[(\w+)", text)
            for name in name
            if name
        }
        assert used <= defined | BUILT_IN_VARIABLES
        assert defined <= used, "a variable that no query uses is a control without effect"

    def test_has_ids_of_its_own_for_rows_and_panels(self, uid: str) -> None:
        dashboard = shipped_dashboards()[uid]
        rows = [panel for panel in dashboard["panels"] if panel["type"] == "row"]
        ids = [panel["id"] for panel in (*rows, *panels_of(dashboard))]
        assert len(ids) == len(set(ids))
        assert all(0 < number < 2**31 for number in ids)

    def test_explains_every_panel_and_itself(self, uid: str) -> None:
        dashboard = shipped_dashboards()[uid]
        assert dashboard["description"]
        for panel in panels_of(dashboard):
            assert panel["title"] and len(panel["description"]) > 30
            assert panel["fieldConfig"]["defaults"]["noValue"]
            assert panel["pluginVersion"]

    def test_gives_every_number_a_unit(self, uid: str) -> None:
        for panel in panels_of(shipped_dashboards()[uid]):
            if panel["type"] in ("stat", "timeseries"):
                assert panel["fieldConfig"]["defaults"]["unit"]

    def test_shows_counts_without_decimals(self, uid: str) -> None:
        for panel in panels_of(shipped_dashboards()[uid]):
            defaults = panel["fieldConfig"]["defaults"]
            if defaults.get("unit") == "short" and panel["type"] in ("stat", "timeseries", "state-timeline"):
                assert defaults["decimals"] == 0, panel["title"]

    def test_puts_the_worst_series_first_in_every_legend(self, uid: str) -> None:
        for panel in panels_of(shipped_dashboards()[uid]):
            if panel["type"] == "timeseries":
                legend = panel["options"]["legend"]
                assert (legend["sortBy"], legend["sortDesc"]) in (("Last *", True), ("Min", False)), panel["title"]

    def test_keeps_red_and_orange_for_what_is_wrong(self, uid: str) -> None:
        for panel in panels_of(shipped_dashboards()[uid]):
            if panel["type"] == "timeseries":
                assert panel["fieldConfig"]["defaults"]["color"]["mode"] == "palette-classic-by-name"
            for override in panel["fieldConfig"]["overrides"]:
                colours = [item["value"].get("fixedColor") for item in override["properties"] if item["id"] == "color"]
                if "error" not in override["matcher"]["options"]:
                    assert {"red", "orange"}.isdisjoint(colours), panel["title"]

    def test_fills_the_grid_without_gap_and_overlap(self, uid: str) -> None:
        shown = shipped_dashboards()[uid]["panels"]
        collapsed = [panel["panels"] for panel in shown if panel["type"] == "row" and panel["panels"]]
        self.check_grid(shown, 0)
        for inside in collapsed:
            self.check_grid(inside, min(panel["gridPos"]["y"] for panel in inside))

    def check_grid(self, panels: list[Rendered], top: int) -> None:
        cells: dict[tuple[int, int], str] = {}
        for panel in panels:
            backend = panel["gridPos"]
            assert backend["x"] + backend["w"] <= COLUMNS
            for y in range(backend["y"], backend["y"] + backend["h"]):
                for x in range(backend["x"], backend["x"] + backend["w"]):
                    assert (x, y) not in cells, f"{panel['title']} lies on {cells[x, y]}"
                    cells[x, y] = panel["title"]
        bottom = max(y for _, y in cells) + 1
        gaps = [(x, y) for y in range(top, bottom) for x in range(COLUMNS) if (x, y) not in cells]
        assert gaps == []


@pytest.mark.parametrize(
    ("dashboard", "panel"),
    [pytest.param(dashboard, panel, id=f"{dashboard.uid}: {panel.title}") for dashboard, panel in planned_panels()],
)
def test_a_legend_refers_to_labels_that_every_series_of_the_result_has(
    dashboard: PlannedDashboard, panel: PlannedPanel
) -> None:
    rendered = next(entry for entry in panels_of(shipped_dashboards()[dashboard.uid]) if entry["id"] == panel.id)
    for query, target in zip(panel.queries, rendered["targets"], strict=True):
        holes = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", "")))
        if isinstance(query, PrometheusQuery):
            results = infer(query.expression, shipped().catalogue).labels
            assert results, "the query can never return a series"
            assert all(holes <= result.labels for result in results)
        elif "azureMonitor" in target:
            metric = target["azureMonitor"]
            split_by = {entry["dimension"] for entry in metric["dimensionFilters"] if entry["filters"] == ["*"]}
            assert set(re.findall(r"\{\{\s*(\w+)\s*\}\}", metric["alias"])) == split_by
        else:
            columns = re.findall(r"__field\.labels\.(\w+)", rendered["fieldConfig"]["defaults"].get("displayName", ""))
            assert all(column in target["azureLogAnalytics"]["query"] for column in columns)


# The key panels that the guide asks for, by their purpose: dashboard, title, type and unit.
GUIDE = {
    "request rate": ("production-service", "Requests", "timeseries", "reqps"),
    "latency p50, p95, p99": ("production-service", "Latency by model", "timeseries", "s"),
    "error rate": ("production-service", "Error ratio", "timeseries", "percentunit"),
    "pod CPU": ("production-pods", "CPU used, requested and allowed", "timeseries", "none"),
    "pod memory": ("production-pods", "Memory used, requested and allowed", "timeseries", "bytes"),
    "model version": ("production-service", "Model versions", "table", "short"),
    "staging request latency": ("staging-endpoint", "Latency", "timeseries", "s"),
    "staging error rate": ("staging-endpoint", "Error ratio", "timeseries", "percentunit"),
    "staging slowest requests": ("staging-endpoint", "Slowest requests", "table", None),
    "staging exceptions": ("staging-endpoint", "Exceptions by type", "table", None),
    "container log": ("production-containers", "Container log: errors and warnings", "table", None),
    "pod restarts": ("production-containers", "Restarts", "timeseries", "short"),
}


@pytest.mark.parametrize("purpose", GUIDE)
def test_the_panels_of_the_guide_are_there(purpose: str) -> None:
    uid, title, kind, unit = GUIDE[purpose]
    units = {
        panel["fieldConfig"]["defaults"].get("unit")
        for panel in panels_of(shipped_dashboards()[uid])
        if (panel["title"], panel["type"]) == (title, kind)
    }
    assert units == {unit}


def forms_in(hint: Any) -> Iterator[Form]:
    """How values of an annotated type are written, `tuple` and `| None` around it or not."""
    yield from (entry for entry in getattr(hint, "__metadata__", ()) if isinstance(entry, Form))
    for part in typing.get_args(hint):
        yield from forms_in(part)


def forms() -> dict[str, Form]:
    """How the value of each field of an environment file is written."""
    azure = (AzureSettings, ActionGroup, OnlineEndpoint, ContainerInsights, ManagedPrometheus)
    return {
        f"{block.__name__}.{name}": form
        for block in (Environment, PrometheusSettings, *azure)
        for name, hint in typing.get_type_hints(block, include_extras=True).items()
        for form in forms_in(hint)
    }


def accepts(form: Form, text: str) -> bool:
    try:
        return re.fullmatch(form.pattern, text) is not None and form.parse(text) is not None
    except ValueError:
        return False


@pytest.mark.parametrize("field", forms())
def test_no_value_of_an_environment_file_can_become_a_variable_of_grafana(field: str) -> None:
    form = forms()[field]
    assert accepts(form, form.example)
    for variable in ("$datasource", "${datasource}", "[[datasource]]", "{{pod}}"):
        assert not accepts(form, variable)
        assert not accepts(form, f"{form.example}{variable}")
        assert not accepts(form, f"{form.example}/{variable}")
