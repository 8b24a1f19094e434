"""Whether there is room left: processor and memory against request and limit."""

from monitoring_kit import BYTES, CORES, PERCENT, RATIO, Backend, State, Unwatched, Utilisation, azure, kql, prom
from queries.platform_metrics import CPU_UTILIZATION, DISK_UTILIZATION, MEMORY_UTILIZATION

cpu_utilisation = Utilisation(
    title="CPU used of the limit",
    description="Processor time used, as a share of the container's limit; on an online endpoint, of the instance.",
    by="namespace pod container",
    amount=CORES,
    prometheus=prom.Utilisation(
        used="container_cpu_usage_seconds_total",
        used_is="counter",
        limit='kube_pod_container_resource_limits{resource="cpu"}',
        request='kube_pod_container_resource_requests{resource="cpu"}',
    ),
    online_endpoint=azure.Metric(metric=CPU_UTILIZATION, by="instanceId"),
    container_insights=kql.Query(
        file="kql/cpu_utilisation.kql",
        backend=Backend.CONTAINER_INSIGHTS,
        value_column="CpuUtilisation",
        unit=RATIO,
        by="PodName ContainerName",
    ),
)

memory_utilisation = Utilisation(
    title="Memory used of the limit",
    description="Memory that cannot be reclaimed, as a share of the limit at which the container is killed.",
    by="namespace pod container",
    amount=BYTES,
    prometheus=prom.Utilisation(
        used="container_memory_working_set_bytes",
        used_is="gauge",
        limit='kube_pod_container_resource_limits{resource="memory"}',
        request='kube_pod_container_resource_requests{resource="memory"}',
    ),
    online_endpoint=azure.Metric(metric=MEMORY_UTILIZATION, by="instanceId"),
    container_insights=kql.Query(
        file="kql/memory_utilisation.kql",
        backend=Backend.CONTAINER_INSIGHTS,
        value_column="MemoryUtilisation",
        unit=RATIO,
        by="PodName ContainerName",
    ),
)

disk_utilisation = State(
    title="Disk used",
    description="Disk space used on each instance of the deployment.",
    unit=PERCENT,
    online_endpoint=azure.Metric(metric=DISK_UTILIZATION, by="instanceId disk"),
    unwatched=Unwatched("an instance is replaced whole; a full disk shows as failed requests first"),
)
