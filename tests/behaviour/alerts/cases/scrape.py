"""Whether the figures arrive: ModelAllTargetsDown, ModelTargetDown, ModelMetricsMissing."""

from monitoring_kit.testing.case import SILENT, Case, specification
from monitoring_kit.testing.series import GONE, RESET, For
from tests.behaviour.alerts.firing import fires
from tests.behaviour.alerts.series import INFERENCER_POD, POD_A, POD_B, predictions, up, wanted_replicas

ALL_DOWN = fires(
    "ModelAllTargetsDown",
    "critical",
    {"job": "ml-inference-metrics"},
    team="platform",
    summary="Service ml-inference-metrics in production does not answer Prometheus from any pod.",
    description=(
        "Pods that answer scrapes: 0. Threshold: at most 0 for 3 minutes. "
        "Why: without a single scrape every alert about the models is blind."
    ),
    link="production-pods?from=now-3h&to=now&var-namespace=production&viewPanel=187267624",
)
POD_A_DOWN = fires(
    "ModelTargetDown",
    "warning",
    {"pod": "ml-inference-7c9d8b6f5d-abcde"},
    team="platform",
    summary="Pod ml-inference-7c9d8b6f5d-abcde in production does not answer Prometheus.",
    description="It has been so for at least 5 minutes. Why: 5 minutes are longer than a pod takes to start or to end.",
    link="production-pods?from=now-3h&to=now&var-namespace=production&var-pod=ml-inference-7c9d8b6f5d-abcde&viewPanel=1233437561",
)
METRICS_MISSING = fires(
    "ModelMetricsMissing",
    "critical",
    {"job": "ml-inference-metrics"},
    summary="Service ml-inference-metrics in production exports no prediction metrics.",
    description=(
        "It has been so for at least 10 minutes. Why: without this metric the alerts on errors and traffic are blind."
    ),
    link="production-pods?from=now-3h&to=now&var-namespace=production&viewPanel=1875118562",
)

UP_AND_DOWN_ELSEWHERE = (
    up(1, namespace="staging", pod=POD_A),
    up(0, namespace="staging", pod=POD_B),
    up(0, namespace="qa", pod=POD_A),
    up(1, job="batch-scoring-metrics", pod=POD_A),
    up(0, job="batch-scoring-metrics", pod=POD_B),
    up(0, job="ml-inferencer-metrics", pod=INFERENCER_POD),
    wanted_replicas(0, namespace="staging"),
)

