"""Every panel that asks Kusto shows figures when there are rows to show, each in a column of the right type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from monitoring_kit.plan.model import LogQueryPlan, QueryFormat
from monitoring_kit.render.grafana import render_grafana
from tests.acceptance.kusto.language_service import without_macros
from tests.acceptance.kusto.variants import OPTION_C, STAGING, plan_of
from tests.behaviour.log_alerts.cases.resources import cpu, cpu_limit, memory, memory_limit
from tests.behaviour.log_alerts.rows import (
    CONTAINER,
    ENDPOINT,
    POD,
    ROLE,
    Rows,
    console,
    events,
    exceptions,
    inventory,
    log_lines,
    requests,
    traffic,
)
from tests.behaviour.log_alerts.running import store
from tests.behaviour.log_alerts.store import Result

HOUR = (0, 60)
ROWS: tuple[Rows, ...] = (
    traffic(HOUR, 36, ms=100),
    traffic(HOUR, 12, ms=900),
    traffic(HOUR, 3, code=503, ms=900),
    traffic(HOUR, 3, code=424, model_code=500, ms=900),
    traffic(HOUR, 6, code=400, ms=10),
    console(HOUR, 10),
    events(HOUR, 1),
    exceptions(HOUR, 2, stands_for=3),
    requests(HOUR, 18, stands_for=2),
    requests(HOUR, 2, stands_for=2, code=500, seconds=1.5),
    *(inventory((0, 59), 2), inventory((59, 60), 3)),  # restarted between two bins of a minute
    *(cpu_limit(2)[1], cpu(HOUR, 1), memory_limit(4)[1], memory(HOUR, 3)),
    *(log_lines(HOUR, 2), log_lines(HOUR, 4, level="WARNING")),
)
TYPES = {"TIMESTAMP": "time", "VARCHAR": "text", "DOUBLE": "number", "BIGINT": "number", "INTEGER": "number"}
TYPES |= {"HUGEINT": "number"}  # what DuckDB's sum() makes of whole numbers


@dataclass(frozen=True)
class ShownQuery:
    """A query of a panel, and the narrowest bins that Grafana draws it in: those of a short range of time."""

    query: LogQueryPlan
    interval: str


def panels() -> dict[str, ShownQuery]:
    """The distinct queries of the shipped panels, by the name of their panel."""
    found: dict[str, ShownQuery] = {}
    for plan in map(plan_of, (STAGING, OPTION_C)):
        files = render_grafana(plan)
        for dashboard in plan.dashboards:
            outer = json.loads(files[f"grafana/{dashboard.uid}.json"])["panels"]
            folded = [panel for row in outer for panel in row.get("panels", ())]
            drawn = {panel["id"]: panel for panel in (*outer, *folded)}
            for panel in dashboard.panels:
                queries = [query for query in panel.queries if isinstance(query, LogQueryPlan)]
                interval = drawn[panel.id].get("interval", "")
                found |= {
                    f"{dashboard.dashboard.name}: {panel.title}": ShownQuery(query, interval) for query in queries
                }
    return found


PANELS = panels()


@cache
def loaded() -> int:
    return store().add(ROWS)


def shown(panel: ShownQuery) -> Result:
    """What the panel shows of the last hour."""
    text = without_macros(panel.query.query.replace("$__interval", panel.interval))
    return store().ask(text, loaded(), at_seconds=3600, window_seconds=3600)


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_shows_rows_in_columns_of_the_right_type(name: str) -> None:
    query = PANELS[name].query
    result = shown(PANELS[name])
    assert len(result.rows) > 1 or query.format is QueryFormat.ROWS
    assert result.rows
    assert set(query.columns) <= result.columns.keys()
    types = {column: TYPES[type] for column, type in result.columns.items()}
    if query.format is QueryFormat.SERIES:
        assert {types[column] for column in query.values} == {"number"}
        assert {types[column] for column in query.by} <= {"text"}
        (time,) = (column for column, type in types.items() if type == "time")
        moments = [row[time] for row in result.rows]
        assert moments == sorted(moments, key=str), "Grafana makes series only of rows in order of time"
    for column in query.columns:
        assert any(row[column] not in (None, "") for row in result.rows), column
        assert column not in query.by or all(row[column] for row in result.rows), column


# What the rows above come to, by panel: worked out by hand.
FIGURES: dict[str, dict[str, object]] = {
    "endpoint: Error ratio": {"EndpointName": ENDPOINT, "ErrorRatio": 6 / 54},
    "endpoint: Requests within 15 minutes": {"Requests": 15 * 60},
    "endpoint: Rejected requests": {"EndpointName": ENDPOINT, "RejectedRatio": 0.1},
    "endpoint: Requests": {"DeploymentName": "blue", "RequestRate": 1.0},
    "endpoint: Slow predictions": {"LatencySlowShare": 3 / 9},
    "endpoint: Latency": {"p50": 0.1, "p95": 0.9, "p99": 0.9},
    "endpoint: Error ratio inside the container": {"cloud_RoleName": ROLE, "AppErrorRatio": 0.1},
    "endpoint: Exceptions": {"Exceptions": 90},
    "endpoint: Exceptions by type": {"Type": "ValueError", "Message": "bad shape", "Exceptions": 360},
    "endpoint: Latency inside the container": {"p50": 0.1, "p95": 1.5},
    "endpoint: Requests that reached the container": {"AppRequestRate": 40 / 60},
    "containers: Restarts": {"PodName": POD.name, "ContainerName": CONTAINER, "Restarts": 1},
    "containers: CPU used of the limit": {"PodName": POD.name, "ContainerName": CONTAINER, "CpuUtilisation": 0.5},
    "containers: Memory used of the limit": {"PodName": POD.name, "MemoryUtilisation": 0.75},
    "containers: Error lines in the container log": {"PodName": POD.name, "ErrorLines": 30},
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_panel_shows_what_the_rows_come_to(name: str) -> None:
    newest = shown(PANELS[name]).rows[-1]
    for column, value in FIGURES[name].items():
        expected = pytest.approx(value) if isinstance(value, float) else value
        assert newest[column] == expected, column


def test_no_panel_is_left_out() -> None:
    def signals() -> Iterator[str]:
        for panel in PANELS.values():
            yield from panel.query.tables

    assert set(signals()) == {rows.table for rows in ROWS}
