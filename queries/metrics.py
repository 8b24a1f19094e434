"""The contract with what production scrapes: model server, kube-state-metrics, cAdvisor and the scrape itself.

A query that names a metric, a label or a closed label value outside this file does not build.
"""

from monitoring_kit import BYTES, CORES, SECONDS, counter, gauge, histogram, source

TARGET_LABELS = "namespace pod container service endpoint job instance"

MODEL_SERVER = source(
    "the model server's /metrics",
    adds=TARGET_LABELS,
    scope='{namespace="$namespace", job="$service"}',
)
KUBERNETES_PODS = source(
    "kube-state-metrics, series of pods",
    adds=TARGET_LABELS,
    scope='{job="kube-state-metrics", namespace="$namespace", pod=~"$pods"}',
)
KUBERNETES_DEPLOYMENTS = source(
    "kube-state-metrics, series of Deployments",
    adds=TARGET_LABELS,
    scope='{job="kube-state-metrics", namespace="$namespace", deployment="$workload"}',
)
# The pod's own cgroup and its sandbox carry no container name: adding them to their parts would count everything twice.
CONTAINERS = source(
    "cAdvisor in the kubelet",
    adds=f"{TARGET_LABELS} node metrics_path",
    scope='{job="kubelet", metrics_path="/metrics/cadvisor", namespace="$namespace", pod=~"$pods", '
    'container!="", container!="POD"}',
)

# Every latency that an alert or an objective names is one of these bounds, because only there is a histogram exact.
DURATION_BUCKETS = "0.005 0.01 0.025 0.05 0.1 0.25 0.5 0.75 1 2 2.5 5 10 30"

ERROR_TYPES = "model_error|timeout|dependency_error|out_of_memory|other"

PREDICTIONS = counter(
    "model_predictions_total",
    labels="model_name model_version status=success|error|rejected",
    source=MODEL_SERVER,
    help="Predictions answered. error: our fault; rejected: the caller's bad input.",
)
PREDICTION_DURATION = histogram(
    "model_prediction_duration_seconds",
    labels="model_name model_version",
    source=MODEL_SERVER,
    buckets=DURATION_BUCKETS,
    help="Time from when a worker takes a request to its answer. Failures are in it, bad input is not.",
)
ERRORS = counter(
    "model_errors_total",
    labels=f"model_name model_version error_type={ERROR_TYPES}",
    source=MODEL_SERVER,
    help="Failed predictions by cause. A breakdown only, never a ratio's numerator.",
)
MODEL_INFO = gauge(
    "model_info",
    labels="model_name model_version framework",
    source=MODEL_SERVER,
    help="Always 1: which version of which model a pod serves.",
)

UP = gauge("up", labels="", source=MODEL_SERVER, help="1 where the last scrape of a target worked, else 0.")
SCRAPE_DURATION = gauge(
    "scrape_duration_seconds", labels="", source=MODEL_SERVER, unit=SECONDS, help="How long the last scrape took."
)
SCRAPE_SAMPLES = gauge(
    "scrape_samples_post_metric_relabeling",
    labels="",
    source=MODEL_SERVER,
    help="Series that the last scrape kept.",
)

RESTARTS = counter(
    "kube_pod_container_status_restarts_total",
    labels="namespace pod container uid",
    source=KUBERNETES_PODS,
    help="Restarts of a container since its pod was created.",
)
WAITING_REASON = gauge(
    "kube_pod_container_status_waiting_reason",
    labels="namespace pod container uid "
    "reason=ContainerCreating|CrashLoopBackOff|CreateContainerConfigError|ErrImagePull|ImagePullBackOff|"
    "CreateContainerError|InvalidImageName",
    source=KUBERNETES_PODS,
    help="1 while a container waits for this reason; absent while it does not.",
)
INIT_WAITING_REASON = gauge(
    "kube_pod_init_container_status_waiting_reason",
    labels="namespace pod container uid "
    "reason=ContainerCreating|PodInitializing|CrashLoopBackOff|CreateContainerConfigError|ErrImagePull|"
    "ImagePullBackOff|CreateContainerError|InvalidImageName",
    source=KUBERNETES_PODS,
    help="1 while an init container waits for this reason; absent while it does not.",
)
POD_READY = gauge(
    "kube_pod_status_ready",
    labels="namespace pod uid condition=true|false|unknown",
    source=KUBERNETES_PODS,
    help="1 for the answer to whether the pod is ready, 0 for the two others.",
)
LAST_TERMINATED_REASON = gauge(
    "kube_pod_container_status_last_terminated_reason",
    labels="namespace pod container uid reason=OOMKilled|Error|Completed|ContainerCannotRun|DeadlineExceeded|Evicted",
    source=KUBERNETES_PODS,
    help="1 for the reason why the container ended the last time.",
)
RESOURCE_LIMITS = gauge(
    "kube_pod_container_resource_limits",
    labels="namespace pod container uid node resource=cpu|memory|ephemeral_storage unit=core|byte",
    source=KUBERNETES_PODS,
    help="The container's limit: cores for cpu, bytes for memory. Absent where none is set.",
)
RESOURCE_REQUESTS = gauge(
    "kube_pod_container_resource_requests",
    labels="namespace pod container uid node resource=cpu|memory|ephemeral_storage unit=core|byte",
    source=KUBERNETES_PODS,
    help="The container's request: cores for cpu, bytes for memory. Absent where none is set.",
)

REPLICAS_WANTED = gauge(
    "kube_deployment_spec_replicas",
    labels="namespace deployment",
    source=KUBERNETES_DEPLOYMENTS,
    help="Replicas that the Deployment asks for.",
)
REPLICAS_AVAILABLE = gauge(
    "kube_deployment_status_replicas_available",
    labels="namespace deployment",
    source=KUBERNETES_DEPLOYMENTS,
    help="Replicas that are ready and have stayed so.",
)
DEPLOYMENT_CONDITION = gauge(
    "kube_deployment_status_condition",
    labels="namespace deployment condition=Available|Progressing|ReplicaFailure status=true|false|unknown",
    source=KUBERNETES_DEPLOYMENTS,
    help="1 for the status that a condition of the Deployment has, 0 for the two others.",
)

CPU_USAGE = counter(
    "container_cpu_usage_seconds_total",
    labels="namespace pod container cpu id image name",
    source=CONTAINERS,
    unit=CORES,
    help="Processor time used. Its rate is in cores.",
)
MEMORY_WORKING_SET = gauge(
    "container_memory_working_set_bytes",
    labels="namespace pod container id image name",
    source=CONTAINERS,
    unit=BYTES,
    help="Memory in use that cannot be reclaimed: what the out-of-memory killer compares with the limit.",
)

# What Prometheus itself writes of its alerts. Each alert has some of these labels, beside those that all have.
PROMETHEUS_ALERTS = source(
    "Prometheus, series of its alerts", adds="namespace service", scope='{namespace="$namespace", service="$workload"}'
)
ALERTS = gauge(
    "ALERTS",
    labels="alertname alertstate=pending|firing severity=critical|warning|info team job deployment model_name "
    "model_version error_type pod container",
    source=PROMETHEUS_ALERTS,
    help="1 while an alert is in this state.",
)
ALERTS_FOR_STATE = gauge(
    "ALERTS_FOR_STATE",
    labels="alertname severity=critical|warning|info team job deployment model_name model_version error_type pod "
    "container",
    source=PROMETHEUS_ALERTS,
    unit=SECONDS,
    help="When the condition of an alert began to hold, as a time.",
)
