"""The layers of the kit: every import goes down, and no modules import each other in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.planting import PROJECT

# Lowest first: what stands in a layer imports from those before it and from its own.
LAYERS = (
    "core",
    "promql",
    "kusto",
    "model",
    "analysis",
    "environment",
    "loading",
    "project",
    "plan",
    "render",
    "checks",
    "output",
    "programs",
    "generate",
    "listing",
    "testing",
    "starter",
    "cli",
)
KIT = PROJECT / "monitoring_kit"


def modules() -> list[Path]:
    """Every module but the public face, which names what lies in all layers and imports it when it is asked for."""
    return [file for file in sorted(KIT.rglob("*.py")) if file != KIT / "__init__.py"]


def dotted(file: Path) -> str:
    parts = file.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(file: Path) -> frozenset[str]:
    """The modules of the kit that `file` imports."""
    return frozenset(_imports(file))


def _imports(file: Path) -> Iterator[str]:
    known = {dotted(module) for module in modules()}
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "monitoring_kit":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else node.module or ""


def layer(module: str) -> str:
    return module.split(".")[1]


def test_every_module_lies_in_a_layer() -> None:
    assert {layer(dotted(file)) for file in modules()} == set(LAYERS)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_imports_from_those_below(name: str) -> None:
    below = {"monitoring_kit", *LAYERS[: LAYERS.index(name) + 1]}
    upward = {
        f"{dotted(file)} imports {module}"
        for file in modules()
        if layer(dotted(file)) == name
        for module in imports(file)
        if (module if module == "monitoring_kit" else layer(module)) not in below
    }
    assert upward == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {dotted(file): imports(file) - {dotted(file)} for file in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
