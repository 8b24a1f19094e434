"""How much is asked of the models."""

from monitoring_kit import COUNT, Rate, State, Unwatched, azure, kql, prom
from queries.platform_metrics import REQUESTS_PER_MINUTE
from queries.tables import APP_REQUESTS, TRAFFIC_LOG

request_rate = Rate(
    title="Requests",
    description="Predictions answered per second, whatever their outcome.",
    by="namespace model_name",
    prometheus=prom.Rate(counter="model_predictions_total"),
    online_endpoint=kql.Rate(table=TRAFFIC_LOG, by="DeploymentName"),
)

requests_per_minute = State(
    title="Requests per minute, as the platform counts them",
    description="Azure Monitor's own count: it needs no diagnostic setting, so it is there when the traffic log is "
    "not.",
    unit=COUNT,
    online_endpoint=azure.Metric(metric=REQUESTS_PER_MINUTE, by="statusCodeClass"),
    unwatched=Unwatched("a second opinion on the traffic log, which the alerts judge"),
    when_empty="No traffic",
)

app_request_rate = Rate(
    title="Requests that reached the container",
    description="Requests that the inference server reported to Application Insights, sampling undone.",
    application_insights=kql.Rate(table=APP_REQUESTS, weight="itemCount", by="cloud_RoleName"),
    unwatched=Unwatched("the gateway's traffic log counts the same requests, and those that never arrived"),
)
