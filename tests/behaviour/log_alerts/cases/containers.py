"""InferenceContainerRestarts and InferenceErrorsLogged: what Container insights writes down about the pods."""

from dataclasses import replace
from itertools import pairwise

from tests.acceptance.kusto.variants import OPTION_B
from tests.behaviour.log_alerts.case import SILENT, LogCase, LogFiring, LogSpecification
from tests.behaviour.log_alerts.rows import (
    BATCH_POD,
    CANARY_POD,
    CONTAINER,
    FOREIGN_POD,
    OTHER_POD,
    POD,
    LoggedPod,
    Rows,
    inventory,
    log_lines,
)


def restarted(pod: LoggedPod = POD, container: str = CONTAINER) -> frozenset[LogFiring]:
    return frozenset({LogFiring("warning", (pod.name, container))})


def restarts_at(*minutes: int, before: int = 0, pod: LoggedPod = POD, container: str = CONTAINER) -> tuple[Rows, ...]:
    """A container over three hours whose count, `before` at first, grows by one at each of `minutes`."""
    edges = (0, *minutes, 180)
    return tuple(
        inventory((start, end), before + number, pod=pod, container=container)
        for number, (start, end) in enumerate(pairwise(edges))
    )


def two_containers(ours: tuple[int, ...], sidecar: tuple[int, ...]) -> tuple[Rows, ...]:
    """A pod of two containers over three hours, restarted at these minutes: each row holds the pod's count too."""
    counts = (
        ((start, end), sum(at <= start for at in ours), sum(at <= start for at in sidecar))
        for start, end in pairwise((0, *sorted({*ours, *sidecar}), 180))
    )
    return tuple(
        row
        for minutes, own, other in counts
        for row in (inventory(minutes, own, others=other), inventory(minutes, other, others=own, container="sidecar"))
    )


SAME_NAME = replace(POD, uid="aaaaaaaa-0000-4000-8000-000000000009")

INFERENCE_CONTAINER_RESTARTS = LogSpecification(
    "InferenceContainerRestarts",
    OPTION_B,
    noise=(
        *restarts_at(*range(70, 76), pod=FOREIGN_POD),
        *restarts_at(*range(70, 76), pod=CANARY_POD),
        *restarts_at(*range(70, 76), pod=BATCH_POD),
        *restarts_at(*range(70, 76), pod=replace(OTHER_POD, name="ml-inference-debug")),
    ),
    cases=(
        LogCase(
            "4 restarts within an hour",
            restarts_at(70, 80, 90, 100),
            at={60: SILENT, 100: SILENT, 105: restarted(), 125: restarted(), 135: SILENT},
        ),
        LogCase("3 restarts are not enough", restarts_at(70, 80, 90), at={95: SILENT, 120: SILENT}),
        LogCase("a count that does not move", restarts_at(before=50), at={5: SILENT, 60: SILENT, 180: SILENT}),
        LogCase(
            "a count that moves on from what happened last month",
            restarts_at(70, 80, 90, 100, before=50),
            at={60: SILENT, 105: restarted(), 165: SILENT},
        ),
        LogCase("4 restarts within two hours", restarts_at(10, 40, 80, 110), at={60: SILENT, 115: SILENT, 120: SILENT}),
        LogCase(
            "a new pod begins at 0",
            (inventory((0, 60), 7), *restarts_at(pod=OTHER_POD)),
            at={60: SILENT, 65: SILENT, 120: SILENT},
        ),
        LogCase(
            "a new pod of the same name is counted anew",
            (inventory((0, 90), 7), inventory((90, 180), 0, pod=SAME_NAME)),
            at={95: SILENT, 120: SILENT},
        ),
        LogCase(
            "a new pod of the same name that restarts",
            (inventory((0, 70), 7), *(inventory((70 + n, 71 + n), n, pod=SAME_NAME) for n in range(5))),
            at={75: restarted()},
        ),
        LogCase(
            "a count that begins at 0 again is counted from there",
            (
                inventory((0, 70), 7, others=9),
                inventory((70, 81), 0, others=9),
                *(inventory((80 + n, 81 + n), n, others=9) for n in range(1, 5)),
            ),
            at={70: SILENT, 75: SILENT, 80: SILENT, 85: restarted()},
        ),
        LogCase(
            "several restarts within a minute, and a count that begins again above 0",
            (inventory((0, 70), 7), inventory((70, 80), 9), inventory((80, 180), 2)),
            at={80: SILENT, 85: restarted()},
        ),
        LogCase(
            "a pod that is older than its first row",
            (inventory((70, 80), 9, pod=OTHER_POD), inventory((80, 90), 12, pod=OTHER_POD)),
            at={75: SILENT, 85: SILENT},
        ),
        LogCase(
            "2 restarts of each container of a pod are not 4 of one",
            two_containers((70, 80), (90, 100)),
            at={105: SILENT, 120: SILENT},
        ),
        LogCase(
            "containers of a pod whose counts differ",
            (*restarts_at(before=7), *restarts_at(before=1, container="sidecar")),
            at={60: SILENT, 120: SILENT},
        ),
        LogCase(
            "the container that restarts is named",
            two_containers((), (70, 80, 90, 100)),
            at={105: restarted(container="sidecar")},
        ),
        LogCase(
            "both pods",
            (*restarts_at(70, 80, 90, 100), *restarts_at(70, 80, 90, 100, 101, pod=OTHER_POD)),
            at={105: restarted() | restarted(OTHER_POD)},
        ),
        LogCase(
            "a pod that has no container yet",
            (inventory((70, 80), 0, container=""), inventory((80, 90), 9, container="")),
            at={90: SILENT},
        ),
        LogCase("silent without any row", (), at={60: SILENT}),
    ),
)


