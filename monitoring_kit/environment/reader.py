"""Reads environment files: every problem of a file in one report, each with line, field and what to write instead.

Which fields there are, and by their types what each may hold, stands in monitoring_kit/environment/model.py; nothing
here names one, except the overrides and the rules that tie fields together.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Annotated, cast, get_args, get_origin, get_type_hints

from monitoring_kit.core.findings import Finding, Location, Refused, shown_path
from monitoring_kit.core.shown import shown
from monitoring_kit.environment.model import LEVELS, AlertOverride, DashboardOverride, Environment
from monitoring_kit.environment.relations import relation_findings
from monitoring_kit.environment.strict_yaml import (
    Entry,
    Fields,
    Items,
    Node,
    Text,
    Unusable,
    child_path,
    read_yaml,
)
from monitoring_kit.environment.values import BECAUSE, FOR, LEVEL, REASON, TEAM, Form

CHECK = "environment"
MAX_FINDINGS = 50
MAX_ITEMS = 100

_OVERRIDES = "alerts"
_OVERRIDE_FORMS: Mapping[str, Form] = {
    **dict.fromkeys(LEVELS, LEVEL),
    "for": FOR,
    "team": TEAM,
    "because": BECAUSE,
    "disabled": REASON,
}
_DASHBOARDS = "dashboards"
_DASHBOARD_FORMS: Mapping[str, Form] = {"disabled": REASON}
# Fields that have another name now, by path without positions: what to write instead.
_RENAMED: Mapping[str, str] = {"alerts.*.hold": "for"}
# Values of the shipped examples, which mean nothing anywhere else.
_PLACEHOLDER = re.compile(r"(?i)\bexample\.(?:com|org|net)\b|/example-|00000000-0000-0000-0000-000000000000")
_ALERT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?")
_RUNBOOKS = re.compile(r"/build/([a-z0-9-]{1,20})/runbooks(?=/|$)")
_NAME_ALLOWED = (
    "The file's name is the environment's: at most 20 lower-case letters, digits and hyphens, a letter first, "
    "a letter or digit last, such as production.yaml."
)


def environment_files(
    directory: str | Path, only: Collection[str] | None = None, root: Path | None = None
) -> tuple[Path, ...]:
    """The environment files of `directory`, by name; with `only`, those of the environments that it names.

    Raises Refused where the directory cannot be read or holds none, or where `only` names one that is not there.
    """
    folder, where = Path(directory), Location(shown_path(directory, root))
    try:
        files = sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml") and not p.name.startswith("."))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no directory can have this name"
        raise Refused(_finding(where, "environments", f"cannot be read: {reason}", "Name a directory.")) from None
    names = [path.stem for path in files]
    problems = [
        _finding(
            Location(shown_path(path, root)),
            f"environment {path.stem}",
            "two files have this name",
            "Delete one of them.",
        )
        for position, path in enumerate(files)
        if path.stem in names[:position]
    ]
    if not files:
        problems.append(_finding(where, "environments", "no environment here", "Write a file such as production.yaml."))
    for name in sorted(set(only or ()).difference(names) if files else ()):
        problems.append(_finding(where, f"environment {shown(name)}", "there is none", _instead(name, names)))
    if problems:
        raise Refused(problems)
    return tuple(path for path in files if only is None or path.stem in only)


def read_environments(directory: str | Path, only: Collection[str] | None = None) -> Iterator[Environment]:
    """Reads the environments of `directory` one after another, each when it is asked for.

    Raises Refused at the end, with the findings of all the files that could not be read; the others have been given.
    """
    findings: list[Finding] = []
    for path in environment_files(directory, only):
        try:
            environment = read_environment(path)
        except Refused as refused:
            findings.extend(refused.findings)
        else:
            yield environment
    if findings:
        raise Refused(findings)


def read_environment(path: str | Path, root: Path | None = None) -> Environment:
    """The environment that the file at `path` describes; in messages and output it is named relative to `root`.

    Raises Refused with every problem of the file.
    """
    file = shown_path(path, root)
    problems: list[Finding] = []
    name = Path(path).stem
    if Path(path).suffix not in (".yaml", ".yml") or _NAME.fullmatch(name) is None:
        found = f"found {shown(Path(path).name)}"
        problems.append(_finding(Location(file), "file name", found, _NAME_ALLOWED))
    try:
        document = read_yaml(path, root)
    except Refused as refused:
        raise _refused(file, [*problems, *refused.findings]) from None
    reading = _Reading(file, [*problems, *document.findings])
    if not isinstance(document.root, Fields):
        remedy = "Write fields, as in `grafana_url: https://grafana.example.com`."
        reading.findings.append(_finding(document.root.where, "file", f"found {_kind(document.root)}", remedy))
        raise _refused(file, reading.findings)
    environment = reading.environment(name, document.root)
    if reading.findings:
        raise _refused(file, reading.findings)
    return environment


def field_paths() -> tuple[str, ...]:
    """The path of every field that an environment file may have, in the order of the model; "[]" marks a list."""
    overrides = tuple(f"{_OVERRIDES}.<Alert>.{name}" for name in _OVERRIDE_FORMS)
    dashboards = tuple(f"{_DASHBOARDS}.<dashboard>.{name}" for name in _DASHBOARD_FORMS)
    return (*_paths(Environment, ""), *overrides, *dashboards)


def _paths(block: type, parent: str) -> Iterator[str]:
    for name, shape in _shapes(block).items():
        path = f"{child_path(parent, name)}{'[]' if shape.many else ''}"
        if isinstance(shape.holds, Form):
            yield path
        else:
            yield from _paths(shape.holds, path)


@dataclass(frozen=True)
class _Shape:
    """What a field of a block holds: one value, a list of them, or with `keys` a block of them under the file's names.

    A value has a form or is another block.
    """

    holds: Form | type
    many: bool
    keys: Form | None
    required: bool
    default: object


@cache
def _shapes(block: type) -> Mapping[str, _Shape]:
    """The fields of `block` that stand in a file: those whose type carries a form, or is a block of such fields."""
    hints = get_type_hints(block, include_extras=True)
    shapes = {}
    for entry in dataclasses.fields(block):
        options = [option for option in _options(hints[entry.name]) if option is not NoneType]
        optional = len(options) < len(_options(hints[entry.name]))
        many, keyed = get_origin(options[0]) is tuple, get_origin(options[0]) is Mapping
        inner = get_args(options[0]) if many or keyed else (options[0],)
        holds, keys = _holds(inner[-1 if keyed else 0]), _holds(inner[0]) if keyed else None
        if holds is not None:
            default = entry.default if entry.default is not dataclasses.MISSING else None
            default = MappingProxyType({}) if keyed else default
            required = entry.default is dataclasses.MISSING and not optional and not keyed
            shapes[entry.name] = _Shape(holds, many, keys if isinstance(keys, Form) else None, required, default)
    return MappingProxyType(shapes)


def _options(hint: object) -> tuple[object, ...]:
    """The members of a union; what is no union is its only member."""
    is_union = NoneType in get_args(hint)
    return get_args(hint) if is_union else (hint,)


def _holds(hint: object) -> Form | type | None:
    if get_origin(hint) is Annotated:
        return next((extra for extra in get_args(hint) if isinstance(extra, Form)), None)
    return hint if isinstance(hint, type) and dataclasses.is_dataclass(hint) and _shapes(hint) else None


@dataclass(frozen=True)
class _Reading:
    """One pass over one file, which collects what is wrong with it and where each field stands, by path.

    A value that is missing or wrong is None and the blocks around it are built all the same, so that every problem is
    found; nobody sees them, because a file with findings is refused.
    """

    file: str
    findings: list[Finding]
    locations: dict[str, Location] = field(default_factory=dict)
    placeholders: list[tuple[str, Location]] = field(default_factory=list)

    def environment(self, name: str, root: Fields) -> Environment:
        overrides = self._overrides(root.entries.get(_OVERRIDES))
        dashboards = self._dashboards(root.entries.get(_DASHBOARDS))
        where, locations = Location(self.file, root.where.line), MappingProxyType(self.locations)
        given = {"name": name, "overrides": overrides, "dashboards": dashboards, "where": where, "locations": locations}
        also = (_OVERRIDES, _DASHBOARDS)
        environment = cast(Environment, self._block(Environment, root, Location(self.file), "", given, also))
        self.findings.extend(relation_findings(environment, self.file))
        self._own_runbooks(name, root.entries.get("runbooks_url"))
        placeholders = tuple(sorted(self.placeholders, key=lambda found: found[1]))
        return dataclasses.replace(environment, placeholders=placeholders)

    def _block(
        self,
        block: type,
        node: Fields,
        where: Location,
        path: str,
        given: Mapping[str, object] = MappingProxyType({}),
        also: tuple[str, ...] = (),
    ) -> object:
        """A `block` of the fields in `node`. `where` is the place of its key; `given` and `also` are not its fields."""
        shapes = _shapes(block)
        self._unknown(node, path, (*shapes, *also))
        values = dict(given)
        for name, shape in shapes.items():
            entry, field_path = node.entries.get(name), child_path(path, name)
            if entry is not None:
                values[name] = self._field(shape, entry, field_path)
                continue
            values[name] = shape.default
            if shape.required:
                self._report(where, field_path, "is missing", self._to_write(name, shape))
        return block(**values)

    def _field(self, shape: _Shape, entry: Entry, path: str) -> object | None:
        name = path.rpartition(".")[2]
        self.locations[path] = entry.where
        if shape.keys is not None:
            return self._keyed(shape, shape.keys, entry, path)
        if not shape.many:
            return self._value(shape.holds, entry.value, entry.where, path, name)
        if isinstance(entry.value, Unusable):
            return None
        if not isinstance(entry.value, Items) or not entry.value.items:
            found = "an empty list" if isinstance(entry.value, Items) else _kind(entry.value)
            self._report(entry.value.where, path, f"found {found}", self._to_write(name, shape))
            return None
        if len(entry.value.items) > MAX_ITEMS:
            remedy = f"Write at most {MAX_ITEMS}; for more addresses use a list of the mail server's own."
            self._report(entry.value.where, path, f"found {len(entry.value.items)} values", remedy)
            return None
        values: list[object] = []
        seen: set[str] = set()
        for position, item in enumerate(entry.value.items):
            item_path = f"{path}[{position}]"
            self.locations[item_path] = item.where
            values.append(self._value(shape.holds, item, item.where, item_path, ""))
            if isinstance(item, Text) and item.text.lower() in seen:
                self._report(item.where, item_path, f"{shown(item.text)} stands twice", "Delete one of the two.")
            seen.add(item.text.lower() if isinstance(item, Text) else "")
        return tuple(values)

    def _keyed(self, shape: _Shape, keys: Form, entry: Entry, path: str) -> Mapping[str, object] | None:
        """The values of a block whose names are the file's own."""
        if isinstance(entry.value, Unusable):
            return None
        if not isinstance(entry.value, Fields) or not entry.value.entries:
            found = "an empty block" if isinstance(entry.value, Fields) else _kind(entry.value)
            remedy = self._to_write(path.rpartition(".")[2], shape)
            self._report(entry.value.where, path, f"found {found}", remedy)
            return None
        values: dict[str, object] = {}
        for key, item in entry.value.entries.items():
            item_path = child_path(path, key)
            self.locations[item_path] = item.where
            if re.fullmatch(keys.pattern, key) is None:
                self._report(item.where, item_path, f"found {shown(key)}", f"Allowed: {keys.allowed}.")
            values[key] = self._value(shape.holds, item.value, item.where, item_path, key)
        return MappingProxyType(values)

    def _value(self, holds: Form | type, node: Node, where: Location, path: str, name: str) -> object | None:
        if isinstance(holds, Form):
            return self._text(holds, node, path, name)
        if isinstance(node, Fields):
            return self._block(holds, node, where, path)
        if not isinstance(node, Unusable):
            remedy = f"Write fields below it: {', '.join(_shapes(holds))}; or delete it."
            self._report(node.where, path, f"found {_kind(node)}", remedy)
        return None

    def _text(self, form: Form, node: Node, path: str, name: str) -> object | None:
        if isinstance(node, Unusable):
            return None
        remedy = f"Allowed: {form.allowed}. For example: {_example(name, form)}"
        hidden = form.secret_nearby and isinstance(node, Text) and not node.nothing
        problem = f"found {'a value that is not shown, as it may be a secret' if hidden else _kind(node)}"
        if isinstance(node, Text) and not node.nothing:
            if form.bare and node.quoted:
                remedy = f"Write it without quotes. {remedy}"
            elif re.fullmatch(form.pattern, node.text):
                try:
                    value = form.parse(node.text)
                except ValueError as error:
                    problem += f": {error}"
                else:
                    if _PLACEHOLDER.search(node.text):
                        self.placeholders.append((path, node.where))
                    return value
        self._report(node.where, path, problem, remedy)
        return None

    def _overrides(self, entry: Entry | None) -> Mapping[str, AlertOverride]:
        overrides: dict[str, AlertOverride] = {}
        node = entry.value if entry else None
        if isinstance(node, Fields):
            for alert, change in node.entries.items():
                override = self._override(alert, change)
                if override is not None:
                    overrides[alert] = override
        elif node is not None and not isinstance(node, Unusable):
            remedy = "Write an alert and what to change below it, or delete it: `JobErrorsHigh: {critical: 10%}`"
            self._report(node.where, _OVERRIDES, f"found {_kind(node)}", remedy)
        return MappingProxyType(overrides)

    def _override(self, alert: str, entry: Entry) -> AlertOverride | None:
        path, node = child_path(_OVERRIDES, alert), entry.value
        if _ALERT.fullmatch(alert) is None:
            remedy = "Allowed: the name of an alert, such as JobErrorsHigh."
            self._report(entry.where, path, f"{shown(alert)} is no alert's name", remedy)
        if isinstance(node, Unusable):
            return None
        if not isinstance(node, Fields) or not node.entries:
            found = "an empty block" if isinstance(node, Fields) else _kind(node)
            remedy = f"Write what to change below it: {', '.join(_OVERRIDE_FORMS)}. For example: `critical: 10%`"
            self._report(node.where, path, f"found {found}", remedy)
            return None
        self._unknown(node, path, tuple(_OVERRIDE_FORMS))
        if "disabled" in node.entries and len(node.entries) > 1:
            remedy = "Delete `disabled`, or everything beside it."
            self._report(entry.where, path, "is disabled and changed at the same time", remedy)
        if set(node.entries) == {"because"}:
            remedy = "Write beside it the level or the `for` that it is the reason of, or delete it."
            self._report(entry.where, path, "gives a reason and changes nothing", remedy)
        texts = {
            name: str(self._text(form, node.entries[name].value, child_path(path, name), name))
            for name, form in _OVERRIDE_FORMS.items()
            if name in node.entries
        }
        levels = MappingProxyType({level: texts[level] for level in LEVELS if level in texts})
        locations = MappingProxyType({name: node.entries[name].where for name in texts})
        for_, disabled, because, team = (texts.get(name) for name in ("for", "disabled", "because", "team"))
        return AlertOverride(alert, levels, for_, disabled, entry.where, locations, because, team)

    def _dashboards(self, entry: Entry | None) -> Mapping[str, DashboardOverride]:
        overrides: dict[str, DashboardOverride] = {}
        node = entry.value if entry else None
        if isinstance(node, Fields):
            for dashboard, change in node.entries.items():
                path, below = child_path(_DASHBOARDS, dashboard), change.value
                if isinstance(below, Fields) and "disabled" in below.entries:
                    self._unknown(below, path, tuple(_DASHBOARD_FORMS))
                    reason = self._text(
                        REASON, below.entries["disabled"].value, child_path(path, "disabled"), "disabled"
                    )
                    overrides[dashboard] = DashboardOverride(dashboard, str(reason), change.where)
                elif not isinstance(below, Unusable):
                    remedy = 'Write below it why it is switched off: `disabled: "The platform team has its own."`'
                    self._report(below.where, path, f"found {_kind(below)}", remedy)
        elif node is not None and not isinstance(node, Unusable):
            remedy = (
                'Write a dashboard and why it is off below it, or delete it: `pods: {disabled: "We have our own."}`'
            )
            self._report(node.where, _DASHBOARDS, f"found {_kind(node)}", remedy)
        return MappingProxyType(overrides)

    def _own_runbooks(self, name: str, entry: Entry | None) -> None:
        """A copied file still leads to the runbooks of the one it was copied from, whose numbers are other ones."""
        text = entry.value.text if entry is not None and isinstance(entry.value, Text) else ""
        for other in _RUNBOOKS.findall(text):
            if entry is not None and other != name:
                problem = f"leads to /build/{other}/runbooks, but this file is the environment {shown(name)}"
                remedy = f"Write /build/{name}/runbooks in its place, where the runbooks of this environment are built."
                self._report(entry.where, "runbooks_url", problem, remedy)

    def _unknown(self, node: Fields, path: str, known: tuple[str, ...]) -> None:
        for name, entry in node.entries.items():
            if name not in known:
                other = _elsewhere(name)
                renamed = _RENAMED.get(re.sub(r"^alerts\.[^.]+", "alerts.*", child_path(path, name)))
                if renamed:
                    problem = f"is called `{renamed}` now"
                    self._report(entry.where, child_path(path, name), problem, f"Write `{renamed}:` in its place.")
                    continue
                remedy = f"Is {other} meant? Allowed: {', '.join(known)}." if other else _instead(name, known)
                self._report(entry.where, child_path(path, name), "there is no such field", remedy)

    def _to_write(self, name: str, shape: _Shape) -> str:
        if isinstance(shape.holds, Form) and shape.keys is not None:
            pair = f"`{shape.keys.example}: {shape.holds.example}`"
            return f"Write below it a line each, such as {pair}: {shape.keys.allowed}; {shape.holds.allowed}."
        if not isinstance(shape.holds, Form):
            below = ", ".join(_shapes(shape.holds))
            return f"Write `{name}:` and below it {f'a list of blocks with {below}' if shape.many else below}."
        if shape.many:
            return f"Write a list: `{name}: [{shape.holds.example}]`. Each is {shape.holds.allowed}."
        return f"Write {_example(name, shape.holds)}. Allowed: {shape.holds.allowed}."

    def _report(self, where: Location, subject: str, problem: str, remedy: str) -> None:
        self.findings.append(_finding(where, subject, problem, remedy))


