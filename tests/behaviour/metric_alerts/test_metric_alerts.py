"""Every alert on a platform metric does what its cases say, and no mistake in a rule goes unnoticed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import pytest

from monitoring_kit.render.azure.alerts import render_azure
from tests.acceptance.kusto.variants import STAGING, plan_of, variants
from tests.behaviour.metric_alerts.cases import SPECIFICATIONS, MetricCase
from tests.behaviour.metric_alerts.service import MetricRule, fires, rules_of


@cache
def rules(environment: str = STAGING) -> tuple[MetricRule, ...]:
    return rules_of(render_azure(plan_of(environment))["azure/alerts.json"])


def rule_of(alert: str) -> MetricRule:
    """The rule of an alert: each has one severity, and staging has one deployment."""
    (rule,) = (rule for rule in rules() if rule.alert == alert)
    return rule


def differences(rule: MetricRule, cases: Sequence[MetricCase]) -> Iterator[str]:
    for case in cases:
        for minute, expected in case.at.items():
            found = fires(rule, case.series, minute)
            if found != expected:
                yield f"{case.name}: at {minute}m {sorted(found)}, not {sorted(expected)}"


def test_every_metric_alert_of_every_environment_is_specified() -> None:
    assert {rule.alert for name in variants() for rule in rules(name)} == SPECIFICATIONS.keys()


@pytest.mark.parametrize("alert", SPECIFICATIONS)
def test_a_metric_alert_fires_as_specified_and_not_otherwise(alert: str) -> None:
    assert list(differences(rule_of(alert), SPECIFICATIONS[alert])) == []


def mutants(rule: MetricRule) -> Iterator[tuple[str, MetricRule]]:
    """The rule with one mistake in it, and which."""
    for factor in (0.99, 1.01):
        yield f"threshold times {factor}", replace(rule, threshold=rule.threshold * factor)
    for other in {"GreaterThan", "GreaterThanOrEqual", "LessThan"} - {rule.operator}:
        yield other, replace(rule, operator=other)
    for aggregation in ("Maximum", "Minimum"):
        yield aggregation, replace(rule, aggregation=aggregation)
    for window in {5, 15, 30} - {rule.window}:
        yield f"window of {window}m", replace(rule, window=window)
    for name in rule.split:
        yield f"not split by {name}", replace(rule, split=tuple(one for one in rule.split if one != name))
    for name in rule.only:
        yield f"whatever {name}", replace(rule, only={})
    yield "another resource", replace(rule, scope="deployment" if rule.scope == "endpoint" else "endpoint")


@pytest.mark.parametrize("alert", SPECIFICATIONS)
def test_every_mistake_in_a_rule_is_noticed(alert: str) -> None:
    cases = SPECIFICATIONS[alert]
    assert [name for name, mutant in mutants(rule_of(alert)) if not any(differences(mutant, cases))] == []
