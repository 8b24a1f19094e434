"""The rules of `environments/production.yaml`, which the incidents are held against."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from toolkit.definitions import load_definitions
from toolkit.environment_file import read_environment
from toolkit.findings import PROJECT
from toolkit.plan.build import build_plan
from toolkit.plan.model import Plan
from toolkit.render.prometheus import rule_groups
from toolkit.render.yaml_text import YamlValue

Rule = Mapping[str, YamlValue]


@cache
def plan() -> Plan:
    """The plan of production."""
    return build_plan(load_definitions(), read_environment(PROJECT / "environments" / "production.yaml"))


def alerts() -> tuple[Rule, ...]:
    """Its alerting rules, as they are written into its rule files."""
    return tuple(rule for rule in _rules() if "alert" in rule)


def recording_rules() -> tuple[Rule, ...]:
    """Its recording rules."""
    return tuple(rule for rule in _rules() if "record" in rule)


def _rules() -> tuple[Rule, ...]:
    found: list[Rule] = []
    for group in rule_groups(plan()).values():
        listed = group["rules"]
        assert isinstance(listed, list)
        found += listed
    return tuple(found)
