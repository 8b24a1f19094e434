"""The plan of production and its rules."""

from __future__ import annotations

import pytest

from monitoring_kit.definitions import Definitions, load_definitions
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.testing.rule_files import Rule, shipped_rules
from tests.support.planting import shipped_environment


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    return load_definitions()


@pytest.fixture(scope="session")
def plan(definitions: Definitions) -> Plan:
    return build_plan(definitions, shipped_environment("production"))


@pytest.fixture(scope="session")
def rules(plan: Plan) -> tuple[Rule, ...]:
    """All recording and alerting rules of production, as they are written into its rule files."""
    return tuple(shipped_rules(plan))
