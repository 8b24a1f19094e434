"""Whether there is room left: processor and memory against request and limit."""

from monitoring_kit.core.units import BYTES, CORES, PERCENT, RATIO
from monitoring_kit.model.kql import LogQuery
from monitoring_kit.model.places import Place
from monitoring_kit.model.prom import Usage
from monitoring_kit.model.signals import Platform, State, Unwatched, Utilisation
from queries.platform_metrics import CPU_UTILIZATION, DISK_UTILIZATION, MEMORY_UTILIZATION

cpu_utilisation = Utilisation(
    title="CPU used of the limit",
    says="Processor time used, as a share of the container's limit; on an online endpoint, of the instance.",
    per="namespace pod container",
    amount=CORES,
    prometheus=Usage(
        used="container_cpu_usage_seconds_total",
        used_is="counter",
        limit='kube_pod_container_resource_limits{resource="cpu"}',
        request='kube_pod_container_resource_requests{resource="cpu"}',
    ),
    online_endpoint=Platform(metric=CPU_UTILIZATION, by="instanceId"),
    container_insights=LogQuery(
        file="kql/cpu_utilisation.kql",
        place=Place.CONTAINER_INSIGHTS,
        value_column="CpuUtilisation",
        unit=RATIO,
        by="PodName ContainerName",
    ),
)

memory_utilisation = Utilisation(
    title="Memory used of the limit",
    says="Memory that cannot be reclaimed, as a share of the limit at which the container is killed.",
    per="namespace pod container",
    amount=BYTES,
    prometheus=Usage(
        used="container_memory_working_set_bytes",
        used_is="gauge",
        limit='kube_pod_container_resource_limits{resource="memory"}',
        request='kube_pod_container_resource_requests{resource="memory"}',
    ),
    online_endpoint=Platform(metric=MEMORY_UTILIZATION, by="instanceId"),
    container_insights=LogQuery(
        file="kql/memory_utilisation.kql",
        place=Place.CONTAINER_INSIGHTS,
        value_column="MemoryUtilisation",
        unit=RATIO,
        by="PodName ContainerName",
    ),
)

disk_utilisation = State(
    title="Disk used",
    says="Disk space used on each instance of the deployment.",
    unit=PERCENT,
    online_endpoint=Platform(metric=DISK_UTILIZATION, by="instanceId disk"),
    unwatched=Unwatched("an instance is replaced whole; a full disk shows as failed requests first"),
)
