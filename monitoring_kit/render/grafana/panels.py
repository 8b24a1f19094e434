"""Views of a signal as Grafana's panels: graph, number, heatmap and table."""

from __future__ import annotations

from grafanalib import core as grafana

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import COUNT, PER_SECOND, PERCENT, RATIO, plain
from monitoring_kit.environment.model import Environment
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.prom import FiringAlerts
from monitoring_kit.model.signals import Absence, BudgetLeft, Latency, Rate, Ratio
from monitoring_kit.model.views import View
from monitoring_kit.plan.model import (
    LogQueryPlan,
    Plan,
    PlannedDashboard,
    PlannedPanel,
    PlannedRow,
    PlatformQuery,
    PrometheusQuery,
)
from monitoring_kit.plan.texts import runbook_url
from monitoring_kit.render.grafana.links import further
from monitoring_kit.render.grafana.palette import BY_NAME, MEANINGS, colours_by_meaning, dashed_allowances
from monitoring_kit.render.grafana.schema import JsonObject
from monitoring_kit.render.grafana.tables import columns_table, firing_table, table
from monitoring_kit.render.grafana.targets import data_source, targets
from monitoring_kit.render.grafana.thresholds import (
    GOOD,
    NEUTRAL,
    NEUTRAL_STATE,
    budget_steps,
    colour_steps,
    line_steps,
)

PORTAL = "https://portal.azure.com/#resource"
COLUMNS = 24

# A whole, in the units of a share.
_WHOLE = {RATIO: 1, PERCENT: 100}
# Azure keeps platform metrics by the minute, and bins of a log that are any shorter are mostly empty.
_AZURE_INTERVAL = Duration(60)
# An axis that ends a little above the highest line shows how far there is to go.
_ROOM_ABOVE_LINE = 1.2
# Labels whose values are outcomes of a request.
_OUTCOMES = ("status", "Outcome")
# From this width on there is room for a legend beside the graph.
_WIDE = 12


def row(planned: PlannedRow) -> grafana.RowPanel:
    """The heading of a row. Its panels follow it in the dashboard's list; a collapsed row holds them itself."""
    place = grafana.GridPos(h=1, w=COLUMNS, x=0, y=planned.y)
    return grafana.RowPanel(id=planned.id, title=planned.title, gridPos=place, collapsed=planned.collapsed)


def panel(planned: PlannedPanel, dashboard: PlannedDashboard, plan: Plan) -> grafana.Panel:
    """A panel with its queries, in its place."""
    environment = plan.environment
    drawn = _drawn(planned, dashboard, plan)
    drawn.id = planned.id
    drawn.title = planned.title
    drawn.description = planned.description
    drawn.gridPos = grafana.GridPos(h=planned.panel.height, w=planned.panel.width, x=planned.x, y=planned.y)
    drawn.dataSource = data_source(planned.queries[0])
    drawn.targets = targets(planned.queries, environment.prometheus)
    drawn.interval = _shortest_interval(planned)
    drawn.maxDataPoints = None
    drawn.links = _links(planned, environment)
    field_links = further(planned, dashboard, plan)
    if field_links and planned.panel.view not in (View.LIST, View.COLUMNS, View.HEATMAP):
        drawn.extraJson["fieldConfig"]["defaults"]["links"] = field_links
    return drawn


def _drawn(planned: PlannedPanel, dashboard: PlannedDashboard, plan: Plan) -> grafana.Panel:
    match planned.panel.view:
        case View.STAT:
            return _stat(planned)
        case View.HEATMAP:
            return _heatmap(planned)
        case View.LIST:
            if isinstance(planned.panel.signal.prometheus, FiringAlerts) and planned.backend is Backend.PROMETHEUS:
                return firing_table(planned, plan.environment)
            return table(planned, dashboard)
        case View.COLUMNS:
            return columns_table(planned, dashboard)
        case View.STATES:
            return _states(planned)
        case View.TIMESERIES | View.QUANTILES | View.SLOW_SHARE | View.AMOUNTS | View.BURN_RATE:
            return _timeseries(planned)


def _shortest_interval(planned: PlannedPanel) -> str | None:
    """Prometheus queries carry their own; a log is binned as its alert bins it, unless the range asks for wider."""
    match planned.queries[0]:
        case PrometheusQuery():
            return None
        case LogQueryPlan():
            return (planned.shortest_interval or _AZURE_INTERVAL).prometheus()
        case PlatformQuery():
            return _AZURE_INTERVAL.prometheus()


