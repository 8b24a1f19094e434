"""What an expression had for values over a time of the past, asked of a real Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring_kit.programs.prometheus import QueryFailed, fetch

# Prometheus refuses a range of more than 11,000 steps.
_STEPS_AT_ONCE = 10_000


@dataclass(frozen=True)
class Past:
    """One series of the answer, without its name: its values by time (seconds since 1970)."""

    labels: Mapping[str, str]
    values: Mapping[int, float]


def over_time(address: str, promql: str, times: range) -> Iterator[Past]:
    """The series that `promql` returns when it is evaluated at each of `times`, which are at least two.

    A range too long for one query is asked for in pieces, and a series comes once for each. Raises QueryFailed.
    """
    for first in range(0, len(times), _STEPS_AT_ONCE):
        asked = times[first : first + _STEPS_AT_ONCE]
        for series in _matrix(address, promql, asked):
            labels = {label: value for label, value in series["metric"].items() if label != "__name__"}
            yield Past(labels, {int(time): float(value) for time, value in series["values"]})


def _matrix(address: str, promql: str, times: range) -> list[Any]:
    parameters = {"query": promql, "start": times[0], "end": times[-1], "step": times.step}
    try:
        result: list[Any] = fetch(address, "/api/v1/query_range", parameters)["result"]
    except QueryFailed as refused:
        raise QueryFailed(f"{promql}: {refused}") from None
    return result
