"""Mistakes in rules that are right in their syntax: an incident notices each, and says which alert and where it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import print_promql
from monitoring_kit.promql.tree import Binary, Expression, Matcher, Selector, transform, walk
from tests.behaviour.incidents import production
from tests.behaviour.incidents.evaluation import name_of
from tests.behaviour.incidents.incident import Incident
from tests.behaviour.incidents.incidents import INCIDENTS
from tests.behaviour.incidents.matrix import (
    committed,
    committed_doubled,
    differences,
    doubled_thresholds,
    expected,
    notices,
    raised,
)
from tests.behaviour.incidents.production import Rule
from tests.behaviour.incidents.recording import Recorded, served

BY_NAME = {incident.name: incident for incident in INCIDENTS}

LINES = committed()
RAISING = [expected(incident, LINES.get(incident.name, [])) for incident in INCIDENTS]
DOUBLED = committed_doubled()
# Alerts with an exception (`unless`), and an incident in which only the exception keeps them silent.
KEPT_SILENT = {
    "ModelAllTargetsDown critical": "scaled to zero on purpose",
    "ModelMetricsMissing critical": "scaled to zero on purpose",
    "ModelPodWithoutMetrics warning": "error burst",
    "InferenceUsageUnknown warning": "scaled to zero on purpose",
}


@pytest.mark.parametrize(
    "incident",
    [incident for incident in RAISING if incident.fires or incident.name in DOUBLED.values()],
    ids=lambda incident: incident.name,
)
def test_a_mistake_is_noticed_by_every_incident_that_raises_the_alert(incident: Incident) -> None:
    """A typo or a doubled `for` by each; a doubled threshold by the one that the table names."""
    planted = doubled_thresholds()
    with served(incident) as recorded:
        for rule in production.alerts():
            name = name_of(rule)
            if name in incident.fires:
                for fault, wrong in (*_with_a_typo(rule), *_held_twice_as_long(rule)):
                    assert_noticed(incident, recorded, fault, wrong)
            if DOUBLED.get(name) == incident.name:
                assert_noticed(incident, recorded, "twice the threshold", planted[name])


@pytest.mark.parametrize(("name", "incident"), KEPT_SILENT.items())
def test_a_typo_in_an_exception_is_noticed_by_an_incident_that_it_keeps_silent(name: str, incident: str) -> None:
    (rule,) = (rule for rule in production.alerts() if name_of(rule) == name)
    condition = parse(str(rule["expr"]))
    exceptions = _exceptions(condition)
    assert exceptions
    (silent,) = (each for each in RAISING if each.name == incident)
    assert name not in silent.fires
    with served(silent) as recorded:
        for metric in exceptions:
            wrong = _asking(rule, transform(condition, partial(_misnamed, (metric,))))
            assert_noticed(silent, recorded, f"a typo in {metric}", wrong)
        for matcher in _equalities(condition) - _pinned(condition):
            wrong = _asking(rule, transform(condition, partial(_mismatched, matcher)))
            assert_noticed(silent, recorded, f"a typo in {matcher.label}", wrong)


def test_every_alert_with_an_exception_is_kept_silent_by_it_somewhere() -> None:
    excepting = {name_of(rule) for rule in production.alerts() if _exceptions(parse(str(rule["expr"])))}
    assert set(KEPT_SILENT) == excepting


def test_every_threshold_but_zero_of_an_alert_that_is_raised_is_doubled() -> None:
    raised_somewhere = {name for incident in RAISING for name in incident.fires}
    assert set(DOUBLED) == set(doubled_thresholds()) & raised_somewhere


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("model_predictions_total", "model_prediction_total", id="metric"),
        pytest.param('job="ml-inference-metrics"', 'job="ml-inference"', id="label value"),
    ],
)
def test_a_typo_in_a_recording_rule_is_noticed_by_the_alert_that_reads_it(right: str, wrong: str) -> None:
    incident = BY_NAME["error burst"]
    planted = [{**rule, "expr": str(rule["expr"]).replace(right, wrong)} for rule in production.recording_rules()]
    assert planted != list(production.recording_rules())

    with served(incident, planted) as recorded:
        found = differences(incident, raised(recorded, production.alerts()))

    silent = re.compile(r"error burst: ModelErrorRatioHigh critical \(rules/\w+\.py:\d+\): is silent and should fire")
    assert any(silent.match(problem) for problem in found)


def assert_noticed(incident: Incident, recorded: Recorded, fault: str, planted: Rule) -> None:
    """That the incident shows the alert to behave otherwise than it should, in words that name its definition."""
    name = name_of(planted)
    found = notices(incident, recorded, planted)
    assert found, f"{incident.name} does not notice {fault} in {name}"
    for problem in found:
        assert re.match(rf"{re.escape(incident.name)}: {name} \(rules/\w+\.py:\d+\): ", problem)


def _with_a_typo(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The rule with one metric or one value of a label misspelt, wherever it stands in the rule.

    Of an alert that can fire in two ways (`or`), one metric in each. Not the metric of an exception alone: it only
    keeps the alert silent, see the test of exceptions.
    """
    condition = parse(str(rule["expr"]))
    exceptions = _exceptions(condition)
    of_each_way = [[metric for metric in _metrics(way) if metric not in exceptions] for way in _ways(condition)]
    for metrics in zip(*of_each_way, strict=True):
        yield f"a typo in {' and '.join(metrics)}", _asking(rule, transform(condition, partial(_misnamed, metrics)))
    for matcher in sorted(_pinned(condition), key=lambda matcher: (matcher.label, matcher.value)):
        yield f"a typo in {matcher.label}", _asking(rule, transform(condition, partial(_mismatched, matcher)))


