"""Whether the answers are right."""

from monitoring_kit import Backend, Increase, Listing, Rate, Ratio, Unwatched, kql, prom
from queries.tables import APP_REQUESTS, TRAFFIC_LOG

error_ratio = Ratio(
    title="Error ratio",
    description="Share of valid requests that failed on our side. A caller's bad input counts neither way, so that a "
    "flood of it hides nothing.",
    by="namespace model_name",
    prometheus=prom.Ratio(
        bad='model_predictions_total{status="error"}', total='model_predictions_total{status!="rejected"}'
    ),
    online_endpoint=kql.Ratio(
        table=TRAFFIC_LOG, total='Outcome != "rejected"', bad='Outcome == "error"', by="EndpointName DeploymentName"
    ),
    more_on="containers",
)

errors_by_type = Rate(
    title="Errors by type",
    description="Failed predictions per second, by cause.",
    by="namespace model_name error_type",
    prometheus=prom.Rate(counter="model_errors_total"),
    unwatched=Unwatched("breaks down what the error ratio judges"),
    more_on="containers",
)

rejected_ratio = Ratio(
    title="Rejected requests",
    description="Share of requests that were the caller's fault: bad input, wrong credentials.",
    by="namespace model_name",
    prometheus=prom.Ratio(bad='model_predictions_total{status="rejected"}', total="model_predictions_total"),
    online_endpoint=kql.Ratio(table=TRAFFIC_LOG, bad='Outcome == "rejected"', by="EndpointName DeploymentName"),
)

error_ratio_by_pod = Ratio(
    title="Error ratio by pod",
    description="Share of a pod's valid requests that failed. One pod of many that fails all it is asked is a small "
    "share of the service's errors.",
    by="namespace model_name pod",
    prometheus=prom.Ratio(
        bad='model_predictions_total{status="error"}', total='model_predictions_total{status!="rejected"}'
    ),
)

# Application Insights records result code and success of these requests as "0" and true, whatever happened; the
# inference server's own attributes hold the truth.
app_error_ratio = Ratio(
    title="Error ratio inside the container",
    description="Share of requests that reached the container and failed there.",
    application_insights=kql.Ratio(
        table=APP_REQUESTS,
        bad="toint(customDimensions.resultCode) >= 500",
        weight="itemCount",
        by="cloud_RoleName",
    ),
    unwatched=Unwatched("the gateway's error ratio is the one that callers see, and has an alert"),
)

exceptions = Increase(
    title="Exceptions",
    description="Unhandled exceptions that the inference server reported, sampling undone.",
    application_insights=kql.Query(
        file="kql/exceptions.kql",
        backend=Backend.APPLICATION_INSIGHTS,
        value_column="Exceptions",
        by="cloud_RoleName",
    ),
    when_empty="No exceptions",
)

exceptions_by_type = Listing(
    title="Exceptions by type",
    description="What was raised how often in the dashboard's time range.",
    application_insights=kql.Table(
        file="kql/exceptions_by_type.kql",
        backend=Backend.APPLICATION_INSIGHTS,
        columns="Type Message Exceptions LastSeen",
    ),
    unwatched=Unwatched("breaks down what the number of exceptions judges"),
    when_empty="No exceptions",
)

failed_requests = Listing(
    title="Failed requests",
    description="The newest requests that failed on our side, with the gateway's and the model's answer.",
    online_endpoint=kql.Table(
        file="kql/failed_requests.kql",
        backend=Backend.ONLINE_ENDPOINT,
        columns="TimeGenerated DeploymentName ResponseCode ResponseCodeReason ModelStatusCode ModelStatusReason "
        "TotalDurationMs XRequestId",
    ),
    unwatched=Unwatched("lists what the error ratio judges"),
    when_empty="No failed requests",
)
