"""Every alert does what its cases say, derived or written by hand, in promtool's own engine."""

from __future__ import annotations

import pytest

from monitoring_kit.testing.case import Specification
from monitoring_kit.testing.unit_tests import failures, run_cases
from tests.behaviour.alerts.cases import SPECIFICATIONS
from tests.behaviour.alerts.incidents import INCIDENTS
from tests.behaviour.alerts.proofs import alerts, derived, derived_alerts, plan, rules
from tests.support.unit_tests import expect_none


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda specification: specification.alert)
def test_alert_fires_as_its_cases_by_hand_say_and_not_otherwise(specification: Specification) -> None:
    expect_none("does otherwise than specified", run_cases(plan(), [specification]))


@pytest.mark.parametrize("alert", derived_alerts())
def test_alert_does_what_its_definition_means(alert: str) -> None:
    expect_none("does otherwise than its definition means", run_cases(plan(), [derived(alert)]))


def test_every_incident_raises_exactly_its_alerts() -> None:
    expect_none("raises other alerts than it should", failures(rules(), alerts(), INCIDENTS))
