"""Checks that every platform metric of an alert or a panel exists in Azure Monitor, as it is asked for.

Azure refuses an alert on a metric that the resource does not have, and a panel of one stays empty.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from monitoring_kit.core.findings import Finding
from monitoring_kit.definitions import Definitions
from monitoring_kit.model import azure
from monitoring_kit.model.log_tables import PlatformMetric
from monitoring_kit.plan.model import Plan, PlatformQuery


def platform_metric_findings(plan: Plan, definitions: Definitions) -> list[Finding]:
    """What is wrong with the platform metrics of the plan. Each finding names the definition that asks for one."""
    known = {(metric.namespace, metric.name): metric for metric in definitions.platform_metrics}
    return sorted(finding for signal, platform in _used(plan) for finding in _findings(signal, platform, known))


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
