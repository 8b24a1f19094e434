"""No alert goes unspecified, and no case proves less than it seems to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.definitions import Definitions
from monitoring_kit.model.budgets import OBJECTIVE_LABEL
from monitoring_kit.model.metrics import MetricCatalogue
from monitoring_kit.plan.model import EventRecording, Plan, PrometheusRecording
from monitoring_kit.programs import promtool
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line
from monitoring_kit.promql.tree import Expression, Matcher, Selector, walk
from monitoring_kit.testing.derive import is_derivable
from monitoring_kit.testing.rule_files import Rule, rules_of, write_rules
from monitoring_kit.testing.samples import EVALUATION_SECONDS
from tests.behaviour.alerts.case import SILENT, Case, Specification
from tests.behaviour.alerts.cases import SPECIFICATIONS
from tests.behaviour.alerts.incidents import INCIDENTS
from tests.behaviour.alerts.rendering import write_cases
from tests.behaviour.alerts.series import Series, predictions

ALL_SERIES = [
    *(series for specification in SPECIFICATIONS for case in specification.cases for series in case.series),
    *(series for specification in SPECIFICATIONS for series in specification.noise),
    *(series for incident in INCIDENTS for series in incident.series),
]


def test_every_alert_is_specified_by_hand_or_derived_and_nothing_else_is(plan: Plan) -> None:
    specified = [specification.alert for specification in SPECIFICATIONS]
    derived = {alert.alert.name for alert in plan.prometheus_alerts if is_derivable(alert.alert.signal)}
    every = {alert.alert.name for alert in plan.prometheus_alerts}
    assert len(specified) == len(set(specified))
    assert (sorted(every - derived - set(specified)), sorted(set(specified) - every)) == ([], [])


def test_every_severity_fires_in_one_case_and_is_silent_in_another(rules: Sequence[Rule], tmp_path: Path) -> None:
    specified = rules_of([specification.alert for specification in SPECIFICATIONS], rules)
    assert uncovered(SPECIFICATIONS, specified, tmp_path) == []


def test_an_alert_without_a_firing_case_of_a_severity_is_found(rules: Sequence[Rule], tmp_path: Path) -> None:
    only_silent = Specification(
        "ModelErrorRatioHigh", (), (Case("silent", (predictions("success", 1),), {"1m": SILENT}),)
    )
    own = rules_of([only_silent.alert], rules)
    assert uncovered([only_silent], own, tmp_path) == ["ModelErrorRatioHigh critical", "ModelErrorRatioHigh warning"]


def test_every_selector_of_every_rule_finds_a_series_in_some_case(plan: Plan) -> None:
    recordings = recorded(plan)
    for specification in SPECIFICATIONS:
        series = [one for case in specification.cases for one in case.series]
        for alert in plan.prometheus_alerts:
            if alert.alert.name == specification.alert:
                assert list(idle_selectors(alert.condition, series, recordings)) == [], specification.alert


@pytest.mark.parametrize(
    "idle",
    [
        'model_prediction_total{namespace="production"}',
        'model_predictions_total{status="failure"}',
        'model_predictions_total{namespace=~"prod"}',
        'model_predictions_total{model_name!="churn"}',
    ],
)
def test_a_selector_that_finds_no_series_is_found(idle: str) -> None:
    expression = parse(f"rate(model_predictions_total[5m]) / rate({idle}[5m])")
    assert list(idle_selectors(expression, [predictions("error", 60)], {})) == [idle]


def test_every_series_is_one_of_the_contract_with_all_its_labels(definitions: Definitions) -> None:
    assert [series.name for series in ALL_SERIES if not is_of_contract(series, definitions.catalogue)] == []


def test_a_series_outside_the_contract_is_found(definitions: Definitions) -> None:
    good = predictions("error", 60)
    assert is_of_contract(good, definitions.catalogue)
    without_pod = {name: value for name, value in good.labels.items() if name != "pod"}
    for bad in (
        predictions("failure", 60),
        Series(good.metric, without_pod, good.parts, is_counter=True),
        Series("model_prediction_total", good.labels, good.parts, is_counter=True),
    ):
        assert not is_of_contract(bad, definitions.catalogue), bad.name


def test_no_case_has_a_series_twice() -> None:
    """promtool would mix their samples without a word."""
    for specification in SPECIFICATIONS:
        for case in specification.cases:
            names = [series.name for series in (*case.series, *specification.noise)]
            assert len(names) == len(set(names)), f"{specification.alert}: {case.name}"
    for incident in INCIDENTS:
        names = [series.name for series in incident.series]
        assert len(names) == len(set(names)), incident.name


def test_every_case_has_a_name_of_its_own_and_looks_at_moments_of_evaluation() -> None:
    for specification in SPECIFICATIONS:
        names = [case.name for case in specification.cases]
        assert len(names) == len(set(names)), specification.alert
    moments = [time for specification in SPECIFICATIONS for case in specification.cases for time in case.at]
    moments += [time for incident in INCIDENTS for time in incident.at]
    assert [time for time in moments if parse_duration(time).seconds % EVALUATION_SECONDS] == []


def test_every_alert_keeps_its_names_and_addresses_in_a_case_of_its_own() -> None:
    """Names are derived from the alert's, so that a copied text shows."""
    for specification in SPECIFICATIONS:
        firing = [alert for case in specification.cases for alerts in case.at.values() for alert in alerts]
        assert firing
        for alert in firing:
            assert alert.runbook_url.endswith(f"/{specification.alert}.md")
            assert alert.labels["namespace"] == "production"


