"""The rules of the reference environment `production`, which the incidents are held against."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from monitoring_kit.core.findings import Location
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.render.prometheus import rule_groups
from monitoring_kit.render.yaml_text import YamlValue
from tests.support.planting import shipped, shipped_environment

Rule = Mapping[str, YamlValue]


@cache
def plan() -> Plan:
    """The plan of production."""
    return build_plan(shipped(), shipped_environment("production"))


def alerts() -> tuple[Rule, ...]:
    """Its alerting rules, as they are written into its rule files."""
    return tuple(rule for rule in _rules() if "alert" in rule)


def defined_at() -> Mapping[str, Location]:
    """Where each alert is defined, by its name and severity ("ModelErrorRatioHigh critical")."""
    return {f"{rule.alert.name} {rule.labels['severity']}": rule.alert.where for rule in plan().prometheus_alerts}


def evaluation_interval() -> int:
    """How often Prometheus evaluates the rules, in seconds."""
    prometheus = plan().environment.prometheus
    assert prometheus is not None
    return prometheus.evaluation_interval.seconds


def group_of(rule: Rule) -> str:
    """The group that a rule is in."""
    return next(name for name, group in rule_groups(plan()).items() if rule in _listed(group))


def recording_rules() -> tuple[Rule, ...]:
    """Its recording rules."""
    return tuple(rule for rule in _rules() if "record" in rule)


def _rules() -> tuple[Rule, ...]:
    return tuple(rule for group in rule_groups(plan()).values() for rule in _listed(group))


def _listed(group: Mapping[str, YamlValue]) -> list[Rule]:
    rules = group["rules"]
    assert isinstance(rules, list)
    return rules


def labels_of(rule: Rule) -> Mapping[str, str]:
    """The labels that a rule sets."""
    labels = rule.get("labels", {})
    assert isinstance(labels, Mapping)
    return {label: str(value) for label, value in labels.items()}
