"""All checks, in the two groups in which they can run: on the definitions once, on the plan of each environment."""

from __future__ import annotations

from monitoring_kit.checks.azure import azure_findings
from monitoring_kit.checks.definitions import definition_findings, threshold_findings
from monitoring_kit.checks.kql import kql_findings
from monitoring_kit.checks.objectives import objective_findings
from monitoring_kit.checks.outputs import collision_findings
from monitoring_kit.checks.platform_metrics import platform_metric_findings
from monitoring_kit.checks.prometheus import prometheus_findings
from monitoring_kit.checks.routing import routing_definition_findings, routing_findings
from monitoring_kit.checks.runbook_pages import runbook_page_findings
from monitoring_kit.checks.runbooks import runbook_findings
from monitoring_kit.core.findings import Finding
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.plan.model import Plan


def check_definitions(definitions: Definitions) -> list[Finding]:
    """What is wrong whatever the environment."""
    return [
        *definition_findings(definitions),
        *objective_findings(definitions),
        *runbook_findings(definitions),
        *routing_definition_findings(definitions),
    ]


def check_plan(plan: Plan, definitions: Definitions) -> list[Finding]:
    """What is wrong in one environment: its overrides, its expressions and queries, the limits of its targets."""
    overrides = plan.environment.overrides
    overridden = [alert for alert in plan.alerts if alert.threshold != definitions.alerts[alert.name].threshold]
    return [
        *plan.findings,
        *(
            finding
            for alert in overridden
            for finding in threshold_findings(alert, definitions, overrides.get(alert.name))
        ),
        *prometheus_findings(plan, definitions.catalogue),
        *kql_findings(plan, definitions),
        *azure_findings(plan),
        *platform_metric_findings(plan, definitions),
        *collision_findings(plan),
        *routing_findings(plan),
        *runbook_page_findings(plan),
    ]
