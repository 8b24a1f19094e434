"""Queries as Grafana's data sources take them: Prometheus, and both kinds of Azure Monitor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count, product
from string import ascii_uppercase

from grafanalib import core as grafana

from monitoring_kit.core.durations import Duration
from monitoring_kit.environment.model import PrometheusSettings
from monitoring_kit.model.log_tables import LogScope
from monitoring_kit.plan.model import LogQueryPlan, PanelQuery, PlatformQuery, PrometheusQuery, QueryFormat
from monitoring_kit.promql.printer import print_promql
from monitoring_kit.render.grafana.schema import JsonObject

# The names of the variables by which a reader chooses the data source.
PROMETHEUS_VARIABLE = "datasource"
AZURE_VARIABLE = "azure"

PROMETHEUS_TYPE = "prometheus"
AZURE_TYPE = "grafana-azure-monitor-datasource"

# What kube-prometheus-stack scrapes the cluster with, whatever the interval of the service's own metrics.
CLUSTER_SCRAPE_INTERVAL = Duration(30)

_PROMETHEUS_FORMATS = {
    QueryFormat.SERIES: "time_series",
    QueryFormat.ROWS: "table",
    QueryFormat.BUCKETS: "heatmap",
}
_LOG_FORMATS = {QueryFormat.SERIES: "time_series", QueryFormat.ROWS: "table"}
_TIME_COLUMNS = {LogScope.WORKSPACE: "TimeGenerated", LogScope.COMPONENT: "timestamp"}
# Azure returns ten series unless it is asked for more, and drops the rest without a word.
_MOST_AZURE_SERIES = "100"


def data_source(query: PanelQuery) -> JsonObject:
    """The data source of a query, by variable."""
    if isinstance(query, PrometheusQuery):
        return {"type": PROMETHEUS_TYPE, "uid": f"${{{PROMETHEUS_VARIABLE}}}"}
    return {"type": AZURE_TYPE, "uid": f"${{{AZURE_VARIABLE}}}"}


def targets(queries: Iterable[PanelQuery], prometheus: PrometheusSettings | None) -> list[JsonObject]:
    """The queries of a panel, called A, B, C and so on."""
    return [
        {**_body(query, prometheus), "refId": reference, "datasource": data_source(query)}
        for reference, query in zip(_references(), queries, strict=False)
    ]


def _references() -> Iterator[str]:
    """A to Z, then AA, AB and so on."""
    for length in count(1):
        yield from map("".join, product(ascii_uppercase, repeat=length))


def _body(query: PanelQuery, prometheus: PrometheusSettings | None) -> JsonObject:
    match query:
        case PrometheusQuery():
            return _prometheus(query, prometheus)
        case LogQueryPlan():
            return _log(query)
        case PlatformQuery():
            return _platform(query)


def _prometheus(query: PrometheusQuery, prometheus: PrometheusSettings | None) -> JsonObject:
    scrape = prometheus.scrape_interval if prometheus else CLUSTER_SCRAPE_INTERVAL
    target: JsonObject = grafana.Target(
        expr=print_promql(query.expression),
        format=_PROMETHEUS_FORMATS[query.format],
        legendFormat=query.legend,
        instant=query.instant,
        # Grafana computes $__rate_interval from this, else from a setting of the data source that may not fit.
        interval=max(scrape, CLUSTER_SCRAPE_INTERVAL).prometheus(),
    ).to_json_data()
    return {**target, "range": not query.instant, "editorMode": "code"}


def _log(query: LogQueryPlan) -> JsonObject:
    return {
        "queryType": "Azure Log Analytics",
        "azureLogAnalytics": {
            "resources": [str(query.resource)],
            "query": query.query,
            "mode": "raw",
            "resultFormat": _LOG_FORMATS[query.format],
            # The query filters by $__timeFilter itself, on the column that it knows to hold the time.
            "dashboardTime": False,
            "timeColumn": _TIME_COLUMNS[query.scope],
        },
    }


def _platform(query: PlatformQuery) -> JsonObject:
    platform, resource = query.platform, query.resource
    namespace = platform.metric.namespace.lower()
    dimensions = {**dict.fromkeys(platform.dimensions, "*"), **platform.only}
    return {
        "queryType": "Azure Monitor",
        "subscription": resource.subscription,
        "azureMonitor": {
            "resources": [
                {
                    "subscription": resource.subscription,
                    "resourceGroup": resource.resource_group,
                    "resourceName": "/".join(resource.names),
                    "metricNamespace": namespace,
                }
            ],
            "metricNamespace": namespace,
            "metricName": platform.metric.name,
            "aggregation": platform.aggregation,
            "timeGrain": "auto",
            "allowedTimeGrainsMs": [],
            "dimensionFilters": [
                {"dimension": name, "operator": "eq", "filters": [value]} for name, value in dimensions.items()
            ],
            "top": _MOST_AZURE_SERIES,
            "alias": query.legend,
        },
    }
