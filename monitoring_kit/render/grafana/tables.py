"""Tables: which columns they show, under which heading, in which unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import ascii_uppercase

from grafanalib import core as grafana

from monitoring_kit.core.units import COUNT, MILLISECONDS, PER_SECOND
from monitoring_kit.environment.model import Environment
from monitoring_kit.model.signals import Listing
from monitoring_kit.plan.model import LogQueryPlan, PlannedColumn, PlannedDashboard, PlannedPanel
from monitoring_kit.render.grafana.links import address
from monitoring_kit.render.grafana.overrides import override
from monitoring_kit.render.grafana.schema import JsonObject
from monitoring_kit.render.grafana.thresholds import COLOURS, GOOD, NEUTRAL, budget_steps, colour_steps
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


def firing_table(panel: PlannedPanel, environment: Environment) -> grafana.Table:
    """The alerts that fire, the worst first; a click on one opens its runbook."""
    names = {"severity": "Severity", "alertname": "Alert", "of": "Of what", "Value": "Since"}
    hidden = ["Time", *(label for label in _all_labels(panel) if label not in names)]
    severities: JsonObject = {
        severity.value: {"color": colour, "index": index} for index, (severity, colour) in enumerate(COLOURS.items())
    }
    coloured: JsonObject = {"type": "color-background", "mode": "basic"}
    runbook: JsonObject = {
        "title": "Runbook",
        "url": f"{environment.runbooks_url}/${{__value.raw}}.md",
        "targetBlank": True,
    }
    return grafana.Table(
        overrides=[
            override(
                "byName",
                names["severity"],
                {
                    "custom.cellOptions": coloured,
                    "custom.width": 75,
                    "mappings": [{"type": "value", "options": severities}],
                },
            ),
            override("byName", names["alertname"], {"links": [runbook], "custom.width": 215}),
            override("byName", names["Value"], {"unit": "s", "decimals": 0, "custom.width": 75}),
        ],
        sortBy=[grafana.TableSortByField(displayName=names["severity"])],
        transformations=[_organized(names, hidden)],
        extraJson=_plain_cells(panel),
    )


def columns_table(panel: PlannedPanel, dashboard: PlannedDashboard) -> grafana.Table:
    """A row for each series, a column for each signal; a click on a row narrows the dashboard to it."""
    shown = _labels(panel, dashboard)
    hidden = ["Time", *(label for label in _all_labels(panel) if label not in shown)]
    names = {label: heading(label) for label in shown}
    names |= {f"Value #{letter}": column.title for letter, column in zip(ascii_uppercase, panel.columns, strict=False)}
    coloured: JsonObject = {"type": "color-background", "mode": "basic"}
    overrides = [
        override("byName", heading(label), {"links": [_narrowing(label, dashboard)]})
        for label in shown
        if label in dashboard.dashboard.labels
    ]
    for column in panel.columns:
        properties: JsonObject = {"unit": column.unit.grafana, "custom.align": "right"}
        if column.unit is COUNT:
            properties["decimals"] = 0
        if column.lines or column.is_budget:
            steps = budget_steps(GOOD) if column.is_budget else colour_steps(column.lines, _good(column))
            properties |= {
                "custom.cellOptions": coloured,
                "color": {"mode": "thresholds"},
                "thresholds": {
                    "mode": "absolute",
                    "steps": [
                        {"color": step.color, "value": step.value if index else None}
                        for index, step in enumerate(steps)
                    ],
                },
            }
        overrides.append(override("byName", column.title, properties))
    return grafana.Table(
        overrides=overrides,
        sortBy=[grafana.TableSortByField(displayName=heading(shown[0]))],
        transformations=[
            {"id": "merge", "options": {}},
            _organized(names, hidden),
        ],
        extraJson=_plain_cells(panel),
    )


def _good(column: PlannedColumn) -> str:
    """How much is asked is neither good nor bad, unless nothing is asked at all."""
    return NEUTRAL if column.unit is PER_SECOND else GOOD


def _narrowing(label: str, dashboard: PlannedDashboard) -> JsonObject:
    return {
        "title": "Show this one alone",
        "url": f"{address(dashboard, dashboard)}&var-{label}=${{__value.raw}}",
    }


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


def _organized(names: Mapping[str, str], hidden: Iterable[str]) -> JsonObject:
    """The columns in the order of `names`, under their headings, without those that are hidden."""
    return {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(hidden, True),
            "indexByName": {name: position for position, name in enumerate(names)},
            "renameByName": {**names},
        },
    }


def _plain_cells(panel: PlannedPanel) -> JsonObject:
    """Small rows whose cells are text, unless an override says otherwise."""
    return {
        "fieldConfig": {
            "defaults": {
                "custom": {"cellOptions": {"type": "auto"}, "inspect": False},
                "noValue": panel.panel.signal.when_empty,
            }
        },
        "options": {"cellHeight": "sm", "frameIndex": 0},
    }
