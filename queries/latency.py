"""Whether the answers come in time."""

from monitoring_kit import MILLISECONDS, Backend, Latency, Listing, State, Unwatched, azure, kql, prom
from queries.platform_metrics import REQUEST_LATENCY_P95
from queries.tables import APP_REQUESTS, TRAFFIC_LOG

latency = Latency(
    title="Latency",
    description="Time from when a worker takes a request to its answer. Waiting for a free worker, a proxy and the "
    "network are not in it. Failures are, bad input of callers is not.",
    by="namespace model_name",
    prometheus=prom.Histogram(histogram="model_prediction_duration_seconds"),
    online_endpoint=kql.Durations(
        table=TRAFFIC_LOG,
        only='Outcome != "rejected"',
        duration="TotalDurationMs",
        unit=MILLISECONDS,
        by="EndpointName DeploymentName",
    ),
)

# The requests table's own duration is 0 with current inference servers; their attribute holds a timespan as text.
app_latency = Latency(
    title="Latency inside the container",
    description="Time that the inference server itself took, without gateway and network.",
    application_insights=kql.Durations(
        table=APP_REQUESTS,
        duration="(totimespan(tostring(customDimensions.duration)) / 1ms)",
        unit=MILLISECONDS,
        by="cloud_RoleName",
    ),
    unwatched=Unwatched("the gateway's latency is the one that callers see, and has an alert"),
)

latency_p95_by_minute = State(
    title="p95 latency, as the platform computes it",
    description="Azure Monitor's p95 of each minute: it needs no diagnostic setting. An average of it is no "
    "percentile.",
    unit=MILLISECONDS,
    online_endpoint=azure.Metric(metric=REQUEST_LATENCY_P95, by="deployment"),
    unwatched=Unwatched("a second opinion on the traffic log, which the alerts judge"),
    when_empty="No traffic",
)

slowest_requests = Listing(
    title="Slowest requests",
    description="The slowest requests of the dashboard's time range, and where their time went.",
    online_endpoint=kql.Table(
        file="kql/slowest_requests.kql",
        backend=Backend.ONLINE_ENDPOINT,
        columns="TimeGenerated DeploymentName TotalDurationMs RequestDurationMs ResponseDurationMs ThrottlingDelayMs "
        "ResponseCode Path XRequestId",
    ),
    unwatched=Unwatched("lists what the share of slow requests judges"),
    when_empty="No requests",
)
