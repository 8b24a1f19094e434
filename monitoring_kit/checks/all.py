"""All checks in their groups: some run on the definitions once, some on the plan of each environment."""

from __future__ import annotations

from monitoring_kit.checks import (
    azure,
    definitions,
    kql,
    objectives,
    outputs,
    platform_metrics,
    prometheus,
    reading,
    routing,
    runbook_pages,
    runbooks,
)
from monitoring_kit.checks.registry import Group
from monitoring_kit.core.findings import Finding
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.plan.model import Plan

GROUPS: tuple[Group, ...] = (
    reading.DEFINITIONS,
    definitions.GROUP,
    objectives.GROUP,
    runbooks.GROUP,
    routing.GROUP,
    reading.ENVIRONMENTS,
    reading.PLANNING,
    prometheus.GROUP,
    kql.GROUP,
    platform_metrics.GROUP,
    azure.GROUP,
    outputs.GROUP,
    runbook_pages.GROUP,
    reading.PROGRAMS,
)


def check_definitions(definitions: Definitions) -> list[Finding]:
    """What is wrong whatever the environment."""
    return [finding for group in GROUPS if group.definitions is not None for finding in group.definitions(definitions)]


def check_plan(plan: Plan) -> list[Finding]:
    """What is wrong in one environment: its overrides, its expressions and queries, the limits of its targets."""
    found = [finding for group in GROUPS if group.plan is not None for finding in group.plan(plan)]
    return [*plan.findings, *found]
