"""A project: the folder that a team keeps, and what its definitions hold together with those of the packs below it.

A project's `queries/`, `rules/` and `dashboards/` are namespace packages, and so are those of a pack. Here they are
joined: `queries.errors` is the project's own module where it has one, else the pack's. docs/decisions says why.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from monitoring_kit.core.findings import Finding, Location, Refused, shown_path
from monitoring_kit.loading import PACKAGES, RUNBOOKS, collected, imported, module_names, runbooks_of
from monitoring_kit.model.definitions import Definitions

SETTINGS = "pyproject.toml"
PACK = "model_serving"

_KIT = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Project:
    """The folder `root`, with its definitions, its environment files and what is built from them.

    >>> project = Project(Path("monitoring"))
    >>> files = project.root / "environments"

    `environments` and `output` are relative to `root`. `packs` names the shipped packs that the project stands on, None
    those that its pyproject.toml names under [tool.monitoring-kit], which are all where it names none.
    """

    root: Path
    environments: Path = Path("environments")
    output: Path = Path("build")
    packs: tuple[str, ...] | None = None

    @property
    def environments_folder(self) -> Path:
        """Where the environment files are."""
        return self.root / self.environments

    @property
    def output_folder(self) -> Path:
        """Where the built files go."""
        return self.root / self.output

    @cached_property
    def definitions(self) -> Definitions:
        """Everything that the project and its packs define, read once.

        Raises Refused for a name given twice, for a module that hides one of a pack, for a field that holds another
        type than it should, and for whatever a definition itself refuses.
        """
        folders = self._folders
        if findings := [*_hiding(folders, self._settings.replaces)]:
            raise Refused(findings)
        with imported(folders) as (queries, rules, dashboards):
            return collected(queries, rules, dashboards, runbooks_of(folders))

    @cached_property
    def _settings(self) -> _Settings:
        return _settings(self.root / SETTINGS)

    @cached_property
    def _folders(self) -> tuple[Path, ...]:
        """The folders that hold definitions: the project's own first, then those of its packs."""
        names = self._settings.packs if self.packs is None else self.packs
        own = self.root.resolve()
        return tuple(dict.fromkeys((own, *map(pack_folder, names))))


@dataclass(frozen=True)
class _Settings:
    packs: tuple[str, ...] = (PACK,)
    replaces: tuple[str, ...] = ()


def pack_folder(name: str) -> Path:
    """Where the shipped pack `name` lies: in the installed kit, else (in a checkout) beside the kit."""
    installed = _KIT / "packs" / name
    return installed if installed.is_dir() else _KIT.parent


def _settings(file: Path) -> _Settings:
    """What [tool.monitoring-kit] of `file` says. Raises Refused where it cannot be understood."""
    where = Location(SETTINGS)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(Finding(where, "settings", f"cannot be read: {error}", check="settings")) from None
    if "monitoring-kit" not in text:
        return _Settings()
    try:
        table = tomllib.loads(text).get("tool", {}).get("monitoring-kit", {})
    except tomllib.TOMLDecodeError as error:
        raise Refused(Finding(where, "settings", str(error), check="settings")) from None
    known = {"packs": (PACK,), "replaces": ()}
    findings = []
    for key, value in table.items():
        if key not in known:
            problem, remedy = f"there is no setting {key!r}", f"there are: {', '.join(known)}"
        elif not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            problem, remedy = f"{key} is no list of texts", f'write {key} = ["{PACK}"]'
        elif key == "packs" and (missing := [name for name in value if name not in known["packs"]]):
            problem, remedy = f"there is no pack {missing[0]!r}", f"there is: {', '.join(known['packs'])}"
        else:
            continue
        findings.append(Finding(where, "tool.monitoring-kit", problem, remedy, "settings"))
    if findings:
        raise Refused(findings)
    return _Settings(**{key: tuple(value) for key, value in table.items()})


def _hiding(folders: Sequence[Path], replaces: Iterable[str]) -> Iterator[Finding]:
    """Modules and runbooks of the project that hide one of a pack though nothing says that they are meant to."""
    own, *packs = folders
    meant = set(replaces)
    for package in PACKAGES:
        for name in sorted(module_names([own / package])):
            yield from _hides(f"{package}/{name}.py", f"{package}.{name}", packs, meant)
    for file in sorted((own / RUNBOOKS).glob("*.md")):
        path = f"{RUNBOOKS}/{file.name}"
        yield from _hides(path, path, packs, meant)
    for name in sorted(meant):
        path = name if "/" in name else f"{name.replace('.', '/')}.py"
        if not (own / path).is_file() or not any((pack / path).is_file() for pack in packs):
            problem = f"replaces names {name}, which the project and its packs do not both have"
            remedy = "take it out of the list"
            yield Finding(Location(SETTINGS), "tool.monitoring-kit", problem, remedy, "hides")


def _hides(path: str, name: str, packs: Iterable[Path], meant: set[str]) -> Iterator[Finding]:
    for pack in packs:
        if (pack / path).is_file() and name not in meant:
            remedy = f'rename it, or write replaces = ["{name}"] under [tool.monitoring-kit] in {SETTINGS}'
            yield Finding(Location(path), name, f"hides {shown_path(pack / path)}", remedy, "hides")
