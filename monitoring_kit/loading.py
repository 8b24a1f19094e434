"""What definition modules hold: the three packages imported from several folders, and their definitions by name."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import MappingProxyType, ModuleType, TracebackType
from typing import TypeVar

from monitoring_kit.core.field_types import type_findings
from monitoring_kit.core.findings import Finding, Location, Refused, location
from monitoring_kit.core.python_errors import said
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.dashboards import Dashboard
from monitoring_kit.model.definitions import Definitions, Runbook
from monitoring_kit.model.log_tables import LogTable, PlatformMetric
from monitoring_kit.model.metrics import Metric, MetricCatalogue
from monitoring_kit.model.objectives import Objective, with_events
from monitoring_kit.model.recordings import Recording, with_recorded
from monitoring_kit.model.routing import Routing
from monitoring_kit.model.signals import Signal

PACKAGES = ("queries", "rules", "dashboards")
RUNBOOKS = "rules/runbooks"

_ASSIGNED = re.compile(r"^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=(?!=)", re.MULTILINE)

Held = TypeVar("Held", Metric, LogTable, PlatformMetric, Recording, Routing, Objective)
ByName = TypeVar("ByName", Metric, LogTable, Recording, Objective)
Named = TypeVar("Named", Signal, Alert, Dashboard)


class _Finder:
    """Finds the three packages, each as a namespace of exactly these folders."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = folders

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name not in PACKAGES:
            return None
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = _package_path(self.folders, name)
        return spec


def _package_path(folders: Sequence[Path], package: str) -> list[str]:
    return [str(folder / package) for folder in folders if (folder / package).is_dir()]


@contextmanager
def imported(folders: Sequence[Path]) -> Iterator[tuple[tuple[ModuleType, ...], ...]]:
    """The modules of the three packages.

    Where a plain `import queries` finds the same folders, as it does in this repository, they are those modules. Else
    they are imported apart and forgotten again, so that one process can read several projects.
    """
    if _are_on_the_path(folders):
        yield tuple(_modules(package, folders) for package in PACKAGES)
        return
    kept = _taken_out()
    finder = _Finder(folders)
    sys.meta_path.insert(0, finder)
    try:
        yield tuple(_modules(package, folders) for package in PACKAGES)
    finally:
        sys.meta_path.remove(finder)
        _taken_out()
        sys.modules.update(kept)


def _are_on_the_path(folders: Sequence[Path]) -> bool:
    for package in PACKAGES:
        spec = PathFinder.find_spec(package)
        found = spec.submodule_search_locations if spec else None
        if found is None or list(dict.fromkeys(found)) != _package_path(folders, package):
            return False
    return True


def _taken_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in PACKAGES]
    return {name: sys.modules.pop(name) for name in names}


def module_names(folders: Iterable[Path]) -> set[str]:
    """The names of the modules that lie in the folders."""
    return {module.name for module in pkgutil.iter_modules(map(str, folders))}


def _modules(package: str, folders: Sequence[Path]) -> tuple[ModuleType, ...]:
    names = sorted(module_names(folder / package for folder in folders))
    return tuple(_module(f"{package}.{name}") for name in names)


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Refused:
        raise
    except Exception as error:  # a definition is code, so whatever it raises is a mistake at one of its lines
        raise Refused(Finding(_raised_at(error), f"module {name}", said(error), check="python")) from None


