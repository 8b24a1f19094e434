"""Whether the containers run."""

from monitoring_kit import RATIO, Backend, Increase, Listing, State, Unwatched, azure, kql, prom
from queries.platform_metrics import DEPLOYMENT_CAPACITY

available_replicas = State(
    title="Available replicas",
    description="Replicas that can answer, while the Deployment asks for any.",
    by="namespace deployment",
    prometheus=prom.Gauge(
        gauge="kube_deployment_status_replicas_available", only_while="kube_deployment_spec_replicas > 0"
    ),
    more_on="pods",
)

wanted_replicas = State(
    title="Wanted replicas",
    description="Replicas that the Deployment asks for.",
    by="namespace deployment",
    prometheus=prom.Gauge(gauge="kube_deployment_spec_replicas"),
    unwatched=Unwatched("somebody chose the number; the available replicas are judged"),
)

replicas_available_share = State(
    title="Available share of the wanted replicas",
    description="Replicas that can answer, as a share of those that the Deployment asks for.",
    unit=RATIO,
    by="namespace deployment",
    prometheus=prom.Share(part="kube_deployment_status_replicas_available", whole="kube_deployment_spec_replicas"),
    when_empty="Scaled to zero",
)

rollout_stuck = State(
    title="Rollout stuck",
    description="1 when Kubernetes has given up on a rollout: no new pod became ready within the progress deadline.",
    by="namespace deployment",
    prometheus=prom.Gauge(gauge='kube_deployment_status_condition{condition="Progressing", status="false"}'),
    yes_or_no=True,
)

containers_not_starting = State(
    title="Containers that cannot start",
    description="1 for a container whose image cannot be pulled or whose configuration is not there.",
    by="namespace pod container",
    prometheus=prom.Gauge(
        gauge="kube_pod_container_status_waiting_reason"
        '{reason=~"ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainerError|CreateContainerConfigError"}',
        highest_in_window=True,
    ),
    when_empty="Nothing waits",
    empty_when_healthy="the series exists while a container waits for what it cannot get, and only then",
    yes_or_no=True,
)

init_containers_failing = State(
    title="Init containers that fail",
    description="1 for an init container, such as the one that downloads the model, that fails again and again.",
    by="namespace pod container",
    prometheus=prom.Gauge(
        gauge='kube_pod_init_container_status_waiting_reason{reason!="PodInitializing", reason!="ContainerCreating"}',
        highest_in_window=True,
    ),
    when_empty="Nothing waits",
    empty_when_healthy="the series exists while an init container waits for its next try, and only then",
    yes_or_no=True,
)

crash_looping = State(
    title="Crash loops",
    description="1 for a container that Kubernetes keeps restarting because it ends right after its start.",
    by="namespace pod container",
    prometheus=prom.Gauge(
        gauge='kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}',
        highest_in_window=True,
        zero_beside="kube_pod_container_status_restarts_total",
    ),
    yes_or_no=True,
)

container_restarts = Increase(
    title="Restarts",
    description="How often a container was restarted within the window.",
    by="namespace pod container",
    prometheus=prom.Increase(counter="kube_pod_container_status_restarts_total"),
    # As increase() counts: the difference to the row before, all of a count that began at 0 again, and nothing for the
    # first row, which may hold last month's. The table's ContainerName begins with the pod's id, so pods do not mix.
    container_insights=kql.Query(
        file="kql/container_restarts.kql",
        backend=Backend.CONTAINER_INSIGHTS,
        value_column="Restarts",
        by="PodName ContainerName",
    ),
)

out_of_memory_kills = Increase(
    title="Out-of-memory kills",
    description="Restarts of containers whose last end was a kill for using more memory than their limit.",
    by="namespace pod container",
    prometheus=prom.Increase(
        counter="kube_pod_container_status_restarts_total",
        only_while='kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1',
    ),
)

container_errors = Increase(
    title="Error lines in the container log",
    description="Lines that a container logged as an error or worse within the window, however its logger spells that.",
    container_insights=kql.Query(
        file="kql/container_errors.kql",
        backend=Backend.CONTAINER_INSIGHTS,
        value_column="ErrorLines",
        by="PodName",
    ),
    when_empty="No error lines",
)

container_log = Listing(
    title="Container log: errors and warnings",
    description="The newest lines that a container logged as a warning or worse.",
    container_insights=kql.Table(
        file="kql/container_log.kql",
        backend=Backend.CONTAINER_INSIGHTS,
        columns="TimeGenerated LogLevel PodName Line",
    ),
    unwatched=Unwatched("lists what the number of error lines judges"),
    when_empty="No errors or warnings",
)

console_log = Listing(
    title="Container log of the deployment",
    description="The newest lines that the deployment's containers wrote.",
    online_endpoint=kql.Table(
        file="kql/console_log.kql",
        backend=Backend.ONLINE_ENDPOINT,
        columns="TimeGenerated DeploymentName InstanceId Message",
    ),
    unwatched=Unwatched("text to read, without a level that could be counted"),
)

endpoint_events = Listing(
    title="Events of the deployment",
    description="What the platform did to the containers: back-offs, kills, failed probes.",
    online_endpoint=kql.Table(
        file="kql/endpoint_events.kql",
        backend=Backend.ONLINE_ENDPOINT,
        columns="TimeGenerated DeploymentName InstanceId Name Message",
    ),
    unwatched=Unwatched("explains failures that the error ratio judges"),
    when_empty="No events",
)

deployment_capacity = State(
    title="Instances of the deployment",
    description="Instances by state, as the platform counts them.",
    online_endpoint=azure.Metric(metric=DEPLOYMENT_CAPACITY, by="State"),
    unwatched=Unwatched("the values of the dimension State are not documented, so no number can be judged yet"),
)
