"""The faults of the monitoring guide's own alerts: what they do, and what ours do on the same series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from monitoring_kit.testing.case import SILENT, Case
from monitoring_kit.testing.rule_files import Rule
from monitoring_kit.testing.series import For, Series
from monitoring_kit.testing.unit_tests import failures
from tests.behaviour.alerts.proofs import rules
from tests.behaviour.alerts.series import (
    GIB,
    POD_A,
    POD_B,
    durations,
    errors,
    limit,
    memory_used,
    predictions,
    restarts,
)

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
class GuideFault:
    """What happens, and which of the named alerts fire at `time`."""

    what: str
    series: tuple[Series, ...]
    time: str
    fires: Mapping[str, bool] = field(hash=False)


GUIDE_FAULTS = (
    GuideFault(
        "half of all predictions fail",
        (predictions("success", 300), predictions("error", 300), errors("model_error", 300)),
        "30m",
        fires={"HighErrorRate": False, "ModelErrorRatioHigh": True},
    ),
    GuideFault(
        "a quiet pod answers one request a minute slowly while 600 are answered at once",
        (
            *durations({"0.5": 600, "2.0": 600, "2.5": 600, "+Inf": 600}, pod=POD_A),
            *durations({"0.5": 3, "2.0": 3, "2.5": 4, "+Inf": 4}, pod=POD_B),
        ),
        "30m",
        fires={"HighLatency": True, "ModelLatencyHigh": False},
    ),
    GuideFault(
        "a container is restarted once",
        (restarts(For(10, 0), 1),),
        "20m",
        fires={"PodCrashLooping": True, "InferencePodCrashLooping": False, "InferenceContainerRestarts": False},
    ),
    GuideFault(
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


@pytest.mark.parametrize("fault", GUIDE_FAULTS, ids=lambda fault: fault.what)
def test_ours_tells_what_the_guide_gets_wrong(fault: GuideFault) -> None:
    firing = alerts_firing(fault, (*rules(), *GUIDE))
    assert {alert: alert in firing for alert in fault.fires} == fault.fires


def alerts_firing(fault: GuideFault, every: Sequence[Rule]) -> set[str]:
    """Those of the named alerts that fire: promtool denies that they are silent."""
    silent = Case(fault.what, fault.series, {fault.time: SILENT})
    found = {alert: failures(every, [alert], [silent]) for alert in fault.fires}
    problems = [problem for alert in found for problem in found[alert]]
    assert all("is expected to be silent and fires" in problem for problem in problems), problems
    return {alert for alert in found if found[alert]}
