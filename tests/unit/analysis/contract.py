"""The guide's metrics as a small contract, for specifications."""

from __future__ import annotations

from monitoring_kit.model.metrics import Metric, MetricCatalogue, counter, gauge, histogram, source

SERVER = source("model server", adds="job instance namespace pod", scope="{}")


def catalogue(*metrics: Metric) -> MetricCatalogue:
    return MetricCatalogue({metric.name: metric for metric in metrics})


GUIDE = catalogue(
    counter(
        "model_predictions_total",
        labels="model_name model_version status=success|error|rejected",
        source=SERVER,
        help="Predictions.",
    ),
    counter("model_errors_total", labels="model_name error_type", source=SERVER, help="Errors by type."),
    histogram(
        "model_prediction_duration_seconds",
        labels="model_name",
        source=SERVER,
        help="Latency.",
        buckets="0.1 1 10",
    ),
    gauge("model_info", labels="model_name model_version framework", source=SERVER, help="Always 1."),
    gauge("queue_length", labels="model_name", source=SERVER, help="Waiting requests."),
)
