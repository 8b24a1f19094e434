"""The containers as Azure Monitor for containers sees them: options B and C."""

from monitoring_kit import Backend, Dashboard, Row
from queries.pods import container_errors, container_log, container_restarts
from queries.resources import cpu_utilisation, memory_utilisation

containers = Dashboard(
    title="Containers (Azure Monitor)",
    description="Do the containers run, what do they log, and how far are they from their limits.",
    backends=(Backend.CONTAINER_INSIGHTS,),
    rows=(
        Row("Is it up?", container_restarts.timeseries(24)),
        Row("Is it correct?", container_errors.timeseries(24), container_log.rows(24, height=12)),
        Row("Is it full?", cpu_utilisation.timeseries(12), memory_utilisation.timeseries(12)),
    ),
)
