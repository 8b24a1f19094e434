"""Dashboards held against the types that Grafana publishes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.acceptance.node.typescript import Typed, type_errors

SCHEMA = "@grafana/schema"
_PANELS = SCHEMA + "/dist/esm/raw/composable/{folder}/panelcfg/x/{file}PanelCfg_types.gen"
_AZURE_QUERY = SCHEMA + "/dist/esm/raw/composable/azuremonitor/dataquery/x/AzureMonitorDataQuery_types.gen"
NOTHING = "Record<string, never>"

# Panel type: the folder and file of its types, and whether its fields have settings of their own.
PANEL_TYPES = {
    "bargauge": ("bargauge", "BarGauge", False),
    "gauge": ("gauge", "Gauge", False),
    "heatmap": ("heatmap", "Heatmap", True),
    "logs": ("logs", "Logs", False),
    "stat": ("stat", "Stat", False),
    "state-timeline": ("statetimeline", "StateTimeline", True),
    "table": ("table", "Table", True),
    "text": ("text", "Text", False),
    "timeseries": ("timeseries", "TimeSeries", True),
}


def grafana_type_errors(dashboards: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What Grafana's types say of `dashboards` (JSON by name): each error names dashboard, panel and path.

    The dashboard, the options and field settings of each panel by its type, and each query of Azure Monitor are
    checked. A panel of a type that is not in `PANEL_TYPES` is an error.
    """
    errors: list[str] = []
    checks: list[Typed] = []
    for name, dashboard in dashboards.items():
        # Panels are held against types of their own, so that an error names the panel.
        frame = {**_without_panels(dashboard), "annotations": _of_every_source(dashboard.get("annotations") or {})}
        checks.append(Typed(f"dashboard {name}", "", frame, "Dashboard", SCHEMA))
        for path, panel in _panels(dashboard.get("panels", []), "panels"):
            subject = f"dashboard {name}, panel {panel.get('title') or panel.get('id')!r}"
            panel_type = panel.get("type")
            if panel_type == "row":
                checks.append(Typed(subject, path, _without_panels(panel), "RowPanel", SCHEMA))
            elif panel_type in PANEL_TYPES:
                checks.append(Typed(subject, path, panel, "Panel", SCHEMA))
                checks.extend(_panel_checks(subject, path, panel))
            else:
                allowed = ", ".join([*PANEL_TYPES, "row"])
                errors.append(f"{subject}: {path}.type: {panel_type!r} is not a panel type of this project ({allowed})")
    return errors + type_errors(checks)


def _of_every_source(annotations: Mapping[str, Any]) -> dict[str, Any]:
    """Annotations without what only a Prometheus reads, of which Grafana publishes no types."""
    of_prometheus = {"expr", "step", "titleFormat", "textFormat", "useValueForTime"}
    found = annotations.get("list") or []
    kept = [{key: value for key, value in item.items() if key not in of_prometheus} for item in found]
    return {**annotations, "list": kept} if "list" in annotations else dict(annotations)


def _without_panels(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: [] if key == "panels" else item for key, item in value.items()}


def _panels(panels: list[dict[str, Any]], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, panel in enumerate(panels):
        here = f"{path}[{number}]"
        yield here, panel
        yield from _panels(panel.get("panels") or [], f"{here}.panels")  # of a collapsed row


def _panel_checks(subject: str, path: str, panel: dict[str, Any]) -> Iterator[Typed]:
    folder, file, has_field_settings = PANEL_TYPES[panel["type"]]
    module = _PANELS.format(folder=folder, file=file)
    yield Typed(subject, f"{path}.options", panel.get("options", {}), "Options", module)
    custom = (panel.get("fieldConfig") or {}).get("defaults", {}).get("custom", {})
    custom_path = f"{path}.fieldConfig.defaults.custom"
    if has_field_settings:
        yield Typed(subject, custom_path, custom, "FieldConfig", module)
    else:
        yield Typed(subject, custom_path, custom, NOTHING)
    for number, target in enumerate(panel.get("targets") or []):
        if (target.get("datasource") or {}).get("type") == "grafana-azure-monitor-datasource":
            yield Typed(subject, f"{path}.targets[{number}]", target, "AzureMonitorQuery", _AZURE_QUERY)
