"""Queries reach the data source in the shape that it reads today."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitoring_kit.core.durations import Duration
from monitoring_kit.environment.model import Environment
from monitoring_kit.model import azure
from monitoring_kit.model.backends import Backend
from queries.resources import cpu_utilisation
from queries.traffic import app_request_rate, request_rate, requests_per_minute
from tests.support.planting import shipped_environment
from tests.unit.render.grafana.planned import only_at, panel_of, shipped_panel

AZURE = {"type": "grafana-azure-monitor-datasource", "uid": "${azure}"}
RESOURCES = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/example-rg/providers"


def scraped_every(seconds: int) -> Environment:
    environment = shipped_environment("production")
    assert environment.prometheus is not None
    return replace(environment, prometheus=replace(environment.prometheus, scrape_interval=Duration(seconds)))


def test_a_prometheus_query() -> None:
    assert panel_of(request_rate.timeseries(12))["targets"] == [
        {
            "datasource": {"type": "prometheus", "uid": "${datasource}"},
            "editorMode": "code",
            "expr": (
                "sum by (namespace, model_name) (\n"
                "  avg_over_time(\n"
                "    model_version_status:model_predictions:rate5m{\n"
                '      job="ml-inference-metrics",\n'
                '      namespace="$namespace",\n'
                "    }[$__rate_interval]\n"
                "  )\n"
                ")"
            ),
            "format": "time_series",
            "instant": False,
            "interval": "30s",
            "legendFormat": "{{model_name}}",
            "range": True,
            "refId": "A",
        }
    ]


@pytest.mark.parametrize(("scraped", "least"), [(5, "30s"), (30, "30s"), (60, "1m"), (90, "90s")])
def test_a_rate_spans_four_scrapes_of_the_service_and_of_the_cluster(scraped: int, least: str) -> None:
    (target,) = panel_of(request_rate.timeseries(12), environment=scraped_every(scraped))["targets"]
    assert target["interval"] == least


@pytest.mark.parametrize(
    ("backend", "signal", "resource", "time"),
    [
        (
            Backend.ONLINE_ENDPOINT,
            request_rate,
            f"{RESOURCES}/Microsoft.OperationalInsights/workspaces/example-law",
            "TimeGenerated",
        ),
        (
            Backend.APPLICATION_INSIGHTS,
            app_request_rate,
            f"{RESOURCES}/Microsoft.Insights/components/example-appi",
            "timestamp",
        ),
    ],
)
def test_a_log_query(backend: Backend, signal: object, resource: str, time: str) -> None:
    rate = only_at(request_rate if signal is request_rate else app_request_rate, backend)
    panel = panel_of(rate.timeseries(12), environment="staging")
    (target,) = panel["targets"]
    query = target["azureLogAnalytics"].pop("query")
    assert f"| where $__timeFilter({time})" in query
    assert target == {
        "refId": "A",
        "datasource": AZURE,
        "queryType": "Azure Log Analytics",
        "azureLogAnalytics": {
            "resources": [resource],
            "mode": "raw",
            "resultFormat": "time_series",
            "dashboardTime": False,
            "timeColumn": time,
        },
    }
    assert panel["interval"] == "1m"


def test_a_log_list_comes_as_a_table() -> None:
    (target,) = shipped_panel("staging-endpoint", "Failed requests")["targets"]
    assert target["azureLogAnalytics"]["resultFormat"] == "table"


def test_a_platform_metric_of_a_deployment() -> None:
    namespace = "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments"
    assert panel_of(only_at(cpu_utilisation, Backend.ONLINE_ENDPOINT).timeseries(12), environment="staging")[
        "targets"
    ] == [
        {
            "refId": "A",
            "datasource": AZURE,
            "queryType": "Azure Monitor",
            "subscription": "00000000-0000-0000-0000-000000000000",
            "azureMonitor": {
                "resources": [
                    {
                        "subscription": "00000000-0000-0000-0000-000000000000",
                        "resourceGroup": "example-rg",
                        "resourceName": "example-mlw/ml-endpoint-staging/blue",
                        "metricNamespace": namespace,
                    }
                ],
                "metricNamespace": namespace,
                "metricName": "CpuUtilizationPercentage",
                "aggregation": "Average",
                "timeGrain": "auto",
                "allowedTimeGrainsMs": [],
                "dimensionFilters": [{"dimension": "instanceId", "operator": "eq", "filters": ["*"]}],
                "top": "100",
                "alias": "blue {{instanceId}}",
            },
        }
    ]


def test_a_dimension_can_be_held_to_one_value() -> None:
    measure = requests_per_minute.online_endpoint
    assert isinstance(measure, azure.Metric)
    failures = replace(measure, only={"statusCodeClass": "5xx"})
    (target,) = panel_of(replace(requests_per_minute, online_endpoint=failures).timeseries(12), environment="staging")[
        "targets"
    ]
    assert target["azureMonitor"]["dimensionFilters"] == [
        {"dimension": "statusCodeClass", "operator": "eq", "filters": ["5xx"]}
    ]


def test_each_deployment_of_an_endpoint_has_a_query_of_its_own() -> None:
    environment = shipped_environment("staging")
    assert environment.azure is not None and environment.azure.online_endpoint is not None
    deployments = tuple(f"blue-{number}" for number in range(28))
    endpoint = replace(environment.azure.online_endpoint, deployments=deployments)
    many = replace(environment, azure=replace(environment.azure, online_endpoint=endpoint))
    targets = panel_of(only_at(cpu_utilisation, Backend.ONLINE_ENDPOINT).timeseries(12), environment=many)["targets"]
    names = [target["azureMonitor"]["resources"][0]["resourceName"].rpartition("/")[2] for target in targets]
    assert names == list(deployments)
    assert [target["refId"] for target in targets][24:] == ["Y", "Z", "AA", "AB"]
