"""What Prometheus alerts become in `prometheus-rule-groups.json`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from monitoring_kit.core.durations import Duration
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.model import Plan, PrometheusAlert
from monitoring_kit.render.azure.alerts import render_azure
from tests.unit.render.azure.planned import (
    ALERT,
    AZURE,
    CLUSTER,
    ENVIRONMENT,
    MANAGED,
    MONITOR,
    PROMETHEUS,
    PROMETHEUS_ALERT,
    planned,
    with_for,
)

WITH_MANAGED = replace(AZURE, managed_prometheus=MANAGED)


def groups(*alerts: PrometheusAlert) -> list[dict[str, Any]]:
    files = render_azure(planned(*alerts, azure=WITH_MANAGED))
    return list(json.loads(files["azure/prometheus-rule-groups.json"])["resources"])


def test_a_group_of_prometheus_becomes_a_rule_group() -> None:
    (group,) = groups(PROMETHEUS_ALERT)
    assert (group["type"], group["apiVersion"], group["name"]) == (
        "Microsoft.AlertsManagement/prometheusRuleGroups",
        "2023-03-01",
        "test-ml-errors",
    )
    properties = group["properties"]
    assert properties["scopes"] == ["[parameters('monitorWorkspaceId')]", "[parameters('clusterId')]"]
    assert properties["clusterName"] == "[parameters('clusterName')]"
    assert properties["rules"] == [
        {
            "alert": "ErrorsHigh",
            "expression": "up > 0",
            "for": "PT5M",
            "severity": 0,
            "enabled": True,
            "labels": {"severity": "critical", "team": "ml"},
            "annotations": {"summary": "Model {{ $labels.model_name }} fails."},
            "resolveConfiguration": {"autoResolved": True, "timeToResolve": "PT10M"},
            "actions": [{"actionGroupId": "[resourceId('Microsoft.Insights/actionGroups', 'test-alerts')]"}],
        }
    ]


def test_ids_and_names_of_resources_are_parameters() -> None:
    files = render_azure(planned(PROMETHEUS_ALERT, azure=WITH_MANAGED))
    values = json.loads(files["azure/prometheus-rule-groups.parameters.json"])["parameters"]
    assert {name: given["value"] for name, given in values.items()} == {
        "clusterId": CLUSTER,
        "clusterName": "aks",
        "location": "westeurope",
        "monitorWorkspaceId": MONITOR,
    }
    assert "/subscriptions/" not in files["azure/prometheus-rule-groups.json"]


@pytest.mark.parametrize(("seconds", "interval"), [(15, "PT1M"), (30, "PT1M"), (60, "PT1M"), (120, "PT2M")])
def test_a_group_runs_no_more_often_than_azure_allows(seconds: int, interval: str) -> None:
    plan = planned(PROMETHEUS_ALERT, azure=WITH_MANAGED)
    prometheus = replace(PROMETHEUS, evaluation_interval=Duration(seconds))
    plan = replace(plan, environment=replace(ENVIRONMENT, azure=WITH_MANAGED, prometheus=prometheus))
    (group,) = json.loads(render_azure(plan)["azure/prometheus-rule-groups.json"])["resources"]
    assert group["properties"]["interval"] == interval


@pytest.mark.parametrize(("minutes", "text"), [(0, "PT0S"), (5, "PT5M"), (90, "PT1H30M")])
def test_the_hold_is_written_as_iso_8601(minutes: int, text: str) -> None:
    (group,) = groups(replace(PROMETHEUS_ALERT, alert=with_for(ALERT, minutes)))
    assert group["properties"]["rules"][0]["for"] == text


def test_the_level_follows_the_severity() -> None:
    alerts = [replace(PROMETHEUS_ALERT, severity=severity) for severity in Severity]
    (group,) = groups(*alerts)
    assert [rule["severity"] for rule in group["properties"]["rules"]] == [0, 2, 3]


@pytest.mark.parametrize(
    ("number", "sizes"),
    [
        (1, {"test-ml-errors": 1}),
        (20, {"test-ml-errors": 20}),
        (21, {"test-ml-errors": 20, "test-ml-errors-2": 1}),
        (41, {"test-ml-errors": 20, "test-ml-errors-2": 20, "test-ml-errors-3": 1}),
    ],
)
def test_a_group_with_more_than_20_rules_is_split(number: int, sizes: dict[str, int]) -> None:
    plan: Plan = planned(*[PROMETHEUS_ALERT] * number)
    assert {name: len(alerts) for name, alerts in plan.azure_rule_groups.items()} == sizes


def test_an_annotation_in_brackets_stays_text() -> None:
    (group,) = groups(replace(PROMETHEUS_ALERT, annotations={"summary": "[resourceGroup().id]"}))
    assert group["properties"]["rules"][0]["annotations"] == {"summary": "[[resourceGroup().id]"}


@pytest.mark.parametrize("alerts", [(), (PROMETHEUS_ALERT,)], ids=["no alerts", "no managed Prometheus"])
def test_there_is_no_file_without_something_to_put_in_it(alerts: tuple[PrometheusAlert, ...]) -> None:
    azure = AZURE if alerts else WITH_MANAGED
    assert "azure/prometheus-rule-groups.json" not in render_azure(planned(*alerts, azure=azure))
