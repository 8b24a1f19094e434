"""Whether the managed online endpoint takes requests at all: what its gateway answers before any model is asked.

The platform's own count needs no diagnostic setting and is there within minutes, while rows of a log arrive 3 to 10
minutes late (Microsoft, log data ingestion time). It knows no ratio, so the alerts on it judge requests a minute.
"""

from monitoring_kit import COUNT, Backend, State, azure, kql
from queries.platform_metrics import REQUESTS_PER_MINUTE

# Microsoft, troubleshooting online endpoints: 404 is "no valid deployment with positive weight", 424 what the container
# answered badly. So a container's own 404 is not counted here.
unrouted_requests = State(
    title="Requests without a deployment",
    description="Requests a minute that the gateway answered 404, because no deployment takes the endpoint's traffic.",
    unit=COUNT,
    online_endpoint=azure.Metric(metric=REQUESTS_PER_MINUTE, only={"statusCode": "404"}),
    when_empty="No 404",
)

server_errors = State(
    title="Server errors of the gateway",
    description="Requests a minute that the gateway answered 5xx: the platform failed, or no instance was healthy.",
    unit=COUNT,
    online_endpoint=azure.Metric(metric=REQUESTS_PER_MINUTE, only={"statusCodeClass": "5xx"}),
    when_empty="No 5xx",
)

# A metric alert cannot look back, so an endpoint that rests at night would wake somebody every evening; and whether a
# minute without requests is 0 or missing in an average, Azure does not say. Counted without `by`, no row is a row of 0.
recent_requests = State(
    title="Requests within 15 minutes",
    description="Requests that the gateway logged in 15 minutes, judged where the 45 minutes before had at least 60.",
    unit=COUNT,
    online_endpoint=kql.Query(
        file="kql/recent_requests.kql",
        panel_file="kql/requests_by_time.kql",
        backend=Backend.ONLINE_ENDPOINT,
        value_column="Requests",
        looks_back="1h",
    ),
    when_empty="No traffic",
)
