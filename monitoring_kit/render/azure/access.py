"""What log alerts need to see anything: a diagnostic setting that writes the logs, and the right to read them."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring_kit.environment.model import AzureSettings
from monitoring_kit.model.log_tables import LogScope
from monitoring_kit.plan.model import Plan
from monitoring_kit.render.azure.arm_template import (
    Expression,
    Parameter,
    Resource,
    Template,
    call,
    copy_index,
    element,
    member,
    nested_deployment,
    resource_id,
    value_of,
)
from monitoring_kit.render.azure.names import LOG_ALERTS, LOG_ALERTS_VERSION
from monitoring_kit.render.azure.parameters import (
    create_diagnostic_setting,
    grant_reader,
    log_analytics,
    log_categories,
    online_endpoint,
    queried,
)

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
"""The built-in role Reader, the same in every tenant: what Microsoft asks for where a log alert has an identity."""


def diagnostic_setting(plan: Plan, azure: AzureSettings) -> Iterator[Resource]:
    """Without it an online endpoint writes no log at all. Its metrics are not exported: no query reads them there."""
    if azure.online_endpoint is None:
        return
    endpoint, workspace, categories = online_endpoint(azure), log_analytics(azure), log_categories()
    setting = Resource(
        type="Microsoft.Insights/diagnosticSettings",
        api_version="2021-05-01-preview",
        name=f"{plan.environment.name}-monitoring",
        scope=value_of(endpoint),
        properties={
            "workspaceId": value_of(workspace),
            # One table for each category, which is what the queries read, instead of AzureDiagnostics for all.
            "logAnalyticsDestinationType": "Dedicated",
            "copy": [
                {
                    "name": "logs",
                    "count": call("length", value_of(categories)),
                    "input": {"category": element(value_of(categories), copy_index("logs")), "enabled": True},
                }
            ],
        },
    )
    yield nested_deployment(
        f"{plan.environment.name}-diagnostics",
        Template("Sends the logs of the online endpoint to Log Analytics.", (setting,)),
        beside=endpoint,
        arguments={parameter: value_of(parameter) for parameter in (endpoint, workspace, categories)},
        condition=value_of(create_diagnostic_setting()),
    )


def reader_roles(plan: Plan, azure: AzureSettings) -> Iterator[Resource]:
    """The right to read for the identity of each log alert: without it the rule fails at every run, and stays silent.

    The name of an assignment contains the identity, because an assignment cannot be given to another one later on.
    """
    for scope in LogScope:
        names = sorted(plan.rule_name(alert) for alert in plan.log_alerts if alert.scope is scope)
        if not names:
            continue
        resource = queried(azure, scope)
        identities = Parameter("identities", "The identities of the log alerts.", "array")
        identity = element(value_of(identities), copy_index())
        role = Resource(
            type="Microsoft.Authorization/roleAssignments",
            api_version="2022-04-01",
            name=call("guid", value_of(resource), identity, READER),
            scope=value_of(resource),
            copies=call("length", value_of(identities)),
            properties={
                "principalId": identity,
                "principalType": "ServicePrincipal",
                "roleDefinitionId": call("subscriptionResourceId", "Microsoft.Authorization/roleDefinitions", READER),
            },
        )
        yield nested_deployment(
            f"{plan.environment.name}-{scope.value}-readers",
            Template("Lets the log alerts read what they query.", (role,)),
            beside=resource,
            arguments={resource: value_of(resource), identities: call("createArray", *map(_identity_of, names))},
            condition=value_of(grant_reader()),
            depends_on=tuple(resource_id(LOG_ALERTS, name) for name in names),
        )


def _identity_of(log_alert: str) -> Expression:
    reference = call("reference", resource_id(LOG_ALERTS, log_alert), LOG_ALERTS_VERSION, "Full")
    return member(reference, "identity", "principalId")
