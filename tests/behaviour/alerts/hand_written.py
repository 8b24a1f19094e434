"""The cases of `tests/behaviour/alerts` as the proofs of `monitoring_kit.testing` read them."""

from __future__ import annotations

from collections.abc import Iterator

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.testing.case import Case, Firing, Kind, Scenario
from tests.behaviour.alerts.case import Case as WrittenCase
from tests.behaviour.alerts.case import Firing as WrittenFiring
from tests.behaviour.alerts.case import Specification
from tests.behaviour.alerts.cases import SPECIFICATIONS


def scenarios(alert: str) -> list[Scenario]:
    """All cases of `alert` that were written by hand, with the noise that is part of each."""
    return [_case(case, specification, Kind.FOREIGN).scenario for case, specification in _written(alert)]


def cases_of_kind(alert: str, kind: Kind, names: tuple[str, ...]) -> list[Case]:
    """The cases of `alert` with these names, as cases of `kind`. Raises KeyError for a name that no case has."""
    found = {case.name: (case, specification) for case, specification in _written(alert)}
    return [_case(*found[name], kind) for name in names]


def _written(alert: str) -> Iterator[tuple[WrittenCase, Specification]]:
    for specification in SPECIFICATIONS:
        if specification.alert == alert:
            yield from ((case, specification) for case in specification.cases)


def _case(case: WrittenCase, specification: Specification, kind: Kind) -> Case:
    end = max(parse_duration(time).seconds for time in case.at)
    series = tuple(one.sampled(end) for one in (*case.series, *specification.noise))
    at = {parse_duration(time).seconds: tuple(_firing(one) for one in firing) for time, firing in case.at.items()}
    return Case(kind, case.name, series, at)


def _firing(firing: WrittenFiring) -> Firing:
    return Firing(Severity(firing.labels["severity"]), firing.labels, firing.annotations)
