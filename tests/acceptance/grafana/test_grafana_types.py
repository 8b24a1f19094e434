"""Grafana's own types accept a good dashboard and find every planted fault."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.grafana.grafana import PANEL_TYPES, grafana_type_errors

LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
SINGLE_VALUE = {"orientation": "auto", "reduceOptions": {"calcs": ["lastNotNull"]}}
OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {"legend": LEGEND, "tooltip": {"mode": "multi", "sort": "none"}},
    "stat": SINGLE_VALUE
    | {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "percentChangeColorMode": "standard",
        "showPercentChange": False,
        "textMode": "auto",
        "wideLayout": True,
    },
    "table": {"frameIndex": 0, "showHeader": True},
    "text": {"mode": "markdown", "content": "words"},
}
FIELD_SETTINGS: dict[str, dict[str, Any]] = {
    "timeseries": {"drawStyle": "line", "fillOpacity": 10},
    "table": {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False},
}


def panel(kind: str, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "title": f"The {kind}",
        "gridPos": {"h": 8, "w": 12, "x": 0, "y": 8 * number},
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "targets": [{"refId": "A", "expr": "up"}],
        "options": copy.deepcopy(OPTIONS[kind]),
        "fieldConfig": {"defaults": {"unit": "s", "custom": dict(FIELD_SETTINGS.get(kind, {}))}, "overrides": []},
    }


def dashboard() -> dict[str, Any]:
    return {
        "title": "Service",
        "uid": "service",
        "schemaVersion": 39,
        "graphTooltip": 1,
        "panels": [
            panel("timeseries", 1),
            panel("table", 2),
            panel("text", 3),
            {
                "id": 4,
                "type": "row",
                "title": "More",
                "collapsed": True,
                "gridPos": {"h": 1, "w": 24, "x": 0, "y": 40},
                "panels": [panel("stat", 5)],
            },
        ],
    }


def test_a_good_dashboard_has_no_errors() -> None:
    assert grafana_type_errors({"good": dashboard()}) == []


def put(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    """The fault of writing `value` at `path`."""

    def plant(document: dict[str, Any]) -> None:
        backend: Any = document
        for step in path[:-1]:
            backend = backend[step]
        backend[path[-1]] = value

    return plant


def drop(*path: str | int) -> Callable[[dict[str, Any]], None]:
    """The fault of leaving out what stands at `path`."""

    def plant(document: dict[str, Any]) -> None:
        backend: Any = document
        for step in path[:-1]:
            backend = backend[step]
        del backend[path[-1]]

    return plant


FIRST = ("panels", 0)
STAT = ("panels", 3, "panels", 0)
DEFAULTS = ("fieldConfig", "defaults")


@pytest.mark.parametrize(
    ("plant", "error"),
    [
        (put("grphTooltip", value=1), "dashboard bad: grphTooltip: "),
        (put("graphTooltip", value=7), "dashboard bad: graphTooltip: "),
        (put("schemaVersion", value="39"), "dashboard bad: schemaVersion: "),
        (drop("schemaVersion"), "dashboard bad: TS2741: Property 'schemaVersion' is missing"),
        (put(*FIRST, "gridPos", "h", value="8"), r"panel 'The timeseries': panels\[0\]\.gridPos\.h: "),
        (put(*FIRST, "titel", value="x"), r"panel 'The timeseries': panels\[0\]\.titel: "),
        (put(*FIRST, "type", value="graph"), r"panel 'The timeseries': panels\[0\]\.type: 'graph' is not a panel type"),
        (drop(*FIRST, "type"), r"panel 'The timeseries': panels\[0\]\.type: None is not a panel type"),
        (
            put(*FIRST, "options", "legend", "placement", value="botom"),
            r"panel 'The timeseries': panels\[0\]\.options\.legend\.placement: .*\"botom\".*Did you mean '\"bottom\"'",
        ),
        (put(*FIRST, "collapsed", value=True), r"panel 'The timeseries': panels\[0\]\.collapsed: "),
        (drop("panels", 3, "collapsed"), r"panel 'More': panels\[3\]: .*collapsed"),
        (put(*FIRST, "options", "legnd", value={}), r"panel 'The timeseries': panels\[0\]\.options\.legnd: "),
        (drop(*FIRST, "options", "legend", "calcs"), r"panel 'The timeseries': panels\[0\]\.options\.legend: .*calcs"),
        (drop(*FIRST, "options"), r"panel 'The timeseries': panels\[0\]\.options: .*legend"),
        (
            put(*FIRST, *DEFAULTS, "unti", value="s"),
            r"panel 'The timeseries': panels\[0\]\.fieldConfig\.defaults\.unti: ",
        ),
        (
            put(*FIRST, *DEFAULTS, "custom", "drawStyle", value="lines"),
            r"panel 'The timeseries': panels\[0\]\.fieldConfig\.defaults\.custom\.drawStyle: ",
        ),
        (
            put(*FIRST, *DEFAULTS, "custom", "fillOpacit", value=1),
            r"panel 'The timeseries': panels\[0\]\.fieldConfig\.defaults\.custom\.fillOpacit: ",
        ),
        (
            put(*STAT, "options", "wideLayout", value="yes"),
            r"panel 'The stat': panels\[3\]\.panels\[0\]\.options\.wideLayout: ",
        ),
        (drop(*STAT, "options", "graphMode"), r"panel 'The stat': panels\[3\]\.panels\[0\]\.options: .*graphMode"),
        (
            put(*STAT, *DEFAULTS, "custom", "drawStyle", value="line"),
            r"panel 'The stat': panels\[3\]\.panels\[0\]\.fieldConfig\.defaults\.custom\.drawStyle: ",
        ),
        (put("panels", 2, "options", "mode", value="text"), r"panel 'The text': panels\[2\]\.options\.mode: "),
        (
            put(
                *FIRST,
                "targets",
                value=[
                    {
                        "refId": "A",
                        "datasource": {"type": "grafana-azure-monitor-datasource", "uid": "x"},
                        "azureLogAnalytics": {"query": "T", "resultFormat": "tabel"},
                    }
                ],
            ),
            r"panel 'The timeseries': panels\[0\]\.targets\[0\]\.azureLogAnalytics\.resultFormat: ",
        ),
    ],
)
def test_a_planted_fault_is_found_where_it_is(plant: Callable[[dict[str, Any]], None], error: str) -> None:
    bad = dashboard()
    plant(bad)
    found = grafana_type_errors({"good": dashboard(), "bad": bad})
    assert [text for text in found if not re.search(error, text)] == []
    assert found


@pytest.mark.parametrize("kind", sorted(PANEL_TYPES))
def test_the_types_of_every_panel_type_are_known(kind: str) -> None:
    """An option that no panel has is an unknown field, and not an unknown module or type."""
    bad = dashboard()
    bad["panels"] = [{"id": 1, "type": kind, "title": "A", "options": {"noSuchOption": 1}}]
    found = "\n".join(grafana_type_errors({"bad": bad}))
    assert "dashboard bad, panel 'A': panels[0].options" in found
    assert "Cannot find module" not in found
    assert "has no exported member" not in found
