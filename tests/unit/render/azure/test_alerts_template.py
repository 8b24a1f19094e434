"""What a planned alert becomes in `alerts.json`."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from monitoring_kit.environment.model import ActionGroup, AzureFunction, LogicApp
from monitoring_kit.environment.values import ResourceId
from monitoring_kit.model.log_tables import LogScope
from monitoring_kit.model.signals import Increase
from monitoring_kit.model.thresholds import Comparison, Severity
from monitoring_kit.plan.model import Plan
from monitoring_kit.render.azure.alerts import render_azure
from tests.acceptance.azure.arm_models import problems
from tests.unit.render.azure.planned import (
    ALERT,
    AZURE,
    COMPONENT,
    CPU,
    ENDPOINT,
    GROUP,
    LOG_ALERT,
    METRIC_ALERT,
    PLAN,
    WORKSPACE,
    planned,
)


def document(plan: Plan, name: str = "azure/alerts.json") -> dict[str, Any]:
    return dict(json.loads(render_azure(plan)[name]))


def resource(plan: Plan, name: str) -> dict[str, Any]:
    (found,) = [resource for resource in document(plan)["resources"] if resource["name"] == name]
    return dict(found)


def nested(plan: Plan, deployment: str) -> dict[str, Any]:
    (inner,) = resource(plan, deployment)["properties"]["template"]["resources"]
    return dict(inner)


def test_a_log_alert_becomes_a_scheduled_query_rule() -> None:
    rule = resource(planned(LOG_ALERT), "test-ErrorsHigh-critical")
    assert (rule["type"], rule["apiVersion"]) == ("Microsoft.Insights/scheduledQueryRules", "2026-03-01")
    assert (rule["kind"], rule["identity"]) == ("LogAlert", {"type": "SystemAssigned"})
    assert rule["location"] == "[parameters('location')]"
    properties = rule["properties"]
    assert properties["scopes"] == ["[parameters('logAnalyticsId')]"]
    assert (properties["evaluationFrequency"], properties["windowSize"]) == ("PT5M", "PT5M")
    assert (properties["severity"], properties["enabled"], properties["autoMitigate"]) == (0, True, True)
    assert properties["criteria"] == {
        "allOf": [
            {
                "query": LOG_ALERT.query,
                "metricMeasureColumn": "Errors",
                "timeAggregation": "Maximum",
                "operator": "GreaterThan",
                "threshold": 0.05,
                "dimensions": [{"name": "Deployment", "operator": "Include", "values": ["*"]}],
                "failingPeriods": {"numberOfEvaluationPeriods": 2, "minFailingPeriodsToAlert": 2},
            }
        ]
    }


def test_a_metric_alert_becomes_a_rule_of_one_deployment() -> None:
    rule = resource(planned(METRIC_ALERT), "test-ErrorsHigh-warning-blue")
    assert (rule["type"], rule["apiVersion"], rule["location"]) == (
        "Microsoft.Insights/metricAlerts",
        "2026-01-01",
        "global",
    )
    properties = rule["properties"]
    assert properties["scopes"] == ["[concat(parameters('onlineEndpointId'), '/deployments/blue')]"]
    assert (properties["evaluationFrequency"], properties["windowSize"], properties["severity"]) == ("PT1M", "PT15M", 2)
    (condition,) = properties["criteria"]["allOf"]
    assert condition == {
        "name": "CpuUtilizationPercentage",
        "criterionType": "StaticThresholdCriterion",
        "metricNamespace": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
        "metricName": "CpuUtilizationPercentage",
        "timeAggregation": "Average",
        "operator": "GreaterThan",
        "threshold": 80,
        "dimensions": [{"name": "instanceId", "operator": "Include", "values": ["*"]}],
    }


def test_a_metric_alert_without_a_deployment_watches_the_endpoint() -> None:
    rule = resource(planned(replace(METRIC_ALERT, deployment="")), "test-ErrorsHigh-warning")
    assert rule["properties"]["scopes"] == ["[parameters('onlineEndpointId')]"]


def test_a_platform_metric_can_be_narrowed_to_one_value_of_a_dimension() -> None:
    only = replace(CPU, by="", only=MappingProxyType({"instanceId": "i-1"}))
    rule = resource(planned(replace(METRIC_ALERT, platform=only)), "test-ErrorsHigh-warning-blue")
    (condition,) = rule["properties"]["criteria"]["allOf"]
    assert condition["dimensions"] == [{"name": "instanceId", "operator": "Include", "values": ["i-1"]}]


@pytest.mark.parametrize(
    ("severity", "level"), [(Severity.CRITICAL, 0), (Severity.WARNING, 2), (Severity.INFO, 3)], ids=str
)
def test_severities_are_azures_levels(severity: Severity, level: int) -> None:
    rule = resource(planned(replace(LOG_ALERT, severity=severity)), f"test-ErrorsHigh-{severity.value}")
    assert rule["properties"]["severity"] == level


def test_a_value_that_gets_worse_by_falling_is_judged_by_its_minimum() -> None:
    falling = replace(ALERT, threshold=replace(ALERT.threshold, comparison=Comparison.BELOW))
    rule = resource(planned(replace(LOG_ALERT, alert=falling)), "test-ErrorsHigh-critical")
    (condition,) = rule["properties"]["criteria"]["allOf"]
    assert (condition["timeAggregation"], condition["operator"]) == ("Minimum", "LessThan")


def test_log_alerts_that_azure_switches_off_or_cannot_run_are_told() -> None:
    off, unhealthy = (resource(planned(LOG_ALERT), f"test-LogAlert{what}") for what in ("Disabled", "Unhealthy"))
    for rule in (off, unhealthy):
        assert rule["type"] == "Microsoft.Insights/activityLogAlerts"
        assert rule["properties"]["scopes"] == ["[resourceGroup().id]"]
        (action,) = rule["properties"]["actions"]["actionGroups"]
        assert [action["actionGroupId"]] == rule["dependsOn"]
    assert {"field": "operationName", "equals": "Microsoft.Insights/scheduledQueryRules/disable/action"} in (
        off["properties"]["condition"]["allOf"]
    )
    *_, statuses = unhealthy["properties"]["condition"]["allOf"]
    assert [one["equals"] for one in statuses["anyOf"]] == ["Degraded", "Unavailable"]
    assert "activityLogAlerts" not in render_azure(planned(METRIC_ALERT))["azure/alerts.json"]


def test_numbers_of_events_are_added_up_so_that_bins_may_end_wherever_they_do() -> None:
    counted = replace(LOG_ALERT, alert=replace(ALERT, signal=Increase(title="Kills", description="Kills.")))
    rule = resource(planned(counted), "test-ErrorsHigh-critical")
    assert rule["properties"]["criteria"]["allOf"][0]["timeAggregation"] == "Total"


def test_nothing_is_written_that_is_empty() -> None:
    azure = replace(AZURE, action_group=ActionGroup("ml", emails=("a@example.com",)))
    whole = replace(METRIC_ALERT, platform=replace(CPU, by=""))
    texts = render_azure(planned(replace(LOG_ALERT, dimensions=()), whole, azure=azure)).values()
    assert [text for text in texts if "[]" in text] == []


def test_a_query_of_the_component_runs_in_its_scope() -> None:
    plan = planned(replace(LOG_ALERT, scope=LogScope.COMPONENT))
    rule = resource(plan, "test-ErrorsHigh-critical")
    assert rule["properties"]["scopes"] == ["[parameters('applicationInsightsId')]"]
    values = document(plan, "azure/alerts.parameters.json")["parameters"]
    assert values["applicationInsightsId"] == {"value": COMPONENT}


def test_the_message_says_what_why_and_where_to_look() -> None:
    text = resource(planned(LOG_ALERT), "test-ErrorsHigh-critical")["properties"]["description"]
    assert text.splitlines() == [
        "Endpoint ep fails.",
        "Errors over 5 minutes.",
        "Dashboard: https://grafana.example.com/d/x",
        "Runbook: https://git.example.com/ErrorsHigh.md",
    ]


def test_webhooks_get_the_same_facts_from_both_kinds_of_rules() -> None:
    plan = planned(LOG_ALERT, METRIC_ALERT)
    log = resource(plan, "test-ErrorsHigh-critical")["properties"]["actions"]
    (metric,) = resource(plan, "test-ErrorsHigh-warning-blue")["properties"]["actions"]
    assert log["customProperties"].keys() == metric["webHookProperties"].keys()
    assert log["customProperties"] == {
        "alertname": "ErrorsHigh",
        "environment": "test",
        "severity": "critical",
        "summary": "Endpoint ep fails.",
        "team": "ml",
        "dashboard_url": "https://grafana.example.com/d/x",
        "runbook_url": "https://git.example.com/ErrorsHigh.md",
    }


def test_a_link_that_leads_nowhere_is_left_out() -> None:
    rule = resource(planned(replace(LOG_ALERT, links={"dashboard_url": ""})), "test-ErrorsHigh-critical")
    assert "Dashboard:" not in rule["properties"]["description"]
    assert "dashboard_url" not in rule["properties"]["actions"]["customProperties"]


def test_every_rule_tells_the_action_group_which_is_made_first() -> None:
    plan = planned(LOG_ALERT, METRIC_ALERT)
    group = "[resourceId('Microsoft.Insights/actionGroups', 'test-alerts')]"
    log, metric = resource(plan, "test-ErrorsHigh-critical"), resource(plan, "test-ErrorsHigh-warning-blue")
    assert log["properties"]["actions"]["actionGroups"] == [group]
    assert metric["properties"]["actions"][0]["actionGroupId"] == group
    assert log["dependsOn"] == metric["dependsOn"] == [group]


def test_receivers_use_the_common_schema_and_webhook_urls_are_asked_for() -> None:
    azure = replace(AZURE, action_group=ActionGroup("ml", emails=("a@example.com",), webhooks=("oncall", "teams")))
    plan = planned(azure=azure)
    group = resource(plan, "test-alerts")["properties"]
    assert (group["groupShortName"], group["enabled"]) == ("ml", True)
    assert group["emailReceivers"] == [
        {"name": "a@example.com", "emailAddress": "a@example.com", "useCommonAlertSchema": True}
    ]
    assert [receiver["serviceUri"] for receiver in group["webhookReceivers"]] == [
        "[parameters('webhookUrl_oncall')]",
        "[parameters('webhookUrl_teams')]",
    ]
    assert all(receiver["useCommonAlertSchema"] for receiver in group["webhookReceivers"])
    assert document(plan)["parameters"]["webhookUrl_teams"]["type"] == "secureString"
    assert "webhookUrl_teams" not in document(plan, "azure/alerts.parameters.json")["parameters"]


def test_logic_apps_and_functions_are_called_by_urls_that_are_asked_for() -> None:
    workflow, site = f"{GROUP}/Microsoft.Logic/workflows/teams", f"{GROUP}/Microsoft.Web/sites/func"
    azure = replace(
        AZURE,
        action_group=ActionGroup(
            "ml",
            logic_apps=(LogicApp("teams_channel", ResourceId(workflow)),),
            azure_functions=(AzureFunction("pager", ResourceId(site), "notify"),),
        ),
    )
    plan = planned(azure=azure)
    group = resource(plan, "test-alerts")["properties"]
    assert group["logicAppReceivers"] == [
        {
            "name": "teams_channel",
            "resourceId": "[parameters('logicAppId_teams_channel')]",
            "callbackUrl": "[parameters('callbackUrl_teams_channel')]",
            "useCommonAlertSchema": True,
        }
    ]
    assert group["azureFunctionReceivers"] == [
        {
            "name": "pager",
            "functionAppResourceId": "[parameters('functionAppId_pager')]",
            "functionName": "notify",
            "httpTriggerUrl": "[parameters('callbackUrl_pager')]",
            "useCommonAlertSchema": True,
        }
    ]
    declared, given = document(plan)["parameters"], document(plan, "azure/alerts.parameters.json")["parameters"]
    assert {declared[name]["type"] for name in ("callbackUrl_teams_channel", "callbackUrl_pager")} == {"secureString"}
    assert given["logicAppId_teams_channel"] == {"value": workflow}
    assert given["functionAppId_pager"] == {"value": site}
    assert problems(resource(plan, "test-alerts")) == []


def test_the_logs_of_the_endpoint_are_sent_to_the_workspace() -> None:
    setting = nested(planned(), "test-diagnostics")
    assert setting["type"] == "Microsoft.Insights/diagnosticSettings"
    assert setting["scope"] == "[parameters('onlineEndpointId')]"
    (loop,) = setting["properties"]["copy"]
    assert (loop["name"], loop["count"]) == ("logs", "[length(parameters('logCategories'))]")
    assert loop["input"] == {"category": "[parameters('logCategories')[copyIndex('logs')]]", "enabled": True}
    outer = resource(planned(), "test-diagnostics")
    assert outer["condition"] == "[parameters('createDiagnosticSetting')]"
    values = document(planned(), "azure/alerts.parameters.json")["parameters"]
    assert values["createDiagnosticSetting"] == {"value": True}
    assert values["logCategories"]["value"] == [
        "AmlOnlineEndpointConsoleLog",
        "AmlOnlineEndpointEventLog",
        "AmlOnlineEndpointTrafficLog",
    ]
    assert outer["resourceGroup"] == "[split(parameters('onlineEndpointId'), '/')[4]]"


def test_without_an_endpoint_there_is_no_diagnostic_setting() -> None:
    text = render_azure(planned(LOG_ALERT, azure=replace(AZURE, online_endpoint=None)))["azure/alerts.json"]
    assert "diagnosticSettings" not in text
    assert "onlineEndpointId" not in text


def test_each_log_alert_may_read_what_it_queries() -> None:
    component = replace(LOG_ALERT, scope=LogScope.COMPONENT, severity=Severity.WARNING)
    plan = planned(LOG_ALERT, component)
    for deployment, parameter, rule in (
        ("test-workspace-readers", "logAnalyticsId", "test-ErrorsHigh-critical"),
        ("test-component-readers", "applicationInsightsId", "test-ErrorsHigh-warning"),
    ):
        role, outer = nested(plan, deployment), resource(plan, deployment)
        assert role["type"] == "Microsoft.Authorization/roleAssignments"
        assert role["scope"] == f"[parameters('{parameter}')]"
        assert f"'{rule}'" in outer["properties"]["parameters"]["identities"]["value"]
        assert outer["condition"] == "[parameters('grantReader')]"


def test_ids_stand_in_the_parameters_file_only() -> None:
    files = render_azure(planned(LOG_ALERT, METRIC_ALERT))
    assert "/subscriptions/" not in files["azure/alerts.json"]
    values = json.loads(files["azure/alerts.parameters.json"])["parameters"]
    assert values["logAnalyticsId"] == {"value": WORKSPACE}
    assert values["onlineEndpointId"] == {"value": ENDPOINT}


HOSTILE = "[concat(parameters('webhookUrl_teams'), '\"')]"


@pytest.mark.parametrize(
    "alert",
    [
        replace(LOG_ALERT, query=HOSTILE),
        replace(LOG_ALERT, column=HOSTILE),
        replace(LOG_ALERT, dimensions=(HOSTILE,)),
        replace(LOG_ALERT, links={"runbook_url": HOSTILE}),
        replace(LOG_ALERT, summary=HOSTILE, description="", links={}),
        replace(LOG_ALERT, alert=replace(ALERT, team=HOSTILE)),
        replace(METRIC_ALERT, links={"runbook_url": HOSTILE}),
    ],
    ids=["query", "column", "dimension", "link", "summary", "team", "link of a metric alert"],
)
def test_no_text_of_a_definition_becomes_an_expression(alert: Any) -> None:
    text = render_azure(planned(alert))["azure/alerts.json"]
    as_json = json.dumps(HOSTILE)[1:-1]
    assert f'"[{as_json}"' in text
    assert f'"{as_json}"' not in text


def test_a_deployment_cannot_break_out_of_its_scope() -> None:
    rule = document(planned(replace(METRIC_ALERT, deployment="x'), reference('y")))["resources"][-1]
    assert rule["properties"]["scopes"] == [
        "[concat(parameters('onlineEndpointId'), '/deployments/x''), reference(''y')]"
    ]


def test_thresholds_are_numbers_without_a_rounding_error() -> None:
    text = render_azure(planned(replace(LOG_ALERT, threshold=Decimal("0.1"))))["azure/alerts.json"]
    assert '"threshold": 0.1\n' in text or '"threshold": 0.1,' in text


def test_an_environment_without_azure_gets_no_files() -> None:
    assert render_azure(replace(PLAN, environment=replace(PLAN.environment, azure=None))) == {}


def test_the_order_in_which_alerts_are_planned_does_not_matter() -> None:
    warning = replace(LOG_ALERT, severity=Severity.WARNING)
    assert render_azure(planned(LOG_ALERT, warning)) == render_azure(planned(warning, LOG_ALERT))
