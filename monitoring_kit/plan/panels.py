"""Dashboards become rows of panels: where each stands, what it says, and the lines that it draws."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from monitoring_kit.core.findings import Finding, Refused
from monitoring_kit.core.units import Unit
from monitoring_kit.environment.model import Environment
from monitoring_kit.model import azure
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.dashboards import Dashboard, Row
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.signals import BudgetLeft, Latency, Measure, Panel, Signal, Utilisation
from monitoring_kit.model.views import View
from monitoring_kit.plan.backends import raised_at
from monitoring_kit.plan.expressions import placed
from monitoring_kit.plan.model import (
    LogQueryPlan,
    PanelQuery,
    PlannedAnnotation,
    PlannedColumn,
    PlannedDashboard,
    PlannedPanel,
    PlannedRow,
    PlatformQuery,
    PrometheusQuery,
    ThresholdLine,
)
from monitoring_kit.plan.queries import PanelQueries, scraped_metrics
from monitoring_kit.plan.texts import judged_title, value_in_words
from monitoring_kit.plan.variables import variables_of
from monitoring_kit.promql.tree import GrafanaInterval

COLUMNS = 24


def stable_id(*names: str) -> int:
    """A number for a panel or a row that depends on names only, so that nothing added elsewhere moves it."""
    return zlib.crc32("/".join(names).encode()) % 2_000_000_000 + 1


@dataclass(frozen=True)
class _Spot:
    x: int
    y: int


class PanelPlanner:
    """Plans the dashboards of one environment, and collects what stands in the way.

    `disabled` are the alerts that the environment switched off: nothing is judged by them and no line is drawn, but
    their windows and the bound of a slow event still say what a panel shows.
    """

    def __init__(
        self,
        definitions: Definitions,
        environment: Environment,
        alerts: tuple[Alert, ...],
        disabled: tuple[Alert, ...] = (),
    ) -> None:
        self.definitions = definitions
        self.environment = environment
        self.alerts = alerts
        self.disabled = disabled
        self.queries = PanelQueries(definitions, environment)
        self.findings: list[Finding] = []

    def dashboard(self, dashboard: Dashboard, present: Iterable[Backend]) -> PlannedDashboard | None:
        """The dashboard, None if the environment has none of its places or nothing to show on it."""
        backends = tuple(backend for backend in dashboard.backends if backend in present)
        rows, y = [], 0
        for row in dashboard.rows:
            panels = tuple(self._panels(dashboard, row, backends, y + 1))
            if panels:
                rows.append(PlannedRow(stable_id(dashboard.name, row.title), row.title, y, panels, row.collapsed))
                y = y + 1 if row.collapsed else max(panel.y + panel.panel.height for panel in panels)
        if not rows:
            return None
        variables, findings = variables_of(dashboard, self.definitions, self.environment)
        self.findings += findings
        return PlannedDashboard(
            uid=f"{self.environment.name}-{dashboard.name}",
            title=f"{self.environment.title} / {dashboard.title} ({self.environment.name})",
            dashboard=dashboard,
            variables=variables,
            rows=tuple(rows),
            annotations=tuple(self._annotations(dashboard, frozenset(variable.label for variable in variables))),
        )

    def _annotations(self, dashboard: Dashboard, labels: frozenset[str]) -> Iterator[PlannedAnnotation]:
        for annotation in dashboard.annotations if self.environment.prometheus is not None else ():
            settings = self.environment.settings()
            try:
                value = annotation.prometheus.value((), GrafanaInterval.RATE_INTERVAL)
            except Refused as refused:
                self.findings += refused.findings
                continue
            # Narrowed like the panels by the one value that a reader chooses, such as the namespace.
            chosen = labels & settings.keys()
            yield PlannedAnnotation(annotation, placed(value, self.definitions, settings, chosen))

    def _panels(
        self, dashboard: Dashboard, row: Row, backends: tuple[Backend, ...], top: int
    ) -> Iterator[PlannedPanel]:
        ends = [top] * COLUMNS
        for panel in row.panels:
            backend = next((backend for backend in backends if panel.signal.measure(backend) is not None), None)
            if backend is None:
                continue
            spot = _spot(ends, panel.width)
            try:
                planned = self._panel(dashboard, panel, backend, spot)
            except Refused as refused:
                self.findings += refused.findings
                continue
            if planned is not None:
                yield planned
                ends[spot.x : spot.x + panel.width] = [spot.y + panel.height] * panel.width

    def _panel(self, dashboard: Dashboard, panel: Panel, backend: Backend, spot: _Spot) -> PlannedPanel | None:
        measure = panel.signal.measure(backend)
        assert measure is not None  # noqa: S101 - the caller chose a place that measures the signal
        watching, off = self._on(panel, backend, self.alerts), self._on(panel, backend, self.disabled)
        judged = panel.view.judged and not panel.by
        judges, would_judge = (watching, off) if judged else ((), ())
        columns: tuple[PlannedColumn, ...] = ()
        if panel.view is View.COLUMNS:
            queries, columns = self._columns(dashboard, panel, backend)
        else:
            queries = self.queries.of(panel, backend, (*watching, *off), frozenset(dashboard.labels))
        if not queries:
            problem = f"a panel cannot show {panel.signal.name} as {panel.view.value} at {backend.title}"
            remedy = (
                "choose another view: a latency has quantiles and heatmap, and slow_share where an alert's threshold "
                "says slower_than=; a listing has rows"
            )
            self.findings.append(Finding(panel.where, f"dashboard {dashboard.name}", problem, remedy, "view"))
            return None
        return PlannedPanel(
            id=stable_id(*_named(dashboard, panel)),
            panel=panel,
            backend=backend,
            title=panel.heading,
            description=_description(panel, queries, judges, would_judge, self.definitions),
            unit=_unit(panel, measure),
            queries=queries,
            lines=tuple(_lines(panel, measure, watching)),
            alerts=judges,
            shortest_interval=min((alert.threshold.window for alert in (*judges, *would_judge)), default=None),
            x=spot.x,
            y=spot.y,
            columns=columns,
        )

    def _columns(
        self, dashboard: Dashboard, panel: Panel, backend: Backend
    ) -> tuple[tuple[PanelQuery, ...], tuple[PlannedColumn, ...]]:
        """The queries of a table of several signals, and its columns. Signals without a value here are left out."""
        queries: list[PanelQuery] = []
        columns: list[PlannedColumn] = []
        for signal in (panel.signal, *panel.others):
            own, measure = replace(panel, signal=signal, others=()), signal.measure(backend)
            watching, off = self._on(own, backend, self.alerts), self._on(own, backend, self.disabled)
            found = self.queries.of(own, backend, (*watching, *off), frozenset(dashboard.labels))
            if found and measure is not None:
                stat = replace(own, view=View.STAT)
                lines = tuple(_lines(stat, measure, watching))
                is_budget = isinstance(signal, BudgetLeft)
                columns.append(PlannedColumn(_heading(signal, watching), _unit(stat, measure), lines, is_budget))
                queries += found
        return tuple(queries), tuple(columns)

    def _on(self, panel: Panel, backend: Backend, alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
        """Those of `alerts` that `backend` raises on the panel's signal."""
        return tuple(
            alert for alert in alerts if alert.signal is panel.signal and backend in raised_at(alert, self.environment)
        )


