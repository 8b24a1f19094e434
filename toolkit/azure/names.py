"""What is deployed is called: names are derived from definitions, so that a second deployment changes the same rules."""

from __future__ import annotations

from toolkit.plan.model import LogAlert, MetricAlert, Plan


def rule_name(environment: str, planned: LogAlert | MetricAlert) -> str:
    """`<environment>-<Alert>-<level>`, with the deployment behind it where the rule watches one deployment."""
    name = f"{environment}-{planned.alert.name}-{planned.severity.value}"
    deployment = planned.deployment if isinstance(planned, MetricAlert) else ""
    return f"{name}-{deployment}" if deployment else name


def action_group_name(plan: Plan) -> str:
    """The action group of an environment."""
    return f"{plan.environment.name}-alerts"
