"""The names of checks that the kit gives to findings, read from its source, and the messages that stand beside them."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from tests.support.planting import PROJECT

KIT = PROJECT / "monitoring_kit"
# A message this short could stand for anything.
_SHORTEST = 6


@cache
def _modules() -> Mapping[str, ast.Module]:
    paths = sorted(KIT.rglob("*.py"))
    return {path.relative_to(KIT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def names_used() -> Mapping[str, frozenset[str]]:
    """The modules that give a finding each name. Raises ValueError for a name that the source does not tell."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    constants = {name: text for module in _modules().values() for name, text in _constants(module)}
    for file, module in _modules().items():
        takers = dict(_takers(module))
        for other in _imported(module):
            takers = {**_takers(_modules()[other]), **takers}
        own = {**constants, **dict(_constants(module))}
        for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
            function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if isinstance(call.func, ast.Name) and function == "finding":
                # What a check hands to its parts: the name comes first there.
                takers.setdefault(function, 0)
            if function in takers:
                for name in _names(_argument(call, takers[function]), own, f"{file}:{call.lineno}"):
                    found[name].add(file)
    return {name: frozenset(files) for name, files in found.items()}


def messages_in(files: frozenset[str]) -> Iterator[re.Pattern[str]]:
    """The texts of modules, each as an expression of how a message ends that it is in: its holes may hold anything."""
    for file in sorted(files):
        for node in ast.walk(_modules()[file]):
            if isinstance(node, ast.JoinedStr):
                parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*" for part in node.values]
                if sum(len(part) for part in parts if part != ".*") >= _SHORTEST:
                    yield re.compile("".join(parts) + r"\Z", re.DOTALL)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) >= _SHORTEST:
                yield re.compile(re.escape(node.value) + r"\Z")


def _imported(module: ast.Module) -> Iterator[str]:
    """The files of the kit that a module imports from."""
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            file = f"{node.module.removeprefix('monitoring_kit.').replace('.', '/')}.py"
            if file in _modules():
                yield file


def _constants(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() as text)):
                yield name, text


def _takers(module: ast.Module) -> Mapping[str, int]:
    """The functions and classes that take the name of a check, and the place of that argument."""
    found = {}
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
        elif isinstance(node, ast.ClassDef):
            names = [ast.unparse(part.target) for part in node.body if isinstance(part, ast.AnnAssign)]
        else:
            continue
        if "check" in names:
            found[node.name] = names.index("check")
    return found


def _argument(call: ast.Call, position: int) -> ast.expr | None:
    named = next((keyword.value for keyword in call.keywords if keyword.arg == "check"), None)
    return named or (call.args[position] if len(call.args) > position else None)


def _names(argument: ast.expr | None, constants: Mapping[str, str], where: str) -> Iterator[str]:
    match argument:
        case None:
            return
        case ast.Constant(value=str() as name):
            yield name
        case ast.Name(id="check") | ast.Attribute(attr="check"):
            return  # handed on: the caller's argument is the name
        case ast.Name(id=name) if name in constants:
            yield constants[name]
        case ast.IfExp(body=body, orelse=orelse):
            yield from _names(body, constants, where)
            yield from _names(orelse, constants, where)
        case _:
            raise ValueError(f"{where}: the name of the check is {ast.unparse(argument)}")
