"""Whether there is room left: InferenceMemoryNearLimit and InferenceCpuNearLimit."""

from monitoring_kit.testing.case import SILENT, Case, specification
from monitoring_kit.testing.series import GONE, RESET, For, Series
from tests.behaviour.alerts.firing import fires
from tests.behaviour.alerts.series import (
    CANARY_POD,
    EXPORTER,
    GIB,
    INFERENCER_POD,
    NEW_EXPORTER,
    POD_A,
    POD_B,
    cpu_used,
    limit,
    memory_used,
)

MEMORY = fires(
    "InferenceMemoryNearLimit",
    "warning",
    {"pod": "ml-inference-7c9d8b6f5d-abcde", "container": "model-server"},
    summary=(
        "Container model-server of pod ml-inference-7c9d8b6f5d-abcde in production "
        "uses 92% of the memory that it is allowed."
    ),
    description=(
        "Memory used of the limit: 92%. Threshold: more than 90% for 15 minutes. "
        "Why: at the limit the container is killed, with the requests in it."
    ),
    link="production-pods?from=now-3h&to=now&var-namespace=production&var-pod=ml-inference-7c9d8b6f5d-abcde&viewPanel=93057359",
)
CPU = fires(
    "InferenceCpuNearLimit",
    "warning",
    {"pod": "ml-inference-7c9d8b6f5d-abcde", "container": "model-server"},
    summary=(
        "Container model-server of pod ml-inference-7c9d8b6f5d-abcde in production "
        "uses 84% of the CPU that it is allowed."
    ),
    description=(
        "CPU used of the limit: 84% over 5 minutes. Threshold: more than 80% for 15 minutes. "
        "Why: above 80% requests queue for the processor and latency follows."
    ),
    link="production-pods?from=now-3h&to=now&var-namespace=production&var-pod=ml-inference-7c9d8b6f5d-abcde&viewPanel=998660865",
)

FULL_ELSEWHERE: tuple[Series, ...] = (
    memory_used(0.99 * GIB, namespace="staging"),
    limit("memory", 1 * GIB, namespace="staging"),
    memory_used(0.99 * GIB, pod=INFERENCER_POD),
    limit("memory", 1 * GIB, pod=INFERENCER_POD),
    memory_used(0.99 * GIB, pod=CANARY_POD),
    limit("memory", 1 * GIB, pod=CANARY_POD),
    # Of our own pod, but not the figures that count: another job, another endpoint of the kubelet, other resources.
    memory_used(9 * GIB, job="other-cluster-kubelet"),
    memory_used(9 * GIB, metrics_path="/metrics/resource"),
    limit("memory", 9 * GIB, job="other-cluster-metrics"),
    limit("cpu", 9 * GIB),
    limit("ephemeral_storage", 9 * GIB),
)

