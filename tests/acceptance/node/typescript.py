"""Values of the output held against published TypeScript types, all in one run of the compiler."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitoring_kit.programs import node

NODE_FOLDER = Path(__file__).resolve().parent

_OPTIONS = (
    *("--noEmit", "--strict", "--skipLibCheck", "--pretty", "false", "--types", ""),
    *("--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"),
)
_ERROR = re.compile(r"^checked\.ts\((\d+),\d+\): error (TS\d+: .*)$")
_TYPE_WRITTEN_OUT = re.compile(r"type '[^']*\{.*\}[^']*'")  # often a page long

# JSON holds "list" where the types of Grafana name an enumeration's member; `Json` turns members into their values.
_JSON_TYPE = """\
type Json<T> = 0 extends 1 & T ? T : unknown extends T ? T : T extends string ? `${T}`
  : T extends (infer Item)[] ? Json<Item>[] : T extends object ? { [Key in keyof T]: Json<T[Key]> } : T;
"""


@dataclass(frozen=True)
class Typed:
    """A JSON value and the type that it must have.

    `subject` names it in errors, `path` says where in its document it stands. `module` and `type_name` say where the
    type comes from; without a module the type is one of the language.
    """

    subject: str
    path: str
    value: object
    type_name: str
    module: str = ""


def type_errors(checks: Sequence[Typed]) -> list[str]:
    """What the compiler finds, as `subject: path: words`. It knows fields, enumerations, types and what is missing."""
    modules = sorted({check.module for check in checks if check.module})
    aliases = {module: f"module{number}" for number, module in enumerate(modules)}
    lines = [f"import type * as {alias} from {json.dumps(module)};" for module, alias in aliases.items()]
    lines += _JSON_TYPE.splitlines()
    backends: dict[int, tuple[str, str]] = {}
    for number, check in enumerate(checks):
        prefix = f"{aliases[check.module]}." if check.module else ""
        lines.append(f"export const value{number} =")
        for text, path in _literal(check.value, check.path):
            lines.append(text)
            backends[len(lines)] = (check.subject, path)
        lines[-1] += f" satisfies Json<{prefix}{check.type_name}>;"
    return _compile("\n".join(lines) + "\n", backends)


def _literal(value: object, path: str, key: str = "", comma: str = "") -> Iterator[tuple[str, str]]:
    """The lines of `value` as a literal, one value a line, each with its path."""
    if isinstance(value, Mapping) and value:
        yield key + "{", path
        for name, item in value.items():
            yield from _literal(item, f"{path}.{name}" if path else str(name), f"{json.dumps(str(name))}: ", ",")
        yield "}" + comma, path
    elif isinstance(value, list) and value:
        yield key + "[", path
        for number, item in enumerate(value):
            yield from _literal(item, f"{path}[{number}]", comma=",")
        yield "]" + comma, path
    else:
        yield key + json.dumps(value) + comma, path


def _compile(text: str, backends: Mapping[int, tuple[str, str]]) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "node_modules").symlink_to(NODE_FOLDER / "node_modules")
        (folder / "checked.ts").write_text(text, encoding="utf-8")
        done = node.run([NODE_FOLDER / "node_modules/typescript/bin/tsc", *_OPTIONS, "checked.ts"], folder=folder)
    errors: list[str] = []
    for line in done.stdout.splitlines():
        match = _ERROR.match(line)
        if match is not None:
            subject, path = backends.get(int(match[1]), ("the checker's own text", f"line {match[1]}"))
            words = _TYPE_WRITTEN_OUT.sub("its type", match[2])
            errors.append(f"{subject}: {path}: {words}" if path else f"{subject}: {words}")
        elif errors and line.startswith(" "):
            errors[-1] += f" {_TYPE_WRITTEN_OUT.sub('its type', line.strip())}"  # more about the same error
        elif line.strip():
            errors.append(f"tsc: {line}")
    if done.returncode != 0 and not errors:
        errors.append(f"tsc ended with status {done.returncode} and no words")
    return errors
