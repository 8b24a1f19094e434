"""Whole incidents: the service with everything that it exports, and exactly the alerts that its people hear of."""

from __future__ import annotations

from monitoring_kit.testing.case import SILENT, Case
from monitoring_kit.testing.series import GONE, For, Part, Series
from tests.behaviour.alerts.cases.errors import both as error_ratio
from tests.behaviour.alerts.cases.latency import both as slow_share
from tests.behaviour.alerts.cases.pods import CRASH_LOOP, FOUR_RESTARTS, NO_REPLICA, OUT_OF_MEMORY, REPLICAS_MISSING
from tests.behaviour.alerts.cases.resources import CPU
from tests.behaviour.alerts.cases.scrape import ALL_DOWN, METRICS_MISSING, POD_A_DOWN
from tests.behaviour.alerts.cases.slo import ERROR_PAGE, ERROR_TICKET, LATENCY_TICKET, rate
from tests.behaviour.alerts.cases.traffic import CRITICAL as TRAFFIC_STOPPED
from tests.behaviour.alerts.series import (
    GIB,
    POD_A,
    POD_B,
    PodLabels,
    available_replicas,
    cpu_used,
    durations,
    errors,
    last_terminated,
    limit,
    memory_used,
    model_info,
    predictions,
    restarts,
    up,
    waiting,
    wanted_replicas,
)


def healthy(pod: PodLabels, *until: Part) -> tuple[Series, ...]:
    """A pod that answers 300 requests a minute well; `until` says what its figures from the model server do then."""
    return (
        up(1, pod=pod),
        model_info(1, pod=pod),
        predictions("success", *(until or (300,)), pod=pod),
        predictions("error", 0, pod=pod),
        *durations({"0.5": until or 300, "+Inf": until or 300}, pod=pod),
        *resources(pod),
    )


def resources(pod: PodLabels) -> tuple[Series, ...]:
    """A pod that Kubernetes is content with, and that has room left."""
    return (
        restarts(0, pod=pod),
        limit("cpu", 2, pod=pod),
        limit("memory", 4 * GIB, pod=pod),
        cpu_used(0.6, pod=pod),
        cpu_used(0.6, pod=pod, container=""),
        memory_used(2 * GIB, pod=pod),
        memory_used(2 * GIB, pod=pod, container=""),
    )


NOTHING_HAPPENS = Case(
    "nothing happens",
    (wanted_replicas(2), available_replicas(2), *healthy(POD_A), *healthy(POD_B)),
    at={"1m": SILENT, "10m": SILENT, "30m": SILENT, "70m": SILENT},
)


def lost(pod: PodLabels) -> tuple[Series, ...]:
    """A pod on a node that dies after 30 minutes; Prometheus looks for it 8 minutes longer."""
    served = (For(30, 300), GONE)
    return (
        up(For(30, 1), For(8, 0), GONE, pod=pod),
        model_info(For(30, 1), GONE, pod=pod),
        predictions("success", *served, pod=pod),
        predictions("error", For(30, 0), GONE, pod=pod),
        *durations({"0.5": served, "+Inf": served}, pod=pod),
        restarts(For(35, 0), GONE, pod=pod),
        limit("cpu", For(35, 2), GONE, pod=pod),
        limit("memory", For(35, 4 * GIB), GONE, pod=pod),
        cpu_used(For(30, 0.6), GONE, pod=pod),
        memory_used(For(30, 2 * GIB), GONE, pod=pod),
    )


OUTAGE = Case(
    "the node with both pods dies",
    (wanted_replicas(2), available_replicas(For(30, 2), 0), *lost(POD_A), *lost(POD_B)),
    at={
        "32m": SILENT,
        "34m": (NO_REPLICA, ALL_DOWN),
        "36m": (NO_REPLICA, ALL_DOWN, POD_A_DOWN, POD_A_DOWN.about("pod", POD_B.name)),
        "42m": (NO_REPLICA, REPLICAS_MISSING, ALL_DOWN, METRICS_MISSING),
        "60m": (NO_REPLICA, REPLICAS_MISSING, ALL_DOWN, METRICS_MISSING),
    },
)

# Pod B gets the new version after 30 minutes, which needs more memory than it may have: it is killed, started and
# killed again. Pod A is left with the traffic of two, too slow and with timeouts.
BAD_RELEASE = Case(
    "a release that needs more memory than its limit",
    (
        wanted_replicas(2),
        available_replicas(For(30, 2), 1),
        up(1, pod=POD_A),
        model_info(1, pod=POD_A),
        predictions("success", For(30, 300), 540, pod=POD_A),
        predictions("error", For(30, 0), 60, pod=POD_A),
        errors("timeout", For(30, 0), 60, pod=POD_A),
        *durations({"0.5": (For(30, 300), 360), "+Inf": (For(30, 300), 600)}, pod=POD_A),
        restarts(0, pod=POD_A),
        limit("cpu", 2, pod=POD_A),
        limit("memory", 4 * GIB, pod=POD_A),
        cpu_used(For(30, 0.6), 1.9, pod=POD_A),
        memory_used(3 * GIB, pod=POD_A),
        up(For(30, 1), 0, pod=POD_B),
        model_info(For(30, 1), GONE, pod=POD_B),
        predictions("success", For(30, 300), GONE, pod=POD_B),
        *durations({"0.5": (For(30, 300), GONE), "+Inf": (For(30, 300), GONE)}, pod=POD_B),
        restarts(For(31, 0), For(1, 1), For(3, 2), For(5, 3), For(5, 4), 5, pod=POD_B),
        last_terminated("OOMKilled", For(31, GONE), 1, pod=POD_B),
        waiting("CrashLoopBackOff", For(32, GONE), *([For(2, 1), For(1, GONE)] * 20), pod=POD_B),
        limit("cpu", 2, pod=POD_B),
        limit("memory", 4 * GIB, pod=POD_B),
        cpu_used(For(30, 0.6), GONE, pod=POD_B),
        memory_used(For(30, 3 * GIB), GONE, pod=POD_B),
    ),
    at={
        "30m": SILENT,
        "31m30s": (OUT_OF_MEMORY.about("pod", POD_B.name),),
        "50m": (
            # Prometheus knows only these 50 minutes, so they are its days too.
            rate(ERROR_PAGE, "7.91x"),
            rate(ERROR_TICKET, "6.54x"),
            rate(LATENCY_TICKET, "2.64x"),
            *error_ratio("10%"),
            *slow_share("40%"),
            POD_A_DOWN.about("pod", POD_B.name),
            CRASH_LOOP.about("pod", POD_B.name),
            FOUR_RESTARTS.about("pod", POD_B.name).with_value("5", instead_of="4"),
            OUT_OF_MEMORY.about("pod", POD_B.name).with_value("2", instead_of="1"),
            CPU.with_value("95%", instead_of="84%"),
        ),
    },
)

LOST_CALLERS = Case(
    "the callers lose their way to a service that is well",
    (
        wanted_replicas(2),
        available_replicas(2),
        *healthy(POD_A, For(90, 300), 0),
        *healthy(POD_B, For(90, 300), 0),
    ),
    at={"90m": SILENT, "109m": SILENT, "115m": (TRAFFIC_STOPPED,)},
)

INCIDENTS = (NOTHING_HAPPENS, OUTAGE, BAD_RELEASE, LOST_CALLERS)