def logged(pod: LoggedPod = POD) -> frozenset[LogFiring]:
    return frozenset({LogFiring("info", (pod.name,))})


INFERENCE_ERRORS_LOGGED = LogSpecification(
    "InferenceErrorsLogged",
    OPTION_B,
    noise=(
        log_lines((0, 60), 100, pod=FOREIGN_POD),
        log_lines((0, 60), 100, pod=CANARY_POD),
        log_lines((0, 60), 100, pod=BATCH_POD),
        log_lines((0, 60), 100, level="WARNING"),
        log_lines((0, 60), 100, level="INFO"),
    ),
    cases=(
        LogCase("21 lines within 15 minutes", (log_lines((0, 15), 1.4),), at={10: SILENT, 15: logged(), 20: SILENT}),
        LogCase("20 lines are not enough", (log_lines((0, 15), 20 / 15),), at={15: SILENT}),
        LogCase(
            "errors and critical ones together",
            (log_lines((0, 15), 1), log_lines((0, 5), 6 / 5, level="CRITICAL")),
            at={10: SILENT, 15: logged()},
        ),
        *(
            LogCase(f"written as {level}", (log_lines((0, 15), 2, level=level),), at={15: logged()})
            for word in ("error", "critical", "fatal", "err")
            for level in (word, word.title(), word.upper())
        ),
        LogCase(
            "a burst is seen until it has left the window",
            (log_lines((6, 7), 30),),
            at={5: SILENT, 10: logged(), 20: logged(), 25: SILENT},
        ),
        LogCase(
            "two pods are not added up",
            (log_lines((0, 15), 1), log_lines((0, 15), 1, pod=OTHER_POD)),
            at={15: SILENT},
        ),
        LogCase(
            "the pod that logs is named",
            (log_lines((0, 15), 1), log_lines((0, 15), 2, pod=OTHER_POD)),
            at={15: logged(OTHER_POD)},
        ),
        LogCase("silent without any row of ours", (), at={15: SILENT}),
    ),
)
