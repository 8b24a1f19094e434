"""The faults of the monitoring guide's own alerts: what they do, and what ours do on the same series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitoring_kit.programs import promtool
from monitoring_kit.testing.rule_files import Rule, rules_of, write_rules
from tests.behaviour.alerts.case import Incident
from tests.behaviour.alerts.rendering import write_incident
from tests.behaviour.alerts.series import (
    GIB,
    POD_A,
    POD_B,
    Series,
    durations,
    errors,
    limit,
    memory_used,
    predictions,
    restarts,
)
from tests.behaviour.alerts.timeline import For

# As the guide writes them, without their texts; the last holds the expression of its memory panel against 1 GiB.
GUIDE: tuple[Rule, ...] = (
    {
        "alert": "HighErrorRate",
        "expr": "rate(model_errors_total[5m]) / rate(model_predictions_total[5m]) > 0.05",
        "for": "5m",
    },
    {
        "alert": "HighLatency",
        "expr": "histogram_quantile(0.95, rate(model_prediction_duration_seconds_bucket[5m])) > 2",
        "for": "5m",
    },
    {
        "alert": "PodCrashLooping",
        "expr": 'rate(kube_pod_container_status_restarts_total{namespace="production",pod=~"ml-inference.*"}[15m]) > 0',
    },
    {
        "alert": "HighMemory",
        "expr": 'sum(container_memory_working_set_bytes{namespace="production",pod=~"ml-inference.*"}) by (pod)'
        " > 0.9 * 1073741824",
        "for": "15m",
    },
)


@dataclass(frozen=True)
class Comparison:
    """What happens, and which of the named alerts fire at `time`."""

    what: str
    series: tuple[Series, ...]
    time: str
    fires: Mapping[str, bool] = field(hash=False)


COMPARISONS = (
    Comparison(
        "half of all predictions fail",
        (predictions("success", 300), predictions("error", 300), errors("model_error", 300)),
        "30m",
        fires={"HighErrorRate": False, "ModelErrorRatioHigh": True},
    ),
    Comparison(
        "a quiet pod answers one request a minute slowly while 600 are answered at once",
        (
            *durations({"0.5": 600, "2.0": 600, "2.5": 600, "+Inf": 600}, pod=POD_A),
            *durations({"0.5": 3, "2.0": 3, "2.5": 4, "+Inf": 4}, pod=POD_B),
        ),
        "30m",
        fires={"HighLatency": True, "ModelLatencyHigh": False},
    ),
    Comparison(
        "a container is restarted once",
        (restarts(For(10, 0), 1),),
        "20m",
        fires={"PodCrashLooping": True, "InferencePodCrashLooping": False, "InferenceContainerRestarts": False},
    ),
    Comparison(
        "a container uses half of its limit, and cAdvisor reports its pod beside it",
        (
            memory_used(0.5 * GIB),
            memory_used(0.51 * GIB, container=""),
            memory_used(0.001 * GIB, container="POD"),
            limit("memory", 1 * GIB),
        ),
        "30m",
        fires={"HighMemory": True, "InferenceMemoryNearLimit": False},
    ),
)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.what)
def test_ours_tells_what_the_guide_gets_wrong(comparison: Comparison, rules: Sequence[Rule], tmp_path: Path) -> None:
    firing = alerts_firing(comparison, (*rules, *GUIDE), tmp_path)
    assert {alert: alert in firing for alert in comparison.fires} == comparison.fires


def alerts_firing(comparison: Comparison, rules: Sequence[Rule], folder: Path) -> set[str]:
    """Those of the named alerts that fire: promtool denies that they are silent."""
    files = {}
    for alert in comparison.fires:
        rule_file = write_rules(folder / f"{alert}.rules.json", rules_of([alert], rules))
        silent = Incident(alert, comparison.series, {comparison.time: {}})
        files[write_incident(folder, rule_file, silent, [alert])] = alert
    assert promtool.find_vacuous(list(files)) == []
    results = promtool.unit_test_results(list(files))
    problems = [finding.problem for result in results for finding in result.failures]
    assert all(problem.startswith("is expected to be silent and fires") for problem in problems), problems
    return {files[result.file] for result in results if not result.passed}
