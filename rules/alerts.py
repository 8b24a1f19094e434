"""The alerts: which signal is held against which threshold, which team owns it, and what it says at 3 a.m.

What to do then stands in `rules/runbooks/<Alert>.md`.
"""

from monitoring_kit import Alert
from queries.errors import error_ratio, error_ratio_by_pod, exceptions, rejected_ratio
from queries.latency import latency
from queries.models import versions_served
from queries.pods import (
    available_replicas,
    container_errors,
    container_restarts,
    containers_not_starting,
    crash_looping,
    init_containers_failing,
    out_of_memory_kills,
    replicas_available_share,
    rollout_stuck,
)
from queries.resources import cpu_utilisation, memory_utilisation
from queries.scrape import (
    deployment_unknown,
    metrics_missing,
    pods_without_metrics,
    target_up,
    targets_up,
    usage_unknown,
)
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
    NOT_STARTING,
    OUT_OF_MEMORY,
    POD_FAILING,
    POD_WITHOUT_METRICS,
    REJECTED,
    REJECTED_NEARLY_ALL,
    REPLICAS_MISSING,
    RESTARTS,
    ROLLOUT_STUCK,
    SOURCE_MISSING,
    TARGET_DOWN,
    TRAFFIC_STOPPED,
    VERSION_SKEW,
)

# The roles that take alerts. Which teams these are stands in the environment file (`teams:`).
SERVING = "serving"
PLATFORM = "platform"

ModelErrorRatioHigh = Alert(error_ratio, ERROR_RATIO, team=SERVING, summary="fails {value} of its valid requests")
ModelRejectsNearlyAll = Alert(
    rejected_ratio, REJECTED_NEARLY_ALL, team=SERVING, summary="refuses {value} of its requests as bad input"
)
ModelRejectedRatioHigh = Alert(
    rejected_ratio, REJECTED, team=SERVING, summary="refuses {value} of its requests as bad input"
)
ModelPodFailing = Alert(error_ratio_by_pod, POD_FAILING, team=SERVING, summary="fails {value} of its valid requests")
ModelLatencyHigh = Alert(
    latency, LATENCY, team=SERVING, summary="answers {value} of its predictions in more than {slower_than}"
)
ModelTrafficStopped = Alert(
    request_rate,
    TRAFFIC_STOPPED,
    team=SERVING,
    summary="is not asked for predictions any more",
    prometheus_only="EndpointTrafficStopped judges the endpoint's log by a count of rows, as a log alert has to",
)
ModelExceptionsRaised = Alert(exceptions, EXCEPTIONS, team=SERVING, summary="raised {value} unhandled exceptions")
ModelVersionSkew = Alert(versions_served, VERSION_SKEW, team=SERVING, summary="serves {value} versions at once")

ModelAllTargetsDown = Alert(targets_up, NO_TARGET, team=PLATFORM, summary="does not answer Prometheus from any pod")
ModelTargetDown = Alert(target_up, TARGET_DOWN, team=PLATFORM, summary="does not answer Prometheus")
ModelMetricsMissing = Alert(metrics_missing, METRICS_MISSING, team=SERVING, summary="exports no prediction metrics")
ModelPodWithoutMetrics = Alert(
    pods_without_metrics, POD_WITHOUT_METRICS, team=SERVING, summary="is ready and exports no model"
)
InferenceDeploymentUnknown = Alert(
    deployment_unknown, SOURCE_MISSING, team=PLATFORM, summary="is not known to kube-state-metrics"
)
InferenceUsageUnknown = Alert(
    usage_unknown, SOURCE_MISSING, team=PLATFORM, summary="tells nothing of the memory and CPU of the model server"
)

InferenceNoReplicas = Alert(available_replicas, NO_REPLICA, team=PLATFORM, summary="has no available replica")
InferenceReplicasMissing = Alert(
    replicas_available_share, REPLICAS_MISSING, team=PLATFORM, summary="has {value} of its replicas available"
)
InferenceRolloutStuck = Alert(rollout_stuck, ROLLOUT_STUCK, team=SERVING, summary="makes no progress in its rollout")
InferencePodNotStarting = Alert(
    containers_not_starting, NOT_STARTING, team=SERVING, summary="cannot start: image or configuration is missing"
)
InferenceInitContainerFailing = Alert(
    init_containers_failing, NOT_STARTING, team=SERVING, summary="fails again and again, so that its pod cannot start"
)
InferencePodCrashLooping = Alert(crash_looping, CRASH_LOOP, team=SERVING, summary="is crash-looping")
InferenceContainerRestarts = Alert(
    container_restarts, RESTARTS, team=SERVING, summary="was restarted {value} times within {window}"
)
InferenceOutOfMemory = Alert(
    out_of_memory_kills, OUT_OF_MEMORY, team=SERVING, summary="was killed for using more memory than its limit"
)
InferenceMemoryNearLimit = Alert(
    memory_utilisation, MEMORY_NEAR_LIMIT, team=SERVING, summary="uses {value} of the memory that it is allowed"
)
InferenceCpuNearLimit = Alert(
    cpu_utilisation, CPU_NEAR_LIMIT, team=SERVING, summary="uses {value} of the CPU that it is allowed"
)
InferenceErrorsLogged = Alert(
    container_errors, ERROR_LINES, team=SERVING, summary="logged {value} error lines within {window}"
)