MODEL_ALL_TARGETS_DOWN = specification(
    "ModelAllTargetsDown",
    noise=UP_AND_DOWN_ELSEWHERE,
    cases=(
        Case(
            "when no scrape has worked for 3 minutes, and not before",
            (up(For(10, 1), 0, pod=POD_A), up(For(10, 1), 0, pod=POD_B)),
            at={"13m": SILENT, "13m30s": (ALL_DOWN,)},
        ),
        Case(
            "when the last target has been gone for 3 minutes, and not before",
            (up(For(10, 1), GONE, pod=POD_A), up(For(5, 1), GONE, pod=POD_B)),
            at={"13m": SILENT, "13m30s": (ALL_DOWN,)},
        ),
        Case(
            "a target that first fails and then goes away is one outage",
            (up(For(10, 1), For(2, 0), GONE),),
            at={"13m": SILENT, "13m30s": (ALL_DOWN,)},
        ),
        Case(
            "when Prometheus has never known a target",
            (),
            at={"2m30s": SILENT, "3m": (ALL_DOWN,)},
        ),
        Case(
            "silent while one pod of two answers",
            (up(1, pod=POD_A), up(0, pod=POD_B)),
            at={"5m": SILENT, "30m": SILENT},
        ),
        Case(
            "silent when every second scrape fails",
            (up(*([For(0.5, 1), For(0.5, 0)] * 30)),),
            at={"10m": SILENT, "20m": SILENT, "20m30s": SILENT},
        ),
        Case(
            "silent when a rollout replaces all pods within 2 minutes",
            (up(For(10, 1), GONE, pod=POD_A), up(For(12, GONE), 1, pod=POD_B)),
            at={"12m": SILENT, "14m": SILENT, "20m": SILENT},
        ),
        Case(
            "silent while the Deployment is scaled to zero on purpose",
            (up(For(10, 1), GONE, pod=POD_A), wanted_replicas(For(9, 2), 0)),
            at={"13m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "over when the first pod answers",
            (up(For(10, 1), For(10, 0), 1, pod=POD_A), up(0, pod=POD_B)),
            at={"20m": (ALL_DOWN,), "20m30s": SILENT},
        ),
    ),
)

MODEL_TARGET_DOWN = specification(
    "ModelTargetDown",
    noise=UP_AND_DOWN_ELSEWHERE,
    cases=(
        Case(
            "the pod that has not answered for 5 minutes, and not before; not the pod beside it",
            (up(For(10, 1), 0, pod=POD_A), up(1, pod=POD_B)),
            at={"15m": SILENT, "15m30s": (POD_A_DOWN,)},
        ),
        Case(
            "two pods are two alerts",
            (up(0, pod=POD_A), up(0, pod=POD_B)),
            at={"5m": SILENT, "5m30s": (POD_A_DOWN, POD_A_DOWN.about("pod", "ml-inference-7c9d8b6f5d-fghij"))},
        ),
        Case(
            "a pod that answers at one of its two ports only",
            (up(1, pod=POD_A, port=5001), up(0, pod=POD_A, port=5002), up(1, pod=POD_B)),
            at={"5m": SILENT, "5m30s": (POD_A_DOWN,)},
        ),
        Case(
            "silent while all pods answer",
            (up(1, pod=POD_A), up(1, pod=POD_B)),
            at={"5m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent while no pod is known",
            (),
            at={"5m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent when a pod needs 4 minutes to start",
            (up(1, pod=POD_A), up(For(10, GONE), For(4, 0), 1, pod=POD_B)),
            at={"14m": SILENT, "16m": SILENT, "20m": SILENT},
        ),
        Case(
            "silent when a pod ends and is known no more",
            (up(1, pod=POD_A), up(For(10, 1), For(1, 0), GONE, pod=POD_B)),
            at={"11m": SILENT, "16m": SILENT, "20m": SILENT},
        ),
        Case(
            "over when the pod answers",
            (up(For(10, 0), 1, pod=POD_A), up(1, pod=POD_B)),
            at={"10m": (POD_A_DOWN,), "10m30s": SILENT},
        ),
    ),
)

PREDICTIONS_ELSEWHERE = (
    predictions("success", 600, namespace="staging"),
    predictions("success", 600, job="batch-scoring-metrics"),
    predictions("success", 600, job="ml-inferencer-metrics", pod=INFERENCER_POD),
)

MODEL_METRICS_MISSING = specification(
    "ModelMetricsMissing",
    noise=PREDICTIONS_ELSEWHERE,
    cases=(
        Case(
            "when the pods answer without the metric for 10 minutes, and not before",
            (up(1, pod=POD_A), up(1, pod=POD_B)),
            at={"9m30s": SILENT, "10m": (METRICS_MISSING,)},
        ),
        Case(
            "10 minutes after the last series ended, and not before",
            (
                up(1),
                predictions("success", For(20, 600), GONE, pod=POD_A),
                predictions("success", For(15, 60), GONE, pod=POD_B),
            ),
            at={"20m": SILENT, "30m": SILENT, "30m30s": (METRICS_MISSING,)},
        ),
        Case(
            "silent while one pod of two exports the metric",
            (up(1, pod=POD_A), up(1, pod=POD_B), predictions("success", 60, pod=POD_B)),
            at={"10m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent while one model of two exports the metric",
            (up(1), predictions("success", For(5, 60), GONE), predictions("success", 60, model="fraud")),
            at={"15m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent without traffic, where the metric is there and stands still",
            (up(1), predictions("success", 0)),
            at={"10m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent when a pod restarts and its counter begins at 0 again",
            (up(1), predictions("success", For(10, 60), RESET, 60)),
            at={"11m": SILENT, "21m": SILENT, "30m": SILENT},
        ),
        Case(
            "silent when a new pod needs 8 minutes to load its model",
            (
                predictions("success", For(10, 60), GONE, pod=POD_A),
                predictions("success", For(18, GONE), 60, pod=POD_B),
            ),
            at={"18m": SILENT, "21m": SILENT, "30m": SILENT},
        ),
        Case(
            "silent while the Deployment is scaled to zero on purpose",
            (predictions("success", For(10, 60), GONE), wanted_replicas(For(9, 2), 0)),
            at={"20m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "over with the first series",
            (up(1), predictions("success", For(15, GONE), 0)),
            at={"15m": (METRICS_MISSING,), "15m30s": SILENT},
        ),
    ),
)
