"""ModelErrorRatioHigh: 5% of the predictions fail (critical), or 2% (warning), for 5 minutes."""

from monitoring_kit.testing.case import SILENT, Case, Firing, specification
from monitoring_kit.testing.series import GONE, RESET, For
from tests.behaviour.alerts.firing import fires
from tests.behaviour.alerts.series import INFERENCER_POD, POD_A, POD_B, predictions

CRITICAL = fires(
    "ModelErrorRatioHigh",
    "critical",
    {"model_name": "churn"},
    summary="Model churn in production fails 5.4% of its valid requests.",
    description=(
        "Error ratio: 5.4% over 5 minutes. Threshold: more than 5% for 5 minutes, judged only from 20 events on. "
        "Why: at 5% callers notice, 2% is above any normal week; below 20 requests one failure proves nothing."
    ),
    link="production-service?from=now-3h&to=now&var-namespace=production&var-model_name=churn&viewPanel=1690590818",
)
WARNING = fires(
    "ModelErrorRatioHigh",
    "warning",
    {"model_name": "churn"},
    summary="Model churn in production fails 2.1% of its valid requests.",
    description=(
        "Error ratio: 2.1% over 5 minutes. Threshold: more than 2% for 5 minutes, judged only from 20 events on. "
        "Why: at 5% callers notice, 2% is above any normal week; below 20 requests one failure proves nothing."
    ),
    link="production-service?from=now-3h&to=now&var-namespace=production&var-model_name=churn&viewPanel=1690590818",
)


def both(ratio: str) -> tuple[Firing, Firing]:
    return CRITICAL.with_value(ratio, instead_of="5.4%"), WARNING.with_value(ratio, instead_of="2.1%")


def warning(ratio: str) -> tuple[Firing]:
    return (WARNING.with_value(ratio, instead_of="2.1%"),)


BROKEN_ELSEWHERE = (
    predictions("error", 9000, namespace="staging"),
    predictions("success", 9000, namespace="staging"),
    predictions("error", 9000, job="batch-scoring-metrics"),
    predictions("success", 9000, job="batch-scoring-metrics"),
    predictions("error", 9000, job="ml-inferencer-metrics", pod=INFERENCER_POD),
)

