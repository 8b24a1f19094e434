"""ModelTrafficStopped: not one request in 5 minutes, for 15 minutes, of a model that was asked before."""

from monitoring_kit.testing.case import SILENT, Case, specification
from monitoring_kit.testing.series import GONE, RESET, For
from tests.behaviour.alerts.firing import fires
from tests.behaviour.alerts.series import INFERENCER_POD, POD_A, POD_B, predictions

CRITICAL = fires(
    "ModelTrafficStopped",
    "critical",
    {"model_name": "churn"},
    summary="Model churn in production is not asked for predictions any more.",
    description=(
        "Requests: 0/s over 5 minutes. Threshold: at most 0/s for 15 minutes. "
        "Why: a service that was asked every 10 seconds an hour ago and is asked no more has lost its callers."
    ),
    link="production-service?from=now-3h&to=now&var-namespace=production&var-model_name=churn&viewPanel=595085504",
)

# A model is asked for 90 minutes before it is asked no more: the alert looks back at the hour before last.
ELSEWHERE = (
    predictions("success", For(90, 600), 0, namespace="staging"),
    predictions("success", For(90, 600), 0, job="ml-inferencer-metrics", pod=INFERENCER_POD),
    # Of the same model and namespace, and busy all the time: it must neither hide nor excuse the silence of ours.
    predictions("success", 600, job="batch-scoring-metrics"),
)

MODEL_TRAFFIC_STOPPED = specification(
    "ModelTrafficStopped",
    noise=ELSEWHERE,
    cases=(
        Case(
            "20 minutes after the last request, when the window has been empty for 15, and not before",
            (predictions("success", For(90, 60), 0),),
            at={"90m": SILENT, "109m": SILENT, "109m30s": (CRITICAL,), "140m": (CRITICAL,)},
        ),
        Case(
            "when an hour ago it was asked just more often than every 10 seconds",
            (predictions("success", For(130, 6.6), 0),),
            at={"149m": SILENT, "149m30s": (CRITICAL,)},
        ),
        Case(
            "silent when an hour ago it was asked just less often than every 10 seconds",
            (predictions("success", For(130, 5.4), 0),),
            at={"149m30s": SILENT, "160m": SILENT},
        ),
        Case(
            "silent while a single request comes every 15 minutes",
            (predictions("success", For(90, 60), *([For(14.5, 0), For(0.5, 2)] * 3)),),
            at={"109m30s": SILENT, "119m30s": SILENT, "124m30s": SILENT, "134m": SILENT},
        ),
        Case(
            "silent when all requests fail: the error ratio is another alert",
            (predictions("success", For(90, 60), 0), predictions("error", For(90, 0), 60)),
            at={"109m30s": SILENT, "130m": SILENT},
        ),
        Case(
            "silent when one pod of two is asked no more",
            (predictions("success", For(90, 60), 0, pod=POD_A), predictions("success", 6, pod=POD_B)),
            at={"109m30s": SILENT, "130m": SILENT},
        ),
        Case(
            "when both pods are asked no more, though they were asked unequally",
            (
                predictions("success", For(90, 60), 0, pod=POD_A),
                predictions("success", For(90, 6), 0, pod=POD_B),
            ),
            at={"109m": SILENT, "109m30s": (CRITICAL,)},
        ),
        Case(
            "when one model of two is asked no more",
            (predictions("success", For(90, 60), 0), predictions("success", 600, model="fraud")),
            at={"109m": SILENT, "109m30s": (CRITICAL,)},
        ),
        Case(
            "silent for a model that was hardly ever asked",
            (predictions("success", 0),),
            at={"109m30s": SILENT, "160m": SILENT},
        ),
        Case(
            "silent for a model that is loaded later and waits for its first request",
            (predictions("success", For(90, GONE), 0),),
            at={"109m30s": SILENT, "130m": SILENT},
        ),
        Case(
            "silent while there are no series at all",
            (),
            at={"109m30s": SILENT, "130m": SILENT},
        ),
        Case(
            "silent when the pods are gone: that no target answers is another alert",
            (predictions("success", For(90, 60), GONE),),
            at={"95m": SILENT, "109m30s": SILENT, "130m": SILENT},
        ),
        Case(
            "silent over a rollout: the new pod is asked in place of the old one",
            (
                predictions("success", For(90, 60), GONE, pod=POD_A),
                predictions("success", For(89, GONE), 60, pod=POD_B),
            ),
            at={"90m": SILENT, "95m": SILENT, "109m30s": SILENT, "130m": SILENT},
        ),
        Case(
            "silent when a pod restarts and its counter begins at 0 again",
            (predictions("success", For(90, 60), RESET, 60),),
            at={"90m30s": SILENT, "109m30s": SILENT, "130m": SILENT},
        ),
        Case(
            "silent over a pause of 15 minutes",
            (predictions("success", For(90, 60), For(15, 0), 60),),
            at={"104m": SILENT, "109m30s": SILENT, "120m": SILENT},
        ),
        Case(
            "over with the next request",
            (predictions("success", For(90, 60), For(25, 0), 60),),
            at={"115m": (CRITICAL,), "116m": SILENT, "130m": SILENT},
        ),
        Case(
            "over as well when the hour before last knew of no requests either",
            (predictions("success", For(90, 60), 0),),
            at={"200m": (CRITICAL,), "210m": SILENT},
        ),
    ),
)
