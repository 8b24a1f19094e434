"""The alerts: which signal is held against which threshold, who owns it, and what it says at 3 a.m.

What to do then stands in `rules/runbooks/<Alert>.md`.
"""

from monitoring_kit.model.alerts import Alert
from queries.errors import error_ratio, exceptions
from queries.latency import latency
from queries.models import versions_served
from queries.pods import available_replicas, container_errors, container_restarts, crash_looping, out_of_memory_kills
from queries.resources import cpu_utilisation, memory_utilisation
from queries.scrape import metrics_missing, target_up, targets_up
from queries.traffic import request_rate
from rules.thresholds import (
    CPU_NEAR_LIMIT,
    CRASH_LOOP,
    ERROR_LINES,
    ERROR_RATIO,
    EXCEPTIONS,
    LATENCY,
    MEMORY_NEAR_LIMIT,
    METRICS_MISSING,
    NO_REPLICA,
    NO_TARGET,
    OUT_OF_MEMORY,
    RESTARTS,
    TARGET_DOWN,
    TRAFFIC_STOPPED,
    VERSION_SKEW,
)

ML_SERVING = "ml-serving"
PLATFORM = "platform"

ModelErrorRatioHigh = Alert(error_ratio, ERROR_RATIO, owner=ML_SERVING, says="fails {value} of its valid requests")
ModelLatencyHigh = Alert(
    latency, LATENCY, owner=ML_SERVING, says="answers {value} of its predictions in more than {slower_than}"
)
ModelTrafficStopped = Alert(
    request_rate,
    TRAFFIC_STOPPED,
    owner=ML_SERVING,
    says="is not asked for predictions any more",
    prometheus_only="a log alert sees rows, so it cannot notice that there are none",
)
ModelExceptionsRaised = Alert(exceptions, EXCEPTIONS, owner=ML_SERVING, says="raised {value} unhandled exceptions")
ModelVersionSkew = Alert(versions_served, VERSION_SKEW, owner=ML_SERVING, says="serves {value} versions at once")

ModelAllTargetsDown = Alert(targets_up, NO_TARGET, owner=PLATFORM, says="does not answer Prometheus from any pod")
ModelTargetDown = Alert(target_up, TARGET_DOWN, owner=PLATFORM, says="does not answer Prometheus")
ModelMetricsMissing = Alert(metrics_missing, METRICS_MISSING, owner=ML_SERVING, says="exports no prediction metrics")

InferenceNoReplicas = Alert(available_replicas, NO_REPLICA, owner=PLATFORM, says="has no available replica")
InferencePodCrashLooping = Alert(crash_looping, CRASH_LOOP, owner=ML_SERVING, says="is crash-looping")
InferenceContainerRestarts = Alert(
    container_restarts, RESTARTS, owner=ML_SERVING, says="was restarted {value} times within {window}"
)
InferenceOutOfMemory = Alert(
    out_of_memory_kills, OUT_OF_MEMORY, owner=ML_SERVING, says="was killed for using more memory than its limit"
)
InferenceMemoryNearLimit = Alert(
    memory_utilisation, MEMORY_NEAR_LIMIT, owner=ML_SERVING, says="uses {value} of the memory that it is allowed"
)
InferenceCpuNearLimit = Alert(
    cpu_utilisation, CPU_NEAR_LIMIT, owner=ML_SERVING, says="uses {value} of the CPU that it is allowed"
)
InferenceErrorsLogged = Alert(
    container_errors, ERROR_LINES, owner=ML_SERVING, says="logged {value} error lines within {window}"
)
