"""When an alerting rule fires over samples of the past: its condition asked of a real Prometheus, its `for` applied here.

`for` is what Prometheus does at each evaluation (`AlertingRule.Eval` in rules/alerting.go): a series that the condition
returns becomes pending, fires once it has been there without a break for as long as `for` says, and is resolved at the
first evaluation that it is missing from. Then it starts from the beginning.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from tests.live.production import Rule
from toolkit.durations import Duration, parse_duration

_ANSWERED_WITHIN_SECONDS = 120.0
# Prometheus refuses a range of more than 11,000 steps.
_STEPS_AT_ONCE = 10_000
_KNOWN_FIELDS = {"alert", "expr", "for", "labels", "annotations"}

Labels = frozenset[tuple[str, str]]


class NotEvaluated(RuntimeError):
    """Prometheus refused a condition, or a rule asks for what is not done here; the message says which and why."""


@dataclass(frozen=True)
class Firing:
    """One alert from when it fires until it is resolved, both after the beginning; `until` None: not until the end."""

    labels: Mapping[str, str] = field(hash=False)
    since: Duration
    until: Duration | None


def name_of(rule: Rule) -> str:
    """An alert and its severity: "ModelErrorRatioHigh critical"."""
    return f"{rule['alert']} {_labels_of(rule)['severity']}"


def firings(address: str, rule: Rule, start: int, end: int, interval: int) -> tuple[Firing, ...]:
    """Every firing of `rule`, evaluated every `interval` seconds from `start` to `end`, by time and labels.

    Raises NotEvaluated.
    """
    if set(rule) - _KNOWN_FIELDS:
        raise NotEvaluated(f"{rule['alert']}: no evaluation of {', '.join(sorted(set(rule) - _KNOWN_FIELDS))}")
    hold = parse_duration(str(rule.get("for", "0s"))).seconds
    found = [
        Firing({**dict(labels), **_labels_of(rule)}, Duration(since - start), until and Duration(until - start))
        for labels, times in _true_at(address, rule, start, end, interval).items()
        for since, until in held(times, hold, range(start, end + 1, interval))
    ]
    return tuple(sorted(found, key=lambda firing: (firing.since, sorted(firing.labels.items()))))


def held(true_at: Collection[int], hold: int, evaluations: range) -> Iterator[tuple[int, int | None]]:
    """From when until when an alert fires whose condition holds at the times `true_at`."""
    pending_since: int | None = None
    firing_since: int | None = None
    for now in evaluations:
        if now in true_at:
            pending_since = now if pending_since is None else pending_since
            if firing_since is None and now - pending_since >= hold:
                firing_since = now
        else:
            if firing_since is not None:
                yield firing_since, now
            pending_since = firing_since = None
    if firing_since is not None:
        yield firing_since, None


def _true_at(address: str, rule: Rule, start: int, end: int, interval: int) -> dict[Labels, set[int]]:
    """The times at which each series is in the condition's answer."""
    found: dict[Labels, set[int]] = {}
    at_once = _STEPS_AT_ONCE * interval
    for first in range(start, end + 1, at_once):
        last = min(first + at_once - interval, end)
        parameters = {"query": str(rule["expr"]), "start": str(first), "end": str(last), "step": str(interval)}
        for series in _matrix(address, str(rule["alert"]), parameters):
            labels = frozenset((label, value) for label, value in series["metric"].items() if label != "__name__")
            found.setdefault(labels, set()).update(int(time) for time, _ in series["values"])
    return found


def _matrix(address: str, alert: str, parameters: Mapping[str, str]) -> list[dict[str, dict[str, str]]]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=_ANSWERED_WITHIN_SECONDS)
    try:
        connection.request("GET", f"/api/v1/query_range?{urlencode(parameters)}")
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if answer["status"] != "success":
        raise NotEvaluated(f"{alert}: {answer['error']}")
    result: list[dict[str, dict[str, str]]] = answer["data"]["result"]
    return result


def _labels_of(rule: Rule) -> dict[str, str]:
    labels = rule["labels"]
    assert isinstance(labels, Mapping)
    return {str(label): str(value) for label, value in labels.items()}
