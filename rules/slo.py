"""The objectives: what is promised, how much of it may fail, and when somebody hears that it fails too fast.

Whose promise it is, and to whom, is for the owners of the service to say; these are values to begin with. What to do
about an alert stands in `rules/runbooks/<Alert>.md`.
"""

from monitoring_kit import COUNT, RATIO, SECONDS, Alert, objective, page, ticket
from queries.errors import error_ratio
from queries.latency import latency
from rules.alerts import SERVING

# The shares and windows of the SRE workbook, "Alerting on SLOs". The factors follow from them and from the
# period (share x period / long window): over 30 days 14.4, 6, 3 and 1. The ticket of 1 day is the one that the
# workbook's own example rules, Sloth and kubernetes-mixin add. A short window is a twelfth of the long one.
ALERTING = (
    page(0.02 * RATIO, long="1h", short="5m"),
    page(0.05 * RATIO, long="6h", short="30m"),
    ticket(0.1 * RATIO, long="1d", short="2h"),
    ticket(0.1 * RATIO, long="3d", short="6h"),
)
# A caller that tries again three times makes four failures of one bad moment; five are at least two requests.
MIN_BAD_EVENTS = 5 * COUNT

AVAILABILITY = objective(
    "availability",
    error_ratio,
    title="Availability",
    target=0.995 * RATIO,
    period="30d",
    alerting=ALERTING,
    min_bad_events=MIN_BAD_EVENTS,
    because="callers retry, so one failure in 200 valid requests costs them time and no answer",
)
LATENCY = objective(
    "latency",
    latency,
    title="Latency",
    slower_than=0.5 * SECONDS,
    target=0.95 * RATIO,
    period="30d",
    alerting=ALERTING,
    min_bad_events=MIN_BAD_EVENTS,
    because="it is what callers were promised",
)
TAIL_LATENCY = objective(
    "tail_latency",
    latency,
    title="Tail latency",
    slower_than=2.5 * SECONDS,
    target=0.99 * RATIO,
    period="30d",
    alerting=ALERTING,
    min_bad_events=MIN_BAD_EVENTS,
    because="a caller that waits for longer than 2.5 s has usually given up",
)

ModelErrorBudgetBurn = Alert(
    AVAILABILITY.burn_rate,
    AVAILABILITY.threshold,
    team=SERVING,
    summary="spends its error budget {value} as fast as it may",
)
ModelLatencyBudgetBurn = Alert(
    LATENCY.burn_rate,
    LATENCY.threshold,
    team=SERVING,
    summary="spends its budget of slow answers {value} as fast as it may",
)
ModelTailLatencyBudgetBurn = Alert(
    TAIL_LATENCY.burn_rate,
    TAIL_LATENCY.threshold,
    team=SERVING,
    summary="spends its budget of very slow answers {value} as fast as it may",
)
