"""Every number that decides whether somebody is woken, on one screen: with its unit, its time and its reason.

An environment may override a level or a `for_` without touching this file (`alerts:` in its own file).
"""

from monitoring_kit import COUNT, PER_SECOND, RATIO, SECONDS, above, at_least, at_most, below, earlier

ERROR_RATIO = above(
    warning=0.02 * RATIO,
    critical=0.05 * RATIO,
    for_="5m",
    min_events=20 * COUNT,
    because="at 5% callers notice, 2% is above any normal week; below 20 requests one failure proves nothing",
)
REJECTED_NEARLY_ALL = above(
    critical=0.9 * RATIO,
    for_="5m",
    min_events=20 * COUNT,
    because="no single caller sends that much bad input: what we refuse now we took before, and all callers suffer",
)
REJECTED = above(
    warning=0.25 * RATIO,
    for_="15m",
    min_events=20 * COUNT,
    because="one large caller has broken its input, or a rollout refuses what was taken before",
)
POD_FAILING = above(
    warning=0.5 * RATIO,
    window="10m",
    for_="5m",
    min_events=20 * COUNT,
    because="a pod that fails every second request is broken, whatever its neighbours do; a few requests prove nothing",
)
LATENCY = above(
    slower_than=0.5 * SECONDS,
    warning=0.05 * RATIO,
    critical=0.25 * RATIO,
    for_="10m",
    min_events=20 * COUNT,
    because="95% within 500 ms is what callers were promised; at a quarter every caller notices",
)
TRAFFIC_STOPPED = at_most(
    critical=0 * PER_SECOND,
    window="5m",
    for_="15m",
    earlier=earlier(0.1 * PER_SECOND, window="1h", ago="1h"),
    because="a service that was asked every 10 seconds an hour ago and is asked no more has lost its callers",
)

NO_TARGET = at_most(
    critical=0 * COUNT, for_="3m", because="without a single scrape every alert about the models is blind"
)
TARGET_DOWN = below(warning=1 * COUNT, for_="5m", because="5 minutes are longer than a pod takes to start or to end")
METRICS_MISSING = at_least(
    critical=1 * COUNT, for_="10m", because="without this metric the alerts on errors and traffic are blind"
)

POD_WITHOUT_METRICS = at_least(
    warning=1 * COUNT, for_="15m", because="its errors count nowhere; 15 minutes are longer than Prometheus takes"
)
SOURCE_MISSING = at_least(
    warning=1 * COUNT, for_="10m", because="the alerts that rest on it are blind, and their panels look healthy"
)

REPLICAS_MISSING = below(
    critical=0.5 * RATIO, for_="10m", because="fewer than half carry the load of all; a rollout keeps three quarters"
)
NOT_STARTING = at_least(
    warning=1 * COUNT, for_="10m", because="Kubernetes tries for ever; what it lacks somebody has to provide"
)
ROLLOUT_STUCK = at_least(
    warning=1 * COUNT, for_="1m", because="Kubernetes has waited for its progress deadline, 10 minutes if nobody set it"
)
NO_REPLICA = below(critical=1 * COUNT, for_="2m", because="nobody answers; 2 minutes let a restart in place pass")
CRASH_LOOP = at_least(
    warning=1 * COUNT,
    for_="10m",
    because="Kubernetes has given up on quick restarts, so it will not heal by itself; the page is for lost replicas",
)
# Prometheus extrapolates an increase, so 3 restarts can measure as 3.03: "at least 4" is what "more than 3" means.
RESTARTS = at_least(
    warning=4 * COUNT,
    window="1h",
    for_="0s",
    because="a single restart heals itself; 4 in an hour are a pattern",
    immediate_because="the window already spans an hour",
)
OUT_OF_MEMORY = above(
    warning=0 * COUNT,
    window="15m",
    for_="0s",
    because="the limit is too low or memory leaks; it will happen again",
    immediate_because="a kill is over when it is seen, and the next one may take the last replica",
)
CPU_NEAR_LIMIT = above(
    warning=0.8 * RATIO, for_="15m", because="above 80% requests queue for the processor and latency follows"
)
MEMORY_NEAR_LIMIT = above(
    warning=0.9 * RATIO, for_="15m", because="at the limit the container is killed, with the requests in it"
)

VERSION_SKEW = above(warning=1 * COUNT, for_="1h", because="a rollout takes minutes; after an hour it is stuck")
EXCEPTIONS = above(
    warning=5 * COUNT,
    window="15m",
    for_="0s",
    because="an unhandled exception is a defect; 5 are no accident",
    immediate_because="the window already spans 15 minutes",
)
ERROR_LINES = above(
    info=20 * COUNT,
    window="15m",
    for_="0s",
    because="a pod that logs more than one error a minute fails at something that no metric shows",
    immediate_because="the window already spans 15 minutes",
)

# The managed online endpoint.
UNROUTED = above(
    critical=5 * COUNT,
    for_="5m",
    because="no caller gets an answer while no deployment takes the traffic; 5 a minute are no single mistyped call",
)
SERVER_ERRORS = above(
    warning=10 * COUNT,
    for_="5m",
    because="the gateway itself fails; what share that is, the error ratio says once the log has arrived",
)
ENDPOINT_TRAFFIC_STOPPED = below(
    critical=1 * COUNT,
    window="15m",
    for_="0s",
    because="an endpoint that was asked 60 times in the 45 minutes before is not silent for 15 by chance",
    immediate_because="the window already spans 15 minutes",
)
