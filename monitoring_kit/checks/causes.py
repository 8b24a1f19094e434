"""One finding a cause: what follows from another finding is left out until that one is fixed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from monitoring_kit.core.findings import Finding

BROKEN = frozenset(
    ("promql-syntax", "selector", "unknown-metric", "unknown-label", "unknown-label-value", "unknown-group-label")
)
"""Checks that find an expression which cannot say what it is meant to: its labels are then not known either."""

FOLLOWS = frozenset(
    (
        "never-matches",
        "never-fires",
        "template-label",
        "legend-label",
        "inhibition",
        "runbook",
        "runbook-page",
        "alert-without-panel",
    )
)
"""Checks that rest on an expression and its labels. While one is broken they find what follows from that."""

_EXPRESSION = re.compile(r"`(.+?)`: ", re.DOTALL)


def causes(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without those that follow from others, and the same mistake at several places as one.

    A mistake inside an expression is one inside of every expression around it: the innermost stays.
    """
    found = sorted(set(findings))
    broken = [finding for finding in found if finding.check in BROKEN]
    others = [finding for finding in found if finding.check not in BROKEN]
    if not broken:
        return others
    innermost: list[Finding] = []
    for finding in sorted(broken, key=lambda finding: len(finding.problem)):
        if not any(_is_inside(inner, finding) for inner in innermost):
            innermost.append(finding)
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(innermost):
        alike.setdefault((finding.check, finding.remedy or finding.problem), []).append(finding)
    told = [_at_all_places(group) for group in alike.values()]
    return sorted([*told, *(finding for finding in others if finding.check not in FOLLOWS)])


def _is_inside(inner: Finding, outer: Finding) -> bool:
    if (inner.where, inner.check) != (outer.where, outer.check):
        return False
    part, whole = (_EXPRESSION.match(finding.problem) for finding in (inner, outer))
    return part is not None and whole is not None and part[1] in whole[1]


def _at_all_places(findings: list[Finding]) -> Finding:
    first, *rest = findings
    places = dict.fromkeys(str(finding.where) for finding in rest if finding.where != first.where)
    return replace(first, problem=f"{first.problem}; the same at {', '.join(places)}") if places else first
