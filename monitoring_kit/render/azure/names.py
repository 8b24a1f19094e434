"""What things are called in Azure: types, levels, and names that come from definitions.

A name never depends on a position, so a second deployment changes the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.model import LogAlert, MetricAlert, Plan

ACTION_GROUPS = "Microsoft.Insights/actionGroups"
LOG_ALERTS = "Microsoft.Insights/scheduledQueryRules"
LOG_ALERTS_VERSION = "2023-12-01"
METRIC_ALERTS = "Microsoft.Insights/metricAlerts"

# 0 is the worst of Azure's levels, 4 the least. 1 and 4 stay free.
SEVERITIES: Mapping[Severity, int] = {Severity.CRITICAL: 0, Severity.WARNING: 2, Severity.INFO: 3}


def rule_name(environment: str, planned: LogAlert | MetricAlert) -> str:
    """`<environment>-<Alert>-<level>`, with the deployment behind it where the rule watches one deployment."""
    name = f"{environment}-{planned.alert.name}-{planned.severity.value}"
    deployment = planned.deployment if isinstance(planned, MetricAlert) else ""
    return f"{name}-{deployment}" if deployment else name


def action_group_name(plan: Plan) -> str:
    """The action group of an environment."""
    return f"{plan.environment.name}-alerts"
