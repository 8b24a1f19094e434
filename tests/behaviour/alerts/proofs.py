"""The derived cases of production's alerts, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.testing.case import Case, Kind
from monitoring_kit.testing.derive import Derived, derive, is_derivable
from monitoring_kit.testing.rule_files import Rule, rules_by_alert, shipped_rules
from monitoring_kit.testing.scope import Ground, ground_of
from tests.behaviour.alerts.by_hand import BY_HAND
from tests.behaviour.alerts.hand_written import cases_of_kind
from tests.support.planting import shipped, shipped_environment


@cache
def plan() -> Plan:
    """The plan of production."""
    return build_plan(shipped(), shipped_environment("production"))


@cache
def ground() -> Ground:
    """What the proofs of production stand on."""
    return ground_of(shipped(), plan())


@cache
def rules() -> tuple[Rule, ...]:
    """All rules that production ships."""
    return tuple(shipped_rules(plan()))


def alerts() -> list[str]:
    """Every alert that Prometheus raises."""
    return list(rules_by_alert(plan()))


def derived_alerts() -> list[str]:
    """Those whose cases are derived."""
    return [name for name, planned in rules_by_alert(plan()).items() if is_derivable(planned[0].alert.signal)]


@cache
def derived(alert: str) -> Derived:
    """What is derived for `alert`."""
    return derive(rules_by_alert(plan())[alert], ground())


def derived_cases(alert: str) -> tuple[Case, ...]:
    """The cases that are derived for `alert`."""
    return derived(alert).cases


def proofs(alert: str) -> tuple[tuple[Case, ...], Mapping[Kind, str]]:
    """The cases of `alert` by kind, derived or named in `BY_HAND`, and the reasons for kinds without any."""
    if alert in derived_alerts():
        found = derived(alert)
        return found.cases, {one.kind: one.reason for one in found.not_applicable}
    answers = BY_HAND.get(alert, {})
    cases = [
        case
        for kind, answer in answers.items()
        if not isinstance(answer, str)
        for case in cases_of_kind(alert, kind, answer)
    ]
    return tuple(cases), {kind: answer for kind, answer in answers.items() if isinstance(answer, str)}
