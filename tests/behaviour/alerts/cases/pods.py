"""Whether the containers run: no replica, crash loops, restarts, kills for want of memory."""

from monitoring_kit.testing.case import SILENT, Case, specification
from monitoring_kit.testing.series import GONE, For
from tests.behaviour.alerts.firing import fires
from tests.behaviour.alerts.series import (
    CANARY_POD,
    EXPORTER,
    INFERENCER_POD,
    NEW_EXPORTER,
    POD_A,
    POD_B,
    available_replicas,
    last_terminated,
    restarts,
    waiting,
    wanted_replicas,
)

NO_REPLICA = fires(
    "InferenceNoReplicas",
    "critical",
    {"deployment": "ml-inference"},
    team="platform",
    summary="Deployment ml-inference in production has no available replica.",
    description=(
        "Available replicas: 0. Threshold: less than 1 for 2 minutes. "
        "Why: nobody answers; 2 minutes let a restart in place pass."
    ),
    link="production-pods?from=now-3h&to=now&var-namespace=production&viewPanel=272052766",
)
REPLICAS_MISSING = fires(
    "InferenceReplicasMissing",
    "critical",
    {"deployment": "ml-inference"},
    team="platform",
    summary="Deployment ml-inference in production has 0% of its replicas available.",
    description=(
        "Available share of the wanted replicas: 0%. Threshold: less than 50% for 10 minutes. "
        "Why: fewer than half carry the load of all; a rollout keeps three quarters."
    ),
    link="production-pods?from=now-3h&to=now&var-namespace=production&viewPanel=1749024010",
)
CRASH_LOOP = fires(
    "InferencePodCrashLooping",
    "warning",
    {"pod": "ml-inference-7c9d8b6f5d-abcde", "container": "model-server"},
    summary="Container model-server of pod ml-inference-7c9d8b6f5d-abcde in production is crash-looping.",
    description=(
        "It has been so for at least 10 minutes. "
        "Why: Kubernetes has given up on quick restarts, so it will not heal by itself; the page "
        "is for lost replicas."
    ),
    link="production-pods?from=now-3h&to=now&var-namespace=production&var-pod=ml-inference-7c9d8b6f5d-abcde&viewPanel=750331529",
)
FOUR_RESTARTS = fires(
    "InferenceContainerRestarts",
    "warning",
    {"pod": "ml-inference-7c9d8b6f5d-abcde", "container": "model-server"},
    summary=(
        "Container model-server of pod ml-inference-7c9d8b6f5d-abcde in production was restarted 4 times within 1 hour."
    ),
    description=(
        "Restarts: 4 over 1 hour. Threshold: at least 4. "
        "Why: a single restart heals itself; 4 in an hour are a pattern."
    ),
    link="production-pods?from=now-3h&to=now&var-namespace=production&var-pod=ml-inference-7c9d8b6f5d-abcde&viewPanel=29349079",
)
OUT_OF_MEMORY = fires(
    "InferenceOutOfMemory",
    "warning",
    {"pod": "ml-inference-7c9d8b6f5d-abcde", "container": "model-server"},
    summary=(
        "Container model-server of pod ml-inference-7c9d8b6f5d-abcde in production "
        "was killed for using more memory than its limit."
    ),
    description=(
        "Out-of-memory kills: 1 over 15 minutes. Threshold: more than 0. "
        "Why: the limit is too low or memory leaks; it will happen again."
    ),
    link="production-pods?from=now-3h&to=now&var-namespace=production&var-pod=ml-inference-7c9d8b6f5d-abcde&viewPanel=1503931601",
)

OTHER_DEPLOYMENTS = (
    available_replicas(0, namespace="staging"),
    wanted_replicas(2, namespace="staging"),
    available_replicas(0, deployment="ml-inferencer"),
    wanted_replicas(2, deployment="ml-inferencer"),
    available_replicas(0, job="other-cluster-metrics"),
    wanted_replicas(2, job="other-cluster-metrics"),
)

