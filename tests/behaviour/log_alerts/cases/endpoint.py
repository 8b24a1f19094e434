"""ModelErrorRatioHigh, ModelLatencyHigh and EndpointTrafficStopped: an endpoint as its gateway logs it."""

from tests.acceptance.kusto.variants import STAGING
from tests.behaviour.log_alerts.case import SILENT, LogCase, LogFiring, LogSpecification
from tests.behaviour.log_alerts.rows import ENDPOINT, Rows, traffic


def critical(deployment: str = "blue", endpoint: str = ENDPOINT) -> LogFiring:
    return LogFiring("critical", (endpoint, deployment))


def warning(deployment: str = "blue", endpoint: str = ENDPOINT) -> LogFiring:
    return LogFiring("warning", (endpoint, deployment))


BOTH = frozenset({critical(), warning()})
WARNING = frozenset({warning()})


def failing(bad: float, total: float, code: int = 500, model_code: int | None = None) -> tuple[Rows, ...]:
    """For half an hour `total` requests a minute, of which `bad` fail."""
    return traffic((0, 30), bad, code=code, model_code=model_code), traffic((0, 30), total - bad)


# The gateway's answer and the model's own, by whose fault it is. 424 says that the container answered, but not well.
FAILED = ((500,), (501,), (599,), (404,), (408,), (429,), (424,), (424, 500), (424, 399))
SUCCEEDED = ((200,), (302,), (399,), (200, 500))
REJECTED = (
    *((400,), (403,), (405,), (407,), (409,), (422,), (423,), (425,), (428,), (430,), (499,)),
    *((499, 500), (424, 400), (424, 422), (424, 499)),
)
INTERIM = ((100,),)
NOT_FAILED = (*INTERIM, *SUCCEEDED, *REJECTED)


def named(code: int, model_code: int | None = None) -> str:
    """A deployment for each answer, so that one case judges them all."""
    return f"answers-{code}-{model_code}"


def half_of_a_deployment(code: int, model_code: int | None = None) -> tuple[Rows, ...]:
    deployment = named(code, model_code)
    return (
        traffic((0, 10), 2, code=code, model_code=model_code, deployment=deployment),
        traffic((0, 10), 2, deployment=deployment),
    )


