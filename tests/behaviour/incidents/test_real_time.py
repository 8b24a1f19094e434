"""One incident in real time, from the prediction that fails to the notification that arrives and is taken back.

The rules are those of the reference environment production with all times divided by one factor; everything else is
real: HTTP, workers, scrapes, evaluations, Alertmanager, webhook.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.demo.cluster import MODEL_NAME, pod_name
from examples.demo.incidents import INCIDENTS, WELL, Incident
from examples.demo.receiver import Notification
from examples.demo.stack import Stack, plan_of, running_stack
from monitoring_kit.environment.model import PrometheusSettings
from monitoring_kit.plan.model import Plan
from monitoring_kit.programs.prometheus import query
from queries.metrics import TARGET_LABELS
from tests.support.planting import REFERENCE

ENVIRONMENT = REFERENCE / "production.yaml"
# The longest way: the window has to fill or to empty, the hold to pass, each program to notice.
WITHIN_SECONDS = 25.0


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(ENVIRONMENT)


def say_nothing(notification: Notification) -> None:
    """The test reads what the receiver keeps."""


@pytest.fixture
def stack(plan: Plan, tmp_path: Path) -> Iterator[Stack]:
    with running_stack(plan, tmp_path, say_nothing) as running:
        yield running


def incident(word: str) -> Incident:
    return next(incident for incident in INCIDENTS if incident.word == word)


def settings(stack: Stack) -> PrometheusSettings:
    assert stack.plan.environment.prometheus is not None
    return stack.plan.environment.prometheus


def wait_for_rejected_traffic(stack: Stack) -> None:
    """Until callers have also sent bad input for a while, which must not count as errors."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not query(stack.prometheus, 'increase(model_predictions_total{status="rejected"}[5s]) > 0', time.time()):
        assert time.monotonic() < deadline, "no traffic is measured"
        time.sleep(0.1)


def in_short(notifications: tuple[Notification, ...]) -> list[tuple[str, str, str]]:
    return [(each.status, each.labels["alertname"], each.labels["severity"]) for each in notifications]


def test_an_incident_is_notified_by_level_and_taken_back_when_it_ends(stack: Stack) -> None:
    wait_for_rejected_traffic(stack)
    (up,) = query(stack.prometheus, f'up{{job="{settings(stack).service}"}}', time.time())
    assert set(up.labels) == {"__name__", *TARGET_LABELS.split()}
    assert stack.receiver.notifications == ()

    stack.bring_about(incident("errors"))  # above both levels, of which the worse one mutes the other
    fired = stack.receiver.wait_for(1, WITHIN_SECONDS)
    assert in_short(fired) == [("firing", "ModelErrorRatioHigh", "critical")]
    for notification in fired:
        assert_says_what_a_person_needs(notification, stack)

    stack.bring_about(incident("few-errors"))  # between the levels
    assert sorted(in_short(stack.receiver.wait_for(3, WITHIN_SECONDS)[1:])) == [
        ("firing", "ModelErrorRatioHigh", "warning"),
        ("resolved", "ModelErrorRatioHigh", "critical"),
    ]

    stack.bring_about(WELL)
    assert in_short(stack.receiver.wait_for(4, WITHIN_SECONDS)[3:]) == [
        ("resolved", "ModelErrorRatioHigh", "warning"),
    ]


def assert_says_what_a_person_needs(notification: Notification, stack: Stack) -> None:
    environment, namespace = stack.plan.environment, settings(stack).namespace
    assert notification.labels == {
        "alertname": "ModelErrorRatioHigh",
        "severity": notification.labels["severity"],
        "team": "ml-serving",
        "service": settings(stack).workload,
        "namespace": namespace,
        "model_name": MODEL_NAME,
    }
    texts = notification.annotations
    assert set(texts) == {"summary", "description", "runbook_url", "dashboard_url"}
    assert texts["runbook_url"] == f"{environment.runbooks_url}/ModelErrorRatioHigh.md"
    assert re.fullmatch(
        re.escape(f"{environment.grafana_url}/d/production-service?from=now-3h&to=now")
        + f"&var-namespace={namespace}&var-model_name={MODEL_NAME}"
        + r"&viewPanel=\d+",
        texts["dashboard_url"],
    )
    percentage = r"(?P<percentage>[0-9.]+)%"
    said = re.fullmatch(
        rf"Model {MODEL_NAME} in {namespace} fails {percentage} of its valid requests\.", texts["summary"]
    )
    assert said is not None, texts["summary"]
    assert 5 < float(said["percentage"]) < 50
    assert re.match(rf"Error ratio: {percentage} over 5 minutes\. Threshold: more than ", texts["description"])


def test_the_pod_is_named_as_the_rules_expect(plan: Plan) -> None:
    assert plan.environment.prometheus is not None
    assert re.fullmatch(plan.environment.settings()["pods"], pod_name(plan.environment.prometheus))


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.word)
def test_every_incident_names_alerts_of_the_environment(incident: Incident, plan: Plan) -> None:
    assert set(incident.alerts) <= {rule.alert.name for rule in plan.prometheus_alerts}
    assert bool(incident.silent_because) == (not incident.alerts and incident is not WELL)
