"""The plan of production and its rules."""

from __future__ import annotations

import pytest

from tests.rules.rendering import Rule
from toolkit.definitions import Definitions, load_definitions
from toolkit.environment_file import read_environment
from toolkit.findings import PROJECT
from toolkit.plan.build import build_plan
from toolkit.plan.model import Plan
from toolkit.render.prometheus import rule_groups


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    return load_definitions()


@pytest.fixture(scope="session")
def plan(definitions: Definitions) -> Plan:
    return build_plan(definitions, read_environment(PROJECT / "environments" / "production.yaml"))


@pytest.fixture(scope="session")
def rules(plan: Plan) -> tuple[Rule, ...]:
    """All recording and alerting rules of production, as they are written into its rule files."""
    found: list[Rule] = []
    for group in rule_groups(plan).values():
        listed = group["rules"]
        assert isinstance(listed, list)
        found.extend(listed)
    return tuple(found)