MODEL_ERROR_RATIO_HIGH = LogSpecification(
    "ModelErrorRatioHigh",
    STAGING,
    noise=(
        traffic((0, 30), 20, code=500, endpoint="ml-endpoint-production"),
        traffic((0, 30), 20, code=500, endpoint=f"{ENDPOINT}-2"),
    ),
    cases=(
        LogCase(
            "which answers count as failed",
            tuple(rows for codes in (*FAILED, *NOT_FAILED) for rows in half_of_a_deployment(*codes)),
            at={10: frozenset(firing(named(*codes)) for codes in FAILED for firing in (critical, warning))},
        ),
        LogCase("critical just above 5%, in the second window", failing(2.2, 40), at={5: SILENT, 10: BOTH, 15: BOTH}),
        LogCase("a warning at 5%", failing(2, 40), at={5: SILENT, 10: WARNING, 15: WARNING}),
        LogCase("a warning just above 2%", failing(1, 40), at={5: SILENT, 10: WARNING}),
        LogCase("silent at 2%", failing(0.8, 40), at={5: SILENT, 10: SILENT, 15: SILENT}),
        LogCase("silent while all is well", failing(0, 40), at={5: SILENT, 10: SILENT}),
        LogCase("silent without any row", (), at={5: SILENT, 10: SILENT}),
        LogCase(
            "a burst that is shorter than the hold wakes nobody",
            (traffic((0, 5), 40), traffic((5, 10), 40, code=503), traffic((10, 20), 40)),
            at={10: SILENT, 15: SILENT, 20: SILENT},
        ),
        LogCase(
            "two bad windows with a good one between",
            (traffic((0, 5), 40, code=503), traffic((5, 10), 40), traffic((10, 15), 40, code=503)),
            at={5: SILENT, 10: SILENT, 15: SILENT},
        ),
        LogCase(
            "recovery: over with the first good window",
            (traffic((0, 15), 40, code=503), traffic((15, 30), 40)),
            at={10: BOTH, 15: BOTH, 20: SILENT, 25: SILENT},
        ),
        LogCase(
            "20 requests in a window are enough", (traffic((0, 20), 4, code=500),), at={5: SILENT, 10: BOTH, 20: BOTH}
        ),
        LogCase(
            "19 requests in a window prove nothing", (traffic((0, 20), 3.8, code=500),), at={10: SILENT, 20: SILENT}
        ),
        LogCase(
            "of 20 requests the callers' own faults are none",
            (traffic((0, 20), 3.8, code=500), traffic((0, 20), 100, code=400)),
            at={10: SILENT, 20: SILENT},
        ),
        LogCase(
            "traffic that stops while it fails is no failure any more",
            (traffic((0, 10), 40, code=500),),
            at={10: BOTH, 15: SILENT, 20: SILENT},
        ),
        LogCase(
            "a flood of bad input hides nothing",
            (*failing(2.2, 40), traffic((0, 30), 400, code=422)),
            at={5: SILENT, 10: BOTH},
        ),
        LogCase(
            "bad input alone is no failure",
            (traffic((0, 20), 40, code=400), traffic((0, 20), 40, code=499)),
            at={10: SILENT, 20: SILENT},
        ),
        LogCase(
            "interim answers to callers that ask first count neither way",
            (*failing(2.2, 40), traffic((0, 30), 40, code=100)),
            at={10: BOTH},
        ),
        LogCase(
            "an endpoint without a deployment that takes its traffic answers 404",
            (traffic((0, 30), 60, code=404, deployment=""),),
            at={5: SILENT, 10: frozenset({critical(""), warning("")})},
        ),
        LogCase("interim answers alone are no traffic", (traffic((0, 20), 40, code=100),), at={10: SILENT}),
        LogCase(
            "one broken deployment beside a healthy one",
            (*failing(40, 40), traffic((0, 30), 400, deployment="green")),
            at={5: SILENT, 10: BOTH},
        ),
        LogCase(
            "both deployments broken",
            (*failing(40, 40), traffic((0, 30), 40, code=500, deployment="green")),
            at={10: BOTH | {critical("green"), warning("green")}},
        ),
        LogCase(
            "deployments with too little traffic each are not added up",
            (traffic((0, 20), 2, code=500), traffic((0, 20), 2, code=500, deployment="green")),
            at={10: SILENT, 20: SILENT},
        ),
        LogCase(
            "the endpoint's name in other capitals is the same endpoint",
            (traffic((0, 20), 40, code=500, endpoint="ML-Endpoint-Staging"),),
            at={10: frozenset({critical(endpoint="ML-Endpoint-Staging"), warning(endpoint="ML-Endpoint-Staging")})},
        ),
        # 19 failures and one more answer: with a caller's fault too few to judge, with a good one enough.
        LogCase(
            "400 is left out of what errors are a share of",
            (traffic((0, 20), 3.8, code=500), traffic((0, 20), 0.2, code=400)),
            at={10: SILENT},
        ),
        LogCase(
            "399 is part of what errors are a share of",
            (traffic((0, 20), 3.8, code=500), traffic((0, 20), 0.2, code=399)),
            at={10: BOTH},
        ),
    ),
)


def slow(share: float, per_minute: float, ms: int = 501, code: int = 200) -> tuple[Rows, ...]:
    """For half an hour `per_minute` requests, of which `share` take `ms`."""
    return traffic((0, 30), share, ms=ms, code=code), traffic((0, 30), per_minute - share, ms=500)


def slow_answers_of_a_deployment(code: int, model_code: int | None = None) -> Rows:
    return traffic((0, 20), 4, ms=2000, code=code, model_code=model_code, deployment=named(code, model_code))


def each_refused(minutes: int) -> tuple[Rows, ...]:
    """A deployment for each answer that a caller may get, and one that is asked first: twice as much as is judged."""
    return tuple(
        rows
        for code, model in ((*answer, None)[:2] for answer in (*REJECTED, *FAILED, *SUCCEEDED))
        for rows in (
            traffic((0, minutes), 4, code=code, model_code=model, deployment=named(code, model)),
            traffic((0, minutes), 40, code=100, deployment=named(code, model)),
        )
    )


def refused(bad: float, total: float, code: int = 422) -> tuple[Rows, ...]:
    """For half an hour `total` requests a minute, of which `bad` are the caller's fault."""
    return failing(bad, total, code=code)


