"""A copy of the project that a test may break, and the command line run in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.planting import PROJECT, REFERENCE

SOURCES = ("monitoring_kit", "queries", "rules", "dashboards", "generate.py")


def run(*arguments: object, project: Path = PROJECT, seed: str = "0") -> subprocess.CompletedProcess[str]:
    """`generate.py` with `arguments`, in `project`."""
    return subprocess.run(
        [sys.executable, "generate.py", *map(str, arguments)],
        cwd=project,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """The content of every file below `folder`, by path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def copied(target_folder: Path) -> Path:
    """A copy of everything that a build needs, with the reference environments; the external programs are shared."""
    for name in SOURCES:
        source, target = PROJECT / name, target_folder / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    shutil.copytree(REFERENCE, target_folder / "environments")
    if (PROJECT / ".tools").exists():
        (target_folder / ".tools").symlink_to(PROJECT / ".tools")
    return target_folder


def edit(file: Path, old: str, new: str) -> None:
    """Replaces the first `old` in `file`, which has to be there."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