def _timeseries(planned: PlannedPanel) -> grafana.TimeSeries:
    from_logs = isinstance(planned.queries[0], LogQueryPlan)
    counts = planned.unit in (COUNT, PER_SECOND)
    low_is_bad = isinstance(planned.panel.signal, BudgetLeft) or (
        bool(planned.lines) and not any(line.worse_is_higher for line in planned.lines)
    )
    return grafana.TimeSeries(
        colorMode=BY_NAME,
        # A log has rows only where something happened. A line would cross the silence as if the value had lasted.
        drawStyle="bars" if from_logs and counts else "line",
        showPoints="always" if from_logs and not counts else "auto",
        lineWidth=1,
        fillOpacity=60 if from_logs and counts else 8,
        stacking={"mode": "none"},
        legendCalcs=["lastNotNull", "min" if low_is_bad else "max"],
        tooltipMode="multi",
        tooltipSort="desc",
        unit=planned.unit.grafana,
        mappings=_mappings(planned, None),
        overrides=_colours(planned),
        thresholds=_line_steps(planned),
        thresholdsStyleMode="dashed" if planned.lines or isinstance(planned.panel.signal, BudgetLeft) else "off",
        # A budget can be overspent; everything else begins at zero.
        valueMin=None if isinstance(planned.panel.signal, BudgetLeft) else 0,
        extraJson={
            "fieldConfig": {
                "defaults": {
                    "custom": {"axisSoftMax": _axis_end(planned), "scaleDistribution": {"log": None}},
                    "decimals": _decimals(planned),
                    "displayName": _log_series_name(planned),
                    "noValue": planned.panel.signal.when_empty,
                }
            },
            "options": {"legend": _legend(planned, low_is_bad)},
        },
    )


def _legend(planned: PlannedPanel, low_is_bad: bool) -> JsonObject:
    """The worst first. Grafana cuts a legend below a graph at a third of the panel, so many lines go beside it."""
    # Lines that several labels tell apart are many, and their names long.
    names = [query.legend.count("{{") for query in planned.queries if isinstance(query, PrometheusQuery)]
    beside = planned.panel.width >= _WIDE and max(names, default=0) > 1
    return {
        "showLegend": True,
        "displayMode": "table" if beside else "list",
        "placement": "right" if beside else "bottom",
        "sortBy": "Min" if low_is_bad else "Last *",
        "sortDesc": not low_is_bad,
    }


def _colours(planned: PlannedPanel) -> list[JsonObject]:
    if planned.panel.view is View.AMOUNTS:
        return [dashed_allowances()]
    if planned.panel.view is View.QUANTILES:
        return list(colours_by_meaning([f"p{plain(rank * 100)}" for rank in planned.panel.quantiles]))
    return list(colours_by_meaning(tuple(MEANINGS))) if set(planned.panel.labels) & set(_OUTCOMES) else []


def _line_steps(planned: PlannedPanel) -> list[grafana.Threshold]:
    return budget_steps(NEUTRAL) if isinstance(planned.panel.signal, BudgetLeft) else line_steps(planned.lines)


def _decimals(planned: PlannedPanel) -> int | None:
    """Half a restart is an artefact of extrapolation."""
    return 0 if planned.unit is COUNT else None


def _states(planned: PlannedPanel) -> grafana.StateTimeline:
    """Stretches of time in which something held: a line would lie on the axis, or on the threshold."""
    return grafana.StateTimeline(
        alignValue="left",
        colorMode="thresholds",
        fillOpacity=80,
        lineWidth=0,
        mappings=_mappings(planned, NEUTRAL),
        mergeValues=True,
        overrides=[],
        rowHeight=0.85,
        showValue="never" if planned.panel.signal.yes_or_no else "auto",
        thresholds=colour_steps(planned.lines, GOOD if planned.lines else NEUTRAL_STATE),
        tooltipMode="single",
        extraJson={
            "fieldConfig": {
                "defaults": {
                    "decimals": _decimals(planned),
                    "displayName": _log_series_name(planned),
                    "noValue": planned.panel.signal.when_empty,
                    "unit": planned.unit.grafana,
                }
            },
            # The colours are those of the thresholds, which every panel has alike.
            "options": {
                "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []},
                "tooltip": {"sort": "none"},
            },
        },
    )