MODEL_REJECTS_NEARLY_ALL = LogSpecification(
    "ModelRejectsNearlyAll",
    STAGING,
    noise=(traffic((0, 30), 20, code=400, endpoint=f"{ENDPOINT}-2"),),
    cases=(
        LogCase(
            "which answers are the caller's fault",
            each_refused(10),
            at={10: frozenset(critical(named(*codes)) for codes in REJECTED)},
        ),
        LogCase(
            "critical above 90%, in the second window",
            refused(37, 40),
            at={5: SILENT, 10: frozenset({critical()}), 15: frozenset({critical()})},
        ),
        LogCase("silent at 90%", refused(36, 40), at={10: SILENT, 15: SILENT}),
        LogCase("19 requests in a window prove nothing", refused(3.8, 3.8), at={10: SILENT, 15: SILENT}),
        LogCase("20 requests in a window are enough", refused(4, 4), at={5: SILENT, 10: frozenset({critical()})}),
        LogCase("failures of ours are none", failing(40, 40, code=500), at={10: SILENT, 15: SILENT}),
        LogCase(
            "the endpoint's name as somebody else writes it",
            (traffic((0, 30), 40, code=400, endpoint=ENDPOINT.upper()),),
            at={10: frozenset({critical(endpoint=ENDPOINT.upper())})},
        ),
        LogCase("silent without any row", (), at={5: SILENT, 10: SILENT}),
        LogCase(
            "over with the first good window",
            (traffic((0, 15), 40, code=400), traffic((15, 30), 40)),
            at={15: frozenset({critical()}), 20: SILENT, 25: SILENT},
        ),
    ),
)

MODEL_REJECTED_RATIO_HIGH = LogSpecification(
    "ModelRejectedRatioHigh",
    STAGING,
    noise=(traffic((0, 30), 20, code=400, endpoint=f"{ENDPOINT}-2"),),
    cases=(
        LogCase(
            "which answers are the caller's fault",
            each_refused(20),
            at={20: frozenset(warning(named(*codes)) for codes in REJECTED)},
        ),
        LogCase(
            "a warning above 25%, in the fourth window", refused(11, 40), at={15: SILENT, 20: WARNING, 25: WARNING}
        ),
        LogCase("silent at 25%", refused(10, 40), at={20: SILENT, 25: SILENT}),
        LogCase("19 requests in a window prove nothing", refused(3.8, 3.8), at={20: SILENT, 25: SILENT}),
        LogCase("20 requests in a window are enough", refused(4, 4), at={15: SILENT, 20: WARNING}),
        LogCase("failures of ours are none", failing(40, 40, code=500), at={20: SILENT, 25: SILENT}),
        LogCase(
            "the endpoint's name as somebody else writes it",
            (traffic((0, 30), 40, code=400, endpoint=ENDPOINT.upper()),),
            at={20: frozenset({warning(endpoint=ENDPOINT.upper())})},
        ),
        LogCase("silent without any row", (), at={20: SILENT, 25: SILENT}),
        LogCase(
            "over with the first good window",
            (traffic((0, 20), 40, code=400), traffic((20, 30), 40)),
            at={20: WARNING, 25: SILENT, 30: SILENT},
        ),
    ),
)