MODEL_ERROR_RATIO_HIGH = specification(
    "ModelErrorRatioHigh",
    noise=BROKEN_ELSEWHERE,
    cases=(
        Case(
            "critical just above 5%, when it has lasted 5 minutes and not before; the warning beside it",
            (predictions("success", 946), predictions("error", 54)),
            at={"5m30s": SILENT, "6m": (CRITICAL, *warning("5.4%"))},
        ),
        Case(
            "only the warning just below 5%",
            (predictions("success", 952), predictions("error", 48)),
            at={"5m30s": SILENT, "6m": warning("4.8%"), "30m": warning("4.8%")},
        ),
        Case(
            "warning just above 2%, when it has lasted 5 minutes and not before",
            (predictions("success", 979), predictions("error", 21)),
            at={"5m30s": SILENT, "6m": (WARNING,)},
        ),
        Case(
            "silent just below 2%",
            (predictions("success", 981), predictions("error", 19)),
            at={"6m": SILENT, "30m": SILENT},
        ),
        Case(
            "silent before the first error has made a series",
            (predictions("success", 1000),),
            at={"6m": SILENT, "30m": SILENT},
        ),
        Case(
            "silent without traffic, where errors are 0 of 0",
            (predictions("success", 0), predictions("error", 0)),
            at={"6m": SILENT, "30m": SILENT},
        ),
        Case(
            "silent while there are no series at all",
            (),
            at={"6m": SILENT, "30m": SILENT},
        ),
        Case(
            "silent when all of 19 requests in 5 minutes fail: too few to judge",
            (predictions("success", 0), predictions("error", 3.8)),
            at={"6m": SILENT, "30m": SILENT},
        ),
        Case(
            "both when all of 21 requests in 5 minutes fail, on two pods together: enough to judge",
            (predictions("error", 2.2, pod=POD_A), predictions("error", 2, pod=POD_B)),
            at={"4m": SILENT, "30m": both("100%")},
        ),
        Case(
            "two pods count by their traffic: 1% of 900 and half of 100 are 5.9%",
            (
                predictions("success", 891, pod=POD_A),
                predictions("error", 9, pod=POD_A),
                predictions("success", 50, pod=POD_B),
                predictions("error", 50, pod=POD_B),
            ),
            at={"30m": both("5.9%")},
        ),
        Case(
            "silent when one quiet pod fails all of its few requests: 1% of the model's",
            (predictions("success", 990, pod=POD_A), predictions("error", 10, pod=POD_B)),
            at={"6m": SILENT, "30m": SILENT},
        ),
        Case(
            "a canary version that fails is seen in its model: all of 100 beside 900 of the other version",
            (predictions("success", 900, version="3"), predictions("error", 100, version="4", pod=POD_B)),
            at={"30m": both("10%")},
        ),
        Case(
            "a healthy model with ten times the traffic does not hide a broken one",
            (
                predictions("success", 946),
                predictions("error", 54),
                predictions("success", 10000, model="fraud"),
                predictions("error", 0, model="fraud"),
            ),
            at={"5m30s": SILENT, "6m": (CRITICAL, *warning("5.4%"))},
        ),
        Case(
            "two broken models are two alerts, each with its own ratio",
            (
                predictions("success", 946),
                predictions("error", 54),
                predictions("success", 300, model="fraud"),
                predictions("error", 100, model="fraud"),
            ),
            at={
                "30m": (
                    CRITICAL,
                    *warning("5.4%"),
                    *(one.about("model_name", "fraud") for one in both("25%")),
                )
            },
        ),
        Case(
            "silent over bad input of a caller, however much of it there is",
            (predictions("success", 990), predictions("rejected", 9000), predictions("error", 10)),
            at={"6m": SILENT, "30m": SILENT},
        ),
        Case(
            "a flood of bad input does not hide errors",
            (predictions("success", 946), predictions("rejected", 9000), predictions("error", 54)),
            at={"5m30s": SILENT, "6m": (CRITICAL, *warning("5.4%"))},
        ),
        Case(
            "silent when 19 valid requests fail in a flood of bad input: too few to judge",
            (predictions("rejected", 9000), predictions("error", 3.8)),
            at={"6m": SILENT, "30m": SILENT},
        ),
        Case(
            "errors that begin later, in a series born later, fire within 10 minutes",
            (predictions("success", For(20, 1000), 940), predictions("error", For(20, GONE), 60)),
            at={"20m": SILENT, "24m": SILENT, "30m": both("6%")},
        ),
        Case(
            "silent over a minute in which 40% fail",
            (
                predictions("success", For(10, 1000), For(1, 600), 1000),
                predictions("error", For(10, 0), For(1, 400), 0),
            ),
            at={"11m30s": SILENT, "14m": SILENT, "15m30s": SILENT, "16m30s": SILENT, "20m": SILENT},
        ),
        Case(
            "silent when a pod restarts and its counters begin at 0 again",
            (predictions("success", For(10, 990), RESET, 990), predictions("error", For(10, 10), RESET, 10)),
            at={"10m30s": SILENT, "12m": SILENT, "15m30s": SILENT, "20m": SILENT},
        ),
        Case(
            "a pod that restarts amid its errors does not end them",
            (predictions("success", For(10, 946), RESET, 946), predictions("error", For(10, 54), RESET, 54)),
            at={
                "10m": (CRITICAL, *warning("5.4%")),
                "10m30s": (CRITICAL, *warning("5.4%")),
                "13m": (CRITICAL, *warning("5.4%")),
            },
        ),
        Case(
            "over within 5 minutes after the errors: after 2 minutes the window still holds half of them",
            (predictions("success", For(15, 820), 1000), predictions("error", For(15, 180), 0)),
            at={"15m": both("18%"), "17m": both("10%"), "20m30s": SILENT},
        ),
    ),
)
