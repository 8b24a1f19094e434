"""What the first screen of the summary page says at a moment: the colour that each of its numbers has."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tests.behaviour.panels.grafana import Json, TimeRange, panels_of, resolve, run
from tests.behaviour.panels.panels import colour_of

# A screen of 900 pixels, less the bars above the dashboard; a unit of the grid is 30 pixels and a gap of 8.
_GRID_ROWS = 20
_SHOWN_SECONDS = 2 * 3600.0

WRONG = frozenset({"red", "orange"})


@dataclass(frozen=True)
class Shown:
    """A number on the first screen, and its colour."""

    title: str
    value: float
    colour: str


def stats_of(dashboard: Json) -> list[Json]:
    """The numbers that are seen without scrolling."""
    return [
        panel
        for panel in panels_of(dashboard)
        if panel["type"] == "stat" and panel["gridPos"]["y"] + panel["gridPos"]["h"] <= _GRID_ROWS
    ]


def first_screen(dashboard: Json, address: str, at: float) -> Iterator[Shown]:
    """The numbers of the first screen as they stand `at` a time. Raises GrafanaError."""
    time_range = TimeRange(at - _SHOWN_SECONDS, at)
    variables = resolve(dashboard, address, time_range)
    for panel in stats_of(dashboard):
        for answer in run(panel, variables, address, time_range):
            for series in answer.series:
                value = series.points[-1][1]
                yield Shown(panel["title"], value, "" if math.isnan(value) else colour_of(panel, value))
