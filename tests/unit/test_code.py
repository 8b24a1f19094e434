"""The code itself: typed, linted, and imported in one direction."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LAYERS = ("monitoring_kit", "queries", "rules", "dashboards")
CODE = [*LAYERS, "generate.py", "tests", "benchmarks", "examples"]


@pytest.mark.parametrize(
    "command",
    [("mypy", "--strict"), ("ruff", "check"), ("ruff", "format", "--check")],
    ids=["mypy --strict", "ruff check", "ruff format"],
)
def test_the_tree_is_clean(command: tuple[str, ...]) -> None:
    present = [path for path in CODE if (PROJECT / path).exists()]
    done = subprocess.run(
        [sys.executable, "-m", *command, *present], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_run_one_way(layer: str) -> None:
    above = set(LAYERS[LAYERS.index(layer) + 1 :]) | {"generate", "tests"}
    wrong = [
        f"{file.relative_to(PROJECT)} imports {name}"
        for file in (PROJECT / layer).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for name in _imported(node)
        if name.partition(".")[0] in above
    ]
    assert wrong == []


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


@pytest.mark.parametrize("folder", ["queries", "rules", "dashboards"])
def test_numbers_that_decide_stand_in_the_thresholds_alone(folder: str) -> None:
    """Outside rules/thresholds.py and rules/slo.py a definition holds only layout: widths and heights of panels."""
    wrong = [
        f"{file.relative_to(PROJECT)}:{node.lineno} {node.value}"
        for file in (PROJECT / folder).glob("*.py")
        if (folder, file.name) not in (("rules", "thresholds.py"), ("rules", "slo.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        and not (folder == "dashboards" and node.value in range(1, 25))
    ]
    assert wrong == []


@pytest.mark.parametrize("file", ["rules/alerts.py", "rules/thresholds.py"])
def test_a_file_of_definitions_fits_a_few_screens(file: str) -> None:
    assert len((PROJECT / file).read_text().splitlines()) < 150
