"""The metrics of a model server, as one module to drop beside your own score.py.

It needs prometheus_client and nothing else. Names, labels and buckets are what dashboards and alerts are built on:
change them only together with the contract (`queries/metrics.py`).

    instrumentation = Instrumentation("churn", "2.3.1", "scikit-learn", rejections=(InvalidInput,))

    with instrumentation.prediction():
        answer = jsonify(run(request.get_data()))
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

STATUSES = ("success", "error", "rejected")
ERROR_TYPES = ("model_error", "timeout", "dependency_error", "out_of_memory", "other")

# A histogram is exact only at its bounds: every latency that an alert or an objective names must be one of them.
DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0, 2.5, 5.0, 10.0, 30.0)

# What a failure counts as: the first row that fits, `other` where none does. A fixed list, because a label that took
# the exception's own name would grow a series for every library that a model imports.
ERROR_TYPE_OF: tuple[tuple[type[BaseException], str], ...] = (
    (MemoryError, "out_of_memory"),
    (TimeoutError, "timeout"),
    (SystemExit, "timeout"),  # how gunicorn ends a worker whose prediction takes too long
    (OSError, "dependency_error"),  # connections, files, and what requests and urllib raise
    (ArithmeticError, "model_error"),
    (LookupError, "model_error"),
    (RuntimeError, "model_error"),
    (TypeError, "model_error"),
    (ValueError, "model_error"),
)


# Prometheus drops a whole scrape for one label value that is longer than `labelValueLengthLimit` of its ServiceMonitor.
# It counts bytes.
MOST_LABEL_VALUE_BYTES = 200


class BadSetting(ValueError):
    """The environment does not say which model is served, or by a name that no scrape accepts; the message says it."""


def model_from_environment(environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """The model's name and version, from MODEL_NAME and MODEL_VERSION. Raises BadSetting if one is empty or too long.

    There is no default: two versions that both call themselves "unknown" can no longer be told apart on a dashboard.
    """
    name, version = (environment.get(setting, "").strip() for setting in ("MODEL_NAME", "MODEL_VERSION"))
    if not name or not version:
        missing = " and ".join(
            setting for setting, value in (("MODEL_NAME", name), ("MODEL_VERSION", version)) if not value
        )
        raise BadSetting(f"{missing} must be set, for instance MODEL_NAME=machine-failure MODEL_VERSION=1.4.0")
    for setting, value in (("MODEL_NAME", name), ("MODEL_VERSION", version)):
        _check_length(setting, value)
    return name, version


def _check_length(setting: str, value: str) -> None:
    length = len(value.encode("utf-8", "surrogateescape"))
    if length > MOST_LABEL_VALUE_BYTES:
        raise BadSetting(
            f"{setting} is {length} bytes long, and Prometheus would refuse every scrape of this server:"
            f" a label's value has {MOST_LABEL_VALUE_BYTES} bytes at most"
        )


class Instrumentation:
    """Counts and times the predictions of one model.

    Every series exists from the start, at 0: a counter that is born at 1 hides its first event from `rate`, and an
    alert on a series that does not exist yet is an alert that cannot fire.

    `rejections` are the exceptions that mean that the caller's input was bad; every other exception is our failure and
    counts as the error type that `error_types` gives it. `clock` gives seconds and only moves forward. `registry` holds
    the metrics of this process; under several worker processes they are read with `WorkerFiles` instead.

    Raises ValueError for an empty name or version, for a name, version or framework that is too long for a label, and
    for an error type outside `ERROR_TYPES`. Switches off the `_created` series of prometheus_client in the whole
    process: they double the number of series and nothing reads them.
    """

    def __init__(
        self,
        model_name: str,
        model_version: str,
        framework: str,
        *,
        rejections: tuple[type[BaseException], ...] = (),
        error_types: Iterable[tuple[type[BaseException], str]] = ERROR_TYPE_OF,
        registry: CollectorRegistry | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.registry = CollectorRegistry() if registry is None else registry
        self._rejections = rejections
        self._error_types = tuple(error_types)
        self._clock = clock
        unknown = {error_type for _, error_type in self._error_types} - set(ERROR_TYPES)
        if unknown:
            raise ValueError(f"error types {sorted(unknown)} are not in the list: {', '.join(ERROR_TYPES)}")
        if not model_name or not model_version:
            raise ValueError("model_name and model_version must not be empty")
        for label, value in (("model_name", model_name), ("model_version", model_version), ("framework", framework)):
            _check_length(label, value)
        disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped in prometheus_client 0.26

        model = ("model_name", "model_version")
        predictions = Counter(
            "model_predictions_total",
            "Predictions answered. error: our fault; rejected: the caller's bad input.",
            (*model, "status"),
            registry=self.registry,
        )
        duration = Histogram(
            "model_prediction_duration_seconds",
            "Time from when a worker takes a request to its answer. Failures are in it, bad input is not.",
            model,
            buckets=DURATION_BUCKETS,
            registry=self.registry,
        )
        errors = Counter(
            "model_errors_total",
            "Failed predictions by cause. A breakdown only, never a ratio's numerator.",
            (*model, "error_type"),
            registry=self.registry,
        )
        info = Gauge(
            "model_info",
            "Always 1: which version of which model a pod serves.",
            (*model, "framework"),
            multiprocess_mode="max",  # one series a pod; the default would make one for each worker
            registry=self.registry,
        )
        self._predictions = {status: predictions.labels(model_name, model_version, status) for status in STATUSES}
        self._errors = {name: errors.labels(model_name, model_version, name) for name in ERROR_TYPES}
        self._duration = duration.labels(model_name, model_version)
        info.labels(model_name, model_version, framework).set(1)

    @contextmanager
    def prediction(self) -> Iterator[None]:
        """Count and time what happens inside as one prediction, whether it succeeds or raises; nothing is swallowed.

        Wrap everything from reading the request to serialising the answer. The count is made when the block ends, so
        before the answer is sent: no answer reaches a caller uncounted, not even when the process is killed.
        """
        start = self._clock()
        try:
            yield
        except self._rejections:
            self.rejected()
            raise
        except BaseException as failure:
            self.failed(self._clock() - start, failure)
            raise
        self.succeeded(self._clock() - start)

    def succeeded(self, seconds: float) -> None:
        """Count one prediction that was answered after `seconds`."""
        self._timed("success", seconds)

    def rejected(self) -> None:
        """Count one request that was refused because its input was bad.

        How long that took says nothing of the model, and a flood of it, quickly refused, would hide slow answers.
        """
        self._predictions["rejected"].inc()

    def failed(self, seconds: float, failure: BaseException) -> None:
        """Count one prediction that ended in `failure` after `seconds`."""
        self._errors[self._error_type(failure)].inc()
        self._timed("error", seconds)

    def _timed(self, status: str, seconds: float) -> None:
        self._duration.observe(seconds)
        self._predictions[status].inc()

    def _error_type(self, failure: BaseException) -> str:
        return next((name for kind, name in self._error_types if isinstance(failure, kind)), "other")


class WorkerFiles(Collector):
    """The sum over all worker processes, living and dead, from the files in PROMETHEUS_MULTIPROC_DIR.

    Unlike prometheus_client's own collector it reads the files in a fixed order, because a sum of fractions that is
    added up in another order can come out smaller, and Prometheus takes that for a restart. It also passes over a file
    that a worker has only just created, or was killed while creating; the library fails the whole scrape on it.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterable[Metric]:
        """All metrics of all workers; empty before the first worker has started."""
        files = [str(file) for file in sorted(self._directory.glob("*.db")) if _size(file)]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]  # untyped in 0.26
        return merged


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # the file of a `live` gauge goes when its worker dies
        return 0


def worker_registry(directory: Path) -> CollectorRegistry:
    """A registry that shows what the workers wrote into `directory`."""
    registry = CollectorRegistry(support_collectors_without_names=True)
    registry.register(WorkerFiles(directory))
    return registry