def _raised_at(error: Exception) -> Location:
    """The line of the definition that raised: the innermost one outside the kit."""
    if isinstance(error, SyntaxError) and error.filename:
        return location(Path(error.filename), 2, error.lineno or 0)
    innermost = Location("<unknown>")
    step: TracebackType | None = error.__traceback__
    while step is not None:
        module = str(step.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in PACKAGES:
            innermost = location(Path(step.tb_frame.f_code.co_filename), 2, step.tb_lineno)
        step = step.tb_next
    return innermost


def collected(
    queries: tuple[ModuleType, ...],
    rules: tuple[ModuleType, ...],
    dashboards: tuple[ModuleType, ...],
    runbooks: Mapping[str, Runbook],
) -> Definitions:
    """The definitions that the modules hold.

    Raises Refused for a name given twice and for a field that holds another type than it should.
    """
    modules = (*queries, *rules, *dashboards)
    held = [item for module in modules for item in vars(module).items()]
    if findings := [*type_findings(held), *(finding for module in modules for finding in _assigned_twice(module))]:
        raise Refused(findings)
    objectives = _by_name("objective", _held(rules, Objective))
    measured = _named(queries, Signal)
    counted = {signal.name: signal for objective in objectives.values() for signal in objective.signals}
    signals = {**{name: signal for name, (signal, _) in measured.items()}, **counted}
    subjects = {name: Path(signal.where.file).stem for name, signal in counted.items()}
    recordings = _by_name("recording", _held(queries, Recording))
    scraped = MetricCatalogue(_by_name("metric", _held(queries, Metric)))
    return Definitions(
        catalogue=with_events(with_recorded(scraped, recordings.values()), tuple(objectives.values())),
        tables=MappingProxyType(_by_name("log table", _held(queries, LogTable))),
        platform_metrics=tuple(_held(queries, PlatformMetric)),
        recordings=MappingProxyType(recordings),
        signals=MappingProxyType(signals),
        subjects=MappingProxyType({**{name: module for name, (_, module) in measured.items()}, **subjects}),
        alerts=MappingProxyType({name: alert for name, (alert, _) in _named(rules, Alert).items()}),
        dashboards=MappingProxyType({name: page for name, (page, _) in _named(dashboards, Dashboard).items()}),
        runbooks=runbooks,
        routing=_the_one(tuple(_held(rules, Routing))),
        objectives=tuple(objectives.values()),
    )


def runbooks_of(folders: Sequence[Path]) -> Mapping[str, Runbook]:
    """The runbooks by alert; a project's own goes before the pack's."""
    found: dict[str, Runbook] = {}
    for folder in reversed(folders):
        for file in (folder / RUNBOOKS).glob("*.md"):
            found[file.stem] = Runbook(file.read_text(encoding="utf-8"), location(file, 3, 1))
    return MappingProxyType({name: found[name] for name in sorted(found)})


def _assigned_twice(module: ModuleType) -> Iterator[Finding]:
    """Definitions of which the module keeps only the last, because an earlier one had the same name."""
    file = Path(module.__file__ or "")
    text = file.read_text(encoding="utf-8")
    repeated = {name for name, times in Counter(_ASSIGNED.findall(text)).items() if times > 1}
    if not repeated:
        return
    lines: dict[str, list[int]] = {}
    for statement in ast.parse(text).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in repeated:
                lines.setdefault(target.id, []).append(statement.lineno)
    for name, places in lines.items():
        if len(places) > 1 and type(getattr(module, name, None)).__module__.startswith("monitoring_kit."):
            yield _twice(name, [location(file, 2, line) for line in places])


def _twice(subject: str, places: Sequence[Location]) -> Finding:
    """`subject` is defined at each of `places`, which are at least two."""
    first, last = places[0], places[-1]
    one_file = all(place.file == first.file for place in places)
    shown = [str(place.line) if one_file else str(place) for place in places]
    problem = f"defined twice: {'lines ' if one_file else ''}{' and '.join(shown)}"
    return Finding(last, subject, problem, "rename one of them, or delete it", "name")


def _held(modules: tuple[ModuleType, ...], kind: type[Held]) -> Iterator[Held]:
    """The objects of `kind` that the modules hold, each once though several modules import it."""
    seen: set[int] = set()
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, kind) and id(value) not in seen:
                seen.add(id(value))
                yield value


def _by_name(what: str, held: Iterable[ByName]) -> dict[str, ByName]:
    """What is found by a name of its own, not by that of its variable. Raises Refused for a name given twice."""
    found: dict[str, ByName] = {}
    findings = []
    for value in held:
        first = found.setdefault(value.name, value)
        if first is not value:
            findings.append(_twice(f"{what} {value.name}", [first.where, value.where]))
    if findings:
        raise Refused(findings)
    return found


def _the_one(routings: tuple[Routing, ...]) -> Routing | None:
    if len(routings) > 1:
        problem = f"there is another one: {routings[0].where}"
        remedy = "Alertmanager has one tree of routes: join the two"
        raise Refused(Finding(routings[1].where, "routing", problem, remedy, "name"))
    return routings[0] if routings else None


def _named(modules: tuple[ModuleType, ...], kind: type[Named]) -> dict[str, tuple[Named, str]]:
    """Each definition by the name of its variable, with the name of the module that holds it.

    A variable whose name begins with `_` names nothing.
    """
    found: dict[str, tuple[Named, str]] = {}
    findings = []
    for value, name, module in _holders(modules, kind):
        earlier = found.setdefault(name, (value, module))[0]
        if earlier is not value:
            findings.append(_twice(name, [earlier.where, value.where]))
        elif value.name not in ("", name):
            problem = f"has two names: {value.name} and {name}"
            findings.append(Finding(value.where, name, problem, f"keep one, or write _{name}", "name"))
        else:
            # A definition is frozen, and its name is the one thing that only the module around it knows.
            object.__setattr__(value, "name", name)
    if findings:
        raise Refused(findings)
    return found


def _holders(modules: tuple[ModuleType, ...], kind: type[Named]) -> Iterator[tuple[Named, str, str]]:
    """Each definition with its variable and module: the module that it was written in, else the first that holds it."""
    everywhere = [
        (value, name, module)
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, kind) and not name.startswith("_")
    ]
    at_home = {id(value) for value, _, module in everywhere if _is_home(module, value)}
    homes: dict[int, ModuleType] = {}
    for value, name, module in everywhere:
        if id(value) in at_home:
            if _is_home(module, value):
                yield value, name, module.__name__.rpartition(".")[2]
        elif homes.setdefault(id(value), module) is module:
            yield value, name, module.__name__.rpartition(".")[2]


def _is_home(module: ModuleType, value: Signal | Alert | Dashboard) -> bool:
    return value.where.file == location(Path(module.__file__ or ""), 2).file
