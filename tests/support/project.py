"""A copy of the project that a test may break, and the command line run in it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from monitoring_kit.cli import main
from tests.support.planting import PROJECT, REFERENCE

SOURCES = ("queries", "rules", "dashboards")
SETTINGS = "[tool.monitoring-kit]\npacks = []\n"


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: object, project: Path = PROJECT) -> Done:
    """The command line with `arguments`, in `project`."""
    stdout, stderr = io.StringIO(), io.StringIO()
    # An edit within the second in which the byte code was written would not be noticed.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        with redirect_stdout(stdout), redirect_stderr(stderr):
            status = main([str(argument) for argument in arguments], project)
    except SystemExit as wrong:
        status = int(wrong.code or 0)
    finally:
        sys.dont_write_bytecode = before
    return Done(status, stdout.getvalue(), stderr.getvalue())


def interpreted(*arguments: object, project: Path = PROJECT, **environment: str) -> subprocess.CompletedProcess[str]:
    """`generate.py` with `arguments` in an interpreter of its own, with variables of its environment set."""
    return subprocess.run(
        [sys.executable, PROJECT / "generate.py", *map(str, arguments)],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """The content of every file below `folder`, by path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def copied(folder: Path) -> Path:
    """A copy of the shipped definitions that stands on no pack, with the reference environments."""
    for name in SOURCES:
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(REFERENCE, folder / "environments")
    (folder / "pyproject.toml").write_text(SETTINGS)
    return folder


def edit(file: Path, old: str, new: str) -> None:
    """Replaces the first `old` in `file`, which has to be there."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
