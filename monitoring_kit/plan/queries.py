"""What a panel asks: the queries of a view of a signal, in each place."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring_kit.core.findings import Finding, Refused
from monitoring_kit.core.units import Quantity
from monitoring_kit.environment.model import Environment
from monitoring_kit.environment.values import ResourceId
from monitoring_kit.model import azure, kql, prom
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.kql import KqlText
from monitoring_kit.model.kql_template import PANEL, KqlTemplateError, render_kql, tables_named
from monitoring_kit.model.log_tables import LogScope
from monitoring_kit.model.objectives import counters_behind
from monitoring_kit.model.signals import BudgetLeft, Panel
from monitoring_kit.model.views import View, ViewRequest
from monitoring_kit.plan.expressions import placed
from monitoring_kit.plan.model import LogQueryPlan, PanelQuery, PlatformQuery, PrometheusQuery, QueryFormat
from monitoring_kit.promql.parser import parse_selector
from monitoring_kit.promql.tree import Aggregation, Expression, GrafanaInterval, Selector, walk

# Stands in a legend for what tells the series apart, until it is known which labels do.
_LEGEND = "\0"

FORMATS = {View.HEATMAP: QueryFormat.BUCKETS, View.LIST: QueryFormat.ROWS, View.COLUMNS: QueryFormat.ROWS}
"""What a view expects of a query's result, if not series."""


class PanelQueries:
    """The queries of panels in one environment."""

    def __init__(self, definitions: Definitions, environment: Environment) -> None:
        self.definitions = definitions
        self.environment = environment
        self.settings = environment.settings()

    def of(
        self, panel: Panel, backend: Backend, watching: tuple[Alert, ...], variables: frozenset[str]
    ) -> tuple[PanelQuery, ...]:
        """The queries of `panel` at `backend`, none if its view cannot show how the signal is measured there.

        `watching` are the alerts raised there on the signal, `variables` the labels that a reader may narrow down.
        Raises Refused for a selector or a Kusto text that cannot be used.
        """
        match panel.signal.measure(backend):
            case prom.Measure() as measure:
                return tuple(self._prometheus(panel, measure, watching, variables))
            case kql.Measure() as measure:
                return tuple(self._log(panel, measure, watching))
            case azure.Metric() as metric if panel.view.judged:
                return tuple(self._platform(metric))
            case _:
                return ()

    def _prometheus(
        self, panel: Panel, measure: prom.Measure, watching: tuple[Alert, ...], variables: frozenset[str]
    ) -> Iterator[PrometheusQuery]:
        by = (*panel.signal.labels, *panel.labels)
        request = ViewRequest(
            # A column of a table shows the value as a stat does, the newest.
            view=View.STAT if panel.view is View.COLUMNS else panel.view,
            by=by,
            name=_LEGEND,
            # The line that is drawn is the one that is judged: same window, so that panel and alert never disagree.
            window=watching[0].threshold.window if watching and not panel.by else GrafanaInterval.RATE_INTERVAL,
            slower_than=_bound(watching),
            quantiles=panel.quantiles,
            severity=panel.severity,
        )
        format = FORMATS.get(panel.view, QueryFormat.SERIES)
        instant = panel.view in (View.STAT, View.LIST, View.COLUMNS)
        for legend, expression in measure.plots(request).items():
            constant = self._constant_labels(expression)
            name = " ".join(f"{{{{{label}}}}}" for label in by if label not in constant) or panel.signal.title
            shown = _worst(expression, panel, watching) if panel.worst else expression
            narrowed = placed(shown, self.definitions, self.settings, variables & {*by})
            yield PrometheusQuery(
                narrowed, panel.signal.title if panel.worst else legend.replace(_LEGEND, name), format, instant
            )

    def _constant_labels(self, expression: Expression) -> frozenset[str]:
        """Labels that have the same value in all series of the environment, and so tell none of them apart."""
        found = {"namespace"}
        for metric in scraped_metrics(expression, self.definitions):
            shape = self.definitions.catalogue.shape(metric)
            if shape is not None:
                found |= {m.label for m in parse_selector(shape.metric.source.scope) if m.operator == "="}
        return frozenset(found)

    def _platform(self, metric: azure.Metric) -> Iterator[PlatformQuery]:
        settings = self.environment.azure
        if settings is None or settings.online_endpoint is None:
            return
        endpoint = settings.online_endpoint
        legend = " ".join(f"{{{{{dimension}}}}}" for dimension in metric.dimensions)
        if not metric.on_deployment:
            yield PlatformQuery(metric, endpoint.id, legend or metric.metric.name)
            return
        for deployment in endpoint.deployments:
            resource = ResourceId(f"{endpoint.id}/deployments/{deployment}")
            yield PlatformQuery(metric, resource, f"{deployment} {legend}".strip())

    def _log(self, panel: Panel, measure: kql.Measure, watching: tuple[Alert, ...]) -> Iterator[LogQueryPlan]:
        request = ViewRequest(
            view=panel.view,
            by=panel.labels,
            name="",  # a legend is made of the columns
            window=GrafanaInterval.RATE_INTERVAL,
            slower_than=_bound(watching),
            quantiles=panel.quantiles,
        )
        text = measure.plots(request, panel.signal.column, panel.signal.unit)
        if text is not None:
            yield from self._log_query(panel, text, FORMATS.get(panel.view, QueryFormat.SERIES))

    def _log_query(self, panel: Panel, text: KqlText, format: QueryFormat) -> Iterator[LogQueryPlan]:
        settings = self.environment.azure
        tables = tables_named(text.text, self.definitions.tables)
        if settings is None:
            return
        scope = tables[0].scope if tables else LogScope.WORKSPACE
        component = settings.application_insights
        resource = component if scope is LogScope.COMPONENT and component is not None else settings.log_analytics
        # Grafana turns a result into series only where its rows are in order of time.
        order = f"\n| order by {tables[0].time} asc" if tables and format is QueryFormat.SERIES else ""
        try:
            query = render_kql(text.text + order, PANEL, self.settings, self.definitions.tables)
        except KqlTemplateError as error:
            subject = f"signal {panel.signal.name}"
            raise Refused(Finding(panel.signal.where, subject, str(error), check="kql")) from None
        names = tuple(table.name for table in tables)
        yield LogQueryPlan(query, scope, resource, format, text.by, text.values, names)


def _worst(expression: Expression, panel: Panel, watching: tuple[Alert, ...]) -> Expression:
    """The value of the series that is worst off, by what the alerts on it mind."""
    low_is_bad = isinstance(panel.signal, BudgetLeft) or any(
        not alert.threshold.comparison.worse_is_higher for alert in watching
    )
    kept = tuple(label for label in panel.signal.labels if label == "namespace")
    return Aggregation("min" if low_is_bad else "max", expression, "by", kept)


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
