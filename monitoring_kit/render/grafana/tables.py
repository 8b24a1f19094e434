"""Tables: which columns they show, under which heading, in which unit."""

from __future__ import annotations

from grafanalib import core as grafana

from monitoring_kit.core.units import MILLISECONDS
from monitoring_kit.model.signals import Listing
from monitoring_kit.plan.model import LogQueryPlan, PlannedDashboard, PlannedPanel
from monitoring_kit.render.grafana.overrides import override
from monitoring_kit.render.grafana.schema import JsonObject
from monitoring_kit.render.grafana.variables import heading

# The column that Grafana makes of an instant query's value. It adds the query's letter where a panel has several.
_VALUE_COLUMNS = ("Value", "Value #A")
_MILLISECONDS_SUFFIX = "Ms"
_TIME_WIDTH = 190


def table(panel: PlannedPanel, dashboard: PlannedDashboard) -> grafana.Table:
    """The rows of a panel's query: a log's columns as they are, a Prometheus result's labels and its value."""
    from_logs = any(isinstance(query, LogQueryPlan) for query in panel.queries)
    # A log comes in the order that its query asks for.
    sorted_by = () if from_logs else map(heading, _labels(panel, dashboard)[:1])
    return grafana.Table(
        filterable=True,
        overrides=_log_columns(panel) if from_logs else [],
        sortBy=[grafana.TableSortByField(displayName=name) for name in sorted_by],
        transformations=[] if from_logs else [_columns(panel, dashboard)],
        extraJson={
            "fieldConfig": {
                "defaults": {
                    "custom": {"cellOptions": {"type": "auto"}, "inspect": from_logs},
                    "noValue": panel.panel.signal.when_empty,
                    "unit": None if from_logs else panel.unit.grafana,
                }
            },
            "options": {"cellHeight": "sm", "frameIndex": 0},
        },
    )


def _columns(panel: PlannedPanel, dashboard: PlannedDashboard) -> JsonObject:
    """Hides what only helps Grafana, and the label of which the reader has chosen a single value anyway."""
    shown = _labels(panel, dashboard)
    hidden = ["Time", "__name__", *(label for label in _all_labels(panel) if label not in shown)]
    names: JsonObject = {label: heading(label) for label in shown}
    for value in _VALUE_COLUMNS:
        names[value] = _value_heading(panel)
    order: JsonObject = {name: position for position, name in enumerate(names)}
    options: JsonObject = {
        "excludeByName": dict.fromkeys(hidden, True),
        "indexByName": order,
        "renameByName": names,
    }
    return {"id": "organize", "options": options}


def _all_labels(panel: PlannedPanel) -> tuple[str, ...]:
    return (*panel.panel.signal.labels, *panel.panel.labels)


def _labels(panel: PlannedPanel, dashboard: PlannedDashboard) -> tuple[str, ...]:
    single = {variable.label for variable in dashboard.variables if variable.default}
    labels = _all_labels(panel)
    return tuple(label for label in labels if label not in single) or labels


def _value_heading(panel: PlannedPanel) -> str:
    signal = panel.panel.signal
    return signal.counts if isinstance(signal, Listing) else signal.title


def _log_columns(panel: PlannedPanel) -> list[JsonObject]:
    columns = [column for query in panel.queries if isinstance(query, LogQueryPlan) for column in query.columns]
    in_milliseconds = [column for column in columns if column.endswith(_MILLISECONDS_SUFFIX)]
    wrapped: JsonObject = {"type": "auto", "wrapText": True}
    return [
        override("byType", "time", {"custom.width": _TIME_WIDTH}),
        # Grafana 12.2 and newer read the first, older ones the second.
        override("byType", "string", {"custom.wrapText": True, "custom.cellOptions": wrapped}),
        *(override("byName", column, {"unit": MILLISECONDS.grafana}) for column in in_milliseconds),
    ]
