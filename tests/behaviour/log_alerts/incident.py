"""One script of traffic, as Prometheus samples of a model server and as rows of an endpoint's gateway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from instrumentation import Instrumentation
from prometheus_client.metrics_core import Metric

from tests.behaviour.log_alerts.rows import Minutes, Rows, traffic

SCRAPE_SECONDS = 30
# Where a scrape finds the model server, as production's ServiceMonitor labels it.
TARGET = {
    "namespace": "production",
    "job": "ml-inference-metrics",
    "service": "ml-inference-metrics",
    "endpoint": "metrics",
    "container": "model-server",
    "pod": "ml-inference-7c9d8b6f5d-abcde",
    "instance": "10.0.1.11:5001",
}


class Outcome(Enum):
    """How a request ends: what the gateway answers, and what the container answered to the gateway."""

    SUCCESS = (200, 200)
    ERROR = (424, 500)
    TIMEOUT = (408, None)
    REJECTED = (424, 400)


@dataclass(frozen=True)
class Requests:
    """Requests that are spread evenly between two minutes, all with the same outcome after the same time."""

    minutes: Minutes
    per_minute: float
    outcome: Outcome
    milliseconds: int

    @property
    def rows(self) -> Rows:
        """What the gateway writes into its traffic log."""
        code, model_code = self.outcome.value
        return traffic(self.minutes, self.per_minute, code=code, model_code=model_code, ms=self.milliseconds)

    def seconds(self) -> Iterator[float]:
        """When they are answered, counted from the script's start."""
        start, end = (60 * minute for minute in self.minutes)
        count = self.rows.count
        return (start + (number + 0.5) * (end - start) / count for number in range(count))


def openmetrics(script: Sequence[Requests], start: int, minutes: int) -> str:
    """What scrapes of an instrumented server find, that answers `script` from `start` (seconds since 1970) on."""
    server = Instrumentation("churn", "3", "scikit-learn")
    answers = sorted(
        ((second, requests) for requests in script for second in requests.seconds()), key=lambda answer: answer[0]
    )
    samples: dict[str, list[str]] = {}
    for scrape in range(0, 60 * minutes + 1, SCRAPE_SECONDS):
        while answers and answers[0][0] <= scrape:
            _count(server, answers.pop(0)[1])
        for metric in server.registry.collect():
            for name, line in _lines(metric, start + scrape):
                samples.setdefault(name, []).append(line)
    lines = (line for name, found in sorted(samples.items()) for line in (f"# TYPE {name} unknown", *found))
    return "\n".join((*lines, "# EOF", ""))


def _count(server: Instrumentation, requests: Requests) -> None:
    seconds = requests.milliseconds / 1000
    match requests.outcome:
        case Outcome.SUCCESS:
            server.succeeded(seconds)
        case Outcome.REJECTED:
            server.rejected()
        case Outcome.TIMEOUT:
            server.failed(seconds, TimeoutError())
        case Outcome.ERROR:
            server.failed(seconds, RuntimeError())


def _lines(metric: Metric, time: int) -> Iterator[tuple[str, str]]:
    for sample in metric.samples:
        labels = ",".join(f'{name}="{value}"' for name, value in sorted({**TARGET, **sample.labels}.items()))
        yield sample.name, f"{sample.name}{{{labels}}} {sample.value!r} {time}"
