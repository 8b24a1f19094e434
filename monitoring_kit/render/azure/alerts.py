"""The alerts that Azure Monitor raises by itself, from logs and from platform metrics, and who hears of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitoring_kit.environment.model import AzureFunction, AzureSettings, LogicApp
from monitoring_kit.model.signals import Increase
from monitoring_kit.plan.model import LogAlert, MetricAlert, Plan
from monitoring_kit.render.azure.access import diagnostic_setting, reader_roles
from monitoring_kit.render.azure.arm_template import (
    Resource,
    Template,
    Value,
    call,
    parameters_json,
    resource_id,
    template_json,
    value_of,
)
from monitoring_kit.render.azure.names import (
    ACTION_GROUPS,
    LOG_ALERTS,
    LOG_ALERTS_VERSION,
    METRIC_ALERTS,
    METRIC_ALERTS_VERSION,
    SEVERITIES,
)
from monitoring_kit.render.azure.parameters import (
    callback,
    function_app,
    location,
    logic_app,
    online_endpoint,
    queried,
    webhook,
)
from monitoring_kit.render.azure.rule_groups import rule_groups_template
from monitoring_kit.render.azure.rule_health import watching_the_rules


def render_azure(plan: Plan) -> Mapping[str, str]:
    """The files of the folder `azure`; none if the environment has no Azure.

    `alerts.json` is always among them then, because the action group is in it; `prometheus-rule-groups.json` where the
    environment has managed Prometheus and Prometheus alerts. Beside each stands the file with its parameters' values.
    """
    azure = plan.environment.azure
    if azure is None:
        return {}
    templates = {"alerts": alerts_template(plan, azure)}
    if azure.managed_prometheus is not None and plan.prometheus_alerts:
        templates["prometheus-rule-groups"] = rule_groups_template(plan, azure, azure.managed_prometheus)
    texts = {f"azure/{name}.json": template_json(template) for name, template in templates.items()}
    values = {f"azure/{name}.parameters.json": parameters_json(template) for name, template in templates.items()}
    return {**texts, **values}


def alerts_template(plan: Plan, azure: AzureSettings) -> Template:
    """The template `azure/alerts.json`: it can be deployed to any resource group, as often as one likes."""
    metric = tuple(_metric_alert(plan, azure, alert) for alert in plan.metric_alerts)
    log = tuple(_log_alert(plan, azure, alert) for alert in plan.log_alerts)
    rules = tuple(sorted((*metric, *log), key=lambda rule: str(rule.name)))
    return Template(
        description=(
            f"Alerts of the environment {plan.environment.name}: generated from rules/, queries/ and "
            f"{plan.environment.where.file}. Edit those, not this file. Deploy it to the resource group that is to "
            "hold the alerts; the diagnostic setting and the roles go to the groups of the resources they belong to."
        ),
        resources=(
            _action_group(plan, azure),
            *diagnostic_setting(plan, azure),
            *rules,
            *watching_the_rules(plan),
            *reader_roles(plan, azure),
        ),
        outputs={
            "actionGroup": plan.action_group,
            "logAlerts": sorted(str(rule.name) for rule in log),
            "metricAlerts": sorted(str(rule.name) for rule in metric),
        },
    )


def log_alert_properties(plan: Plan, azure: AzureSettings, planned: LogAlert) -> Mapping[str, Value]:
    """The properties of a scheduled query rule.

    Azure does not check the query at deployment (`skipQueryValidation`): a log table exists only after its first row,
    and the build has checked the query against the table's columns.
    """
    condition: dict[str, Value] = {
        "query": planned.query,
        "metricMeasureColumn": planned.column,
        "timeAggregation": _aggregation(planned),
        "operator": planned.alert.threshold.comparison.azure,
        "threshold": planned.threshold,
        "failingPeriods": {"numberOfEvaluationPeriods": planned.periods, "minFailingPeriodsToAlert": planned.periods},
        **_present("dimensions", [_all_values(name) for name in planned.dimensions]),
    }
    return {
        "displayName": plan.rule_name(planned),
        "description": description(planned),
        "severity": SEVERITIES[planned.severity],
        "enabled": True,
        "autoMitigate": True,
        "skipQueryValidation": True,
        "scopes": [value_of(queried(azure, planned.scope))],
        "evaluationFrequency": planned.frequency.iso8601(),
        "windowSize": planned.window.iso8601(),
        **({"overrideQueryTimeRange": planned.looks_back.iso8601()} if planned.looks_back else {}),
        "criteria": {"allOf": [condition]},
        "actions": {
            "actionGroups": [resource_id(ACTION_GROUPS, plan.action_group)],
            "customProperties": _context(plan, planned),
        },
    }


def metric_alert_properties(plan: Plan, azure: AzureSettings, planned: MetricAlert) -> Mapping[str, Value]:
    """The properties of a metric alert: a static threshold on one metric of one resource."""
    platform = planned.platform
    only = [{"name": name, "operator": "Include", "values": [value]} for name, value in sorted(platform.only.items())]
    condition: dict[str, Value] = {
        "name": platform.metric.name,
        "criterionType": "StaticThresholdCriterion",
        "metricNamespace": platform.metric.namespace,
        "metricName": platform.metric.name,
        "timeAggregation": platform.aggregation,
        "operator": planned.alert.threshold.comparison.azure,
        "threshold": planned.threshold,
        **_present("dimensions", [*(_all_values(name) for name in platform.dimensions), *only]),
    }
    endpoint = value_of(online_endpoint(azure))
    return {
        "description": description(planned),
        "severity": SEVERITIES[planned.severity],
        "enabled": True,
        "autoMitigate": True,
        "scopes": [call("concat", endpoint, f"/deployments/{planned.deployment}") if planned.deployment else endpoint],
        "evaluationFrequency": planned.frequency.iso8601(),
        "windowSize": planned.window.iso8601(),
        "criteria": {
            "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            "allOf": [condition],
        },
        "actions": [
            {
                "actionGroupId": resource_id(ACTION_GROUPS, plan.action_group),
                "webHookProperties": _context(plan, planned),
            }
        ],
    }


def _aggregation(planned: LogAlert) -> str:
    """How the rows of a window become one value.

    A window has one row of each series if bins end at the evaluation, which Azure is said to see to and no current page
    confirms. If they do not, a window has two: of numbers of events the sum is right either way, of anything else the
    worse one counts.
    """
    if isinstance(planned.alert.signal, Increase):
        return "Total"
    return "Maximum" if planned.alert.threshold.comparison.worse_is_higher else "Minimum"


def description(planned: LogAlert | MetricAlert) -> str:
    """What a person reads first: a mail shows it, but not the custom properties, so the links stand in it as well."""
    links = [f"{name.removesuffix('_url').capitalize()}: {url}" for name, url in sorted(planned.links.items()) if url]
    return "\n".join((planned.summary, planned.description, *links))


def _action_group(plan: Plan, azure: AzureSettings) -> Resource:
    group = azure.action_group
    return Resource(
        type=ACTION_GROUPS,
        api_version="2023-01-01",
        name=plan.action_group,
        location="Global",
        properties={
            "groupShortName": group.short_name,
            "enabled": True,
            **_present(
                "emailReceivers",
                [
                    {"name": email, "emailAddress": email, "useCommonAlertSchema": True}
                    for email in sorted(group.emails)
                ],
            ),
            **_present(
                "webhookReceivers",
                [
                    {"name": name, "serviceUri": value_of(webhook(name)), "useCommonAlertSchema": True}
                    for name in sorted(group.webhooks)
                ],
            ),
            **_present("logicAppReceivers", [_logic_app(app) for app in group.logic_apps]),
            **_present("azureFunctionReceivers", [_azure_function(app) for app in group.azure_functions]),
        },
    )


def _metric_alert(plan: Plan, azure: AzureSettings, planned: MetricAlert) -> Resource:
    return Resource(
        type=METRIC_ALERTS,
        api_version=METRIC_ALERTS_VERSION,
        name=plan.rule_name(planned),
        location="global",
        depends_on=(resource_id(ACTION_GROUPS, plan.action_group),),
        properties=metric_alert_properties(plan, azure, planned),
    )


def _log_alert(plan: Plan, azure: AzureSettings, planned: LogAlert) -> Resource:
    return Resource(
        type=LOG_ALERTS,
        api_version=LOG_ALERTS_VERSION,
        name=plan.rule_name(planned),
        location=value_of(location(azure)),
        kind="LogAlert",
        identity={"type": "SystemAssigned"},
        depends_on=(resource_id(ACTION_GROUPS, plan.action_group),),
        properties=log_alert_properties(plan, azure, planned),
    )


def _context(plan: Plan, planned: LogAlert | MetricAlert) -> Mapping[str, Value]:
    """What a webhook gets beside Azure's own facts: the same names as the labels and annotations of Prometheus."""
    links = {name: url for name, url in planned.links.items() if url}
    return {
        "alertname": planned.alert.name,
        "environment": plan.environment.name,
        "severity": planned.severity.value,
        "summary": planned.summary,
        "team": planned.alert.team,
        **links,
    }


def _present(name: str, values: Sequence[Value]) -> Mapping[str, Value]:
    """The list under its name; nothing where it is empty, because Azure's template checks take no blanks."""
    return {name: values} if values else {}


def _logic_app(app: LogicApp) -> Mapping[str, Value]:
    return {
        "name": app.name,
        "resourceId": value_of(logic_app(app)),
        "callbackUrl": value_of(callback(app.name)),
        "useCommonAlertSchema": True,
    }


def _azure_function(app: AzureFunction) -> Mapping[str, Value]:
    return {
        "name": app.name,
        "functionAppResourceId": value_of(function_app(app)),
        "functionName": app.function,
        "httpTriggerUrl": value_of(callback(app.name)),
        "useCommonAlertSchema": True,
    }


def _all_values(dimension: str) -> Mapping[str, Value]:
    return {"name": dimension, "operator": "Include", "values": ["*"]}
