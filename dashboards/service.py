"""The first page that somebody opens who was woken: what is wrong now, of which model, and since when.

The first screen answers that alone. Below it the same questions over time, then the detail, which is asked when it is
opened.
"""

from dashboards.annotations import FIRING, VERSION_CHANGED
from monitoring_kit import Backend, Dashboard, Row
from queries.errors import error_ratio, error_ratio_by_pod, errors_by_type, rejected_ratio
from queries.firing import firing_alerts
from queries.latency import latency
from queries.models import model_versions, versions_served
from queries.pods import available_replicas, container_restarts, crash_looping, replicas_available_share
from queries.resources import cpu_utilisation, memory_utilisation
from queries.scrape import metrics_missing, target_up, targets_up
from queries.traffic import request_rate
from rules.slo import AVAILABILITY, LATENCY, TAIL_LATENCY

service = Dashboard(
    title="Service",
    description="What is wrong now, of which model, and since when.",
    backends=(Backend.PROMETHEUS,),
    variables="namespace model_name model_version",
    annotations=(FIRING, VERSION_CHANGED),
    rows=(
        Row(
            "What is wrong now?",
            firing_alerts.rows(9, height=9),
            request_rate.stat(3, worst=True, height=3, title="Requests"),
            error_ratio.stat(3, worst=True, height=3, title="Errors"),
            error_ratio_by_pod.stat(3, worst=True, height=3, title="Worst pod"),
            rejected_ratio.stat(3, worst=True, height=3, title="Rejected"),
            latency.stat(3, worst=True, height=3, title="Slow"),
            replicas_available_share.stat(3, worst=True, height=3, title="Replicas"),
            crash_looping.stat(3, worst=True, height=3, title="Crash loops"),
            container_restarts.stat(3, worst=True, height=3, title="Restarts"),
            target_up.stat(3, worst=True, height=3, title="Scraped"),
            metrics_missing.stat(3, height=3, title="Metrics"),
            memory_utilisation.stat(3, worst=True, height=3, title="Memory"),
            cpu_utilisation.stat(3, worst=True, height=3, title="CPU"),
            versions_served.stat(3, worst=True, height=3, title="Versions"),
            AVAILABILITY.budget_left.stat(3, worst=True, height=3, title="Error budget"),
            LATENCY.budget_left.stat(3, worst=True, height=3, title="Slow budget"),
            request_rate.columns(
                24,
                error_ratio,
                rejected_ratio,
                latency,
                versions_served,
                AVAILABILITY.budget_left,
                LATENCY.budget_left,
                TAIL_LATENCY.budget_left,
                title="Models",
                height=4,
            ),
        ),
        Row(
            "Since when?",
            error_ratio.timeseries(8, height=7),
            latency.slow_share(8, height=7, title="Slow predictions"),
            request_rate.timeseries(8, height=7, by="status", title="Requests by outcome"),
            available_replicas.timeseries(8, height=7),
            memory_utilisation.timeseries(8, height=7),
            cpu_utilisation.timeseries(8, height=7),
            latency.quantiles(8, "p50 p95 p99", height=7, title="Latency by model"),
            errors_by_type.timeseries(8, height=7),
            rejected_ratio.timeseries(8, height=7),
            error_ratio_by_pod.timeseries(8, height=7),
            request_rate.timeseries(8, height=7),
            targets_up.timeseries(8, height=7),
        ),
        Row(
            "Which version?",
            versions_served.timeseries(8),
            error_ratio.timeseries(8, by="model_version", title="Error ratio by version"),
            latency.quantiles(8, "p50 p95 p99", by="model_version", title="Latency by version"),
            model_versions.rows(24),
            collapsed=True,
        ),
        Row(
            "How are the answers spread?",
            latency.heatmap(24, title="Distribution of latency"),
            collapsed=True,
        ),
    ),
)
