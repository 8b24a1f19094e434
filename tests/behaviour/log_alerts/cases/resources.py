"""InferenceCpuNearLimit and InferenceMemoryNearLimit: four windows of 5 minutes in a row above a share of the limit."""

from __future__ import annotations

from collections.abc import Iterator

from tests.acceptance.kusto.variants import OPTION_B
from tests.behaviour.log_alerts.case import SILENT, LogCase, LogFiring, LogSpecification
from tests.behaviour.log_alerts.rows import (
    BATCH_POD,
    CANARY_POD,
    CONTAINER,
    CORE,
    FOREIGN_POD,
    GIB,
    OTHER_POD,
    POD,
    LoggedPod,
    Minutes,
    Rows,
    inventory,
    performance,
)

HOUR = (0, 60)


def near(pod: LoggedPod = POD, container: str = CONTAINER) -> frozenset[LogFiring]:
    return frozenset({LogFiring("warning", (pod.name, container))})


def cpu(minutes: Minutes, cores: float, pod: LoggedPod = POD, container: str = CONTAINER) -> Rows:
    return performance(minutes, "cpuUsageNanoCores", cores * CORE, pod=pod, container=container)


def cpu_limit(cores: float, pod: LoggedPod = POD, container: str = CONTAINER) -> tuple[Rows, ...]:
    """An hour of a container that may use `cores`, and that uses no memory worth mentioning."""
    return (
        inventory(HOUR, 0, pod=pod, container=container),
        performance(HOUR, "cpuLimitNanoCores", cores * CORE, pod=pod, container=container),
        performance(HOUR, "memoryWorkingSetBytes", 1, pod=pod, container=container),
        performance(HOUR, "cpuRequestNanoCores", cores * CORE / 10, pod=pod, container=container),
    )


def memory(minutes: Minutes, gib: float, pod: LoggedPod = POD, container: str = CONTAINER) -> Rows:
    return performance(minutes, "memoryWorkingSetBytes", gib * GIB, pod=pod, container=container)


def memory_limit(gib: float, pod: LoggedPod = POD, container: str = CONTAINER) -> tuple[Rows, ...]:
    """An hour of a container that may use `gib` of memory, and whose memory with caches is above all limits."""
    return (
        inventory(HOUR, 0, pod=pod, container=container),
        performance(HOUR, "memoryLimitBytes", gib * GIB, pod=pod, container=container),
        performance(HOUR, "memoryRssBytes", 10 * gib * GIB, pod=pod, container=container),
        performance(HOUR, "cpuUsageNanoCores", 1e12, pod=pod, container=container),
    )


def others() -> Iterator[Rows]:
    """Containers of others at their limits, and a container's figures under another heading."""
    for pod in (FOREIGN_POD, CANARY_POD, BATCH_POD):
        yield from (inventory(HOUR, 0, pod=pod), cpu(HOUR, 1, pod), memory(HOUR, 1, pod))
        yield performance(HOUR, "cpuLimitNanoCores", 1 * CORE, pod=pod)
        yield performance(HOUR, "memoryLimitBytes", 1 * GIB, pod=pod)
    for counter in ("cpuUsageNanoCores", "memoryWorkingSetBytes"):
        yield performance(HOUR, counter, 1e15, object="K8SNode")


NOISE = tuple(others())

