"""What an alert judges as bad is what a number's colour says, and a graph draws each level in its severity's colour."""

from __future__ import annotations

import pytest

from monitoring_kit.core.units import COUNT
from monitoring_kit.model import prom
from monitoring_kit.model.signals import State
from monitoring_kit.model.thresholds import Threshold, above, at_least, at_most, below
from queries.metrics import REPLICAS_AVAILABLE
from tests.unit.render.grafana.planned import defaults, panel_of, steps

WHY = "it is a test"
replicas = State(
    title="Replicas",
    description="Replicas.",
    by="namespace deployment",
    prometheus=prom.Gauge(gauge=REPLICAS_AVAILABLE.name),
)

LEVELS = {
    "worse above": above(warning=2 * COUNT, critical=5 * COUNT, for_="5m", because=WHY),
    "worse from": at_least(warning=2 * COUNT, critical=5 * COUNT, for_="5m", because=WHY),
    "worse below": below(warning=5 * COUNT, critical=2 * COUNT, for_="5m", because=WHY),
    "worse up to": at_most(warning=5 * COUNT, critical=2 * COUNT, for_="5m", because=WHY),
}


def colour_at(value: float, coloured: list[tuple[str, float | None]]) -> str:
    """The colour that Grafana gives `value`: that of the last step that begins at it or below."""
    return [colour for colour, start in coloured if start is None or value >= start][-1]


@pytest.mark.parametrize(
    ("threshold", "colours"),
    [
        ("worse above", {0: "green", 2: "green", 3: "orange", 5: "orange", 6: "red"}),
        ("worse from", {0: "green", 1: "green", 2: "orange", 4: "orange", 5: "red"}),
        ("worse below", {1: "red", 2: "orange", 4: "orange", 5: "green", 9: "green"}),
        ("worse up to", {1: "red", 2: "red", 3: "orange", 5: "orange", 6: "green"}),
    ],
)
def test_a_number_takes_the_colour_of_the_worst_level_that_it_reaches(
    threshold: str, colours: dict[float, str]
) -> None:
    panel = panel_of(replicas.stat(4), LEVELS[threshold])
    assert {value: colour_at(value, steps(panel)) for value in colours} == colours
    assert panel["options"]["colorMode"] == "background"


@pytest.mark.parametrize(
    ("threshold", "drawn"),
    [
        (LEVELS["worse above"], [("transparent", None), ("orange", 2), ("red", 5)]),
        (LEVELS["worse from"], [("transparent", None), ("orange", 2), ("red", 5)]),
        # Up to the transparent step Grafana draws a line in the colour below it: red at 2, orange at 5.
        (LEVELS["worse below"], [("red", None), ("orange", 2), ("transparent", 5)]),
        (at_most(critical=0 * COUNT, for_="5m", because=WHY), [("red", None), ("transparent", 0)]),
        (above(info=0.5 * COUNT, for_="5m", because=WHY), [("transparent", None), ("blue", 0.5)]),
    ],
)
def test_a_graph_draws_each_level_as_a_dashed_line(threshold: Threshold, drawn: list[tuple[str, float | None]]) -> None:
    panel = panel_of(replicas.timeseries(12), threshold)
    assert steps(panel) == drawn
    assert defaults(panel)["custom"]["thresholdsStyle"] == {"mode": "dashed"}


def test_a_signal_that_nobody_watches_has_neither_line_nor_colour() -> None:
    assert defaults(panel_of(replicas.timeseries(12)))["custom"]["thresholdsStyle"] == {"mode": "off"}
    assert panel_of(replicas.stat(4))["options"]["colorMode"] == "none"


@pytest.mark.parametrize(("threshold", "worst"), [("worse above", "max"), ("worse below", "min")])
def test_a_legend_shows_the_newest_and_the_worst_value(threshold: str, worst: str) -> None:
    assert panel_of(replicas.timeseries(12), LEVELS[threshold])["options"]["legend"]["calcs"] == ["lastNotNull", worst]


def test_the_axis_reaches_beyond_the_highest_line() -> None:
    assert defaults(panel_of(replicas.timeseries(12), LEVELS["worse above"]))["custom"]["axisSoftMax"] == 6
