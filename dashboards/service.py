"""The first page that somebody opens who was woken: is it up, correct, fast, full, and is the model itself odd."""

from monitoring_kit import Backend, Dashboard, Row
from queries.errors import error_ratio, error_ratio_by_pod, errors_by_type, rejected_ratio
from queries.latency import latency
from queries.models import model_versions, versions_served
from queries.pods import available_replicas
from queries.resources import cpu_utilisation, memory_utilisation
from queries.scrape import metrics_missing, targets_up
from queries.traffic import request_rate

service = Dashboard(
    title="Service",
    description="Is the service up, correct, fast and roomy, and which model answers.",
    backends=(Backend.PROMETHEUS,),
    variables="namespace model_name model_version",
    rows=(
        Row(
            "Is it up?",
            targets_up.stat(4),
            available_replicas.stat(4),
            metrics_missing.stat(4),
            request_rate.stat(4),
            error_ratio.stat(4),
            versions_served.stat(4),
            request_rate.timeseries(12),
            request_rate.timeseries(12, by="status", title="Requests by outcome"),
        ),
        Row(
            "Is it correct?",
            error_ratio.timeseries(12),
            errors_by_type.timeseries(12),
            rejected_ratio.timeseries(8),
            error_ratio.timeseries(8, by="model_version", title="Error ratio by version"),
            error_ratio_by_pod.timeseries(8),
        ),
        Row(
            "Is it fast?",
            latency.slow_share(12, title="Slow predictions"),
            latency.quantiles(12, "p50 p95 p99", title="Latency by model"),
            latency.quantiles(12, "p50 p95 p99", by="model_version", title="Latency by version"),
            latency.heatmap(12, title="Distribution of latency"),
        ),
        Row("Is it full?", cpu_utilisation.timeseries(12), memory_utilisation.timeseries(12)),
        Row("Is the model itself odd?", versions_served.timeseries(12), model_versions.rows(12)),
    ),
)
