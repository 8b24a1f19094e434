"""ModelLatencyHigh: for 10 minutes a quarter of the predictions (critical) or 5 % (warning) takes more than 500 ms."""

from monitoring_kit.testing.case import SILENT, Case, Firing, specification
from monitoring_kit.testing.series import GONE, RESET, For
from tests.behaviour.alerts.firing import fires
from tests.behaviour.alerts.series import INFERENCER_POD, POD_A, POD_B, durations

CRITICAL = fires(
    "ModelLatencyHigh",
    "critical",
    {"model_name": "churn"},
    summary="Model churn in production answers 26% of its predictions in more than 500 ms.",
    description=(
        "Latency, share slower than 500 ms: 26% over 5 minutes. "
        "Threshold: more than 25% for 10 minutes, judged only from 20 events on. "
        "Why: 95% within 500 ms is what callers were promised; at a quarter every caller notices."
    ),
    link="production-service?from=now-3h&to=now&var-namespace=production&var-model_name=churn&viewPanel=247015144",
)
WARNING = fires(
    "ModelLatencyHigh",
    "warning",
    {"model_name": "churn"},
    summary="Model churn in production answers 5.2% of its predictions in more than 500 ms.",
    description=(
        "Latency, share slower than 500 ms: 5.2% over 5 minutes. "
        "Threshold: more than 5% for 10 minutes, judged only from 20 events on. "
        "Why: 95% within 500 ms is what callers were promised; at a quarter every caller notices."
    ),
    link="production-service?from=now-3h&to=now&var-namespace=production&var-model_name=churn&viewPanel=247015144",
)


def both(share: str) -> tuple[Firing, Firing]:
    return CRITICAL.with_value(share, instead_of="26%"), WARNING.with_value(share, instead_of="5.2%")


def warning(share: str) -> tuple[Firing]:
    return (WARNING.with_value(share, instead_of="5.2%"),)


SLOW_ELSEWHERE = (
    *durations({"0.5": 0, "1.0": 0, "+Inf": 9000}, namespace="staging"),
    *durations({"0.5": 2000, "1.0": 2000, "+Inf": 9000}, job="batch-scoring-metrics"),
    *durations({"0.5": 0, "1.0": 0, "+Inf": 9000}, job="ml-inferencer-metrics", pod=INFERENCER_POD),
)

