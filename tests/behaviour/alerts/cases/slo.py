"""The burn of error budgets: more than 14.4x over an hour or 6x over six (critical), 3x over a day or 1x over three.

Here Prometheus knows nothing but the case, so its longest windows are as long as the case. What takes days is shown in
`tests.behaviour.objectives`.
"""

from monitoring_kit.testing.case import SILENT, Case, Firing, specification
from monitoring_kit.testing.series import RESET, For, Part, Series
from tests.behaviour.alerts.cases.errors import BROKEN_ELSEWHERE
from tests.behaviour.alerts.cases.latency import SLOW_ELSEWHERE
from tests.behaviour.alerts.firing import fires
from tests.behaviour.alerts.series import POD_A, POD_B, durations, predictions

GUARD = "judged only from 5 bad events on"
# Ten busy minutes in which nothing fails weigh so much that an hour at 14.6 times leaves all the time below once.
CALM, BUSY = 10, 100_000


def page(alert: str, title: str, summary: str, because: str, panel: int) -> Firing:
    return fires(
        alert,
        "critical",
        {"model_name": "churn"},
        summary=f"Model churn in production {summary} 20x as fast as it may.",
        description=(
            f"{title} burn rate: 20x. Threshold: more than 14.4x over 1 hour and over 5 minutes or more than 6x over "
            f"6 hours and over 30 minutes, {GUARD}. Why: {because}."
        ),
        link=(
            f"production-objectives?from=now-6h&to=now&var-namespace=production&var-model_name=churn&viewPanel={panel}"
        ),
    )


def ticket(alert: str, title: str, summary: str, because: str, panel: int) -> Firing:
    return fires(
        alert,
        "warning",
        {"model_name": "churn"},
        summary=f"Model churn in production {summary} 20x as fast as it may.",
        description=(
            f"{title} burn rate: 20x. Threshold: more than 3x over 1 day and over 2 hours or more than 1x over "
            f"3 days and over 6 hours, {GUARD}. Why: {because}."
        ),
        link=(
            f"production-objectives?from=now-3d&to=now&var-namespace=production&var-model_name=churn&viewPanel={panel}"
        ),
    )


ERROR = (
    "ModelErrorBudgetBurn",
    "Availability",
    "spends its error budget",
    "the objective is 99.5% over 30 days; callers retry, so one failure in 200 valid requests costs them time and no "
    "answer",
)
LATENCY = (
    "ModelLatencyBudgetBurn",
    "Latency",
    "spends its budget of slow answers",
    "the objective is 95% within 500 ms over 30 days; it is what callers were promised",
)
TAIL = (
    "ModelTailLatencyBudgetBurn",
    "Tail latency",
    "spends its budget of very slow answers",
    "the objective is 99% within 2.5 s over 30 days; a caller that waits for longer than 2.5 s has usually given up",
)
ERROR_PAGE, ERROR_TICKET = page(*ERROR, 331715202), ticket(*ERROR, 1303712171)
LATENCY_PAGE, LATENCY_TICKET = page(*LATENCY, 349986881), ticket(*LATENCY, 942878189)
TAIL_PAGE, TAIL_TICKET = page(*TAIL, 284455043), ticket(*TAIL, 1139452457)


def rate(firing: Firing, value: str) -> Firing:
    return firing.with_value(value, instead_of="20x")


def failing(bad: float, *, of: float = 1000, calm: float = 0) -> tuple[Series, ...]:
    """So many of 1000 requests a minute fail, after `calm` busy minutes in which none does."""
    return (
        predictions("success", *after(calm, BUSY, of - bad)),
        predictions("error", *after(calm, 0, bad)),
    )


def slow(bound: str, bad: float, *, calm: float = 0) -> tuple[Series, ...]:
    """So many of 1000 requests a minute take longer than `bound`, after `calm` busy minutes in which none does."""
    return durations({bound: after(calm, BUSY, 1000 - bad), "+Inf": after(calm, BUSY, 1000)})


def after(calm: float, before: float, then: float) -> tuple[Part, ...]:
    return (For(calm, before), then) if calm else (then,)


