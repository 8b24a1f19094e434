"""Where an alert is raised: once for each service, by the place that sees it best."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitoring_kit.environment.model import AzureSettings, Environment
from monitoring_kit.model.backends import Backend
from monitoring_kit.plan.backends import raised_at
from tests.support.planting import shipped, shipped_environment

PROMETHEUS, ENDPOINT, INSIGHTS, CONTAINERS = Backend


def azure_of(name: str) -> AzureSettings:
    azure = shipped_environment(name).azure
    assert azure is not None
    return azure


def hybrid(*, repeat: bool = False, endpoint: bool = False) -> Environment:
    azure = replace(azure_of("production"), repeat_prometheus_alerts=repeat)
    if endpoint:
        azure = replace(azure, online_endpoint=azure_of("staging").online_endpoint)
    return replace(shipped_environment("production"), azure=azure)


OPTION_A = replace(shipped_environment("production"), azure=None)
OPTION_B = replace(shipped_environment("production"), prometheus=None)


@pytest.mark.parametrize(
    ("alert", "environment", "backends"),
    [
        ("InferenceContainerRestarts", OPTION_A, (PROMETHEUS,)),
        ("InferenceContainerRestarts", OPTION_B, (CONTAINERS,)),
        ("InferenceContainerRestarts", hybrid(), (PROMETHEUS,)),
        ("InferenceContainerRestarts", hybrid(repeat=True), (PROMETHEUS, CONTAINERS)),
        ("InferenceErrorsLogged", OPTION_A, ()),
        ("InferenceErrorsLogged", hybrid(), (CONTAINERS,)),
        ("ModelErrorRatioHigh", shipped_environment("staging"), (ENDPOINT,)),
        ("ModelExceptionsRaised", shipped_environment("staging"), (INSIGHTS,)),
        ("ModelErrorRatioHigh", hybrid(endpoint=True), (PROMETHEUS, ENDPOINT)),
        ("ModelTrafficStopped", shipped_environment("staging"), ()),
        ("ModelTrafficStopped", hybrid(repeat=True, endpoint=True), (PROMETHEUS,)),
    ],
    ids=[
        "option A",
        "option B",
        "option C: Prometheus alone",
        "option C while migrating: both",
        "option A has no container logs",
        "option C: Azure sees what Prometheus cannot",
        "an endpoint: the gateway's log",
        "an endpoint: what only the container reports",
        "a cluster and an endpoint are two services",
        "a log alert cannot notice that rows are missing",
        "nor does Azure repeat what it cannot notice",
    ],
)
def test_an_alert_is_raised_where_it_is_seen_best(
    alert: str, environment: Environment, backends: tuple[Backend, ...]
) -> None:
    assert raised_at(shipped().alerts[alert], environment) == backends
