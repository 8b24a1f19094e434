"""No alert goes unspecified, and no case proves less than it seems to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.model.budgets import OBJECTIVE_LABEL
from monitoring_kit.model.metrics import MetricCatalogue
from monitoring_kit.model.objectives import gaps_of
from monitoring_kit.plan.model import Plan, PrometheusRecording
from monitoring_kit.programs import promtool
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line
from monitoring_kit.promql.tree import Expression, Selector, walk
from monitoring_kit.testing.case import SILENT, Case, Specification
from monitoring_kit.testing.series import EVALUATION_SECONDS, Series, picks
from monitoring_kit.testing.unit_tests import write_cases
from tests.behaviour.alerts.cases import SPECIFICATIONS
from tests.behaviour.alerts.incidents import INCIDENTS
from tests.behaviour.alerts.proofs import derived_alerts, plan, rules
from tests.behaviour.alerts.series import predictions
from tests.support.planting import shipped

CASES = [*(case for specification in SPECIFICATIONS for case in specification.cases), *INCIDENTS]
ALL_SERIES = [series for case in CASES for series in case.series]


def test_every_alert_is_specified_by_hand_or_derived_and_nothing_else_is() -> None:
    specified = [specification.alert for specification in SPECIFICATIONS]
    derived = set(derived_alerts())
    every = {alert.alert.name for alert in plan().prometheus_alerts}
    assert len(specified) == len(set(specified))
    assert (sorted(every - derived - set(specified)), sorted(set(specified) - every)) == ([], [])


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda specification: specification.alert)
def test_every_severity_fires_in_one_case_and_is_silent_in_another(
    specification: Specification, tmp_path: Path
) -> None:
    assert uncovered(specification, tmp_path) == []


def test_an_alert_without_a_firing_case_of_a_severity_is_found(tmp_path: Path) -> None:
    silent = Case("silent", (predictions("success", 1),), {"1m": SILENT})
    assert uncovered(Specification("ModelErrorRatioHigh", (silent,)), tmp_path) == ["critical", "warning"]


def test_every_selector_of_every_rule_finds_a_series_in_some_case() -> None:
    recordings = recorded(plan())
    for specification in SPECIFICATIONS:
        series = [one for case in specification.cases for one in case.series]
        for alert in plan().prometheus_alerts:
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


def test_every_series_is_one_of_the_contract_with_all_its_labels() -> None:
    assert [series.name for series in ALL_SERIES if not is_of_contract(series, shipped().catalogue)] == []


def test_a_series_outside_the_contract_is_found() -> None:
    good = predictions("error", 60)
    assert is_of_contract(good, shipped().catalogue)
    without_pod = {name: value for name, value in good.labels.items() if name != "pod"}
    for bad in (
        predictions("failure", 60),
        replace(good, labels=without_pod),
        replace(good, metric="model_prediction_total"),
    ):
        assert not is_of_contract(bad, shipped().catalogue), bad.name


def test_no_case_has_a_series_twice() -> None:
    """promtool would mix their samples without a word."""
    for case in CASES:
        names = [series.name for series in case.series]
        assert len(names) == len(set(names)), case.name


def test_every_case_has_a_name_of_its_own_and_looks_at_moments_of_evaluation() -> None:
    for specification in SPECIFICATIONS:
        names = [case.name for case in specification.cases]
        assert len(names) == len(set(names)), specification.alert
    moments = [time for case in CASES for time in case.at]
    assert [time for time in moments if parse_duration(time).seconds % EVALUATION_SECONDS] == []


def test_every_alert_keeps_its_names_and_addresses_in_a_case_of_its_own() -> None:
    """Names are derived from the alert's, so that a copied text shows."""
    for specification in SPECIFICATIONS:
        firing = [alert for case in specification.cases for alerts in case.at.values() for alert in alerts]
        assert firing
        for alert in firing:
            assert alert.runbook_url.endswith(f"/{specification.alert}.md")
            assert alert.labels["namespace"] == "production"


def uncovered(specification: Specification, folder: Path) -> list[str]:
    """The severities that fire in no case or are silent in none."""
    files = list(write_cases(folder, rules(), [specification.alert], specification.cases))
    return [
        counted.severity
        for counted in promtool.coverage(files, [folder / "rules.json"])
        if not counted.firing or not counted.silent
    ]


def recorded(plan: Plan) -> Mapping[str, Sequence[PrometheusRecording]]:
    """The recording rules by what they record."""
    rules: defaultdict[str, list[PrometheusRecording]] = defaultdict(list)
    for rule in (*plan.recordings, *plan.event_recordings):
        rules[rule.name].append(rule)
    return rules


def idle_selectors(
    expression: Expression,
    series: Sequence[Series],
    recordings: Mapping[str, Sequence[PrometheusRecording]],
    objective: str = "",
) -> Iterator[str]:
    """The selectors of `expression` that pick none of `series`, nor a recording of such.

    Where an objective is chosen, only the counts of that one are looked at.
    """
    # No case of an alert has a gap between scrapes: those are in tests.behaviour.objectives.test_gaps.
    of_gaps = {name for gap in gaps_of(shipped().objectives, shipped().catalogue) for name in gap.names}
    for part in walk(expression):
        if not isinstance(part, Selector) or part.metric in of_gaps:
            continue
        chosen = next((matcher.value for matcher in part.matchers if matcher.label == OBJECTIVE_LABEL), objective)
        rules = recordings.get(part.metric, ())
        for rule in rules:
            if rule.labels.get(OBJECTIVE_LABEL, chosen) != chosen:
                continue
            yield from idle_selectors(rule.expression, series, recordings, chosen)
        rates = [shipped().recordings[rule.name] for rule in rules if rule.name in shipped().recordings]
        sources = [replace(part, metric=rate.counter) for rate in rates] if rules else [part]
        if sources and not any(picks(source, one) for source in sources for one in series):
            yield one_line(part)


def is_of_contract(series: Series, catalogue: MetricCatalogue) -> bool:
    shape = catalogue.shape(series.metric)
    return (
        shape is not None
        and shape.labels == series.labels.keys()
        and all(series.labels[label] in values for label, values in shape.closed.items())
    )
