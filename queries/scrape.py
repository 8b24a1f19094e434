"""Whether the figures themselves arrive."""

from monitoring_kit import SECONDS, Absence, State, Unwatched, prom

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
    prometheus=prom.Gauge(gauge="up", combine="sum", or_missing=True),
)

metrics_missing = Absence(
    title="Prediction metrics missing",
    description="1 while no pod exports the counter of predictions, on which the alerts about errors and traffic rest.",
    by="namespace job",
    prometheus=prom.Absent(series="model_predictions_total"),
    when_empty="Present",
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
