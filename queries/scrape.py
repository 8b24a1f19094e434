"""Whether the figures themselves arrive."""

from monitoring_kit import SECONDS, Absence, State, Unwatched, prom

# No pod is there to be scraped, and none is meant to be.
SCALED_TO_ZERO = prom.Unless(condition="kube_deployment_spec_replicas == 0", on="namespace")
# Without a container nothing can be measured; that none runs has an alert of its own.
NO_REPLICA = prom.Unless(condition="kube_deployment_status_replicas_available == 0", on="namespace")

target_up = State(
    title="Scrape of each pod",
    description="1 where the last scrape of the pod's metrics worked, 0 where it failed.",
    by="namespace pod",
    prometheus=prom.Gauge(gauge="up", combine="min"),
    yes_or_no=True,
)

targets_up = State(
    title="Pods that answer scrapes",
    description="How many pods of the service answer Prometheus. 0 also where no pod is known any more.",
    by="namespace job",
    prometheus=prom.Gauge(gauge="up", combine="sum", or_missing=True, unless=SCALED_TO_ZERO),
    when_empty="Scaled to zero",
)

pods_without_metrics = State(
    title="Ready pods without metrics",
    description="1 for a pod that is ready and of which Prometheus knows no model: what it answers counts nowhere.",
    by="namespace pod",
    prometheus=prom.Gauge(
        gauge='kube_pod_status_ready{condition="true"}', unless=prom.Unless(condition="model_info", on="namespace pod")
    ),
    when_empty="No such pod",
    empty_when_healthy="is there for pods without metrics, and every pod has them",
    yes_or_no=True,
)

metrics_missing = Absence(
    title="Prediction metrics missing",
    description="1 while no pod exports the counter of predictions, on which the alerts about errors and traffic rest.",
    by="namespace job",
    prometheus=prom.Absent(series="model_predictions_total", unless=SCALED_TO_ZERO),
    when_empty="Present",
    empty_when_healthy="is 1 while the metric is not there, and it is there",
)

deployment_unknown = Absence(
    title="Deployment unknown",
    description="1 while kube-state-metrics says nothing of the Deployment, on which the alerts about replicas, "
    "restarts and rollouts rest.",
    by="namespace deployment",
    prometheus=prom.Absent(series="kube_deployment_spec_replicas"),
    when_empty="Known",
    empty_when_healthy="is 1 while the metric is not there, and it is there",
)

usage_unknown = Absence(
    title="Use of memory and CPU unknown",
    description="1 while cAdvisor says nothing of the containers, on which the alerts about memory and CPU rest.",
    by="namespace job",
    prometheus=prom.Absent(series="container_memory_working_set_bytes", unless=NO_REPLICA),
    when_empty="Known",
    empty_when_healthy="is 1 while the metric is not there, and it is there",
)

scrape_duration = State(
    title="Scrape duration",
    description="How long Prometheus waits for the metrics of a pod. The scrape is given up after 10 seconds.",
    unit=SECONDS,
    by="namespace pod",
    prometheus=prom.Gauge(gauge="scrape_duration_seconds"),
    unwatched=Unwatched("a scrape that takes too long fails, which has an alert"),
)

scrape_samples = State(
    title="Series per pod",
    description="How many series a pod exports. It grows when a label takes values without bound.",
    by="namespace pod",
    prometheus=prom.Gauge(gauge="scrape_samples_post_metric_relabeling"),
    unwatched=Unwatched("the ServiceMonitor refuses a scrape with too many samples, which has an alert"),
)
