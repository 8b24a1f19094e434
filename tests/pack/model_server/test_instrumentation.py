"""What a prediction counts as, in virtual time and with a registry of its own."""

from __future__ import annotations

import contextlib
import urllib.error

import pytest
import yaml
from instrumentation import (
    DURATION_BUCKETS,
    ERROR_TYPES,
    MOST_LABEL_VALUE_BYTES,
    BadSetting,
    Instrumentation,
    model_from_environment,
)

from tests.support.planting import PROJECT

MODEL = {"model_name": "machine-failure", "model_version": "1.4.0"}


class BadInput(ValueError):
    pass


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def instrumentation(clock: Clock) -> Instrumentation:
    return Instrumentation("machine-failure", "1.4.0", "python", rejections=(BadInput,), clock=clock)


def predict(
    instrumentation: Instrumentation, clock: Clock, seconds: float, failure: BaseException | None = None
) -> None:
    with instrumentation.prediction():
        clock.now += seconds
        if failure is not None:
            raise failure


def predictions(instrumentation: Instrumentation) -> dict[str, float | None]:
    return {
        status: instrumentation.registry.get_sample_value("model_predictions_total", {**MODEL, "status": status})
        for status in ("success", "error", "rejected")
    }


def errors(instrumentation: Instrumentation) -> dict[str, float | None]:
    return {
        name: instrumentation.registry.get_sample_value("model_errors_total", {**MODEL, "error_type": name})
        for name in ERROR_TYPES
    }


def duration(instrumentation: Instrumentation, suffix: str) -> float | None:
    return instrumentation.registry.get_sample_value(f"model_prediction_duration_seconds_{suffix}", MODEL)


def within(instrumentation: Instrumentation, bound: float) -> float | None:
    labels = {**MODEL, "le": str(bound)}
    return instrumentation.registry.get_sample_value("model_prediction_duration_seconds_bucket", labels)


def test_a_prediction_that_returns_is_a_success(instrumentation: Instrumentation, clock: Clock) -> None:
    predict(instrumentation, clock, 0.3)
    assert predictions(instrumentation) == {"success": 1, "error": 0, "rejected": 0}
    assert set(errors(instrumentation).values()) == {0}


def test_bad_input_is_rejected_and_no_error(instrumentation: Instrumentation, clock: Clock) -> None:
    with pytest.raises(BadInput):
        predict(instrumentation, clock, 0.3, BadInput())
    assert predictions(instrumentation) == {"success": 0, "error": 0, "rejected": 1}
    assert set(errors(instrumentation).values()) == {0}


