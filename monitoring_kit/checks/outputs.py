"""Checks on what would collide once it is written: uids, panel ids, file names and rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from monitoring_kit.checks.registry import Check, Group
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.plan.model import Plan

UID_LENGTH = 40  # grafana/grafana, the uid column of the dashboard table


def collision_findings(plan: Plan) -> list[Finding]:
    """Names that would be given twice, or that Grafana would refuse."""
    findings = []
    for dashboard in plan.dashboards:
        if len(dashboard.uid) > UID_LENGTH:
            problem = f"the uid {dashboard.uid} is {len(dashboard.uid)} characters long"
            remedy = f"Grafana takes {UID_LENGTH}: shorten the environment's or the dashboard's name"
            findings.append(Finding(dashboard.dashboard.where, f"dashboard {dashboard.uid}", problem, remedy, "uid"))
        named = [(str(panel.id), f"panel {panel.title!r}", panel.panel.where) for panel in dashboard.panels]
        named += [(str(row.id), f"row {row.title!r}", dashboard.dashboard.where) for row in dashboard.rows]
        findings += _twice(named, f"dashboard {dashboard.dashboard.name}", "panel id")
    uids = [(dashboard.uid, dashboard.title, dashboard.dashboard.where) for dashboard in plan.dashboards]
    findings += _twice(uids, "dashboards", "uid")
    rules = [
        (f"{rule.alert.name} {rule.severity.value}", rule.alert.name, rule.alert.where)
        for rule in plan.prometheus_alerts
    ]
    return findings + _twice(rules, "alerts", "rule")


def _twice(named: Iterable[tuple[str, str, Location]], subject: str, what: str) -> list[Finding]:
    holders: defaultdict[str, list[tuple[str, Location]]] = defaultdict(list)
    for key, name, where in named:
        holders[key].append((name, where))
    return [
        Finding(
            backends[1][1],
            subject,
            f"{' and '.join(name for name, _ in backends)} would have the same {what} {key}",
            "show a signal once per view on a dashboard, or tell the two apart by another signal, view or by=",
            "collision",
        )
        for key, backends in holders.items()
        if len(backends) > 1
    ]


GROUP = Group(
    title="Names of the output",
    checks=(
        Check(
            "collision",
            "Two dashboards, panels or rules would get the same id, and one would overwrite the other.",
            "dashboard planted: panel 'Targets' and panel 'Targets' would have the same panel id 1675759959",
        ),
        Check(
            "uid",
            "Grafana limits the length of a dashboard's uid.",
            "dashboard production-planted: the uid production-planted is 41 characters long",
        ),
    ),
    plan=collision_findings,
)
