"""Colours by meaning: what a reader has learned on one panel holds on every other.

Red and orange are kept for what an alert judges. A series whose name says nothing of these takes a colour from its
name, so that a model has the same one wherever it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitoring_kit.render.grafana.overrides import override
from monitoring_kit.render.grafana.schema import JsonObject

BY_NAME = "palette-classic-by-name"
ALLOWED = "#8e8e8e"
"""What is allowed rather than measured: limits, requests, wanted replicas."""

# A word of a series' name, and its colour. Several series of one meaning are told apart by shades of it.
MEANINGS = {
    "success": "green",
    "error": "red",
    "rejected": "yellow",
    "p50": "light-blue",
    "p95": "blue",
    "p99": "purple",
}
ALLOWANCES = ("request", "limit")


def colours_by_meaning(names: Sequence[str]) -> Iterator[JsonObject]:
    """Overrides for the words of `names` that have a colour of their own, wherever they stand in a series' name."""
    for word in names:
        if word in MEANINGS:
            colour: JsonObject = {"mode": "shades", "fixedColor": MEANINGS[word]}
            yield override("byRegexp", f"/(^| ){word}( |$)/", {"color": colour})


def dashed_allowances() -> JsonObject:
    """What a container may use, beside what it uses: `request` and `limit` begin the names of such series."""
    dashed: JsonObject = {"dash": [10, 10], "fill": "dash"}
    grey: JsonObject = {"mode": "fixed", "fixedColor": ALLOWED}
    pattern = f"/^({'|'.join(ALLOWANCES)})( |$)/"
    return override("byRegexp", pattern, {"custom.lineStyle": dashed, "custom.fillOpacity": 0, "color": grey})