@pytest.mark.parametrize(
    ("failure", "error_type"),
    [
        (MemoryError(), "out_of_memory"),
        (TimeoutError(), "timeout"),
        (SystemExit(1), "timeout"),
        (ConnectionRefusedError(), "dependency_error"),
        (urllib.error.URLError("no route to host"), "dependency_error"),
        (FileNotFoundError(), "dependency_error"),
        (ZeroDivisionError(), "model_error"),
        (KeyError("feature"), "model_error"),
        (ValueError(), "model_error"),
        (TypeError(), "model_error"),
        (RuntimeError(), "model_error"),
        (AssertionError(), "other"),
        (KeyboardInterrupt(), "other"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_every_other_exception_is_an_error_of_a_listed_type(
    instrumentation: Instrumentation, clock: Clock, failure: BaseException, error_type: str
) -> None:
    with pytest.raises(type(failure)):
        predict(instrumentation, clock, 0.3, failure)
    assert predictions(instrumentation) == {"success": 0, "error": 1, "rejected": 0}
    assert errors(instrumentation) == {name: float(name == error_type) for name in ERROR_TYPES}


@pytest.mark.parametrize("failure", [None, ZeroDivisionError()], ids=["success", "error"])
def test_the_duration_is_observed_of_successes_and_failures(
    instrumentation: Instrumentation, clock: Clock, failure: Exception | None
) -> None:
    with contextlib.suppress(ZeroDivisionError):
        predict(instrumentation, clock, 0.75, failure)
    assert duration(instrumentation, "sum") == 0.75
    assert within(instrumentation, 0.5) == 0
    assert within(instrumentation, 0.75) == 1


def test_bad_input_is_not_timed_so_that_a_flood_of_it_hides_no_slow_answer(
    instrumentation: Instrumentation, clock: Clock
) -> None:
    with contextlib.suppress(BadInput):
        predict(instrumentation, clock, 0.75, BadInput())
    assert (predictions(instrumentation)["rejected"], duration(instrumentation, "count")) == (1, 0)


@pytest.mark.parametrize("bound", DURATION_BUCKETS)
def test_a_prediction_at_a_bound_is_within_it(instrumentation: Instrumentation, bound: float) -> None:
    instrumentation.succeeded(bound)
    assert within(instrumentation, bound) == 1


def test_outcomes_can_be_recorded_without_running_anything(instrumentation: Instrumentation) -> None:
    instrumentation.succeeded(0.1)
    instrumentation.rejected()
    instrumentation.failed(0.3, TimeoutError())
    assert predictions(instrumentation) == {"success": 1, "error": 1, "rejected": 1}
    assert errors(instrumentation)["timeout"] == 1
    assert duration(instrumentation, "count") == 2


def test_a_user_can_add_exceptions_of_a_library() -> None:
    class OutOfDeviceMemory(RuntimeError):
        pass

    own = Instrumentation("m", "1", "torch", error_types=[(OutOfDeviceMemory, "out_of_memory")])
    own.failed(0.1, OutOfDeviceMemory())
    labels = {"model_name": "m", "model_version": "1", "error_type": "out_of_memory"}
    assert own.registry.get_sample_value("model_errors_total", labels) == 1


def test_an_error_type_outside_the_list_is_refused() -> None:
    with pytest.raises(ValueError, match=r"error types \['gpu'\] are not in the list: model_error, timeout"):
        Instrumentation("m", "1", "torch", error_types=[(RuntimeError, "gpu")])


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({}, "MODEL_NAME and MODEL_VERSION must be set"),
        ({"MODEL_NAME": "churn"}, "MODEL_VERSION must be set"),
        ({"MODEL_NAME": "churn", "MODEL_VERSION": " "}, "MODEL_VERSION must be set"),
        ({"MODEL_VERSION": "1"}, "MODEL_NAME must be set"),
    ],
)
def test_a_server_that_does_not_know_its_version_does_not_start(environment: dict[str, str], missing: str) -> None:
    with pytest.raises(BadSetting, match=f"^{missing}, for instance"):
        model_from_environment(environment)


@pytest.mark.parametrize("setting", ["MODEL_NAME", "MODEL_VERSION"])
@pytest.mark.parametrize(("value", "length"), [("v" * 201, 201), ("é" * 101, 202)], ids=["letters", "bytes"])
def test_a_server_that_no_scrape_would_accept_does_not_start(setting: str, value: str, length: int) -> None:
    with pytest.raises(BadSetting, match=f"^{setting} is {length} bytes long, .* 200 bytes at most$"):
        model_from_environment({"MODEL_NAME": "churn", "MODEL_VERSION": "1", setting: value})


@pytest.mark.parametrize("value", ["v" * 200, "é" * 100], ids=["letters", "bytes"])
def test_the_longest_version_that_can_be_scraped_is_served(value: str) -> None:
    assert model_from_environment({"MODEL_NAME": "churn", "MODEL_VERSION": value}) == ("churn", value)


@pytest.mark.parametrize("label", ["model_name", "model_version", "framework"])
def test_no_label_is_longer_than_a_scrape_accepts(label: str) -> None:
    labels = {"model_name": "churn", "model_version": "1", "framework": "torch", label: "v" * 201}
    with pytest.raises(ValueError, match=f"^{label} is 201 bytes long"):
        Instrumentation(labels["model_name"], labels["model_version"], labels["framework"])


def test_the_longest_label_is_the_service_monitors() -> None:
    text = (PROJECT / "build/production/kubernetes/servicemonitor.yaml").read_text(encoding="utf-8")
    limits = [document["spec"].get("labelValueLengthLimit") for document in yaml.safe_load_all(text)]
    assert limits == [None, MOST_LABEL_VALUE_BYTES]  # a Service and its ServiceMonitor


def test_name_and_version_come_from_the_environment() -> None:
    assert model_from_environment({"MODEL_NAME": "churn", "MODEL_VERSION": "2.0 "}) == ("churn", "2.0")