MODEL_LATENCY_HIGH = LogSpecification(
    "ModelLatencyHigh",
    STAGING,
    noise=(traffic((0, 30), 20, ms=30_000, endpoint="ml-endpoint-production"),),
    cases=(
        LogCase("critical just above 25%, in the third window", slow(10.2, 40), at={5: SILENT, 10: SILENT, 15: BOTH}),
        LogCase("a warning at 25%", slow(10, 40), at={10: SILENT, 15: WARNING, 20: WARNING}),
        LogCase("a warning just above 5%", slow(2.2, 40), at={10: SILENT, 15: WARNING}),
        LogCase("silent at 5%", slow(2, 40), at={15: SILENT, 20: SILENT}),
        LogCase("500 ms are not too long", slow(40, 40, ms=500), at={15: SILENT}),
        LogCase("silent without any row", (), at={15: SILENT}),
        LogCase("failures that take long count", slow(10.2, 40, code=503), at={15: BOTH}),
        LogCase(
            "whose slow answers count: bad input that takes long does not",
            tuple(slow_answers_of_a_deployment(*codes) for codes in (*FAILED, *NOT_FAILED)),
            at={
                15: frozenset(
                    firing(named(*codes)) for codes in (*FAILED, *SUCCEEDED) for firing in (critical, warning)
                )
            },
        ),
        LogCase(
            "bad input that takes long makes quick answers no slower",
            (traffic((0, 30), 40), traffic((0, 30), 40, code=400, ms=2000)),
            at={15: SILENT},
        ),
        LogCase(
            "a flood of bad input, quickly refused, hides no slow answer",
            (*slow(40, 40), traffic((0, 30), 960, code=422, ms=5)),
            at={15: BOTH},
        ),
        LogCase(
            "interim answers count neither way",
            (*slow(10.2, 40), traffic((0, 30), 40, code=100, ms=0)),
            at={15: BOTH},
        ),
        LogCase(
            "ten slow minutes wake nobody",
            (traffic((0, 5), 40), traffic((5, 15), 40, ms=2000), traffic((15, 30), 40)),
            at={10: SILENT, 15: SILENT, 20: SILENT},
        ),
        LogCase(
            "recovery: over with the first good window",
            (traffic((0, 20), 40, ms=2000), traffic((20, 30), 40)),
            at={15: BOTH, 20: BOTH, 25: SILENT},
        ),
        LogCase("20 requests in a window are enough", (traffic((0, 20), 4, ms=2000),), at={15: BOTH}),
        LogCase("19 requests in a window prove nothing", (traffic((0, 20), 3.8, ms=2000),), at={15: SILENT}),
        LogCase(
            "one slow deployment beside a fast one",
            (*slow(40, 40), traffic((0, 30), 400, deployment="green")),
            at={15: BOTH},
        ),
        LogCase(
            "the endpoint's name in other capitals is the same endpoint",
            (traffic((0, 20), 40, ms=2000, endpoint="ML-Endpoint-Staging"),),
            at={15: frozenset({critical(endpoint="ML-Endpoint-Staging"), warning(endpoint="ML-Endpoint-Staging")})},
        ),
    ),
)


STOPPED = frozenset({LogFiring("critical", ())})

ENDPOINT_TRAFFIC_STOPPED = LogSpecification(
    "EndpointTrafficStopped",
    STAGING,
    noise=(
        traffic((0, 180), 20, endpoint="ml-endpoint-production"),
        traffic((0, 180), 20, code=100),
    ),
    cases=(
        LogCase(
            "busy, then nothing: it fires after 15 minutes, and ends when it has forgotten the traffic",
            (traffic((0, 60), 20),),
            at={60: SILENT, 70: SILENT, 75: STOPPED, 90: STOPPED, 115: STOPPED, 120: SILENT},
        ),
        LogCase("60 requests in the 45 minutes before are enough", (traffic((0, 45), 60 / 45),), at={60: STOPPED}),
        LogCase("59 are not", (traffic((0, 45), 59 / 45),), at={60: SILENT}),
        LogCase(
            "requests that came shortly before count as well",
            (traffic((35, 45), 20),),
            at={55: SILENT, 60: STOPPED},
        ),
        LogCase("one request is traffic", (traffic((0, 45), 20), traffic((46, 47), 1)), at={60: SILENT, 65: STOPPED}),
        LogCase(
            "a trickle of one request in 10 minutes",
            (traffic((0, 45), 20), traffic((45, 180), 0.2)),
            at={60: SILENT, 90: SILENT},
        ),
        LogCase("silent while all is well", (traffic((0, 180), 20),), at={60: SILENT, 120: SILENT}),
        LogCase("an endpoint that nobody has asked yet", (), at={60: SILENT}),
        LogCase(
            "traffic that comes back", (traffic((0, 60), 20), traffic((80, 180), 20)), at={75: STOPPED, 85: SILENT}
        ),
        LogCase(
            "failing and refused requests are traffic",
            (traffic((0, 45), 20), traffic((45, 60), 20, code=404), traffic((60, 90), 20, code=401)),
            at={60: SILENT, 75: SILENT},
        ),
        LogCase(
            "the endpoint's name in other capitals is the same endpoint",
            (traffic((0, 45), 20, endpoint="ML-Endpoint-Staging"),),
            at={60: STOPPED},
        ),
    ),
)