def _ways(condition: Expression) -> tuple[Expression, ...]:
    match condition:
        case Binary(operator="or", left=left, right=right):
            return (*_ways(left), *_ways(right))
        case _:
            return (condition,)


def _exceptions(condition: Expression) -> list[str]:
    """The metrics that stand behind `unless` and nowhere else."""
    excepted = [part.right for part in walk(condition) if isinstance(part, Binary) and part.operator == "unless"]
    selectors = [part.metric for part in walk(condition) if isinstance(part, Selector)]
    behind = [part.metric for right in excepted for part in walk(right) if isinstance(part, Selector)]
    return sorted({metric for metric in behind if behind.count(metric) == selectors.count(metric)})


def _metrics(condition: Expression) -> list[str]:
    return sorted({part.metric for part in walk(condition) if isinstance(part, Selector)})


def _pinned(condition: Expression) -> set[Matcher]:
    selectors = (part for part in walk(condition) if isinstance(part, Selector))
    exceptions = _exceptions(condition)
    return {
        matcher
        for selector in selectors
        if selector.metric not in exceptions
        for matcher in selector.matchers
        if matcher.operator == "="
    }


def _equalities(condition: Expression) -> set[Matcher]:
    selectors = (part for part in walk(condition) if isinstance(part, Selector))
    return {matcher for selector in selectors for matcher in selector.matchers if matcher.operator == "="}


def _misnamed(metrics: tuple[str, ...], part: Expression) -> Expression:
    if isinstance(part, Selector) and part.metric in metrics:
        return replace(part, metric=f"{part.metric}s")
    return part


def _mismatched(matcher: Matcher, part: Expression) -> Expression:
    if isinstance(part, Selector):
        wrong = replace(matcher, value=f"{matcher.value}s")
        return replace(part, matchers=tuple(wrong if one == matcher else one for one in part.matchers))
    return part


def _held_twice_as_long(rule: Rule) -> Iterator[tuple[str, Rule]]:
    if "for" in rule:
        twice = f"{2 * parse_duration(str(rule['for'])).seconds}s"
        yield f"for: {twice}", {**rule, "for": twice}


def _asking(rule: Rule, condition: Expression) -> Rule:
    return {**rule, "expr": print_promql(condition)}
