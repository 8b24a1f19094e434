"""The alerts of the managed online endpoint that no other place can raise."""

from monitoring_kit import Alert
from queries.endpoint import recent_requests, server_errors, unrouted_requests
from rules.alerts import SERVING
from rules.thresholds import ENDPOINT_TRAFFIC_STOPPED, SERVER_ERRORS, UNROUTED

EndpointWithoutDeployment = Alert(
    unrouted_requests,
    UNROUTED,
    team=SERVING,
    summary="answers {value} requests a minute with 404, because no deployment takes its traffic",
)
EndpointServerErrors = Alert(
    server_errors, SERVER_ERRORS, team=SERVING, summary="fails {value} requests a minute with 5xx"
)
EndpointTrafficStopped = Alert(
    recent_requests, ENDPOINT_TRAFFIC_STOPPED, team=SERVING, summary="is not asked for predictions any more"
)