def _kind(node: Node) -> str:
    match node:
        case Text() if node.nothing:
            return "no value"
        case Text():
            return f"{shown(node.text)} in quotes" if node.quoted else shown(node.text)
        case Items():
            return "a list"
        case _:
            return "a block of fields"


def _example(name: str, form: Form) -> str:
    return f"`{name}: {form.example}`" if name else f"`{form.example}`"


def _instead(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1) if len(name) <= 100 else []
    meant = f"Is {near[0]} meant? " if near else ""
    return f"{meant}Allowed: {', '.join(known)}."


def _elsewhere(name: str) -> str:
    """The path of a field or block called `name`, "" where there is none."""
    for path in field_paths():
        parts = path.replace("[]", "").split(".")
        if name in parts:
            return ".".join(parts[: parts.index(name) + 1])
    return ""


def _refused(file: str, findings: list[Finding]) -> Refused:
    """All findings in the order of the file, up to a number that a person reads."""
    ordered = sorted(set(findings))
    if len(ordered) > MAX_FINDINGS:
        rest = f"{len(ordered) - MAX_FINDINGS} more problems are not shown"
        ordered = [*ordered[:MAX_FINDINGS], _finding(Location(file), "file", rest, "Mend the others first.")]
    return Refused(ordered)


def _finding(where: Location, subject: str, problem: str, remedy: str = "") -> Finding:
    return Finding(where, subject, problem, remedy, CHECK)