def _heading(signal: Signal, watching: tuple[Alert, ...]) -> str:
    """What a column shows; of a latency it is the share that is slower than a bound."""
    bounds = [alert.threshold.slower_than for alert in watching if alert.threshold.slower_than is not None]
    return f"Slower than {bounds[0]}" if isinstance(signal, Latency) and bounds else signal.title


def _spot(ends: list[int], width: int) -> _Spot:
    """The highest place that is wide enough, the leftmost of several; `ends` is where each column ends so far."""
    within = min(max(width, 1), COLUMNS)  # a finding says what is wrong with any other
    y, x = min((max(ends[x : x + within]), x) for x in range(COLUMNS - within + 1))
    return _Spot(x, y)


def _named(dashboard: Dashboard, panel: Panel) -> tuple[str, ...]:
    """What makes a panel the same one from build to build."""
    names = (dashboard.name, panel.signal.name, panel.view.value, " ".join(panel.labels))
    return names if panel.severity is None else (*names, panel.severity.value)


def _description(
    panel: Panel,
    queries: tuple[PanelQuery, ...],
    judges: tuple[Alert, ...],
    off: tuple[Alert, ...],
    definitions: Definitions,
) -> str:
    parts = [panel.signal.description]
    for alert in judges:
        levels = ", ".join(
            f"{level.value} when {value_in_words(alert.threshold, level)}"
            for level, _ in alert.threshold.levels
            if panel.severity in (None, level)
        )
        parts.append(f"{alert.name} judges it ({judged_title(alert)}): {levels}.")
    parts += [f"{alert.name} would judge it ({judged_title(alert)}), but is switched off here." for alert in off]
    parts.append(f"From {_sources(queries, definitions)}.")
    return "\n\n".join(parts)


def _sources(queries: tuple[PanelQuery, ...], definitions: Definitions) -> str:
    found: list[str] = []
    for query in queries:
        match query:
            case PrometheusQuery(expression=expression):
                found += scraped_metrics(expression, definitions)
            case LogQueryPlan(tables=tables):
                found += tables
            case PlatformQuery(platform=platform):
                found.append(platform.metric.name)
    return ", ".join(dict.fromkeys(found))


def _unit(panel: Panel, measure: Measure) -> Unit:
    match panel.view, panel.signal:
        case View.AMOUNTS, Utilisation(amount=amount):
            return amount
        case (View.SLOW_SHARE, signal) | (View.STAT, Latency() as signal):
            return measure.judged_unit(signal.unit)
        case _:
            return measure.judged_unit(panel.signal.unit) if isinstance(measure, azure.Metric) else panel.signal.unit


def _lines(panel: Panel, measure: Measure, watching: tuple[Alert, ...]) -> Iterator[ThresholdLine]:
    """The levels of the alerts on a panel that shows what they judge. No alert judges a quantile."""
    unit = _unit(panel, measure)
    for alert in watching:
        threshold = alert.threshold
        if panel.severity is not None:
            for rate in threshold.burns(panel.severity):
                yield ThresholdLine(panel.severity, rate.factor.to(unit), threshold.comparison)
        elif panel.view.judged and not panel.by:
            for severity, level in threshold.levels:
                if level.unit.dimension == unit.dimension:
                    yield ThresholdLine(severity, level.to(unit), threshold.comparison)
