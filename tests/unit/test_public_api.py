"""What a definition may import: all of it from `monitoring_kit`, each name explained by an example that runs."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import monitoring_kit
from tests.support.planting import PROJECT

MEASURES = {"prom": "Ratio Rate Histogram Utilisation Increase Gauge Absent Query", "azure": "Metric"} | {
    "kql": "Ratio Rate Durations Query Table"
}


def documented() -> Iterator[tuple[str, object]]:
    """Public functions and classes, and the ways to measure, by the name that a definition writes."""
    for name in monitoring_kit.__all__:
        value = getattr(monitoring_kit, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            yield name, value
    for module, names in MEASURES.items():
        for name in names.split():
            yield f"{module}.{name}", getattr(getattr(monitoring_kit, module), name)


@pytest.mark.parametrize(("name", "thing"), list(documented()), ids=[name for name, _ in documented()])
def test_the_docstring_begins_with_an_example_that_runs(name: str, thing: object) -> None:
    text = inspect.getdoc(thing) or ""
    assert text.split("\n\n")[1].startswith(">>> "), text
    names = {public: getattr(monitoring_kit, public) for public in monitoring_kit.__all__}
    examples = doctest.DocTestParser().get_doctest(text, {"Path": Path, **names}, name, None, 0)
    assert any(re.search(rf"\b{re.escape(name)}\b", one.source) for one in examples.examples)
    said: list[str] = []
    assert doctest.DocTestRunner(verbose=False).run(examples, out=said.append).failed == 0, "".join(said)


@pytest.mark.parametrize("folder", ["queries", "rules", "dashboards"])
def test_shipped_definitions_import_public_names_only(folder: str) -> None:
    imported = {
        node.module or ""
        for file in (PROJECT / folder).glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom)
    }
    assert {name for name in imported if name.partition(".")[0] == "monitoring_kit"} == {"monitoring_kit"}


def test_every_public_name_is_declared_once_for_python_and_for_type_checkers() -> None:
    tree = ast.parse(Path(monitoring_kit.__file__).read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    declared = [alias.name for node in ast.walk(guarded) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(declared) == sorted(monitoring_kit.__all__)
    assert dir(monitoring_kit) == sorted({*dir(monitoring_kit), *monitoring_kit.__all__})


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Raito"):
        _ = monitoring_kit.Raito  # type: ignore[attr-defined] # that is the point


def test_the_package_can_be_imported_on_a_bare_python() -> None:
    code = "import sys, monitoring_kit; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert not {"yaml", "promql_parser", "jinja2", "typeguard", "grafanalib"} & set(done.stdout.split())
