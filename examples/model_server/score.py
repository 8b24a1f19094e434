"""The model: will this machine fail within a week? `init` and `run` as Azure ML calls them."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FRAMEWORK = "python"
TRAINING_DATA = Path(__file__).with_name("data.csv")
LABEL = "failed_within_week"
MAX_ROWS = 1000

_STEPS = 300
_LEARNING_RATE = 1.0


class InvalidInput(ValueError):
    """The caller's data cannot be scored; the message tells the caller why."""


class NotJson(InvalidInput):
    """The caller's data is no JSON."""


class TooManyRows(InvalidInput):
    """The caller asks for more than MAX_ROWS predictions at once."""


@dataclass(frozen=True)
class Model:
    """A logistic regression over standardised features."""

    features: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, row: Sequence[float]) -> float:
        """The probability, 0 to 1, that the machine with these features fails."""
        standardised = zip(row, self.means, self.deviations, self.weights, strict=True)
        return _logistic(
            self.bias + sum((x - mean) / deviation * weight for x, mean, deviation, weight in standardised)
        )


def train(data: Path) -> Model:
    """Fit a model to a CSV file with one column for each feature and the column LABEL, by gradient descent."""
    with data.open(encoding="utf-8", newline="") as lines:
        table = list(csv.DictReader(lines))
    features = tuple(name for name in table[0] if name != LABEL)
    columns = [[float(row[name]) for row in table] for name in features]
    labels = [float(row[LABEL]) for row in table]
    means = tuple(sum(column) / len(column) for column in columns)
    deviations = tuple(
        math.sqrt(sum((x - mean) ** 2 for x in column) / len(column))
        for column, mean in zip(columns, means, strict=True)
    )
    rows = [
        [(x - mean) / deviation for x, mean, deviation in zip(row, means, deviations, strict=True)]
        for row in zip(*columns, strict=True)
    ]
    weights, bias = [0.0] * len(features), 0.0
    for _ in range(_STEPS):
        misses = [
            _logistic(bias + sum(x * weight for x, weight in zip(row, weights, strict=True))) - label
            for row, label in zip(rows, labels, strict=True)
        ]
        bias -= _LEARNING_RATE * sum(misses) / len(rows)
        for index in range(len(weights)):
            slope = sum(miss * row[index] for miss, row in zip(misses, rows, strict=True)) / len(rows)
            weights[index] -= _LEARNING_RATE * slope
    return Model(features, means, deviations, tuple(weights), bias)


_models: list[Model] = []


def init() -> None:
    """Load the model; called once in each worker process, before the first `run`."""
    _models[:] = [train(TRAINING_DATA)]


def run(data: str | bytes) -> dict[str, list[float]]:
    """Score `{"data": [{"temperature_celsius": 61.5, ...}, ...]}`; gives `{"probabilities": [0.07, ...]}`.

    Raises NotJson, TooManyRows or InvalidInput for what a caller did wrong.
    """
    (model,) = _models
    rows = _read(data, model.features)
    return {"probabilities": [round(model.probability(row), 4) for row in rows]}


def _read(data: str | bytes, features: Sequence[str]) -> list[list[float]]:
    try:
        request = json.loads(data)
    except (ValueError, RecursionError) as error:  # RecursionError: thousands of nested brackets
        raise NotJson(f"the body is not JSON: {error}") from error
    if not isinstance(request, dict) or set(request) != {"data"} or not isinstance(request["data"], list):
        raise InvalidInput('the body must be {"data": [row, ...]}')
    rows = request["data"]
    if not rows:
        raise InvalidInput("data has no rows")
    if len(rows) > MAX_ROWS:
        raise TooManyRows(f"data has {len(rows)} rows; at most {MAX_ROWS} are scored at once")
    return [_features(row, number, features) for number, row in enumerate(rows)]


def _features(row: object, number: int, features: Sequence[str]) -> list[float]:
    if not isinstance(row, dict):
        raise InvalidInput(f"row {number} must be an object with the features {', '.join(features)}")
    unknown, missing = sorted(row.keys() - set(features)), sorted(set(features) - row.keys())
    if unknown:
        raise InvalidInput(
            f"row {number} has the unknown feature {unknown[0]!r}; the features are {', '.join(features)}"
        )
    if missing:
        raise InvalidInput(f"row {number} has no feature {missing[0]!r}")
    return [_number(row, name, number) for name in features]


def _number(row: Mapping[str, object], name: str, number: int) -> float:
    value = row[name]
    # JSON's true is a number to Python, and Python's JSON reads NaN and Infinity
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            converted = float(value)
        except OverflowError:
            converted = math.inf
        if math.isfinite(converted):
            return converted
    raise InvalidInput(f"row {number}: {name} must be a finite number")


def _logistic(x: float) -> float:
    # the usual form overflows where x is far below 0
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