INFERENCE_NO_REPLICAS = specification(
    "InferenceNoReplicas",
    noise=OTHER_DEPLOYMENTS,
    cases=(
        Case(
            "when no replica has been available for 2 minutes, and not before",
            (wanted_replicas(2), available_replicas(For(10, 2), 0)),
            at={"12m": SILENT, "12m30s": (NO_REPLICA,)},
        ),
        Case(
            "silent with one replica of two",
            (wanted_replicas(2), available_replicas(1)),
            at={"2m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent when somebody scaled to zero",
            (wanted_replicas(For(10, 2), 0), available_replicas(For(10, 2), 0)),
            at={"12m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent while there is no such Deployment",
            (),
            at={"2m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent over a restart of 90 seconds",
            (wanted_replicas(1), available_replicas(For(10, 1), For(1.5, 0), 1)),
            at={"11m30s": SILENT, "12m30s": SILENT, "14m": SILENT},
        ),
        Case(
            "a new Deployment that never gets a replica",
            (wanted_replicas(For(10, GONE), 1), available_replicas(For(10, GONE), 0)),
            at={"12m": SILENT, "12m30s": (NO_REPLICA,)},
        ),
        Case(
            "over with the first replica",
            (wanted_replicas(2), available_replicas(For(10, 0), 1)),
            at={"10m": (NO_REPLICA,), "10m30s": SILENT},
        ),
    ),
)

CRASH_LOOPS_ELSEWHERE = (
    waiting("CrashLoopBackOff", 1, namespace="staging"),
    waiting("CrashLoopBackOff", 1, pod=INFERENCER_POD),
    waiting("CrashLoopBackOff", 1, pod=CANARY_POD),
    waiting("CrashLoopBackOff", 1, job="other-cluster-metrics"),
)

INFERENCE_POD_CRASH_LOOPING = specification(
    "InferencePodCrashLooping",
    noise=CRASH_LOOPS_ELSEWHERE,
    cases=(
        Case(
            "when a container has waited in a crash loop for 10 minutes, and not before",
            (waiting("CrashLoopBackOff", For(10, GONE), 1),),
            at={"20m": SILENT, "20m30s": (CRASH_LOOP,)},
        ),
        Case(
            "the short runs between two crashes do not make it forget",
            (waiting("CrashLoopBackOff", *([For(2, 1), For(3, GONE)] * 6)),),
            at={"10m": SILENT, "10m30s": (CRASH_LOOP,), "25m": (CRASH_LOOP,)},
        ),
        Case(
            "nor where kube-state-metrics shows 0 during the runs",
            (waiting("CrashLoopBackOff", *([For(2, 1), For(3, 0)] * 6)),),
            at={"10m": SILENT, "10m30s": (CRASH_LOOP,), "25m": (CRASH_LOOP,)},
        ),
        Case(
            "two pods are two alerts, the sidecar is one of its own",
            (
                waiting("CrashLoopBackOff", 1, pod=POD_A),
                waiting("CrashLoopBackOff", 1, pod=POD_B, container="log-shipper"),
                waiting("CrashLoopBackOff", GONE, pod=POD_B),
            ),
            at={
                "10m30s": (
                    CRASH_LOOP,
                    CRASH_LOOP.about("pod", "ml-inference-7c9d8b6f5d-fghij").about("container", "log-shipper"),
                )
            },
        ),
        Case(
            "silent after one restart",
            (restarts(For(10, 0), 1), waiting("CrashLoopBackOff", For(10, GONE), For(0.5, 1), GONE)),
            at={"10m30s": SILENT, "15m": SILENT, "20m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent while a container waits for something else",
            (waiting("ContainerCreating", 1, pod=POD_A), waiting("ImagePullBackOff", 1, pod=POD_B)),
            at={"10m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent where kube-state-metrics shows a reason that does not apply as 0",
            (waiting("CrashLoopBackOff", 0),),
            at={"10m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent while nothing waits",
            (),
            at={"10m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent over a loop that ends after 4 minutes",
            (waiting("CrashLoopBackOff", For(4, 1), GONE),),
            at={"8m30s": SILENT, "10m30s": SILENT, "20m": SILENT},
        ),
        Case(
            "over 5 minutes after the container stays up",
            (waiting("CrashLoopBackOff", For(15, 1), GONE),),
            at={"15m": (CRASH_LOOP,), "19m": (CRASH_LOOP,), "20m30s": SILENT},
        ),
    ),
)

RESTARTS_ELSEWHERE = (
    restarts(For(10, 0), For(10, 20), 40, namespace="staging"),
    restarts(For(10, 0), For(10, 20), 40, pod=INFERENCER_POD),
    restarts(For(10, 0), For(10, 20), 40, pod=CANARY_POD),
    restarts(For(10, 0), For(10, 20), 40, job="other-cluster-metrics"),
)

INFERENCE_CONTAINER_RESTARTS = specification(
    "InferenceContainerRestarts",
    noise=RESTARTS_ELSEWHERE,
    cases=(
        Case(
            "with the fourth restart within an hour, and not before",
            (restarts(For(10, 0), For(10, 1), For(10, 2), For(10, 3), 4),),
            at={"30m30s": SILENT, "40m": SILENT, "40m30s": (FOUR_RESTARTS,)},
        ),
        Case(
            "silent with three restarts within an hour, which increase() reckons up to 3.03",
            (restarts(For(70, 7), For(10, 8), For(10, 9), 10),),
            at={"90m30s": SILENT, "100m": SILENT, "120m": SILENT},
        ),
        Case(
            "four restarts of a container that had many before are four",
            (restarts(For(70, 7), For(10, 8), For(10, 9), For(10, 10), 11),),
            at={"100m": SILENT, "100m30s": (FOUR_RESTARTS,)},
        ),
        Case(
            "four restarts are four when kube-state-metrics itself is replaced after the second",
            (
                restarts(For(10, 0), For(10, 1), For(10, 2), GONE, exporter=EXPORTER),
                restarts(For(30, GONE), For(10, 2), For(10, 3), 4, exporter=NEW_EXPORTER),
            ),
            at={"50m": SILENT, "50m30s": (FOUR_RESTARTS,)},
        ),
        Case(
            "four restarts are four when the counter begins at 0 again",
            (restarts(For(10, 7), For(10, 0), For(10, 1), For(10, 2), For(10, 3), 4),),
            at={"50m": SILENT, "50m30s": (FOUR_RESTARTS,)},
        ),
        Case(
            "silent with two restarts of each of two pods",
            (
                restarts(For(10, 0), For(10, 1), 2, pod=POD_A),
                restarts(For(10, 0), For(10, 1), 2, pod=POD_B),
            ),
            at={"20m30s": SILENT, "60m": SILENT},
        ),
        Case(
            "only the pod that restarts, not the one beside it; five are five",
            (
                restarts(For(10, 0), For(10, 1), For(10, 2), For(10, 3), 5, pod=POD_A),
                restarts(For(10, 0), 1, pod=POD_B),
            ),
            at={"40m": SILENT, "40m30s": (FOUR_RESTARTS.with_value("5", instead_of="4"),)},
        ),
        Case(
            "silent with four restarts in two hours",
            (restarts(For(10, 0), For(30, 1), For(30, 2), For(30, 3), 4),),
            at={"70m30s": SILENT, "100m30s": SILENT, "120m": SILENT},
        ),
        Case(
            "silent without restarts, however many there were long ago",
            (restarts(50),),
            at={"1m": SILENT, "90m": SILENT},
        ),
        Case(
            "silent when a pod is replaced and its counter begins at 0 again",
            (restarts(For(20, 50), 0),),
            at={"20m30s": SILENT, "60m": SILENT},
        ),
        Case(
            "silent when a pod is first seen with restarts behind it",
            (restarts(For(20, GONE), 6),),
            at={"20m30s": SILENT, "60m": SILENT},
        ),
        Case(
            "silent while no pod is known",
            (),
            at={"1m": SILENT, "60m": SILENT},
        ),
        Case(
            "over when the first of the four is more than an hour ago",
            (restarts(For(10, 0), For(10, 1), For(10, 2), For(10, 3), 4),),
            at={"69m": (FOUR_RESTARTS,), "71m": SILENT},
        ),
    ),
)

KILLS_ELSEWHERE = (
    restarts(For(10, 0), 1, namespace="staging"),
    last_terminated("OOMKilled", For(10, GONE), 1, namespace="staging"),
    restarts(For(10, 0), 1, job="other-cluster-metrics"),
    last_terminated("OOMKilled", For(10, GONE), 1, job="other-cluster-metrics"),
    restarts(For(10, 0), 1, pod=INFERENCER_POD),
    last_terminated("OOMKilled", For(10, GONE), 1, pod=INFERENCER_POD),
    restarts(For(10, 0), 1, pod=CANARY_POD),
    last_terminated("OOMKilled", For(10, GONE), 1, pod=CANARY_POD),
)

INFERENCE_OUT_OF_MEMORY = specification(
    "InferenceOutOfMemory",
    noise=KILLS_ELSEWHERE,
    cases=(
        Case(
            "as soon as the restart after a kill is seen, and not before",
            (restarts(For(10, 0), 1), last_terminated("OOMKilled", For(10, GONE), 1)),
            at={"10m": SILENT, "10m30s": (OUT_OF_MEMORY,)},
        ),
        Case(
            "two kills within 15 minutes are two",
            (restarts(For(10, 0), For(5, 1), 2), last_terminated("OOMKilled", For(10, GONE), 1)),
            at={"15m": (OUT_OF_MEMORY,), "15m30s": (OUT_OF_MEMORY.with_value("2", instead_of="1"),)},
        ),
        Case(
            "two kills are two when kube-state-metrics itself is replaced between them",
            (
                restarts(For(10, 0), For(2, 1), GONE, exporter=EXPORTER),
                restarts(For(12, GONE), For(3, 1), 2, exporter=NEW_EXPORTER),
                last_terminated("OOMKilled", For(10, GONE), 1),
            ),
            at={"15m": (OUT_OF_MEMORY,), "15m30s": (OUT_OF_MEMORY.with_value("2", instead_of="1"),)},
        ),
        Case(
            "a kill after the counter began at 0 again",
            (restarts(For(8, 3), For(2, 0), 1), last_terminated("OOMKilled", For(10, GONE), 1)),
            at={"10m": SILENT, "10m30s": (OUT_OF_MEMORY,)},
        ),
        Case(
            "only the container that was killed: not the one beside it, not the other pod",
            (
                restarts(For(10, 0), 1, pod=POD_A, container="log-shipper"),
                last_terminated("OOMKilled", For(10, GONE), 1, pod=POD_A, container="log-shipper"),
                restarts(For(10, 0), 1, pod=POD_A),
                last_terminated("Error", For(10, GONE), 1, pod=POD_A),
                restarts(0, pod=POD_B),
            ),
            at={"10m30s": (OUT_OF_MEMORY.about("container", "log-shipper"),)},
        ),
        Case(
            "silent after a restart for another reason",
            (restarts(For(10, 0), 1), last_terminated("Error", For(10, GONE), 1)),
            at={"10m30s": SILENT, "20m": SILENT},
        ),
        Case(
            "silent after a restart for another reason of a container that was killed earlier",
            (
                restarts(For(60, 1), 2),
                last_terminated("OOMKilled", For(60, 1), GONE),
                last_terminated("Error", For(60, GONE), 1),
            ),
            at={"60m30s": SILENT, "70m": SILENT},
        ),
        Case(
            "silent where kube-state-metrics shows a reason that does not apply as 0",
            (restarts(For(10, 0), 1), last_terminated("OOMKilled", 0), last_terminated("Error", For(10, 0), 1)),
            at={"10m30s": SILENT, "20m": SILENT},
        ),
        Case(
            "silent while the last kill is long ago",
            (restarts(3), last_terminated("OOMKilled", 1)),
            at={"1m": SILENT, "20m": SILENT},
        ),
        Case(
            "silent when a pod is replaced and its counter begins at 0 again",
            (restarts(For(10, 3), 0), last_terminated("OOMKilled", 1)),
            at={"10m30s": SILENT, "20m": SILENT},
        ),
        Case(
            "silent while no pod is known",
            (),
            at={"1m": SILENT, "20m": SILENT},
        ),
        Case(
            "over after 15 minutes without another kill",
            (restarts(For(10, 0), 1), last_terminated("OOMKilled", For(10, GONE), 1)),
            at={"24m": (OUT_OF_MEMORY,), "26m": SILENT},
        ),
    ),
)
