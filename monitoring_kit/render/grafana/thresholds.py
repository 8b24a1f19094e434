"""The levels of alerts as Grafana's threshold steps: the line that a graph draws, the colour that a number takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

from grafanalib import core as grafana

from monitoring_kit.model.thresholds import Comparison, Severity
from monitoring_kit.plan.model import ThresholdLine

COLOURS = {Severity.CRITICAL: "red", Severity.WARNING: "orange", Severity.INFO: "blue"}
GOOD = "green"
NEUTRAL = "transparent"
NEUTRAL_STATE = "blue"

# A budget of which less than this share is left is worth a look before it is gone.
LITTLE_BUDGET = 0.25

_WORST_FIRST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
_EVERYTHING_BELOW = -math.inf
_HAIR = Decimal("1e-9")


def line_steps(lines: Sequence[ThresholdLine]) -> list[grafana.Threshold]:
    """Steps that make a graph draw each line at its value, in its severity's colour.

    Grafana draws a line in the colour of the step above it, unless a transparent step follows: then in that of the step
    below. So the good range is transparent, and levels below which things are bad get their own colour too.
    """
    return _steps({line: float(line.value) for line in lines}, NEUTRAL)


def budget_steps(good: str) -> list[grafana.Threshold]:
    """Steps of what is left of an error budget: red when it is overspent, orange below a quarter."""
    steps = ((COLOURS[Severity.CRITICAL], 0.0), (COLOURS[Severity.WARNING], 0.0), (good, LITTLE_BUDGET))
    return [grafana.Threshold(colour, index, value) for index, (colour, value) in enumerate(steps)]


def colour_steps(lines: Sequence[ThresholdLine], good: str = GOOD) -> list[grafana.Threshold]:
    """Steps that colour a number as the alerts judge it, `good` where none of them minds.

    A step holds from its value on, inclusive. Where an alert tells a value from what lies above it, the step begins a
    hair above: "more than 1 version" leaves 1 green, "at most 0 requests" paints 0 red.
    """
    return _steps({line: _first_beyond(line) for line in lines}, good)


def _steps(bounds: Mapping[ThresholdLine, float], good: str) -> list[grafana.Threshold]:
    """A step for each range between two bounds, coloured by the worst level that is reached in it."""
    starts = [_EVERYTHING_BELOW, *sorted(set(bounds.values()))]
    colours = []
    for start in starts:
        reached = {line.severity for line, bound in bounds.items() if line.worse_is_higher == (start >= bound)}
        worst = next((severity for severity in _WORST_FIRST if severity in reached), None)
        colours.append(COLOURS[worst] if worst else good)
    # The value of the first step is not read: it covers everything below the second.
    steps = zip(colours, [0.0, *starts[1:]], strict=True)
    return [grafana.Threshold(colour, index, value) for index, (colour, value) in enumerate(steps)]


def _first_beyond(line: ThresholdLine) -> float:
    excludes_value = line.comparison in (Comparison.ABOVE, Comparison.AT_MOST)
    return float(line.value + _HAIR if excludes_value else line.value)
