"""The containers that serve the models: do they run, do they answer scrapes, have they room."""

from monitoring_kit import Backend, Dashboard, Row
from queries.pods import (
    available_replicas,
    container_restarts,
    containers_not_starting,
    crash_looping,
    init_containers_failing,
    out_of_memory_kills,
    replicas_available_share,
    rollout_stuck,
    wanted_replicas,
)
from queries.resources import cpu_utilisation, memory_utilisation
from queries.scrape import (
    deployment_unknown,
    metrics_missing,
    pods_without_metrics,
    scrape_duration,
    scrape_samples,
    target_up,
    targets_up,
    usage_unknown,
)

pods = Dashboard(
    title="Pods",
    description="Do the pods run, do they answer scrapes, and how far are they from request and limit.",
    backends=(Backend.PROMETHEUS,),
    variables="namespace pod",
    rows=(
        Row(
            "Is it up?",
            available_replicas.timeseries(8),
            wanted_replicas.timeseries(8),
            targets_up.timeseries(8),
            replicas_available_share.timeseries(8),
            rollout_stuck.timeseries(8),
            containers_not_starting.timeseries(8),
            target_up.timeseries(8),
            crash_looping.timeseries(8),
            init_containers_failing.timeseries(8),
            container_restarts.timeseries(12),
            out_of_memory_kills.timeseries(12),
        ),
        Row(
            "Is it full?",
            cpu_utilisation.timeseries(12),
            cpu_utilisation.amounts(12, title="CPU used, requested and allowed"),
            memory_utilisation.timeseries(12),
            memory_utilisation.amounts(12, title="Memory used, requested and allowed"),
        ),
        Row(
            "Do the figures arrive?",
            metrics_missing.timeseries(8),
            pods_without_metrics.timeseries(8),
            deployment_unknown.timeseries(8),
            usage_unknown.timeseries(8),
            scrape_duration.timeseries(8),
            scrape_samples.timeseries(8),
        ),
    ),
)
