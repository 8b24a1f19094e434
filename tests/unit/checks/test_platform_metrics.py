"""Platform metrics: the two of the guide do not exist, and Azure would say so only at deployment."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Literal

import pytest

from monitoring_kit.checks.platform_metrics import platform_metric_findings
from monitoring_kit.core.units import COUNT
from monitoring_kit.model import azure
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.log_tables import PlatformMetric, platform_metric
from monitoring_kit.plan.build import build_plan
from queries.platform_metrics import DEPLOYMENT, ENDPOINT, REQUESTS_PER_MINUTE
from tests.support.planting import shipped, shipped_environment
from tests.unit.render.azure.planned import METRIC_ALERT, planned


def messages(platform: azure.Metric) -> list[str]:
    return [
        str(finding)
        for finding in platform_metric_findings(planned(replace(METRIC_ALERT, platform=platform)), shipped())
    ]


def metric(namespace: str, name: str) -> PlatformMetric:
    return platform_metric(namespace, name, unit=COUNT, aggregations="Average Total", dimensions="deployment colour")


@pytest.mark.parametrize(
    ("namespace", "name", "words"),
    [
        (ENDPOINT, "Percentage CPU", ("no metric 'Percentage CPU'", "the contract has RequestLatency_P95, ")),
        (
            ENDPOINT,
            "RequestFailureRate",
            ("no metric 'RequestFailureRate'", "a ratio of two metrics needs a log alert"),
        ),
        (ENDPOINT, "CpuUtilizationPercentage", ("it is a metric of", DEPLOYMENT)),
        (DEPLOYMENT, "CpuUtilisationPercentage", ("did you mean CpuUtilizationPercentage?",)),
    ],
)
def test_a_metric_that_the_resource_does_not_have_is_refused(namespace: str, name: str, words: tuple[str, ...]) -> None:
    (message,) = messages(azure.Metric(metric=metric(namespace, name)))
    assert "tests/unit/checks/test_platform_metrics.py:" in message
    assert all(word in message for word in words), message


def test_a_namespace_that_no_resource_has_is_one_finding_whatever_rests_on_it() -> None:
    def misspelt(metric: PlatformMetric) -> PlatformMetric:
        return replace(metric, namespace=metric.namespace.replace("onlineEndpoints", "onlinEndpoints"))

    definitions = replace(shipped(), platform_metrics=tuple(map(misspelt, shipped().platform_metrics)))
    on_endpoint = replace(METRIC_ALERT, platform=azure.Metric(metric=misspelt(REQUESTS_PER_MINUTE)))
    of_endpoint, of_deployment = map(str, platform_metric_findings(planned(on_endpoint), definitions))
    assert "platform metric RequestsPerMinute: no resource" in of_endpoint
    assert f"did you mean {ENDPOINT}? write one of {ENDPOINT}, {DEPLOYMENT}" in of_endpoint
    assert "platform metric CpuUtilizationPercentage: no resource" in of_deployment
    assert f"did you mean {DEPLOYMENT}?" in of_deployment
    assert all(message.startswith("queries/platform_metrics.py:") for message in (of_endpoint, of_deployment))


def test_a_namespace_of_another_kind_of_resource_is_refused() -> None:
    (message,) = messages(azure.Metric(metric=metric("Microsoft.Compute/virtualMachines", "Percentage CPU")))
    assert "no resource of an environment has metrics of Microsoft.Compute/virtualMachines" in message
    assert "did you mean" not in message
    assert "tests/unit/checks/test_platform_metrics.py:" in message


@pytest.mark.parametrize("aggregation", ["Total", "Count", "Maximum"])
def test_an_aggregation_that_azure_does_not_offer_is_refused(
    aggregation: Literal["Total", "Count", "Maximum"],
) -> None:
    (message,) = messages(azure.Metric(metric=REQUESTS_PER_MINUTE, aggregation=aggregation))
    assert f"no {aggregation} of RequestsPerMinute" in message
    assert "one of Average" in message


@pytest.mark.parametrize(
    "platform",
    [
        azure.Metric(metric=REQUESTS_PER_MINUTE, by="colour"),
        azure.Metric(metric=REQUESTS_PER_MINUTE, only=MappingProxyType({"colour": "red"})),
        azure.Metric(metric=metric(ENDPOINT, "RequestsPerMinute"), by="deployment colour"),
    ],
    ids=["by", "only", "though a definition claims it"],
)
def test_a_dimension_that_the_metric_does_not_have_is_refused(platform: azure.Metric) -> None:
    (message,) = messages(platform)
    assert "no dimension 'colour'" in message
    assert "deployment, modelStatusCode, statusCode, statusCodeClass" in message


@pytest.mark.parametrize("name", ["staging", "production"])
def test_the_shipped_environments_ask_for_metrics_that_exist(name: str) -> None:
    assert platform_metric_findings(build_plan(shipped(), shipped_environment(name)), shipped()) == []


def test_the_contract_holds_what_is_measured_and_nothing_else() -> None:
    measures = [signal.measure(Backend.ONLINE_ENDPOINT) for signal in shipped().signals.values()]
    used = {measure.metric.name for measure in measures if isinstance(measure, azure.Metric)}
    assert {metric.name for metric in shipped().platform_metrics} == used
