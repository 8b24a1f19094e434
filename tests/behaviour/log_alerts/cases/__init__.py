"""The specification of every log alert."""

from tests.behaviour.log_alerts.cases import containers, endpoint, exceptions, resources

SPECIFICATIONS = (
    endpoint.MODEL_ERROR_RATIO_HIGH,
    endpoint.MODEL_LATENCY_HIGH,
    endpoint.ENDPOINT_TRAFFIC_STOPPED,
    endpoint.MODEL_REJECTED_RATIO_HIGH,
    endpoint.MODEL_REJECTS_NEARLY_ALL,
    exceptions.MODEL_EXCEPTIONS_RAISED,
    containers.INFERENCE_CONTAINER_RESTARTS,
    containers.INFERENCE_ERRORS_LOGGED,
    resources.INFERENCE_CPU_NEAR_LIMIT,
    resources.INFERENCE_MEMORY_NEAR_LIMIT,
)
