"""What panels of Azure dashboards show of an hour: rows of the log tables, asked with the panels' own queries.

The rows are made by the builders on which the log alerts are proven (`tests/behaviour/log_alerts`), and an engine on
this machine answers. Metrics of the platform have no such engine: their figures are written down here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.behaviour.log_alerts.cases.resources import cpu, cpu_limit, memory, memory_limit
from tests.behaviour.log_alerts.rows import (
    Minutes,
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
from tests.behaviour.log_alerts.store import NOW, Result

MINUTES = 60
END = int(NOW.replace(tzinfo=UTC).timestamp())
START = END - 60 * MINUTES

_AZURE = "grafana-azure-monitor-datasource"
_TIME_FILTER = re.compile(r"\$__timeFilter\((\w+)\)")
_TYPES = {"TIMESTAMP": "time", "VARCHAR": "string", "JSON": "string", "BOOLEAN": "boolean"}
# Azure draws a metric of the platform in the narrowest grain it has.
_GRAIN_MINUTES = 1


@dataclass(frozen=True)
class Hour:
    """An hour of an endpoint and of a workload's containers: the log rows, and from which minute on it is ill.

    `ill_from` is after the end for an hour in good health.
    """

    name: str
    says: str
    rows: tuple[Rows, ...]
    ill_from: int


def _endpoint(ill_from: int) -> Iterator[Rows]:
    """An endpoint whose requests fail by an eighth from a minute on, a third of the others being slow."""
    well: Minutes = (0, ill_from)
    yield from (traffic((0, MINUTES), 2, code=400, ms=3), console((0, MINUTES), 10), events((0, 2), 1, name="Pulled"))
    yield from (traffic(well, 60, ms=120), requests(well, 60))
    if ill_from < MINUTES:
        ill: Minutes = (ill_from, MINUTES)
        yield from (
            traffic(ill, 32, ms=120),
            traffic(ill, 20, ms=900),
            traffic(ill, 8, code=424, model_code=500, ms=40),
        )
        yield from (requests(ill, 52), requests(ill, 8, code=500, seconds=0.04), exceptions(ill, 8))
        yield from (events(ill, 1), console(ill, 8, message="ValueError: bad shape"))


def _containers(ill_from: int) -> Iterator[Rows]:
    """Containers that are near their limits, log errors and are restarted from a minute on."""
    well: Minutes = (0, ill_from)
    yield from (cpu_limit(2)[1], memory_limit(4)[1], inventory(well, 0), cpu(well, 0.4), memory(well, 1.6))
    yield log_lines((0, MINUTES), 1, level="WARNING", text="feature out of range")
    if ill_from < MINUTES:
        ill: Minutes = (ill_from, MINUTES)
        yield from (
            inventory(ill, 3),
            cpu(ill, 1.8),
            memory(ill, 3.7),
            log_lines(ill, 30, text="ValueError: bad shape"),
        )


HEALTHY = Hour("healthy", "An hour in good health.", (*_endpoint(MINUTES), *_containers(MINUTES)), ill_from=MINUTES + 1)
FAULT = Hour(
    "an eighth of the requests fails",
    "From minute 40 on an eighth of the requests fails and a third is slow; containers are restarted.",
    (*_endpoint(40), *_containers(40)),
    ill_from=40,
)
HOURS = (HEALTHY, FAULT)

Figures = Callable[[bool], Mapping[tuple[str, ...], float]]
"""What a metric of the platform is by the values of its dimensions, while all is well or not."""

_PLATFORM: Mapping[str, Figures] = {
    "RequestsPerMinute": lambda ill: {("2xx",): 54, ("4xx",): 2, ("5xx",): 8} if ill else {("2xx",): 60, ("4xx",): 2},
    "RequestLatency_P95": lambda ill: {("blue",): 900 if ill else 130},
    "DeploymentCapacity": lambda ill: {("Healthy",): 1 if ill else 2, ("Failed",): 1 if ill else 0},
    "CpuUtilizationPercentage": lambda ill: {("instance-1",): 90 if ill else 20, ("instance-2",): 22},
    "CpuMemoryUtilizationPercentage": lambda ill: {("instance-1",): 71 if ill else 55, ("instance-2",): 53},
    "DiskUtilization": lambda ill: {("instance-1", "/"): 33 if ill else 31, ("instance-2", "/"): 30},
}


def write_rows(dashboards: Sequence[Path], hour: Hour, folder: Path) -> None:
    """Write for each dashboard that asks Azure what its panels show of the hour, as `viewer/src/rows.ts` reads it.

    Raises CannotRun for a query that the engine cannot answer.
    """
    rows_set = store().add(hour.rows)
    folder.mkdir(parents=True, exist_ok=True)
    for file in dashboards:
        dashboard = json.loads(file.read_text(encoding="utf-8"))
        panels = {
            str(panel["id"]): {
                target["refId"]: _table(target, panel, hour, rows_set)
                for target in panel.get("targets", ())
                if _answerable(target)
            }
            for panel in _panels(dashboard["panels"])
        }
        shown = {panel: tables for panel, tables in panels.items() if tables}
        if shown:
            text = json.dumps({"panels": shown}, separators=(",", ":"))
            (folder / f"{dashboard['uid']}.json").write_text(text, encoding="utf-8")


def _panels(panels: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for panel in panels:
        yield panel
        yield from _panels(panel.get("panels") or ())


def _answerable(target: Mapping[str, Any]) -> bool:
    metric = target.get("azureMonitor", {}).get("metricName")
    return target["datasource"]["type"] == _AZURE and (metric is None or metric in _PLATFORM)


def _table(target: Mapping[str, Any], panel: Mapping[str, Any], hour: Hour, rows_set: int) -> dict[str, Any]:
    if "azureMonitor" in target:
        return _platform(target["azureMonitor"], hour)
    text = target["azureLogAnalytics"]["query"].replace("$__interval", panel.get("interval") or "1m")
    text = _TIME_FILTER.sub(lambda found: f"{found[1]} > ago({MINUTES}m)", text)
    result = store().ask(text, rows_set, at_seconds=60 * MINUTES, window_seconds=60 * MINUTES)
    return _as_json(result)


def _as_json(result: Result) -> dict[str, Any]:
    columns = [{"name": name, "type": _TYPES.get(kind, "number")} for name, kind in result.columns.items()]
    return {"columns": columns, "rows": [[_cell(row[name]) for name in result.columns] for row in result.rows]}


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return round(value.replace(tzinfo=UTC).timestamp() * 1000)
    return value if value is None or isinstance(value, bool | int | float | str) else float(str(value))


def _platform(query: Mapping[str, Any], hour: Hour) -> dict[str, Any]:
    dimensions = [dimension["dimension"] for dimension in query["dimensionFilters"]]
    columns = [{"name": "Time", "type": "time"}, *({"name": name, "type": "string"} for name in dimensions)]
    figures = _PLATFORM[query["metricName"]]
    rows = [
        [(START + 60 * minute) * 1000, *values, figure]
        for minute, ill in ((minute, minute >= hour.ill_from) for minute in range(0, MINUTES, _GRAIN_MINUTES))
        for values, figure in figures(ill).items()
    ]
    return {"columns": [*columns, {"name": query["metricName"], "type": "number"}], "rows": rows}
