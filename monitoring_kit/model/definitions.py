"""All definitions of a project, by name: what the plan of every environment is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitoring_kit.core.findings import Location
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.dashboards import Dashboard
from monitoring_kit.model.log_tables import LogTable, PlatformMetric
from monitoring_kit.model.metrics import MetricCatalogue
from monitoring_kit.model.objectives import Objective
from monitoring_kit.model.recordings import Recording
from monitoring_kit.model.routing import Routing
from monitoring_kit.model.signals import Signal


@dataclass(frozen=True)
class Runbook:
    """What a person wrote about one alert: Markdown, one file an alert."""

    text: str
    where: Location


@dataclass(frozen=True)
class Definitions:
    """All definitions.

    The catalogue holds the recorded series too, and `signals` those of the objectives. `subjects` maps each signal's
    name to the module that holds it, which names its rule group. Without `routing` no configuration of Alertmanager is
    made.
    """

    catalogue: MetricCatalogue
    tables: Mapping[str, LogTable] = field(hash=False)
    platform_metrics: tuple[PlatformMetric, ...]
    recordings: Mapping[str, Recording] = field(hash=False)
    signals: Mapping[str, Signal] = field(hash=False)
    subjects: Mapping[str, str] = field(hash=False)
    alerts: Mapping[str, Alert] = field(hash=False)
    dashboards: Mapping[str, Dashboard] = field(hash=False)
    runbooks: Mapping[str, Runbook] = field(hash=False)
    routing: Routing | None = None
    objectives: tuple[Objective, ...] = ()

    def watching(self, signal: Signal) -> tuple[Alert, ...]:
        """The alerts that judge `signal`."""
        return tuple(alert for alert in self.alerts.values() if alert.signal is signal)