def _stat(planned: PlannedPanel) -> grafana.Stat:
    signal = planned.panel.signal
    budget = isinstance(signal, BudgetLeft)
    watched = bool(planned.lines) or budget
    # Nothing to show is good news only of a signal that is there while something else is not.
    colour_of_nothing = GOOD if isinstance(signal, Absence) else NEUTRAL
    instant = all(isinstance(query, PrometheusQuery) and query.instant for query in planned.queries)
    return grafana.Stat(
        color={"mode": "thresholds"},
        colorMode="background" if watched else "none",
        format=planned.unit.grafana,
        graphMode="none" if instant else "area",
        mappings=_mappings(planned, colour_of_nothing),
        noValue=signal.when_empty,
        reduceCalc="lastNotNull",
        thresholds=budget_steps(GOOD) if budget else colour_steps(planned.lines, _good(planned)),
        extraJson={
            "fieldConfig": {
                "defaults": {
                    "decimals": _decimals(planned),
                    "displayName": _log_series_name(planned),
                    "min": None if budget else 0,
                    "max": _WHOLE.get(planned.unit),
                }
            },
            "options": {"percentChangeColorMode": "standard", "showPercentChange": False, "wideLayout": True},
        },
    )


def _good(planned: PlannedPanel) -> str:
    """How much is asked is neither good nor bad, unless nothing is asked at all."""
    return NEUTRAL if isinstance(planned.panel.signal, Rate) else GOOD


def _heatmap(planned: PlannedPanel) -> grafana.Heatmap:
    return grafana.Heatmap(
        options={
            # Prometheus delivers buckets, so there is nothing left to calculate.
            "calculate": False,
            "cellGap": 1,
            "cellValues": {"unit": COUNT.grafana},
            "color": {
                "exponent": 0.5,
                "fill": "dark-orange",
                "mode": "scheme",
                "reverse": False,
                "scale": "exponential",
                "scheme": "Oranges",
                "steps": 64,
            },
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
            "filterValues": {"le": 1e-9},
            "legend": {"show": True},
            "rowsFrame": {"layout": "auto"},
            "showValue": "never",
            "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": False},
            "yAxis": {"axisPlacement": "left", "reverse": False, "unit": planned.unit.grafana},
        },
        extraJson={
            "fieldConfig": {
                "defaults": {
                    "custom": {"scaleDistribution": {"type": "linear"}},
                    "noValue": planned.panel.signal.when_empty,
                },
                "overrides": [],
            }
        },
    )


def _mappings(planned: PlannedPanel, colour_of_nothing: str | None) -> list[JsonObject]:
    """Words in place of no value and NaN, and of 0 and 1 where they stand for no and yes."""
    signal = planned.panel.signal
    nothing: JsonObject = {"text": signal.when_empty, "index": 0, "color": colour_of_nothing}
    mappings: list[JsonObject] = [{"type": "special", "options": {"match": "null+nan", "result": nothing}}]
    if isinstance(signal, Absence):
        mappings.append({"type": "value", "options": {"1": {"text": "Missing", "index": 1}}})
    elif signal.yes_or_no:
        words: JsonObject = {"0": {"text": "no", "index": 1}, "1": {"text": "yes", "index": 2}}
        mappings.append({"type": "value", "options": words})
    return mappings


def _axis_end(planned: PlannedPanel) -> float | None:
    """Where the value axis ends while the values are low.

    A used share of something is drawn against the whole of it. The bad share of events is normally near zero: against
    100 % neither it nor the lines that it is held against could be told apart.
    """
    whole = _WHOLE.get(planned.unit)
    if whole and not isinstance(planned.panel.signal, Ratio | Latency):
        return whole
    highest = max((float(line.value) for line in planned.lines), default=0)
    return round(highest * _ROOM_ABOVE_LINE, 9) or None


def _log_series_name(planned: PlannedPanel) -> str | None:
    """How the series of a log query are called: by the columns that tell them apart, and their quantile.

    None leaves the name to the query, which has a legend, or to the value's column.
    """
    query = planned.queries[0]
    if not isinstance(query, LogQueryPlan) or not query.by:
        return None
    quantile = ["${__field.name}"] if planned.panel.view is View.QUANTILES else []
    return " ".join((*quantile, *(f"${{__field.labels.{column}}}" for column in query.by)))


def _links(planned: PlannedPanel, environment: Environment) -> list[grafana.DashboardLink]:
    """What to do when an alert on the panel fires, and where its figures come from in Azure."""
    runbooks = {f"Runbook: {alert.name}": runbook_url(alert, environment) for alert in planned.alerts}
    resources = [query.resource for query in planned.queries if isinstance(query, LogQueryPlan | PlatformQuery)]
    portal = {f"Azure portal: {resource.name}": f"{PORTAL}{resource}" for resource in resources}
    return [
        grafana.DashboardLink(title=title, type="link", uri=url, targetBlank=True, keepTime=False)
        for title, url in {**runbooks, **portal}.items()
    ]