MODEL_ERROR_BUDGET_BURN = specification(
    "ModelErrorBudgetBurn",
    noise=BROKEN_ELSEWHERE,
    cases=(
        Case(
            "both at once when a tenth fails from the beginning, in two minutes and in a quarter of an hour",
            failing(100),
            at={"30s": SILENT, "2m": (ERROR_PAGE,), "16m": (ERROR_PAGE, ERROR_TICKET)},
        ),
        Case(
            "page just above 14.4 times over an hour, while all the time is below once",
            failing(73, calm=CALM),
            at={"68m": SILENT, "72m": (rate(ERROR_PAGE, "14.6x"),)},
        ),
        Case(
            "no page just below 14.4 times over an hour, while all the time is below once",
            failing(71, calm=CALM),
            at={"72m": SILENT},
        ),
        Case(
            "page just above 6 times over six hours",
            failing(30.5),
            at={"16m": (rate(ERROR_PAGE, "6.1x"), rate(ERROR_TICKET, "6.1x"))},
        ),
        Case(
            "no page just below 6 times over six hours",
            failing(29.5),
            at={"16m": (rate(ERROR_TICKET, "5.9x"),)},
        ),
        Case("ticket just above once over three days", failing(5.1), at={"16m": (rate(ERROR_TICKET, "1.02x"),)}),
        Case("silent just below once over three days", failing(4.9), at={"16m": SILENT}),
        Case(
            "silent without a failure, whose series there is not yet",
            (predictions("success", 1000),),
            at={"16m": SILENT},
        ),
        Case("silent without traffic", failing(0, of=0), at={"16m": SILENT}),
        Case("silent while there are no series at all", (), at={"16m": SILENT}),
        Case(
            "silent when all of 4 requests fail: too few to judge",
            (predictions("error", For(20, 0), For(1, 4), 0), predictions("success", 0)),
            at={"22m": SILENT, "25m": SILENT},
        ),
        Case(
            "page when all of 6 requests fail",
            (predictions("error", For(20, 0), For(1, 6), 0), predictions("success", 0)),
            at={"23m": (rate(ERROR_PAGE, "200x"),)},
        ),
        Case(
            "two pods count by their traffic",
            (
                predictions("success", 891, pod=POD_A),
                predictions("error", 9, pod=POD_A),
                predictions("success", 9, pod=POD_B),
                predictions("error", 91, pod=POD_B),
            ),
            at={"16m": (ERROR_PAGE, ERROR_TICKET)},
        ),
        Case(
            "a healthy model beside it changes nothing",
            (*failing(100), predictions("success", 9000, model="fraud"), predictions("error", 0, model="fraud")),
            at={"16m": (ERROR_PAGE, ERROR_TICKET)},
        ),
        Case(
            "bad input of callers counts neither way",
            (*failing(100), predictions("rejected", 9000)),
            at={"16m": (ERROR_PAGE, ERROR_TICKET)},
        ),
        Case(
            "silent over a restart in which the counters begin at 0 again",
            (predictions("success", For(10, 996), RESET, 996), predictions("error", For(10, 4), RESET, 4)),
            at={"11m": SILENT, "20m": SILENT, "25m": SILENT},
        ),
    ),
)

MODEL_LATENCY_BUDGET_BURN = specification(
    "ModelLatencyBudgetBurn",
    noise=SLOW_ELSEWHERE,
    cases=(
        Case(
            "both at once when all answers are slow",
            slow("0.5", 1000),
            at={"30s": SILENT, "2m": (LATENCY_PAGE,), "16m": (LATENCY_PAGE, LATENCY_TICKET)},
        ),
        Case(
            "page just above 14.4 times over an hour, while all the time is below once",
            slow("0.5", 730, calm=CALM),
            at={"72m": (rate(LATENCY_PAGE, "14.6x"),)},
        ),
        Case(
            "page just above 6 times over six hours",
            slow("0.5", 305),
            at={"16m": (rate(LATENCY_PAGE, "6.1x"), rate(LATENCY_TICKET, "6.1x"))},
        ),
        Case("no page just below it", slow("0.5", 295), at={"16m": (rate(LATENCY_TICKET, "5.9x"),)}),
        Case("ticket just above once over three days", slow("0.5", 51), at={"16m": (rate(LATENCY_TICKET, "1.02x"),)}),
        Case("silent just below once over three days", slow("0.5", 49), at={"16m": SILENT}),
        Case("silent without traffic", durations({"0.5": 0, "+Inf": 0}), at={"16m": SILENT}),
        Case(
            "silent when all of 4 answers are slow",
            durations({"0.5": 0, "+Inf": (For(20, 0), For(1, 4), 0)}),
            at={"23m": SILENT, "26m": SILENT},
        ),
    ),
)

MODEL_TAIL_LATENCY_BUDGET_BURN = specification(
    "ModelTailLatencyBudgetBurn",
    noise=SLOW_ELSEWHERE,
    cases=(
        Case(
            "both at once when a fifth of the answers are very slow",
            slow("2.5", 200),
            at={"30s": SILENT, "2m": (TAIL_PAGE,), "16m": (TAIL_PAGE, TAIL_TICKET)},
        ),
        Case(
            "page just above 14.4 times over an hour, while all the time is below once",
            slow("2.5", 146, calm=CALM),
            at={"72m": (rate(TAIL_PAGE, "14.6x"),)},
        ),
        Case(
            "page just above 6 times over six hours",
            slow("2.5", 61),
            at={"16m": (rate(TAIL_PAGE, "6.1x"), rate(TAIL_TICKET, "6.1x"))},
        ),
        Case("no page just below it", slow("2.5", 59), at={"16m": (rate(TAIL_TICKET, "5.9x"),)}),
        Case("ticket just above once over three days", slow("2.5", 10.2), at={"16m": (rate(TAIL_TICKET, "1.02x"),)}),
        Case("silent just below once over three days", slow("2.5", 9.8), at={"16m": SILENT}),
        Case(
            "silent when all of 4 answers are very slow",
            durations({"2.5": 0, "+Inf": (For(20, 0), For(1, 4), 0)}),
            at={"23m": SILENT, "26m": SILENT},
        ),
    ),
)
