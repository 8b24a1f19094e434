"""Checks that every platform metric exists in Azure Monitor, as an alert or a panel asks for it.

Azure refuses an alert on a metric that the resource does not have, and a panel of one stays empty.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from monitoring_kit.checks.registry import Check, Group
from monitoring_kit.core.findings import Finding
from monitoring_kit.model import azure
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.log_tables import METRIC_NAMESPACES, PlatformMetric
from monitoring_kit.plan.model import Plan, PlatformQuery


def platform_metric_findings(plan: Plan, definitions: Definitions) -> list[Finding]:
    """What is wrong with the platform metrics of the contract, and with those of the plan where it asks for them."""
    known = {(metric.namespace, metric.name): metric for metric in definitions.platform_metrics}
    used = [(signal, platform) for signal, platform in _used(plan) if platform.metric.namespace in METRIC_NAMESPACES]
    found = [finding for signal, platform in used for finding in _findings(signal, platform, known)]
    metrics = [*definitions.platform_metrics, *(platform.metric for _, platform in _used(plan))]
    return sorted([*_unknown_namespaces(metrics), *found])


def _used(plan: Plan) -> list[tuple[str, azure.Metric]]:
    """Each platform metric with the signal that it measures, once."""
    by_alerts = [(alert.alert.signal.name, alert.platform) for alert in plan.metric_alerts]
    by_panels = [
        (panel.panel.signal.name, query.platform)
        for dashboard in plan.dashboards
        for panel in dashboard.panels
        for query in panel.queries
        if isinstance(query, PlatformQuery)
    ]
    return list(dict.fromkeys((*by_alerts, *by_panels)))


def _unknown_namespaces(metrics: Iterable[PlatformMetric]) -> Iterator[Finding]:
    """One finding for each namespace that no resource has, at the first metric that names it."""
    first = {metric.namespace: metric for metric in sorted(metrics, key=lambda metric: metric.where, reverse=True)}
    for namespace in sorted(first.keys() - set(METRIC_NAMESPACES)):
        near = difflib.get_close_matches(namespace, METRIC_NAMESPACES, n=1, cutoff=0.8)
        hint = f"did you mean {near[0]}? " if near else ""
        problem = f"no resource of an environment has metrics of {namespace}"
        remedy = f"{hint}write one of {', '.join(METRIC_NAMESPACES)}"
        metric = first[namespace]
        yield Finding(metric.where, f"platform metric {metric.name}", problem, remedy, "platform-namespace")


def _findings(signal: str, platform: azure.Metric, known: dict[tuple[str, str], PlatformMetric]) -> Iterator[Finding]:
    wanted = platform.metric
    subject = f"signal {signal}"
    metric = known.get((wanted.namespace, wanted.name))
    if metric is None:
        problem = f"{wanted.namespace} has no metric {wanted.name!r}"
        yield Finding(platform.where, subject, problem, _instead(wanted, known), "platform-metric")
        return
    if platform.aggregation not in metric.aggregations:
        problem = f"Azure offers no {platform.aggregation} of {metric.name}"
        remedy = f"write aggregation= one of {', '.join(sorted(metric.aggregations))}"
        yield Finding(platform.where, subject, problem, remedy, "platform-aggregation")
    for dimension in sorted({*platform.dimensions, *platform.only} - metric.dimensions):
        problem = f"{metric.name} has no dimension {dimension!r}"
        remedy = f"its dimensions are {', '.join(sorted(metric.dimensions)) or 'none'}"
        yield Finding(platform.where, subject, problem, remedy, "platform-dimension")


def _instead(wanted: PlatformMetric, known: dict[tuple[str, str], PlatformMetric]) -> str:
    """Where the metric is, or what its resource has."""
    elsewhere = [namespace for namespace, name in known if name == wanted.name]
    if elsewhere:
        return f"it is a metric of {' and '.join(elsewhere)}"
    names = sorted(name for namespace, name in known if namespace == wanted.namespace)
    near = difflib.get_close_matches(wanted.name, [name for _, name in known], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}the contract has {', '.join(names)}; a ratio of two metrics needs a log alert"


GROUP = Group(
    title="Platform metrics of Azure",
    checks=(
        Check(
            "platform-namespace",
            "A platform metric belongs to a type of resource that an environment can name.",
            "platform metric Percentage CPU: no resource of an environment has metrics of "
            "Microsoft.Compute/virtualMachines",
        ),
        Check(
            "platform-metric",
            "The resource has no such metric. Azure would say so only at deployment.",
            "signal planted: Microsoft.MachineLearningServices/workspaces/onlineEndpoints has no metric "
            "'RequestFailureRate'",
        ),
        Check(
            "platform-aggregation",
            "Azure does not offer every aggregation of every metric.",
            "signal errors: Azure offers no Total of RequestsPerMinute",
        ),
        Check(
            "platform-dimension",
            "A metric can be split only by the dimensions that it has.",
            "signal errors: RequestsPerMinute has no dimension 'colour'",
        ),
    ),
    plan=lambda plan: platform_metric_findings(plan, plan.definitions),
)
