"""What is said of production's alerts, derived and by hand, computed once."""

from __future__ import annotations

from functools import cache

from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.testing.case import Specification
from monitoring_kit.testing.derive import derived_cases
from monitoring_kit.testing.rule_files import Rule, rules_by_alert, shipped_rules
from monitoring_kit.testing.scope import Scope, scope_of
from tests.behaviour.alerts.cases import SPECIFICATIONS
from tests.support.planting import shipped, shipped_environment


@cache
def plan() -> Plan:
    """The plan of production."""
    return build_plan(shipped(), shipped_environment("production"))


@cache
def scope() -> Scope:
    """What the proofs of production stand on."""
    return scope_of(shipped(), plan())


@cache
def rules() -> tuple[Rule, ...]:
    """All rules that production ships."""
    return tuple(shipped_rules(plan()))


def alerts() -> list[str]:
    """Every alert that Prometheus raises."""
    return list(rules_by_alert(plan()))


@cache
def _derived() -> dict[str, Specification]:
    return {specification.alert: specification for specification in derived_cases(plan(), shipped())}


def derived_alerts() -> list[str]:
    """Those whose cases are derived."""
    return list(_derived())


def derived(alert: str) -> Specification:
    """What is derived for `alert`."""
    return _derived()[alert]


def answering(alert: str) -> Specification:
    """What answers the questions about `alert`: what is derived, else what was written by hand."""
    if alert in derived_alerts():
        return derived(alert)
    return next((written for written in SPECIFICATIONS if written.alert == alert), Specification(alert, ()))
