"""Finding the definitions: everything that `queries/`, `rules/` and `dashboards/` hold, by name."""

from __future__ import annotations

import importlib
import pkgutil
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TypeVar

from monitoring_kit.core.field_types import type_findings
from monitoring_kit.core.findings import KIT, PROJECT, Finding, Location, Refused, shown_path
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.dashboards import Dashboard
from monitoring_kit.model.log_tables import LogTable, PlatformMetric
from monitoring_kit.model.metrics import Metric, MetricCatalogue
from monitoring_kit.model.objectives import Objective, with_events
from monitoring_kit.model.recordings import Recording, with_recorded
from monitoring_kit.model.routing import Routing
from monitoring_kit.model.signals import Signal

RUNBOOKS = PROJECT / "rules" / "runbooks"

Held = TypeVar("Held", Metric, LogTable, PlatformMetric, Recording, Routing, Objective)
Named = TypeVar("Named", Signal, Alert, Dashboard)


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


def load_definitions() -> Definitions:
    """Imports every definition module and names what it holds.

    Raises Refused for a name given twice, for a field that holds another type than it should, and for whatever a
    definition itself refuses.
    """
    queries, rules, dashboards = (tuple(_modules(name)) for name in ("queries", "rules", "dashboards"))
    held = [item for module in (*queries, *rules, *dashboards) for item in vars(module).items()]
    if findings := type_findings(held):
        raise Refused(findings)
    objectives = tuple(_held(rules, Objective))
    signals = {**_named(queries, Signal), **{signal.name: signal for one in objectives for signal in one.signals}}
    recordings = {one.name: one for one in _held(queries, Recording)}
    scraped = MetricCatalogue({metric.name: metric for metric in _held(queries, Metric)})
    return Definitions(
        catalogue=with_events(with_recorded(scraped, recordings.values()), objectives),
        tables=MappingProxyType({table.name: table for table in _held(queries, LogTable)}),
        platform_metrics=tuple(_held(queries, PlatformMetric)),
        recordings=MappingProxyType(recordings),
        signals=MappingProxyType(signals),
        subjects=MappingProxyType({name: Path(signal.where.file).stem for name, signal in signals.items()}),
        alerts=_named(rules, Alert),
        dashboards=_named(dashboards, Dashboard),
        runbooks=load_runbooks(RUNBOOKS),
        routing=_the_one(tuple(_held(rules, Routing))),
        objectives=objectives,
    )


def load_runbooks(folder: Path) -> Mapping[str, Runbook]:
    """The runbooks of `folder`, by alert."""
    files = sorted(folder.glob("*.md"))
    return MappingProxyType(
        {file.stem: Runbook(file.read_text(encoding="utf-8"), Location(shown_path(file), 1)) for file in files}
    )


def _modules(package: str) -> Iterator[ModuleType]:
    root = _imported(package)
    for module in sorted(pkgutil.iter_modules(root.__path__), key=lambda module: module.name):
        yield _imported(f"{package}.{module.name}")


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Refused:
        raise
    except Exception as error:  # a definition is code, so whatever it raises is a mistake at one of its lines
        problem = f"{type(error).__name__}: {error}"
        raise Refused(Finding(_raised_at(error), f"module {name}", problem, check="python")) from None


def _raised_at(error: Exception) -> Location:
    """The line of the definition that raised: the innermost one outside the kit."""
    if isinstance(error, SyntaxError) and error.filename:
        return Location(shown_path(error.filename), error.lineno or 0)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(PROJECT)]
    outside = [frame for frame in own if not Path(frame.filename).is_relative_to(KIT)]
    innermost = (outside or list(frames))[-1]
    return Location(shown_path(innermost.filename), innermost.lineno or 0)


def _held(modules: tuple[ModuleType, ...], kind: type[Held]) -> Iterator[Held]:
    """The objects of `kind` that the modules hold, each once though several modules import it."""
    seen: set[int] = set()
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, kind) and id(value) not in seen:
                seen.add(id(value))
                yield value


def _the_one(routings: tuple[Routing, ...]) -> Routing | None:
    if len(routings) > 1:
        problem = f"there is another one: {routings[0].where}"
        remedy = "Alertmanager has one tree of routes: join the two"
        raise Refused(Finding(routings[1].where, "routing", problem, remedy, "name"))
    return routings[0] if routings else None


def _named(modules: tuple[ModuleType, ...], kind: type[Named]) -> Mapping[str, Named]:
    found: dict[str, Named] = {}
    findings = []
    for module in modules:
        file = shown_path(module.__file__ or "")
        for name, value in vars(module).items():
            if not isinstance(value, kind) or value.where.file != file:
                continue
            if name in found or value.name not in ("", name):
                problem = f"the name {name!r} is taken: {found.get(name, value).where}"
                findings.append(
                    Finding(value.where, name, problem, "give every definition one name of its own", "name")
                )
                continue
            # A definition is frozen, and its name is the one thing that only the module around it knows.
            object.__setattr__(value, "name", name)
            found[name] = value
    if findings:
        raise Refused(findings)
    return MappingProxyType(found)
