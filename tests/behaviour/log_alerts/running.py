"""The cases run: rules as they are deployed, rows in a store, and what fires at each moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from monitoring_kit.render.azure.alerts import render_azure
from tests.acceptance.kusto.variants import plan_of
from tests.behaviour.log_alerts.case import LogCase, LogFiring, LogSpecification
from tests.behaviour.log_alerts.cases import SPECIFICATIONS
from tests.behaviour.log_alerts.service import LogRule, judged, rules_of
from tests.behaviour.log_alerts.store import LogStore, Result
from tests.support.planting import shipped


@cache
def deployed(environment: str) -> tuple[LogRule, ...]:
    """The log alerts of an environment, from the template that is deployed."""
    return rules_of(render_azure(plan_of(environment))["azure/alerts.json"])


def rules_for(specification: LogSpecification) -> tuple[LogRule, ...]:
    """The rules of an alert, one for each severity."""
    return tuple(rule for rule in deployed(specification.environment) if rule.alert == specification.alert)


@dataclass(frozen=True)
class Loaded:
    """A case whose rows lie in the store as the set `rows`."""

    case: LogCase
    rows: int


@cache
def store() -> LogStore:
    """One store for all cases."""
    return LogStore(shipped().tables.values())


@cache
def loaded(alert: str) -> tuple[Loaded, ...]:
    """Every case of an alert with its rows in the store."""
    (specification,) = (one for one in SPECIFICATIONS if one.alert == alert)
    return tuple(Loaded(case, store().add((*specification.noise, *case.rows))) for case in specification.cases)


def differences(rules: Sequence[LogRule], cases: Sequence[Loaded]) -> Iterator[str]:
    """Where the rules do otherwise than the cases say, in words. Raises what the store and the service raise."""
    for one in cases:
        for minute, expected in one.case.at.items():
            found = fires(rules, one.rows, minute)
            if found != expected:
                yield f"{one.case.name}: at {minute}m {_words(found)}, not {_words(expected)}"


def fires(rules: Sequence[LogRule], rows: int, minute: float) -> frozenset[LogFiring]:
    """What the rules of an alert do at the evaluation of that minute. Rules that differ in the threshold ask once."""
    found: set[LogFiring] = set()
    results: dict[tuple[str, int], Result] = {}
    for rule in rules:
        asked = rule.query, rule.lookback
        if asked not in results:
            results[asked] = store().ask(rule.query, rows, at_seconds=60 * minute, window_seconds=rule.lookback)
        found |= {LogFiring(rule.severity, dimensions) for dimensions in judged(rule, results[asked])}
    return frozenset(found)


def _words(firing: frozenset[LogFiring]) -> str:
    fired = sorted(f"{one.severity} {' '.join(one.dimensions)}" for one in firing)
    return f"fires ({', '.join(fired)})" if fired else "is silent"
