"""What Prometheus alerts become in `prometheus-rule-groups.json`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from monitoring_kit.core.durations import Duration
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan, PrometheusAlert
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line
from monitoring_kit.render.azure.alerts import render_azure
from monitoring_kit.render.azure.rule_groups import as_the_addon_scrapes
from tests.support.planting import shipped, shipped_environment
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
        "location": "northeurope",
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


@pytest.mark.parametrize(("minutes", "text"), [(0, None), (5, "PT5M"), (90, "PT1H30M")])
def test_the_hold_is_written_as_iso_8601_and_left_out_where_there_is_none(minutes: int, text: str | None) -> None:
    (group,) = groups(replace(PROMETHEUS_ALERT, alert=with_for(ALERT, minutes)))
    assert group["properties"]["rules"][0].get("for") == text


def test_rule_groups_lie_in_the_region_of_the_azure_monitor_workspace() -> None:
    files = render_azure(planned(PROMETHEUS_ALERT, azure=WITH_MANAGED))
    values = json.loads(files["azure/prometheus-rule-groups.parameters.json"])["parameters"]
    assert values["location"] == {"value": "northeurope"} != {"value": WITH_MANAGED.location}
    beside = replace(WITH_MANAGED, managed_prometheus=replace(MANAGED, location=None))
    files = render_azure(planned(PROMETHEUS_ALERT, azure=beside))
    values = json.loads(files["azure/prometheus-rule-groups.parameters.json"])["parameters"]
    assert values["location"] == {"value": WITH_MANAGED.location}


def test_containers_are_found_under_the_name_that_the_addon_gives_them() -> None:
    cadvisor, kubelet = 'a{job="kubelet", metrics_path="/metrics/cadvisor", pod="p"}', 'b{job="kubelet", pod="p"}'
    both = f"{cadvisor} / on (pod) {kubelet}"
    assert one_line(as_the_addon_scrapes(parse(both))) == one_line(
        parse('a{job="cadvisor", pod="p"} / on (pod) b{job="kubelet", pod="p"}')
    )
    shipped_rules = render_azure(build_plan(shipped(), shipped_environment("production")))
    text = shipped_rules["azure/prometheus-rule-groups.json"]
    assert "cadvisor" in text
    assert "kubelet" not in text
    assert "metrics_path" not in text


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
