"""What /score and /health answer, and what each answer counts as."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import app
import pytest
import score
from flask.testing import FlaskClient
from instrumentation import STATUSES, Instrumentation
from werkzeug.test import TestResponse

from tests.pack.model_server.server import GOOD_BODY, GOOD_ROW


@pytest.fixture(scope="module", autouse=True)
def trained_model() -> None:
    score.init()


@pytest.fixture
def instrumentation() -> Instrumentation:
    return Instrumentation("machine-failure", "1.4.0", score.FRAMEWORK, rejections=app.REJECTIONS)


@pytest.fixture
def client(instrumentation: Instrumentation) -> FlaskClient:
    return app.create_app(instrumentation, score.run).test_client()


def counted(instrumentation: Instrumentation) -> dict[str, float | None]:
    return {
        status: instrumentation.registry.get_sample_value(
            "model_predictions_total",
            {"model_name": "machine-failure", "model_version": "1.4.0", "status": status},
        )
        for status in STATUSES
    }


def only(status: str) -> dict[str, float | None]:
    return {name: float(name == status) for name in STATUSES}


def row(**changes: object) -> bytes:
    return json.dumps({"data": [{**json.loads(GOOD_ROW), **changes}]}).encode()


def test_the_model_tells_machines_that_fail_from_those_that_do_not() -> None:
    with score.TRAINING_DATA.open(encoding="utf-8", newline="") as lines:
        machines = list(csv.DictReader(lines))
    body = {"data": [{name: float(value) for name, value in row.items() if name != score.LABEL} for row in machines]}
    probabilities = score.run(json.dumps(body))["probabilities"]
    right = sum((p > 0.5) == (m[score.LABEL] == "1") for p, m in zip(probabilities, machines, strict=True))
    always_no = sum(machine[score.LABEL] == "0" for machine in machines)
    assert right / len(machines) > 0.84 > always_no / len(machines)


def test_a_good_request_is_answered_and_counts_as_success(
    client: FlaskClient, instrumentation: Instrumentation
) -> None:
    answer = client.post("/score", data=GOOD_BODY)
    assert (answer.status_code, answer.json) == (200, {"probabilities": [0.7142]})
    assert counted(instrumentation) == only("success")


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (b"", 400, "the body is not JSON"),
        (b"{", 400, "the body is not JSON"),
        (b"\xff\xfe\xfd", 400, "the body is not JSON"),
        (b"[" * 100_000, 400, "the body is not JSON"),
        (b"[]", 422, 'the body must be {"data": [row, ...]}'),
        (b'{"rows": []}', 422, 'the body must be {"data": [row, ...]}'),
        (b'{"data": {}}', 422, 'the body must be {"data": [row, ...]}'),
        (b'{"data": []}', 422, "data has no rows"),
        (b'{"data": [[71.6, 4.9, 0.8, 100]]}', 422, "row 0 must be an object with the features temperature_celsius,"),
        (row(colour="red"), 422, "row 0 has the unknown feature 'colour'"),
        (b'{"data": [{"load_ratio": 1}]}', 422, "row 0 has no feature 'days_since_service'"),
        (row(load_ratio="high"), 422, "row 0: load_ratio must be a finite number"),
        (row(load_ratio=None), 422, "row 0: load_ratio must be a finite number"),
        (row(load_ratio=True), 422, "row 0: load_ratio must be a finite number"),
        (row(load_ratio=float("nan")), 422, "row 0: load_ratio must be a finite number"),
        (row(load_ratio=10**400), 422, "row 0: load_ratio must be a finite number"),
        (json.dumps({"data": [json.loads(GOOD_ROW)] * 1001}).encode(), 413, "data has 1001 rows; at most 1000"),
        (b" " * app.MAX_BODY_BYTES, 413, "The data value transmitted exceeds the capacity limit."),
    ],
    ids=lambda value: value[:24].decode(errors="replace") if isinstance(value, bytes) else None,
)
def test_what_a_caller_does_wrong_is_explained_and_counts_as_rejected(
    client: FlaskClient, instrumentation: Instrumentation, body: bytes, code: int, says: str
) -> None:
    answer = client.post("/score", data=body)
    assert answer.status_code == code
    assert answer.json is not None and answer.json["error"].startswith(says)
    assert counted(instrumentation) == only("rejected")


def test_a_body_in_chunks_is_refused_as_well_when_it_is_too_large(
    client: FlaskClient, instrumentation: Instrumentation
) -> None:
    # a good request, as far as the limit lets it be read
    body = io.BytesIO(GOOD_BODY + b" " * app.MAX_BODY_BYTES + b"and more")
    answer = client.post("/score", input_stream=body, environ_overrides={"wsgi.input_terminated": True})
    assert answer.status_code == 413
    assert counted(instrumentation) == only("rejected")


def test_extreme_values_are_scored() -> None:
    extremes = [1e308, -1e308, 5e-324]
    for value in extremes:
        (probability,) = score.run(row(temperature_celsius=value))["probabilities"]
        assert 0 <= probability <= 1


def test_a_failure_of_ours_counts_as_an_error_and_tells_the_caller_nothing_about_its_cause(
    instrumentation: Instrumentation,
) -> None:
    def broken(data: bytes) -> object:
        raise KeyError("a secret of the model")

    answer = app.create_app(instrumentation, broken).test_client().post("/score", data=GOOD_BODY)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert counted(instrumentation) == only("error")


def test_an_answer_that_cannot_be_written_counts_as_an_error(instrumentation: Instrumentation) -> None:
    def unwritable(data: bytes) -> object:
        return {"probabilities": object()}

    client = app.create_app(instrumentation, unwritable).test_client()
    assert client.post("/score", data=GOOD_BODY).status_code == 500
    assert counted(instrumentation) == only("error")


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda client: client.get("/health"), 200),
        (lambda client: client.get("/score"), 405),
        (lambda client: client.get("/nowhere"), 404),
    ],
    ids=["health", "wrong method", "wrong path"],
)
def test_what_asks_for_no_prediction_is_not_counted(
    client: FlaskClient, instrumentation: Instrumentation, ask: Callable[[FlaskClient], TestResponse], code: int
) -> None:
    assert ask(client).status_code == code
    assert counted(instrumentation) == dict.fromkeys(STATUSES, 0.0)
