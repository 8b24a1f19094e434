"""The shipped definitions with something planted in them, so that a check has something to find."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from monitoring_kit.checks.all import check_definitions, check_plan
from monitoring_kit.core.findings import Location
from monitoring_kit.core.units import COUNT, Unit
from monitoring_kit.environment.model import Environment
from monitoring_kit.environment.reader import read_environment
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.dashboards import Dashboard, Row
from monitoring_kit.model.definitions import Definitions, Runbook
from monitoring_kit.model.signals import Latency, Listing, Panel, Signal, Unwatched
from monitoring_kit.model.thresholds import Threshold, above
from monitoring_kit.plan.build import build_plan
from monitoring_kit.project import Project

PROJECT = Path(__file__).parents[2]
# Environments of the tests' own: environments/ belongs to whoever runs a service.
REFERENCE = PROJECT / "tests/support/reference"
RUNBOOK = Runbook("", Location("rules/runbooks/Planted.md", 1))


@cache
def shipped() -> Definitions:
    """The definitions of the repository."""
    return Project(PROJECT).definitions


@cache
def shipped_environment(name: str) -> Environment:
    """A reference environment, production or staging, whose rules are the shipped rules of every test."""
    return read_environment(REFERENCE / f"{name}.yaml")


def any_threshold(unit: Unit = COUNT, **changes: object) -> Threshold:
    """A threshold that nothing is wrong with, but for `changes`."""
    threshold = above(warning=1 * unit, for_="5m", window="5m", because="it is planted")
    return replace(threshold, **changes)  # type: ignore[arg-type] # the caller names fields of Threshold


def alone(
    signal: Signal,
    threshold: Threshold | None = None,
    *,
    says: str = "is odd",
    team: str = "serving",
    panel: Panel | None = None,
    variables: str = "namespace",
) -> Definitions:
    """Definitions with one signal on one dashboard and, with a threshold, one alert on it; contracts as shipped."""
    signal = signal if threshold or signal.unwatched else replace(signal, unwatched=Unwatched("it is planted"))
    signal = replace(signal, name=signal.name or "planted")
    alert = Alert(signal, threshold, team=team, summary=says, name="PlantedSignalHigh") if threshold else None
    panels = (replace(panel, signal=signal),) if panel else _views(signal)
    backends = tuple(backend for backend in Backend if signal.measure(backend) is not None)
    dashboard = Dashboard(
        title="Planted", description="Planted.", rows=(Row("Is it up?", *panels),), backends=backends, name="planted"
    )
    if Backend.PROMETHEUS in backends:
        dashboard = replace(dashboard, variables=variables)
    return replace(
        shipped(),
        signals={signal.name: signal},
        subjects={signal.name: "planted"},
        alerts={alert.name: alert} if alert else {},
        dashboards={dashboard.name: dashboard},
        runbooks={},
    )


def _views(signal: Signal) -> tuple[Panel, ...]:
    if isinstance(signal, Latency):
        return (signal.slow_share(12), signal.quantiles(12, "p95"))
    return (signal.rows(12),) if isinstance(signal, Listing) else (signal.timeseries(12),)


def findings_of(definitions: Definitions, environment: str | Environment = "production") -> dict[str, str]:
    """What the checks say, by check: the whole message of the first finding. Runbooks are left out."""
    where = shipped_environment(environment) if isinstance(environment, str) else environment
    found = [finding for finding in check_definitions(definitions) if finding.check != "runbook"]
    found += check_plan(build_plan(definitions, where))
    return {finding.check: str(finding) for finding in reversed(found)}
