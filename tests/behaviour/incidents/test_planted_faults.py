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
from monitoring_kit.promql.tree import Binary, Expression, Matcher, NumberLiteral, Selector, transform, walk
from tests.behaviour.incidents import production
from tests.behaviour.incidents.evaluation import name_of
from tests.behaviour.incidents.incident import Incident
from tests.behaviour.incidents.incidents import INCIDENTS
from tests.behaviour.incidents.matrix import differences, raised
from tests.behaviour.incidents.production import Rule
from tests.behaviour.incidents.recording import Recorded, served
from tests.behaviour.incidents.without_incident import WITHOUT_INCIDENT

BY_NAME = {incident.name: incident for incident in INCIDENTS}

# Which incident lies within a factor of two of each threshold. Thresholds of zero are left out: twice zero is zero.
THRESHOLD_NOTICED_IN = {
    "InferenceContainerRestarts warning": "pod crash-looping",
    "InferenceCpuNearLimit warning": "several pods with uneven load",
    "InferenceMemoryNearLimit warning": "memory leak to an out-of-memory kill",
    "InferenceNoReplicas critical": "pod crash-looping",
    "InferencePodCrashLooping critical": "pod crash-looping",
    "ModelErrorBudgetBurn critical": "every fifth prediction times out",
    "ModelErrorBudgetBurn warning": "two models of which one is broken",
    "ModelErrorRatioHigh critical": "error burst",
    "ModelErrorRatioHigh warning": "two models of which one is broken",
    "ModelLatencyBudgetBurn critical": "three seconds for an answer",
    "ModelLatencyBudgetBurn warning": "slow version rolled out",
    "ModelLatencyHigh critical": "slow version rolled out",
    "ModelLatencyHigh warning": "slow version rolled out",
    "ModelMetricsMissing critical": "scrapes fail",
    "ModelTailLatencyBudgetBurn critical": "three seconds for an answer",
    "ModelTailLatencyBudgetBurn warning": "every fifth prediction times out",
    "ModelTargetDown warning": "scrapes fail",
    "ModelVersionSkew warning": "rollout stuck half-way",
}


@pytest.mark.parametrize(
    "incident", [incident for incident in INCIDENTS if incident.fires], ids=lambda incident: incident.name
)
def test_a_typo_or_a_doubled_hold_is_noticed_by_every_incident_that_raises_the_alert(incident: Incident) -> None:
    with served(incident) as recorded:
        for rule in production.alerts():
            if name_of(rule) in incident.fires:
                for fault, planted in (*_with_a_typo(rule), *_held_twice_as_long(rule)):
                    assert_noticed(incident, recorded, fault, planted)


@pytest.mark.parametrize("name", sorted(set(THRESHOLD_NOTICED_IN.values())))
def test_a_doubled_threshold_is_noticed(name: str) -> None:
    with served(BY_NAME[name]) as recorded:
        for rule in production.alerts():
            if THRESHOLD_NOTICED_IN.get(name_of(rule)) == name:
                doubled = _with_doubled_threshold(parse(str(rule["expr"])))
                assert_noticed(BY_NAME[name], recorded, "twice the threshold", _asking(rule, doubled))


def test_every_threshold_but_zero_is_doubled() -> None:
    changed = {
        name_of(rule)
        for rule in production.alerts()
        if (condition := parse(str(rule["expr"]))) != _with_doubled_threshold(condition)
    }
    assert set(THRESHOLD_NOTICED_IN) == changed - set(WITHOUT_INCIDENT)


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
    about_it = replace(incident, fires={alert: fires for alert, fires in incident.fires.items() if alert == name})
    found = differences(about_it, raised(recorded, [planted]))
    assert found, f"{incident.name} does not notice {fault} in {name}"
    for problem in found:
        assert re.match(rf"{re.escape(incident.name)}: {name} \(rules/\w+\.py:\d+\): ", problem)


def _with_a_typo(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The rule with one metric or one value of a label misspelt, wherever it stands in the rule.

    Of an alert that can fire in two ways (`or`), one metric in each.
    """
    condition = parse(str(rule["expr"]))
    for metrics in zip(*map(_metrics, _ways(condition)), strict=True):
        yield f"a typo in {' and '.join(metrics)}", _asking(rule, transform(condition, partial(_misnamed, metrics)))
    for matcher in sorted(_pinned(condition), key=lambda matcher: (matcher.label, matcher.value)):
        yield f"a typo in {matcher.label}", _asking(rule, transform(condition, partial(_mismatched, matcher)))


def _ways(condition: Expression) -> tuple[Expression, ...]:
    match condition:
        case Binary(operator="or", left=left, right=right):
            return (*_ways(left), *_ways(right))
        case _:
            return (condition,)


def _metrics(condition: Expression) -> list[str]:
    return sorted({part.metric for part in walk(condition) if isinstance(part, Selector)})


def _pinned(condition: Expression) -> set[Matcher]:
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


def _with_doubled_threshold(condition: Expression) -> Expression:
    """The condition with twice the number that the value is compared with; what guards it is left as it is."""
    match condition:
        case Binary(operator="or", left=left, right=right):
            return replace(condition, left=_with_doubled_threshold(left), right=_with_doubled_threshold(right))
        case Binary(operator="and", left=left):
            return replace(condition, left=_with_doubled_threshold(left))
        case Binary(right=NumberLiteral(value=value)):
            return replace(condition, right=NumberLiteral(2 * value))
        case _:
            raise AssertionError(f"no threshold in {print_promql(condition)}")


def _asking(rule: Rule, condition: Expression) -> Rule:
    return {**rule, "expr": print_promql(condition)}
