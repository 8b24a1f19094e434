"""Settings for some fields of a panel only."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring_kit.render.grafana.schema import Json, JsonObject


def override(matcher: str, what: str, properties: Mapping[str, Json]) -> JsonObject:
    """`properties` for the fields that the matcher ("byName", "byRegexp", "byType") finds by `what`."""
    return {
        "matcher": {"id": matcher, "options": what},
        "properties": [{"id": name, "value": value} for name, value in properties.items()],
    }
