"""Dashboards become panels with queries: what a view of a signal asks for in each place, and the lines it draws."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from toolkit.alerts import Alert
from toolkit.azure_contract import LogScope
from toolkit.dashboards import Dashboard, Row
from toolkit.definitions import Definitions
from toolkit.environment import Environment, ResourceId
from toolkit.findings import Finding, Refused
from toolkit.kql.measures import KqlText, LogDurations, LogList
from toolkit.kql.template import PANEL, KqlTemplateError, render_kql, tables_named
from toolkit.places import Place
from toolkit.plan.expressions import placed
from toolkit.plan.model import (
    LogQueryPlan,
    PanelQuery,
    PlannedDashboard,
    PlannedPanel,
    PlannedRow,
    PlatformQuery,
    PrometheusQuery,
    QueryFormat,
    ThresholdLine,
    Variable,
)
from toolkit.plan.places import raised_at
from toolkit.plan.texts import judged_title
from toolkit.plan.values import judged_unit, log_value, prometheus_value
from toolkit.promql.measures import Durations, Level, Usage
from toolkit.promql.scope import scoped
from toolkit.promql.tree import Expression, GrafanaInterval, Selector, Window, walk
from toolkit.signals import Measure, Panel, Platform, Utilisation, View
from toolkit.thresholds import Comparison
from toolkit.units import Unit, plain

COLUMNS = 24
JUDGED = (View.TIMESERIES, View.STAT, View.SLOW_SHARE)


def stable_id(*names: str) -> int:
    """A number for a panel or a row that depends on names only, so that nothing added elsewhere moves it."""
    return zlib.crc32("/".join(names).encode()) % 2_000_000_000 + 1


@dataclass(frozen=True)
class _Spot:
    x: int
    y: int


class PanelPlanner:
    """Plans the dashboards of one environment, and collects what stands in the way."""

    def __init__(self, definitions: Definitions, environment: Environment, alerts: tuple[Alert, ...]) -> None:
        self.definitions = definitions
        self.environment = environment
        self.alerts = alerts
        self.settings = environment.settings()
        self.findings: list[Finding] = []

    def dashboard(self, dashboard: Dashboard, present: Iterable[Place]) -> PlannedDashboard | None:
        """The dashboard, None where the environment has none of its places or nothing to show on it."""
        places = tuple(place for place in dashboard.places if place in present)
        rows, y = [], 0
        for row in dashboard.rows:
            panels = tuple(self._panels(dashboard, row, places, y + 1))
            if panels:
                rows.append(PlannedRow(stable_id(dashboard.name, row.title), row.title, y, panels))
                y = max(panel.y + panel.panel.height for panel in panels)
        if not rows:
            return None
        return PlannedDashboard(
            uid=f"{self.environment.name}-{dashboard.name}",
            title=f"{dashboard.title} ({self.environment.name})",
            dashboard=dashboard,
            variables=tuple(self._variables(dashboard)),
            rows=tuple(rows),
        )

    def _panels(self, dashboard: Dashboard, row: Row, places: tuple[Place, ...], top: int) -> Iterator[PlannedPanel]:
        x, y, height = 0, top, 0
        for panel in row.panels:
            place = next((place for place in places if panel.signal.measure(place) is not None), None)
            if place is None:
                continue
            if x + panel.width > COLUMNS:
                x, y, height = 0, y + height, 0
            try:
                planned = self._panel(dashboard, panel, place, _Spot(x, y))
            except Refused as refused:
                self.findings += refused.findings
                continue
            if planned is not None:
                yield planned
                x, height = x + panel.width, max(height, panel.height)

    def _panel(self, dashboard: Dashboard, panel: Panel, place: Place, spot: _Spot) -> PlannedPanel | None:
        measure = panel.signal.measure(place)
        assert measure is not None  # noqa: S101 - the caller chose a place that measures the signal
        watching = tuple(
            alert
            for alert in self.alerts
            if alert.signal is panel.signal and place in raised_at(alert, self.environment)
        )
        judges = watching if panel.view in JUDGED and not panel.by else ()
        queries = self._queries(dashboard, panel, place, measure, watching)
        if not queries:
            problem = f"a panel cannot show {panel.signal.name} as {panel.view.value} at {place.title}"
            remedy = (
                "choose another view: a latency has quantiles and heatmap, and slow_share where an alert's threshold "
                "says slower_than=; a listing has rows"
            )
            self.findings.append(Finding(panel.where, f"dashboard {dashboard.name}", problem, remedy, "view"))
            return None
        return PlannedPanel(
            id=stable_id(dashboard.name, panel.signal.name, panel.view.value, panel.by),
            panel=panel,
            place=place,
            title=panel.heading,
            description=_description(panel, queries, judges, self.definitions),
            unit=_unit(panel, measure),
            queries=queries,
            lines=tuple(_lines(panel, measure, watching)),
            alerts=judges,
            shortest_interval=min((alert.threshold.window for alert in judges), default=None),
            x=spot.x,
            y=spot.y,
        )

    def _queries(
        self, dashboard: Dashboard, panel: Panel, place: Place, measure: Measure, watching: tuple[Alert, ...]
    ) -> tuple[PanelQuery, ...]:
        if place is Place.PROMETHEUS:
            return tuple(self._prometheus(dashboard, panel, measure, watching))
        if isinstance(measure, Platform):
            return tuple(self._platform(measure)) if panel.view in JUDGED else ()
        return tuple(self._log(panel, measure, watching))

    def _prometheus(
        self, dashboard: Dashboard, panel: Panel, measure: Measure, watching: tuple[Alert, ...]
    ) -> Iterator[PrometheusQuery]:
        signal, interval = panel.signal, GrafanaInterval.RATE_INTERVAL
        per = (*signal.labels, *panel.by.split())
        # The line that is drawn is the one that is judged: same window, so that panel and alert never disagree.
        window: Window = watching[0].threshold.window if watching and not panel.by else interval
        slower_than = next((alert.threshold.slower_than for alert in watching if alert.threshold.slower_than), None)

        def query(expression: Expression, legend: str, format: QueryFormat, instant: bool) -> PrometheusQuery:
            reader_chooses = frozenset(dashboard.labels) & {*per}
            narrowed = placed(expression, self.definitions, self.settings, reader_chooses)
            return PrometheusQuery(narrowed, legend, format, instant)

        name = " ".join(f"{{{{{label}}}}}" for label in per if label != "namespace") or signal.title
        match panel.view, measure:
            case View.QUANTILES, Durations():
                for rank in panel.quantiles:
                    quantile = measure.quantile(rank, per, interval)
                    yield query(quantile, f"p{plain(rank * 100)} {name}", QueryFormat.SERIES, False)
            case View.HEATMAP, Durations():
                yield query(measure.buckets(interval), "{{le}}", QueryFormat.BUCKETS, False)
            case View.AMOUNTS, Usage():
                amounts = {
                    "used": measure.used_amount(per, interval),
                    "request": measure.request_amount(per),
                    "limit": measure.limit_amount(per),
                }
                for what, amount in amounts.items():
                    yield query(amount, f"{what} {name}", QueryFormat.SERIES, False)
            case View.LIST, Level():
                yield query(measure.value(per, interval), "", QueryFormat.ROWS, True)
            case ((View.TIMESERIES | View.STAT | View.SLOW_SHARE), _):
                value = prometheus_value(measure, per, window, slower_than)
                if value is not None:
                    yield query(value, name, QueryFormat.SERIES, panel.view is View.STAT)
            case _:
                return

    def _platform(self, platform: Platform) -> Iterator[PlatformQuery]:
        azure = self.environment.azure
        if azure is None or azure.online_endpoint is None:
            return
        endpoint = azure.online_endpoint
        legend = " ".join(f"{{{{{dimension}}}}}" for dimension in platform.by.split())
        if not platform.metric.namespace.endswith("/deployments"):
            yield PlatformQuery(platform, endpoint.id, legend or platform.metric.name)
            return
        for deployment in endpoint.deployments:
            resource = ResourceId(f"{endpoint.id}/deployments/{deployment}")
            yield PlatformQuery(platform, resource, f"{deployment} {legend}".strip())

    def _log(self, panel: Panel, measure: Measure, watching: tuple[Alert, ...]) -> Iterator[LogQueryPlan]:
        signal = panel.signal
        text: KqlText | None = None
        if panel.view is View.LIST and isinstance(measure, LogList):
            text = KqlText(measure.text(), tuple(measure.columns.split()), ())
            yield from self._log_query(panel, text, QueryFormat.ROWS)
            return
        if panel.view is View.QUANTILES and isinstance(measure, LogDurations):
            text = measure.quantiles(panel.quantiles, signal.unit)
        elif panel.view in JUDGED:
            slower_than = next((alert.threshold.slower_than for alert in watching if alert.threshold.slower_than), None)
            text = log_value(measure, signal, slower_than, None, panel.by)
        if text is not None:
            yield from self._log_query(panel, text, QueryFormat.SERIES)

    def _log_query(self, panel: Panel, text: KqlText, format: QueryFormat) -> Iterator[LogQueryPlan]:
        azure = self.environment.azure
        tables = tables_named(text.text, self.definitions.tables)
        if azure is None:
            return
        scope = tables[0].scope if tables else LogScope.WORKSPACE
        component = azure.application_insights
        resource = component if scope is LogScope.COMPONENT and component is not None else azure.log_analytics
        # Grafana turns a result into series only where its rows are in order of time.
        order = f"\n| order by {tables[0].time} asc" if tables and format is QueryFormat.SERIES else ""
        try:
            query = render_kql(text.text + order, PANEL, self.settings, self.definitions.tables)
        except KqlTemplateError as error:
            subject = f"signal {panel.signal.name}"
            self.findings.append(Finding(panel.signal.where, subject, str(error), check="kql"))
            return
        names = tuple(table.name for table in tables)
        yield LogQueryPlan(query, scope, resource, format, text.by, text.values, names)

    def _variables(self, dashboard: Dashboard) -> Iterator[Variable]:
        """For each variable a series that has the label, narrowed by the variables before it."""
        earlier: frozenset[str] = frozenset()
        for label in dashboard.labels:
            metric = next(self._metrics_with(dashboard, label), None)
            if metric is None:
                problem = f"no panel has a metric with the label {label!r}"
                remedy = "drop the variable, or add a panel that it narrows"
                self.findings.append(
                    Finding(dashboard.where, f"dashboard {dashboard.name}", problem, remedy, "variable")
                )
                continue
            selector = scoped(Selector(metric), self.definitions.catalogue, self.settings, earlier | {label})
            assert isinstance(selector, Selector)  # noqa: S101 - narrowing a selector leaves a selector
            others = tuple(matcher for matcher in selector.matchers if matcher.value != f"${label}")
            yield Variable(label, replace(selector, matchers=others), self.settings.get(label, ""))
            earlier |= {label}

    def _metrics_with(self, dashboard: Dashboard, label: str) -> Iterator[str]:
        for panel in (panel for row in dashboard.rows for panel in row.panels):
            measure = panel.signal.measure(Place.PROMETHEUS)
            if measure is None or label not in (*panel.signal.labels, *panel.by.split()):
                continue
            with suppress(Refused):  # the panel itself reports what its expression refuses
                for query in self._prometheus(dashboard, panel, measure, ()):
                    for metric in _scraped_metrics(query.expression, self.definitions):
                        shape = self.definitions.catalogue.shape(metric)
                        if shape is not None and label in shape.labels:
                            yield metric


def _description(
    panel: Panel, queries: tuple[PanelQuery, ...], judges: tuple[Alert, ...], definitions: Definitions
) -> str:
    parts = [panel.signal.says]
    for alert in judges:
        comparison = alert.threshold.comparison.words
        levels = ", ".join(f"{level.value} when {comparison} {value}" for level, value in alert.threshold.levels)
        parts.append(f"{alert.name} judges it ({judged_title(alert)}): {levels}.")
    parts.append(f"From {_sources(queries, definitions)}.")
    return "\n\n".join(parts)


def _scraped_metrics(expression: Expression, definitions: Definitions) -> tuple[str, ...]:
    """The metrics that an expression rests on: what a recording was made from, rather than the recording."""
    named = [part.metric for part in walk(expression) if isinstance(part, Selector) and part.metric]
    recordings = definitions.recordings
    return tuple(dict.fromkeys(recordings[name].counter if name in recordings else name for name in named))


def _sources(queries: tuple[PanelQuery, ...], definitions: Definitions) -> str:
    found: list[str] = []
    for query in queries:
        match query:
            case PrometheusQuery(expression=expression):
                found += _scraped_metrics(expression, definitions)
            case LogQueryPlan(tables=tables):
                found += tables
            case PlatformQuery(platform=platform):
                found.append(platform.metric.name)
    return ", ".join(dict.fromkeys(found))


def _unit(panel: Panel, measure: Measure) -> Unit:
    match panel.view, panel.signal:
        case View.AMOUNTS, Utilisation(amount=amount):
            return amount
        case View.SLOW_SHARE, signal:
            return judged_unit(signal, measure)
        case _:
            return measure.unit if isinstance(measure, Platform) else panel.signal.unit


def _lines(panel: Panel, measure: Measure, watching: tuple[Alert, ...]) -> Iterator[ThresholdLine]:
    """The levels of the alerts on a panel that shows what they judge; on quantiles, the bound of a slow event."""
    unit = _unit(panel, measure)
    for alert in watching:
        threshold = alert.threshold
        if panel.view in JUDGED and not panel.by:
            for severity, level in threshold.levels:
                if level.unit.dimension == unit.dimension:
                    yield ThresholdLine(severity, level.to(unit), threshold.comparison)
        elif panel.view is View.QUANTILES and threshold.slower_than is not None:
            severity = threshold.levels[-1][0]
            if threshold.slower_than.unit.dimension == unit.dimension:
                yield ThresholdLine(severity, threshold.slower_than.to(unit), Comparison.ABOVE)
