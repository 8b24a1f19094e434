"""The alerts of production that are specified by hand: all whose cases cannot be derived, and others beside."""

from tests.behaviour.alerts.cases import errors, latency, models, pods, resources, scrape, slo, traffic

SPECIFICATIONS = (
    errors.MODEL_ERROR_RATIO_HIGH,
    latency.MODEL_LATENCY_HIGH,
    traffic.MODEL_TRAFFIC_STOPPED,
    models.MODEL_VERSION_SKEW,
    scrape.MODEL_ALL_TARGETS_DOWN,
    scrape.MODEL_TARGET_DOWN,
    scrape.MODEL_METRICS_MISSING,
    pods.INFERENCE_NO_REPLICAS,
    pods.INFERENCE_POD_CRASH_LOOPING,
    pods.INFERENCE_CONTAINER_RESTARTS,
    pods.INFERENCE_OUT_OF_MEMORY,
    resources.INFERENCE_MEMORY_NEAR_LIMIT,
    resources.INFERENCE_CPU_NEAR_LIMIT,
    slo.MODEL_ERROR_BUDGET_BURN,
    slo.MODEL_LATENCY_BUDGET_BURN,
    slo.MODEL_TAIL_LATENCY_BUDGET_BURN,
)
