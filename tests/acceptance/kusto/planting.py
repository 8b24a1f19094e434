"""Faults planted in shipped queries, and what the two that judge Kusto say of them.

The checks of the build know the contract of the tables and what Azure and Grafana ask; Microsoft's language service,
which only the tests run, knows functions, types and the columns of every operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from monitoring_kit.checks.kql import kql_findings
from monitoring_kit.plan.model import LogQueryPlan, Plan
from tests.acceptance.kusto.language_service import type_findings
from tests.acceptance.kusto.texts import texts_of_plan
from tests.acceptance.kusto.variants import OPTION_B, STAGING, plan_of
from tests.support.planting import shipped


@dataclass(frozen=True)
class Fault:
    """In the shipped query of an alert or a signal's panel, `old` becomes `new`; all of it where `old` is empty.

    `build` and `service` are words of the one who notices; who has none must not notice, so that no check is made twice
    without need.
    """

    user: str
    old: str
    new: str
    build: str = ""
    service: str = ""


def plan_with(fault: Fault) -> Plan:
    """A plan with nothing but the faulty query."""
    for plan in (plan_of(STAGING), plan_of(OPTION_B)):
        for alert in plan.log_alerts:
            if alert.alert.name == fault.user:
                return replace(plan, log_alerts=(replace(alert, query=_edited(alert.query, fault)),), dashboards=())
        for board in plan.dashboards:
            for row in board.rows:
                for panel in row.panels:
                    query = panel.queries[0] if panel.queries else None
                    if panel.panel.signal.name == fault.user and isinstance(query, LogQueryPlan):
                        edited = replace(panel, queries=(replace(query, query=_edited(query.query, fault)),))
                        alone = replace(board, rows=(replace(row, panels=(edited,)),))
                        return replace(plan, log_alerts=(), dashboards=(alone,))
    raise LookupError(f"no shipped alert and no panel is called {fault.user}")


def said_by_build(faults: Mapping[str, Fault]) -> Mapping[str, tuple[str, ...]]:
    """The findings of the build's own checks, by fault."""
    return {name: tuple(map(str, kql_findings(plan_with(fault), shipped()))) for name, fault in faults.items()}


def said_by_service(faults: Mapping[str, Fault]) -> Mapping[str, tuple[str, ...]]:
    """The findings of the language service, by fault; all faults in one run of Node."""
    sent = [replace(text, user=name) for name, fault in faults.items() for text in texts_of_plan(plan_with(fault))]
    found = type_findings(sent, shipped().tables.values())
    return {name: tuple(str(finding) for finding in found if finding.subject == name) for name in faults}


def _edited(text: str, fault: Fault) -> str:
    if fault.old not in text:
        raise LookupError(f"the query of {fault.user} has no {fault.old!r}: plant the fault elsewhere")
    return text.replace(fault.old, fault.new, 1) if fault.old else fault.new