INFERENCE_CPU_NEAR_LIMIT = LogSpecification(
    "InferenceCpuNearLimit",
    OPTION_B,
    noise=NOISE,
    cases=(
        LogCase("just above 80%", (*cpu_limit(2), cpu(HOUR, 1.61)), at={15: SILENT, 20: near(), 40: near()}),
        LogCase("silent at 80%", (*cpu_limit(2), cpu(HOUR, 1.6)), at={20: SILENT, 40: SILENT}),
        LogCase(
            "15 busy minutes wake nobody",
            (*cpu_limit(2), cpu((0, 10), 1), cpu((10, 25), 2), cpu((25, 60), 1)),
            at={20: SILENT, 25: SILENT, 30: SILENT},
        ),
        LogCase(
            "recovery: over with the first window that is not busy",
            (*cpu_limit(2), cpu((0, 30), 2), cpu((30, 60), 1)),
            at={20: near(), 30: near(), 35: SILENT},
        ),
        LogCase(
            "a spike of a minute is averaged away",
            (*cpu_limit(2), *(part for n in range(0, 25, 5) for part in (cpu((n, n + 1), 2), cpu((n + 1, n + 5), 1)))),
            at={20: SILENT},
        ),
        LogCase(
            "a lull of a minute does not hide the rest",
            (*cpu_limit(2), *(part for n in range(0, 25, 5) for part in (cpu((n, n + 1), 1), cpu((n + 1, n + 5), 2)))),
            at={20: near()},
        ),
        LogCase(
            "a limit that is raised holds for the window in which it is",
            (*cpu_limit(2), performance((18, 60), "cpuLimitNanoCores", 4 * CORE), cpu(HOUR, 1.7)),
            at={15: SILENT, 20: SILENT, 40: SILENT},
        ),
        LogCase(
            "of two limits in a window the higher one holds",
            (*cpu_limit(2), performance(HOUR, "cpuLimitNanoCores", 2.2 * CORE), cpu(HOUR, 1.7)),
            at={20: SILENT},
        ),
        LogCase("no limit, no share", (inventory(HOUR, 0), cpu(HOUR, 2)), at={20: SILENT, 40: SILENT}),
        LogCase(
            "a limit of 0 is none",
            (*cpu_limit(0), cpu(HOUR, 2)),
            at={20: SILENT, 40: SILENT},
        ),
        LogCase(
            "each container against its own limit",
            (*cpu_limit(2), cpu(HOUR, 0.2), *cpu_limit(0.2, container="sidecar"), cpu(HOUR, 0.19, container="sidecar")),
            at={20: near(container="sidecar")},
        ),
        LogCase(
            "each pod on its own",
            (*cpu_limit(2), cpu(HOUR, 2), *cpu_limit(2, OTHER_POD), cpu(HOUR, 0.1, OTHER_POD)),
            at={20: near()},
        ),
        LogCase("readings without an inventory belong to nobody", (cpu_limit(2)[1], cpu(HOUR, 2)), at={20: SILENT}),
        LogCase("silent without any row of ours", (), at={20: SILENT}),
    ),
)

INFERENCE_MEMORY_NEAR_LIMIT = LogSpecification(
    "InferenceMemoryNearLimit",
    OPTION_B,
    noise=NOISE,
    cases=(
        LogCase("just above 90%", (*memory_limit(4), memory(HOUR, 3.61)), at={15: SILENT, 20: near(), 40: near()}),
        LogCase("silent at 90%", (*memory_limit(4), memory(HOUR, 3.6)), at={20: SILENT, 40: SILENT}),
        LogCase(
            "15 full minutes wake nobody",
            (*memory_limit(4), memory((0, 10), 1), memory((10, 25), 4), memory((25, 60), 1)),
            at={25: SILENT, 30: SILENT},
        ),
        LogCase(
            "recovery: over with the first window that is not full",
            (*memory_limit(4), memory((0, 30), 4), memory((30, 60), 1)),
            at={20: near(), 30: near(), 35: SILENT},
        ),
        LogCase(
            "a limit that is raised holds for the window in which it is",
            (*memory_limit(4), performance((18, 60), "memoryLimitBytes", 8 * GIB), memory(HOUR, 3.7)),
            at={20: SILENT},
        ),
        LogCase(
            "a peak of a minute is averaged away",
            (
                *memory_limit(4),
                *(part for n in range(0, 25, 5) for part in (memory((n, n + 1), 4), memory((n + 1, n + 5), 3))),
            ),
            at={20: SILENT},
        ),
        LogCase(
            "a dip of a minute does not hide the rest",
            (
                *memory_limit(4),
                *(part for n in range(0, 25, 5) for part in (memory((n, n + 1), 3.5), memory((n + 1, n + 5), 4))),
            ),
            at={20: near()},
        ),
        LogCase(
            "of two limits in a window the higher one holds",
            (*memory_limit(4), performance(HOUR, "memoryLimitBytes", 4.4 * GIB), memory(HOUR, 3.8)),
            at={20: SILENT},
        ),
        LogCase("no limit, no share", (inventory(HOUR, 0), memory(HOUR, 4)), at={20: SILENT}),
        LogCase("a limit of 0 is none", (*memory_limit(0), memory(HOUR, 4)), at={20: SILENT}),
        LogCase(
            "each container against its own limit",
            (
                *memory_limit(4),
                memory(HOUR, 1),
                *memory_limit(1, container="sidecar"),
                memory(HOUR, 0.95, container="sidecar"),
            ),
            at={20: near(container="sidecar")},
        ),
        LogCase(
            "each pod on its own",
            (*memory_limit(4), memory(HOUR, 4), *memory_limit(4, OTHER_POD), memory(HOUR, 1, OTHER_POD)),
            at={20: near()},
        ),
        LogCase(
            "readings without an inventory belong to nobody", (memory_limit(4)[1], memory(HOUR, 4)), at={20: SILENT}
        ),
        LogCase("silent without any row of ours", (), at={20: SILENT}),
    ),
)