INFERENCE_MEMORY_NEAR_LIMIT = specification(
    "InferenceMemoryNearLimit",
    noise=FULL_ELSEWHERE,
    cases=(
        Case(
            "just above 90%, when it has lasted 15 minutes and not before",
            (memory_used(0.92 * GIB), limit("memory", 1 * GIB)),
            at={"15m": SILENT, "15m30s": (MEMORY,)},
        ),
        Case(
            "silent just below 90%",
            (memory_used(0.88 * GIB), limit("memory", 1 * GIB)),
            at={"15m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "the pod's own figure and its sandbox do not count beside the container's",
            (
                memory_used(0.5 * GIB),
                memory_used(1.02 * GIB, container=""),
                memory_used(0.95 * GIB, container="POD"),
                limit("memory", 1 * GIB),
            ),
            at={"15m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "the full pod, not the one beside it",
            (
                memory_used(0.92 * GIB, pod=POD_A),
                limit("memory", 1 * GIB, pod=POD_A),
                memory_used(0.2 * GIB, pod=POD_B),
                limit("memory", 1 * GIB, pod=POD_B),
            ),
            at={"15m": SILENT, "15m30s": (MEMORY,)},
        ),
        Case(
            "each container is held against its own limit",
            (
                memory_used(0.4 * GIB),
                limit("memory", 1 * GIB),
                memory_used(0.12 * GIB, container="log-shipper"),
                limit("memory", 0.125 * GIB, container="log-shipper"),
            ),
            at={"15m30s": (MEMORY.about("container", "log-shipper").with_value("96%", instead_of="92%"),)},
        ),
        Case(
            "while a restart shows the old container beside the new one, the fuller counts, not the sum",
            (
                memory_used(0.5 * GIB, restart=0),
                memory_used(0.92 * GIB, restart=1),
                limit("memory", 1 * GIB),
            ),
            at={"15m": SILENT, "15m30s": (MEMORY,)},
        ),
        Case(
            "silent when the old and the new container have room, though not together",
            (
                memory_used(0.5 * GIB, restart=0),
                memory_used(0.6 * GIB, restart=1),
                limit("memory", 1 * GIB),
            ),
            at={"15m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "a limit that two kube-state-metrics report is no higher",
            (
                memory_used(0.92 * GIB),
                limit("memory", 1 * GIB, exporter=EXPORTER),
                limit("memory", 1 * GIB, exporter=NEW_EXPORTER),
            ),
            at={"15m": SILENT, "15m30s": (MEMORY,)},
        ),
        Case(
            "silent for a container without a limit",
            (memory_used(64 * GIB),),
            at={"15m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent while the pod has a limit and uses nothing yet",
            (memory_used(For(20, GONE), 0.92 * GIB), limit("memory", 1 * GIB)),
            at={"20m": SILENT, "35m": SILENT, "35m30s": (MEMORY,)},
        ),
        Case(
            "silent while no pod is known",
            (),
            at={"15m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent over a peak of 14 minutes",
            (memory_used(For(5, 0.5 * GIB), For(14, 0.99 * GIB), 0.5 * GIB), limit("memory", 1 * GIB)),
            at={"19m": SILENT, "20m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "over when there is room again",
            (memory_used(For(20, 0.92 * GIB), 0.8 * GIB), limit("memory", 1 * GIB)),
            at={"20m": (MEMORY,), "20m30s": SILENT},
        ),
    ),
)

BUSY_ELSEWHERE: tuple[Series, ...] = (
    cpu_used(1.99, namespace="staging"),
    limit("cpu", 2, namespace="staging"),
    cpu_used(1.99, pod=INFERENCER_POD),
    limit("cpu", 2, pod=INFERENCER_POD),
    cpu_used(1.99, pod=CANARY_POD),
    limit("cpu", 2, pod=CANARY_POD),
    # Of our own pod, but not the figures that count: another job, another endpoint of the kubelet, other resources.
    cpu_used(9, job="other-cluster-kubelet"),
    cpu_used(9, metrics_path="/metrics/resource"),
    limit("cpu", 9, job="other-cluster-metrics"),
    limit("memory", 1 * GIB),
)

INFERENCE_CPU_NEAR_LIMIT = specification(
    "InferenceCpuNearLimit",
    noise=BUSY_ELSEWHERE,
    cases=(
        Case(
            "just above 80%, when a full window of 5 minutes has shown it for 15 and not before",
            (cpu_used(1.68), limit("cpu", 2)),
            at={"20m": SILENT, "20m30s": (CPU,)},
        ),
        Case(
            "silent just below 80%",
            (cpu_used(1.52), limit("cpu", 2)),
            at={"20m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "the pod's own figure and its sandbox do not count beside the container's",
            (cpu_used(1.0), cpu_used(1.9, container=""), cpu_used(0.9, container="POD"), limit("cpu", 2)),
            at={"20m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "the busy pod, not the one beside it",
            (
                cpu_used(1.68, pod=POD_A),
                limit("cpu", 2, pod=POD_A),
                cpu_used(0.1, pod=POD_B),
                limit("cpu", 2, pod=POD_B),
            ),
            at={"20m": SILENT, "20m30s": (CPU,)},
        ),
        Case(
            "each container is held against its own limit",
            (
                cpu_used(0.5),
                limit("cpu", 2),
                cpu_used(0.48, container="log-shipper"),
                limit("cpu", 0.5, container="log-shipper"),
            ),
            at={"20m30s": (CPU.about("container", "log-shipper").with_value("96%", instead_of="84%"),)},
        ),
        Case(
            "a restart, which gives the container a new counter, does not end the work",
            (cpu_used(For(12, 1.95), GONE, restart=0), cpu_used(For(12, GONE), 1.95, restart=1), limit("cpu", 2)),
            at={"15m": SILENT, "21m": (CPU.with_value("97.5%", instead_of="84%"),)},
        ),
        Case(
            "a limit that two kube-state-metrics report is no higher",
            (cpu_used(1.68), limit("cpu", 2, exporter=EXPORTER), limit("cpu", 2, exporter=NEW_EXPORTER)),
            at={"20m": SILENT, "20m30s": (CPU,)},
        ),
        Case(
            "silent for a container without a limit",
            (cpu_used(16),),
            at={"20m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent for a container that does nothing",
            (cpu_used(0), limit("cpu", 2)),
            at={"20m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "silent while no pod is known",
            (),
            at={"20m30s": SILENT, "30m": SILENT},
        ),
        Case(
            "a container that starts later and is busy from the start",
            (cpu_used(For(20, GONE), 1.68), limit("cpu", 2)),
            at={"40m": SILENT, "40m30s": (CPU,)},
        ),
        Case(
            "silent over 10 busy minutes, such as the load of a model",
            (cpu_used(For(5, 0.5), For(10, 2), 0.5), limit("cpu", 2)),
            at={"15m": SILENT, "19m30s": SILENT, "25m": SILENT},
        ),
        Case(
            "silent when a counter begins at 0 again",
            (cpu_used(For(10, 1.4), RESET, 1.4), limit("cpu", 2)),
            at={"10m30s": SILENT, "12m": SILENT, "25m": SILENT},
        ),
        Case(
            "over when the work is less",
            (cpu_used(For(25, 1.68), 1), limit("cpu", 2)),
            at={"25m": (CPU,), "30m30s": SILENT},
        ),
    ),
)
