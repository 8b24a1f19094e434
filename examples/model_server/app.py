"""The HTTP side of the model: POST /score and GET /health. Its metrics have a port of their own, see serve.py."""

from __future__ import annotations

from collections.abc import Callable

import faults
import score
from flask import Flask, Response, jsonify, request
from instrumentation import Instrumentation, model_from_environment
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

MAX_BODY_BYTES = 1024 * 1024

STATUS_CODE_OF: tuple[tuple[type[score.InvalidInput], int], ...] = (
    (score.NotJson, 400),
    (score.TooManyRows, 413),
    (score.InvalidInput, 422),
)

# BadRequest: a caller that hangs up within its own request. RequestEntityTooLarge: a body of MAX_BODY_BYTES or more.
REJECTIONS = (score.InvalidInput, BadRequest, RequestEntityTooLarge)


def create_app(instrumentation: Instrumentation, run: Callable[[bytes], object]) -> Flask:
    """The application that answers /score with what `run` makes of the body, and counts it."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.post("/score")
    def answer_score() -> Response:
        with instrumentation.prediction():
            return jsonify(run(_body()))

    @app.get("/health")
    def answer_health() -> Response:
        return jsonify(status="ok")

    @app.errorhandler(score.InvalidInput)
    def answer_invalid_input(error: score.InvalidInput) -> tuple[Response, int]:
        return jsonify(error=str(error)), next(code for kind, code in STATUS_CODE_OF if isinstance(error, kind))

    @app.errorhandler(HTTPException)
    def answer_http_error(error: HTTPException) -> tuple[Response, int]:
        # also every unhandled exception, which Flask logs and turns into a 500 that says nothing about its cause
        return jsonify(error=error.description), error.code or 500

    return app


def _body() -> bytes:
    body = request.get_data(cache=False)
    # Flask checks a length that is announced, but cuts a body that is sent in chunks off at the limit, silently.
    if len(body) >= MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    return body


def from_environment() -> Flask:
    """The application for a worker process: trains the model, reads MODEL_NAME and MODEL_VERSION."""
    name, version = model_from_environment()
    score.init()
    instrumentation = Instrumentation(name, version, score.FRAMEWORK, rejections=REJECTIONS)
    return create_app(instrumentation, faults.with_faults(score.run))
