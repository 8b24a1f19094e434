"""The specification of every alert on a platform metric of an online endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.behaviour.metric_alerts.service import Series

Firing = frozenset[tuple[str, ...]]

SILENT: Firing = frozenset()
FIRES: Firing = frozenset({()})


@dataclass(frozen=True)
class MetricCase:
    """Given `series`, exactly `at[minute]` fires at that minute: the values of the rule's dimensions."""

    name: str
    series: tuple[Series, ...]
    at: Mapping[int, Firing] = field(hash=False)


def answers(minutes: tuple[int, int], per_minute: float, code: int) -> Series:
    """Requests of an endpoint that the gateway answers with `code`."""
    dimensions = {"statusCode": str(code), "statusCodeClass": f"{code // 100}xx", "deployment": "blue"}
    return Series(minutes, per_minute, "RequestsPerMinute", dimensions)


def instance(
    minutes: tuple[int, int], percent: float, metric: str, name: str = "i-1", scope: str = "deployment"
) -> Series:
    """A utilisation of an instance of a deployment."""
    return Series(minutes, percent, metric, {"instanceId": name}, scope)


def answered(code: int, other: int, limit: float) -> tuple[MetricCase, ...]:
    """More than `limit` answers of `code` a minute, whatever is answered with `other`."""
    busy = answers((0, 60), 500, 200)
    return (
        MetricCase("silent while all is well", (busy,), {5: SILENT, 60: SILENT}),
        MetricCase("just above the limit", (busy, answers((0, 60), limit + 0.03, code)), {5: FIRES, 60: FIRES}),
        MetricCase("at the limit", (busy, answers((0, 60), limit, code)), {5: SILENT, 60: SILENT}),
        MetricCase("other answers do not count", (busy, answers((0, 60), 500, other)), {5: SILENT, 60: SILENT}),
        MetricCase(
            "it is over when 5 minutes have seen none",
            (busy, answers((0, 30), limit + 1, code)),
            {30: FIRES, 33: FIRES, 35: SILENT},
        ),
        MetricCase(
            "a lull of a minute in between changes nothing",
            (busy, answers((0, 3), limit * 2, code), answers((3, 4), 0, code), answers((4, 5), limit * 2, code)),
            {5: FIRES},
        ),
        MetricCase(
            "a peak of a minute is averaged away",
            (busy, answers((0, 4), 0, code), answers((4, 5), limit * 2, code)),
            {5: SILENT},
        ),
        # The model of the service says what a first minute does: minutes without a value are left out.
        MetricCase(
            "the first minute of an outage is enough", (busy, answers((9, 60), limit + 1, code)), {9: SILENT, 10: FIRES}
        ),
        MetricCase("nothing measured, nothing fires", (), {60: SILENT}),
    )


def used(metric: str, other: str, limit: float, deployment: str = "blue") -> tuple[MetricCase, ...]:
    """More than `limit` percent of an instance, on average over 15 minutes."""
    one = frozenset({("i-1",)})
    return (
        MetricCase("just above the limit", (instance((0, 60), limit + 0.1, metric),), {15: one, 60: one}),
        MetricCase("at the limit", (instance((0, 60), limit, metric),), {15: SILENT, 60: SILENT}),
        MetricCase("another metric", (instance((0, 60), 100, other),), {15: SILENT}),
        MetricCase(
            "the endpoint has no such metric", (instance((0, 60), 100, metric, scope="endpoint"),), {15: SILENT}
        ),
        MetricCase(
            "each instance on its own",
            (instance((0, 60), 100, metric), instance((0, 60), 10, metric, "i-2")),
            {15: one, 60: one},
        ),
        MetricCase(
            "a busy minute is averaged away",
            (instance((0, 29), limit - 5, metric), instance((29, 30), 100, metric), instance((30, 60), 10, metric)),
            {30: SILENT, 45: SILENT},
        ),
        MetricCase(
            "a quiet minute does not hide the others",
            (instance((0, 20), 100, metric), instance((20, 21), 10, metric), instance((21, 60), 100, metric)),
            {30: one},
        ),
        MetricCase(
            "15 busy minutes are enough",
            (instance((0, 30), 10, metric), instance((30, 60), limit + 5, metric)),
            {40: SILENT, 45: one},
        ),
        MetricCase(
            "ten busy minutes do not last",
            (instance((0, 20), 10, metric), instance((20, 30), limit + 5, metric), instance((30, 60), 10, metric)),
            {30: SILENT, 40: SILENT},
        ),
        MetricCase(
            "it is over when the average has fallen",
            (instance((0, 30), 100, metric), instance((30, 60), 10, metric)),
            {30: one, 40: SILENT, 45: SILENT},
        ),
    )


CPU, MEMORY = "CpuUtilizationPercentage", "CpuMemoryUtilizationPercentage"

SPECIFICATIONS: Mapping[str, tuple[MetricCase, ...]] = {
    "EndpointWithoutDeployment": (
        *answered(404, 401, limit=5),
        MetricCase(
            "an endpoint without a deployment that takes its traffic: 60 requests a minute are answered 404",
            (answers((0, 20), 60, 200), answers((20, 60), 60, 404)),
            {20: SILENT, 21: FIRES, 60: FIRES},
        ),
    ),
    "EndpointServerErrors": (
        *answered(503, 424, limit=10),
        MetricCase(
            "whatever the gateway fails with",
            (answers((0, 60), 4, 500), answers((0, 60), 4, 502), answers((0, 60), 4, 504)),
            {5: FIRES},
        ),
    ),
    "InferenceCpuNearLimit": used(CPU, MEMORY, limit=80),
    "InferenceMemoryNearLimit": used(MEMORY, CPU, limit=90),
}