def uncovered(specifications: Iterable[Specification], rules: Sequence[Rule], folder: Path) -> list[str]:
    """The alerts and severities that fire in no case or are silent in none."""
    rule_file = write_rules(folder / "rules.json", rules)
    files = [file for specification in specifications for file in write_cases(folder, rule_file, specification)]
    return [
        f"{counted.alert} {counted.severity}"
        for counted in promtool.coverage(files, [rule_file])
        if not counted.firing or not counted.silent
    ]


def recorded(plan: Plan) -> Mapping[str, Sequence[PrometheusRecording | EventRecording]]:
    """The recording rules by what they record."""
    rules: defaultdict[str, list[PrometheusRecording | EventRecording]] = defaultdict(list)
    for rule in plan.recordings:
        rules[rule.recording.name].append(rule)
    for counted in plan.event_recordings:
        rules[counted.name].append(counted)
    return rules


def idle_selectors(
    expression: Expression,
    series: Sequence[Series],
    recordings: Mapping[str, Sequence[PrometheusRecording | EventRecording]],
    objective: str = "",
) -> Iterator[str]:
    """The selectors of `expression` that pick none of `series`, nor a recording of such.

    Where an objective is chosen, only the counts of that one are looked at.
    """
    for part in walk(expression):
        if not isinstance(part, Selector):
            continue
        chosen = next((matcher.value for matcher in part.matchers if matcher.label == OBJECTIVE_LABEL), objective)
        rules = recordings.get(part.metric, ())
        for rule in rules:
            if isinstance(rule, EventRecording) and rule.labels.get(OBJECTIVE_LABEL, chosen) != chosen:
                continue
            yield from idle_selectors(rule.expression, series, recordings, chosen)
        counters = [rule.recording.counter for rule in rules if isinstance(rule, PrometheusRecording)]
        sources = [replace(part, metric=counter) for counter in counters] if rules else [part]
        if sources and not any(picks(source, one) for source in sources for one in series):
            yield one_line(part)


def picks(selector: Selector, series: Series) -> bool:
    return selector.metric == series.metric and all(accepts(m, series) for m in selector.matchers)


def accepts(matcher: Matcher, series: Series) -> bool:
    value = series.labels.get(matcher.label, "")
    if matcher.operator in ("=", "!="):
        return (value == matcher.value) == (matcher.operator == "=")
    return (re.fullmatch(matcher.value, value) is not None) == (matcher.operator == "=~")


def is_of_contract(series: Series, catalogue: MetricCatalogue) -> bool:
    shape = catalogue.shape(series.metric)
    return (
        shape is not None
        and shape.labels == series.labels.keys()
        and all(series.labels[label] in values for label, values in shape.closed.items())
    )
