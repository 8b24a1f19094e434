"""Recording rules: what many panels and alerts read, computed once per evaluation instead of once per reader and pod.

With 200 pods a panel that reads a recording touches a few series where the counters have thousands; the figures come
from `python -m benchmarks.query_cost`.
"""

from monitoring_kit import recording

PREDICTIONS = recording(
    "model_version_status:model_predictions:rate5m",
    counter="model_predictions_total",
    by="namespace job model_name model_version status",
    window="5m",
)
DURATION_BUCKETS = recording(
    "model_version_le:model_prediction_duration_seconds_bucket:rate5m",
    counter="model_prediction_duration_seconds_bucket",
    by="namespace job model_name model_version le",
    window="5m",
)
ERRORS = recording(
    "model_version_error_type:model_errors:rate5m",
    counter="model_errors_total",
    by="namespace job model_name model_version error_type",
    window="5m",
)
CPU_USAGE = recording(
    "pod_container:container_cpu_usage_seconds:rate5m",
    counter="container_cpu_usage_seconds_total",
    by="namespace pod container",
    window="5m",
)
RESTARTS_OF_AN_HOUR = recording(
    "pod_container:kube_pod_container_status_restarts:rate1h",
    counter="kube_pod_container_status_restarts_total",
    by="namespace pod container",
    window="1h",
)
RESTARTS_OF_A_QUARTER = recording(
    "pod_container:kube_pod_container_status_restarts:rate15m",
    counter="kube_pod_container_status_restarts_total",
    by="namespace pod container",
    window="15m",
)
