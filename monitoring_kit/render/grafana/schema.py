"""Grafana's current dashboard schema, as far as grafanalib misses it.

grafanalib 0.7.1 writes what Grafana read in 2016: dead keys on every panel, the string "null" as the base of
thresholds, rows with queries. Everything it yields passes through `normalised` once.
"""

from __future__ import annotations

from typing import Any

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]

# Grafana 10.4 and newer read this without a migration; they bring it to their own version when it is opened.
SCHEMA_VERSION = 39
# Without it Grafana takes a panel for one of its oldest versions and migrates it: a stat gets limits that it never had.
PLUGIN_VERSION = "12.0.0"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DASHBOARD_KEYS = _words(
    "annotations description editable graphTooltip links panels refresh schemaVersion tags templating time timezone "
    "title uid"
)
_ROW_KEYS = _words("collapsed gridPos id panels title type")
_PANEL_KEYS = _words(
    "datasource description fieldConfig gridPos id interval links options targets title transformations type"
)
_VARIABLE_KEYS = _words(
    "allValue current datasource hide includeAll label multi name options query refresh regex sort type"
)
_DEAD_TARGET_KEYS = _words("hide intervalFactor metric query step target")
# How cells are drawn moved to `cellOptions`.
_DEAD_FIELD_KEYS = _words("displayMode")


def normalised(dashboard: Any) -> JsonObject:
    """The JSON of grafanalib's `dashboard`, with what Grafana's schema does not know taken out."""
    clean = _kept(_object(_plain(dashboard)), _DASHBOARD_KEYS)
    clean["panels"] = [_panel(panel) for panel in _objects(clean.get("panels"))]
    templating = _object(clean.get("templating"))
    clean["templating"] = {"list": [_kept(variable, _VARIABLE_KEYS) for variable in _objects(templating.get("list"))]}
    return clean


def _panel(panel: JsonObject) -> JsonObject:
    if panel.get("type") == "row":
        return {**_kept(panel, _ROW_KEYS), "panels": [_panel(folded) for folded in _objects(panel.get("panels"))]}
    clean = {**_kept(panel, _PANEL_KEYS), "pluginVersion": PLUGIN_VERSION}
    clean["targets"] = [_without(target, _DEAD_TARGET_KEYS) for target in _objects(clean.get("targets"))]
    defaults = _object(_object(clean.get("fieldConfig")).get("defaults"))
    if "custom" in defaults:
        defaults["custom"] = _without(_object(defaults["custom"]), _DEAD_FIELD_KEYS)
    steps = _objects(_object(defaults.pop("thresholds", None)).get("steps"))
    if steps:
        defaults["thresholds"] = {"mode": "absolute", "steps": [_step(*step) for step in enumerate(steps)]}
    return clean


def _step(position: int, step: JsonObject) -> JsonObject:
    """A threshold step. The first one covers everything below the second, which Grafana writes as null."""
    return {"color": step.get("color"), "value": step.get("value") if position else None}


def _plain(value: Any) -> Json:
    """A value of grafanalib as one of JSON: its objects say what they are, nulls go, 1.0 is written as 1."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {key: plain for key, item in value.items() if (plain := _plain(item)) is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _plain(value.to_json_data())


def _kept(value: JsonObject, keys: frozenset[str]) -> JsonObject:
    return {key: item for key, item in value.items() if key in keys}


def _without(value: JsonObject, keys: frozenset[str]) -> JsonObject:
    return {key: item for key, item in value.items() if key not in keys}


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _objects(value: Json) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
