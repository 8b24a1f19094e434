"""An Azure alert that is split by a dimension is about one of many things, and its text says so."""

from __future__ import annotations

import pytest

from monitoring_kit.model.backends import Backend
from monitoring_kit.plan.model import LogAlert, MetricAlert
from monitoring_kit.plan.texts import azure_subject
from tests.acceptance.kusto.variants import OPTION_B, STAGING, plan_of, variants

ENDPOINT = "ndpoint ml-endpoint-staging"
SUBJECTS = {
    (STAGING, "ModelErrorRatioHigh"): f"A deployment of e{ENDPOINT} fails more than",
    (STAGING, "ModelLatencyHigh"): f"A deployment of e{ENDPOINT} answers more than",
    (STAGING, "ModelRejectsNearlyAll"): f"A deployment of e{ENDPOINT} refuses more than",
    (STAGING, "ModelRejectedRatioHigh"): f"A deployment of e{ENDPOINT} refuses more than",
    (STAGING, "ModelExceptionsRaised"): f"A cloud role of e{ENDPOINT} raised more than",
    (STAGING, "InferenceCpuNearLimit"): f"An instance of deployment blue of e{ENDPOINT} uses more than",
    (STAGING, "InferenceMemoryNearLimit"): f"An instance of deployment blue of e{ENDPOINT} uses more than",
    (STAGING, "EndpointWithoutDeployment"): f"E{ENDPOINT} answers more than 5 requests a minute with 404",
    (STAGING, "EndpointServerErrors"): f"E{ENDPOINT} fails more than 10 requests a minute",
    (STAGING, "EndpointTrafficStopped"): f"E{ENDPOINT} is not asked",
    (OPTION_B, "InferenceContainerRestarts"): "A container of Deployment ml-inference in production was restarted",
    (OPTION_B, "InferenceCpuNearLimit"): "A container of Deployment ml-inference in production uses more than",
    (OPTION_B, "InferenceMemoryNearLimit"): "A container of Deployment ml-inference in production uses more than",
    (OPTION_B, "InferenceErrorsLogged"): "A pod of Deployment ml-inference in production logged more than",
}


def raised_by_azure(environment: str) -> tuple[LogAlert | MetricAlert, ...]:
    plan = plan_of(environment)
    return (*plan.log_alerts, *plan.metric_alerts)


@pytest.mark.parametrize(("environment", "alert"), SUBJECTS)
def test_an_alert_says_what_it_is_about(environment: str, alert: str) -> None:
    raised = [one for one in raised_by_azure(environment) if one.alert.name == alert]
    assert raised
    assert [one.summary for one in raised if not one.summary.startswith(SUBJECTS[environment, alert])] == []


def test_every_alert_that_azure_raises_is_listed() -> None:
    assert {(name, one.alert.name) for name in (STAGING, OPTION_B) for one in raised_by_azure(name)} == set(SUBJECTS)


@pytest.mark.parametrize(
    ("dimensions", "deployment", "subject"),
    [
        ((), "", f"E{ENDPOINT}"),
        (("EndpointName",), "", f"E{ENDPOINT}"),
        ((), "blue", f"Deployment blue of e{ENDPOINT}"),
        (("Region",), "", f"A Region of e{ENDPOINT}"),
    ],
)
def test_what_is_not_split_is_the_whole(dimensions: tuple[str, ...], deployment: str, subject: str) -> None:
    assert azure_subject(Backend.ONLINE_ENDPOINT, variants()[STAGING], dimensions, deployment) == subject
