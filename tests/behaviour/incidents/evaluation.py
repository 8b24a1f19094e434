"""When an alerting rule fires over samples of the past: its condition asked of Prometheus, its `for` applied here.

`for` is what Prometheus does at each evaluation (`AlertingRule.Eval` in rules/alerting.go): a series that the condition
returns becomes pending, fires once it has been there without a break for as long as `for` says, and is resolved at the
first evaluation that it is missing from. Then it starts from the beginning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from monitoring_kit.core.durations import Duration, parse_duration
from tests.behaviour.incidents.history import over_time
from tests.behaviour.incidents.production import Rule, labels_of

_KNOWN_FIELDS = {"alert", "expr", "for", "labels", "annotations"}

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class FiringPeriod:
    """One alert from when it fires until it is resolved, both after the beginning; `until` None: not until the end."""

    labels: Mapping[str, str] = field(hash=False)
    since: Duration
    until: Duration | None


def name_of(rule: Rule) -> str:
    """An alert and its severity: "ModelErrorRatioHigh critical"."""
    return f"{rule['alert']} {labels_of(rule)['severity']}"


def firings(address: str, rule: Rule, evaluations: range) -> tuple[FiringPeriod, ...]:
    """Every firing of `rule`, evaluated at each of these times (seconds since 1970), by time and labels.

    Raises QueryFailed for a condition that Prometheus refuses, ValueError for a rule that asks for what is not done
    here.
    """
    if set(rule) - _KNOWN_FIELDS:
        raise ValueError(f"{rule['alert']}: {', '.join(sorted(set(rule) - _KNOWN_FIELDS))} is not evaluated here")
    for_ = parse_duration(str(rule.get("for", "0s"))).seconds
    start = evaluations[0]
    found = [
        FiringPeriod(
            {**dict(labels), **labels_of(rule)},
            Duration(since - start),
            None if until is None else Duration(until - start),
        )
        for labels, times in true_at(address, rule, evaluations).items()
        for since, until in held(times, for_, evaluations)
    ]
    return tuple(sorted(found, key=lambda firing: (firing.since, sorted(firing.labels.items()))))


def held(true_at: Collection[int], for_: int, evaluations: range) -> Iterator[tuple[int, int | None]]:
    """From when until when an alert fires whose condition holds at the times `true_at`."""
    pending_since: int | None = None
    firing_since: int | None = None
    for now in evaluations:
        if now in true_at:
            pending_since = now if pending_since is None else pending_since
            if firing_since is None and now - pending_since >= for_:
                firing_since = now
        else:
            if firing_since is not None:
                yield firing_since, now
            pending_since = firing_since = None
    if firing_since is not None:
        yield firing_since, None


def true_at(address: str, rule: Rule, evaluations: range) -> dict[Labels, set[int]]:
    """The times at which each series is in the condition's answer. Raises QueryFailed."""
    found: dict[Labels, set[int]] = {}
    for series in over_time(address, str(rule["expr"]), evaluations):
        found.setdefault(frozenset(series.labels.items()), set()).update(series.values)
    return found
