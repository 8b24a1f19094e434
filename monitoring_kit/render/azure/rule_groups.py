"""The Prometheus rules as rule groups of Azure Monitor managed service for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from monitoring_kit.core.durations import Duration
from monitoring_kit.environment.model import AzureSettings, ManagedPrometheus
from monitoring_kit.plan.azure_limits import GROUP_INTERVAL
from monitoring_kit.plan.model import Plan, PrometheusRecording, PrometheusRule
from monitoring_kit.promql.printer import print_promql
from monitoring_kit.promql.tree import Expression, Matcher, Selector, transform
from monitoring_kit.render.azure.arm_template import Parameter, Resource, Template, Value, resource_id, value_of
from monitoring_kit.render.azure.names import ACTION_GROUPS, SEVERITIES

_KUBELET, _CADVISOR = Matcher("job", "=", "kubelet"), Matcher("job", "=", "cadvisor")
_CADVISOR_PATH = Matcher("metrics_path", "=", "/metrics/cadvisor")

# Azure keeps an alert for this long after its condition was last met, as Microsoft's own rules for AKS do.
TIME_TO_RESOLVE = Duration(600)


def rule_groups_template(plan: Plan, azure: AzureSettings, managed: ManagedPrometheus) -> Template:
    """The template `azure/prometheus-rule-groups.json`, to be deployed beside the action group of `alerts.json`."""
    groups = plan.azure_rule_groups
    return Template(
        description=(
            f"Prometheus rules of the environment {plan.environment.name}, for an Azure Monitor workspace: generated "
            f"from rules/, queries/ and {plan.environment.where.file}. Edit those, not this file. Deploy it after "
            "alerts.json, to the same resource group: it uses the action group from there."
        ),
        resources=tuple(
            _rule_group(plan, managed, managed.location or azure.location, name, rules)
            for name, rules in groups.items()
        ),
        outputs={"ruleGroups": sorted(groups)},
    )


def _rule_group(
    plan: Plan, managed: ManagedPrometheus, region: str, name: str, rules: tuple[PrometheusRule, ...]
) -> Resource:
    interval = max(plan.evaluation_interval(rules[0].group), GROUP_INTERVAL)
    workspace = Parameter("monitorWorkspaceId", "Id of the Azure Monitor workspace.", value=str(managed.workspace))
    cluster = Parameter("clusterId", "Id of the AKS cluster.", value=str(managed.cluster))
    cluster_name = Parameter(
        "clusterName",
        "Value of the label `cluster` of the cluster's metrics: the name of the cluster, unless an alias is set.",
        value=managed.cluster.name,
    )
    location = Parameter("location", "Region of the Azure Monitor workspace.", value=region)
    return Resource(
        type="Microsoft.AlertsManagement/prometheusRuleGroups",
        api_version="2023-03-01",
        name=name,
        location=value_of(location),
        properties={
            "description": f"Rule group {rules[0].group} of the environment {plan.environment.name}.",
            "enabled": True,
            "interval": interval.iso8601(),
            "scopes": [value_of(workspace), value_of(cluster)],
            "clusterName": value_of(cluster_name),
            "rules": [_rule(plan, rule) for rule in rules],
        },
    )


def as_the_addon_scrapes(expression: Expression) -> Expression:
    """The expression with the labels that Azure's metrics add-on puts on series of cAdvisor.

    Its job is called `cadvisor` and has no label `metrics_path`, where kube-prometheus-stack has `job="kubelet"` and
    `metrics_path="/metrics/cadvisor"` (prometheus-collector, cadvisorDefaultDs.yml). Both call
    kube-state-metrics alike.
    """

    def renamed(part: Expression) -> Expression:
        if not isinstance(part, Selector) or not {_KUBELET, _CADVISOR_PATH} <= {*part.matchers}:
            return part
        matchers = (_CADVISOR if one == _KUBELET else one for one in part.matchers if one != _CADVISOR_PATH)
        return replace(part, matchers=tuple(matchers))

    return transform(expression, renamed)


def _rule(plan: Plan, planned: PrometheusRule) -> Mapping[str, Value]:
    if isinstance(planned, PrometheusRecording):
        labels = {"labels": dict(planned.labels)} if planned.labels else {}
        return {
            "record": planned.name,
            "expression": print_promql(as_the_addon_scrapes(planned.expression)),
            "enabled": True,
            **labels,
        }
    return {
        "alert": planned.alert.name,
        "expression": print_promql(as_the_addon_scrapes(planned.condition)),
        **({"for": planned.alert.threshold.for_.iso8601()} if planned.alert.threshold.for_.seconds else {}),
        "severity": SEVERITIES[planned.severity],
        "enabled": True,
        "labels": dict(planned.labels),
        "annotations": {name: text for name, text in planned.annotations.items() if text},
        "resolveConfiguration": {"autoResolved": True, "timeToResolve": TIME_TO_RESOLVE.iso8601()},
        "actions": [{"actionGroupId": resource_id(ACTION_GROUPS, plan.action_group)}],
    }
