"""Monitoring as code: signals, alerts, objectives and dashboards, rendered for Prometheus, Grafana and Azure Monitor.

Everything that a definition needs is here:

    from monitoring_kit import Alert, COUNT, Dashboard, RATIO, Ratio, Row, above, kql, prom

`prom`, `kql` and `azure` hold the ways to measure a signal: in Prometheus, in the rows of a log table, and as a metric
that Azure Monitor keeps itself. Nothing in the kit names a metric, a threshold or a team of any pack.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitoring_kit.core.units import (
        BYTES,
        CORES,
        COUNT,
        FACTOR,
        MILLISECONDS,
        PER_SECOND,
        PERCENT,
        RATIO,
        SECONDS,
    )
    from monitoring_kit.model import azure, kql, prom
    from monitoring_kit.model.alerts import Alert
    from monitoring_kit.model.backends import Backend
    from monitoring_kit.model.dashboards import Annotation, Dashboard, Row
    from monitoring_kit.model.log_tables import LogScope, log_table, platform_metric
    from monitoring_kit.model.metrics import counter, gauge, histogram, source
    from monitoring_kit.model.objectives import objective, page, ticket
    from monitoring_kit.model.recordings import recording
    from monitoring_kit.model.routing import Audience, Discarded, Heartbeat, Inhibition, Route, Routing, grouping
    from monitoring_kit.model.signals import (
        Absence,
        Increase,
        Latency,
        Listing,
        Query,
        Rate,
        Ratio,
        State,
        Unwatched,
        Utilisation,
    )
    from monitoring_kit.model.thresholds import Severity, above, at_least, at_most, below, earlier
    from monitoring_kit.project import Project

__version__ = "0.1.0"

# By module, each imported when one of its names is asked for: setting up a machine needs the version and no parser.
_NAMES = {
    "core.units": "BYTES CORES COUNT FACTOR MILLISECONDS PER_SECOND PERCENT RATIO SECONDS",
    "model.alerts": "Alert",
    "model.backends": "Backend",
    "model.dashboards": "Annotation Dashboard Row",
    "model.log_tables": "LogScope log_table platform_metric",
    "model.metrics": "counter gauge histogram source",
    "model.objectives": "objective page ticket",
    "model.recordings": "recording",
    "model.routing": "Audience Discarded Heartbeat Inhibition Route Routing grouping",
    "model.signals": "Absence Increase Latency Listing Query Rate Ratio State Unwatched Utilisation",
    "model.thresholds": "Severity above at_least at_most below earlier",
    "project": "Project",
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = [
    "BYTES",
    "CORES",
    "COUNT",
    "FACTOR",
    "MILLISECONDS",
    "PERCENT",
    "PER_SECOND",
    "RATIO",
    "SECONDS",
    "Absence",
    "Alert",
    "Annotation",
    "Audience",
    "Backend",
    "Dashboard",
    "Discarded",
    "Heartbeat",
    "Increase",
    "Inhibition",
    "Latency",
    "Listing",
    "LogScope",
    "Project",
    "Query",
    "Rate",
    "Ratio",
    "Route",
    "Routing",
    "Row",
    "Severity",
    "State",
    "Unwatched",
    "Utilisation",
    "above",
    "at_least",
    "at_most",
    "azure",
    "below",
    "counter",
    "earlier",
    "gauge",
    "grouping",
    "histogram",
    "kql",
    "log_table",
    "objective",
    "page",
    "platform_metric",
    "prom",
    "recording",
    "source",
    "ticket",
]


if not TYPE_CHECKING:  # a type checker would take every misspelt name for one that this may return

    def __getattr__(name: str) -> object:
        if name in ("azure", "kql", "prom"):
            value: object = importlib.import_module(f"monitoring_kit.model.{name}")
        elif name in _MODULE_OF:
            value = getattr(importlib.import_module(f"monitoring_kit.{_MODULE_OF[name]}"), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
