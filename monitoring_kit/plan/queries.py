"""What a panel asks: the queries of a view of a signal, in each place."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring_kit.core.findings import Finding, Refused
from monitoring_kit.core.units import Quantity, plain
from monitoring_kit.environment.model import Environment
from monitoring_kit.environment.values import ResourceId
from monitoring_kit.model import kql, prom
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.budgets import ErrorBudget
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.kql import KqlText
from monitoring_kit.model.kql_template import PANEL, KqlTemplateError, render_kql, tables_named
from monitoring_kit.model.log_tables import LogScope
from monitoring_kit.model.objectives import counters_behind
from monitoring_kit.model.signals import Measure, Panel, Platform, View
from monitoring_kit.plan.expressions import placed
from monitoring_kit.plan.model import LogQueryPlan, PanelQuery, PlatformQuery, PrometheusQuery, QueryFormat
from monitoring_kit.plan.values import log_value, prometheus_value
from monitoring_kit.promql.tree import Expression, GrafanaInterval, Selector, Window, walk

JUDGED = (View.TIMESERIES, View.STAT, View.SLOW_SHARE, View.BURN_RATE)
"""The views that show the very value that an alert compares."""


class PanelQueries:
    """The queries of panels in one environment."""

    def __init__(self, definitions: Definitions, environment: Environment) -> None:
        self.definitions = definitions
        self.environment = environment
        self.settings = environment.settings()

    def of(
        self, panel: Panel, backend: Backend, watching: tuple[Alert, ...], variables: frozenset[str]
    ) -> tuple[PanelQuery, ...]:
        """The queries of `panel` at `backend`, none where its view cannot show how the signal is measured there.

        `watching` are the alerts raised there on the signal, `variables` the labels that a reader may narrow down.
        Raises Refused for a selector or a Kusto text that cannot be used.
        """
        measure = panel.signal.measure(backend)
        if measure is None:
            return ()
        if backend is Backend.PROMETHEUS:
            return tuple(self._prometheus(panel, measure, watching, variables))
        if isinstance(measure, Platform):
            return tuple(self._platform(measure)) if panel.view in JUDGED else ()
        return tuple(self._log(panel, measure, watching))

    def _prometheus(
        self, panel: Panel, measure: Measure, watching: tuple[Alert, ...], variables: frozenset[str]
    ) -> Iterator[PrometheusQuery]:
        signal, interval = panel.signal, GrafanaInterval.RATE_INTERVAL
        by = (*signal.labels, *panel.by.split())
        # The line that is drawn is the one that is judged: same window, so that panel and alert never disagree.
        window: Window = watching[0].threshold.window if watching and not panel.by else interval

        def query(expression: Expression, legend: str, format: QueryFormat, instant: bool) -> PrometheusQuery:
            narrowed = placed(expression, self.definitions, self.settings, variables & {*by})
            return PrometheusQuery(narrowed, legend, format, instant)

        name = " ".join(f"{{{{{label}}}}}" for label in by if label != "namespace") or signal.title
        match panel.view, measure:
            case View.QUANTILES, prom.Histogram():
                for rank in panel.quantiles:
                    quantile = measure.quantile(rank, by, interval)
                    yield query(quantile, f"p{plain(rank * 100)} {name}", QueryFormat.SERIES, False)
            case View.HEATMAP, prom.Histogram():
                yield query(measure.buckets(interval), "{{le}}", QueryFormat.BUCKETS, False)
            case View.AMOUNTS, prom.Utilisation():
                amounts = {
                    "used": measure.used_amount(by, window),
                    "request": measure.request_amount(by),
                    "limit": measure.limit_amount(by),
                }
                for what, amount in amounts.items():
                    yield query(amount, f"{what} {name}", QueryFormat.SERIES, False)
            case View.BURN_RATE, ErrorBudget() if panel.severity is not None:
                for rate in measure.rates_of(panel.severity):
                    for judged in (rate.long, rate.short):
                        legend = f"{name} over {judged.words()}, against {rate.factor}"
                        yield query(measure.burn_rate(by, judged), legend, QueryFormat.SERIES, False)
            case _, ErrorBudget():
                return  # one window alone decides nothing
            case View.LIST, prom.Gauge():
                yield query(measure.value(by, interval), "", QueryFormat.ROWS, True)
            case ((View.TIMESERIES | View.STAT | View.SLOW_SHARE), _):
                value = prometheus_value(measure, by, window, _bound(watching))
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
        if panel.view is View.LIST and isinstance(measure, kql.Table):
            text = KqlText(measure.text(), tuple(measure.columns.split()), ())
            yield from self._log_query(panel, text, QueryFormat.ROWS)
            return
        if panel.view is View.QUANTILES and isinstance(measure, kql.Durations):
            text = measure.quantiles(panel.quantiles, signal.unit)
        elif panel.view in JUDGED:
            text = log_value(measure, signal, _bound(watching), None, panel.by)
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
            raise Refused(Finding(panel.signal.where, subject, str(error), check="kql")) from None
        names = tuple(table.name for table in tables)
        yield LogQueryPlan(query, scope, resource, format, text.by, text.values, names)


def scraped_metrics(expression: Expression, definitions: Definitions) -> tuple[str, ...]:
    """The metrics that an expression rests on: what a recording was made from, rather than the recording."""
    recordings, found = definitions.recordings, list[str]()
    for part in walk(expression):
        if isinstance(part, Selector) and part.metric in recordings:
            found.append(recordings[part.metric].counter)
        elif isinstance(part, Selector) and part.metric:
            found += counters_behind(part, definitions.objectives) or (part.metric,)
    return tuple(dict.fromkeys(found))


def _bound(watching: tuple[Alert, ...]) -> Quantity | None:
    return next((alert.threshold.slower_than for alert in watching if alert.threshold.slower_than), None)