MODEL_LATENCY_HIGH = specification(
    "ModelLatencyHigh",
    noise=SLOW_ELSEWHERE,
    cases=(
        Case(
            "critical just above a quarter, when it has lasted 10 minutes and not before; the warning beside it",
            durations({"0.25": 600, "0.5": 740, "1.0": 900, "+Inf": 1000}),
            at={"10m30s": SILENT, "11m": (CRITICAL, *warning("26%"))},
        ),
        Case(
            "only the warning just below a quarter",
            durations({"0.25": 600, "0.5": 760, "1.0": 900, "+Inf": 1000}),
            at={"10m30s": SILENT, "11m": warning("24%"), "30m": warning("24%")},
        ),
        Case(
            "warning just above 5%, when it has lasted 10 minutes and not before",
            durations({"0.25": 600, "0.5": 948, "1.0": 1000, "+Inf": 1000}),
            at={"10m30s": SILENT, "11m": (WARNING,)},
        ),
        Case(
            "silent just below 5%",
            durations({"0.25": 600, "0.5": 952, "1.0": 952, "+Inf": 1000}),
            at={"11m": SILENT, "30m": SILENT},
        ),
        Case(
            "silent without traffic",
            durations({"0.25": 0, "0.5": 0, "1.0": 0, "+Inf": 0}),
            at={"11m": SILENT, "30m": SILENT},
        ),
        Case(
            "silent while there are no series at all",
            (),
            at={"11m": SILENT, "30m": SILENT},
        ),
        Case(
            "silent when all of 19 requests in 5 minutes are slow: too few to judge",
            durations({"0.25": 0, "0.5": 0, "1.0": 3.8, "+Inf": 3.8}),
            at={"11m": SILENT, "30m": SILENT},
        ),
        Case(
            "both when all of 21 requests in 5 minutes are slow, on two pods together: enough to judge",
            (
                *durations({"0.25": 0, "0.5": 0, "1.0": 2.2, "+Inf": 2.2}, pod=POD_A),
                *durations({"0.25": 0, "0.5": 0, "1.0": 2, "+Inf": 2}, pod=POD_B),
            ),
            at={"10m": SILENT, "30m": both("100%")},
        ),
        Case(
            "two pods count by their traffic: a fifth of 900 and nine tenths of 100 are 27%",
            (
                *durations({"0.25": 600, "0.5": 720, "1.0": 900, "+Inf": 900}, pod=POD_A),
                *durations({"0.25": 5, "0.5": 10, "1.0": 100, "+Inf": 100}, pod=POD_B),
            ),
            at={"30m": both("27%")},
        ),
        Case(
            "silent when one quiet pod is slow with all of its few requests: 1% of the model's",
            (
                *durations({"0.25": 600, "0.5": 990, "1.0": 990, "+Inf": 990}, pod=POD_A),
                *durations({"0.25": 0, "0.5": 0, "1.0": 0, "+Inf": 10}, pod=POD_B),
            ),
            at={"11m": SILENT, "30m": SILENT},
        ),
        Case(
            "a slow canary version is seen in its model",
            (
                *durations({"0.25": 600, "0.5": 900, "1.0": 900, "+Inf": 900}, version="3"),
                *durations({"0.25": 0, "0.5": 0, "1.0": 100, "+Inf": 100}, version="4", pod=POD_B),
            ),
            at={"30m": warning("10%")},
        ),
        Case(
            "a quick model with ten times the traffic does not hide a slow one",
            (
                *durations({"0.25": 600, "0.5": 740, "1.0": 900, "+Inf": 1000}),
                *durations({"0.25": 9000, "0.5": 10000, "1.0": 10000, "+Inf": 10000}, model="fraud"),
            ),
            at={"10m30s": SILENT, "11m": (CRITICAL, *warning("26%"))},
        ),
        Case(
            "two slow models are two alerts, each with its own share",
            (
                *durations({"0.25": 600, "0.5": 740, "1.0": 900, "+Inf": 1000}),
                *durations({"0.25": 0, "0.5": 100, "1.0": 200, "+Inf": 200}, model="fraud"),
            ),
            at={
                "30m": (
                    CRITICAL,
                    *warning("26%"),
                    *(one.about("model_name", "fraud") for one in both("50%")),
                )
            },
        ),
        Case(
            "a model that is loaded later and is slow from the start fires",
            durations(
                {
                    "0.25": (For(20, GONE), 0),
                    "0.5": (For(20, GONE), 60),
                    "1.0": (For(20, GONE), 90),
                    "+Inf": (For(20, GONE), 100),
                }
            ),
            at={"20m": SILENT, "30m30s": SILENT, "31m": both("40%")},
        ),
        Case(
            "silent over 5 minutes in which everything is slow",
            durations(
                {"0.25": 0, "0.5": (For(10, 100), For(5, 0), 100), "1.0": 100, "+Inf": 100},
            ),
            at={"15m": SILENT, "17m": SILENT, "20m": SILENT, "25m": SILENT},
        ),
        Case(
            "silent when a pod restarts and its counters begin at 0 again",
            durations(
                {
                    "0.25": (For(10, 600), RESET, 600),
                    "0.5": (For(10, 990), RESET, 990),
                    "1.0": (For(10, 1000), RESET, 1000),
                    "+Inf": (For(10, 1000), RESET, 1000),
                }
            ),
            at={"10m30s": SILENT, "12m": SILENT, "15m30s": SILENT, "25m": SILENT},
        ),
        Case(
            "a pod that restarts amid slow answers does not end them",
            durations(
                {
                    "0.25": (For(15, 600), RESET, 600),
                    "0.5": (For(15, 740), RESET, 740),
                    "1.0": (For(15, 900), RESET, 900),
                    "+Inf": (For(15, 1000), RESET, 1000),
                }
            ),
            at={
                "15m": (CRITICAL, *warning("26%")),
                "15m30s": (CRITICAL, *warning("26%")),
                "18m": (CRITICAL, *warning("26%")),
            },
        ),
        Case(
            "over within 5 minutes after the slow answers: after 2 minutes the window still holds half of them",
            durations({"0.25": 100, "0.5": (For(20, 100), 1000), "1.0": 1000, "+Inf": 1000}),
            at={"20m": both("90%"), "22m": both("50%"), "25m30s": SILENT},
        ),
    ),
)
