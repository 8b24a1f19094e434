"""What `make build` and `make test` prepare on a machine that has only Python and make."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from monitoring_kit.core.findings import PROJECT
from monitoring_kit.programs import bootstrap, debian
from monitoring_kit.programs.bootstrap import CannotPrepare


def run(command: Sequence[str | Path], folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    # `make test` must not make the makes below its own.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_every_dependency_is_pinned_to_one_version() -> None:
    for requirement in bootstrap.dependencies("test"):
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9.]*", requirement)


def test_what_a_dependency_brings_along_is_pinned_too() -> None:
    pinned = dict(requirement.split("==") for requirement in bootstrap.dependencies("test"))
    for name, version in pinned.items():
        assert importlib.metadata.version(name) == version
        for needed in map(Requirement, importlib.metadata.requires(name) or ()):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in pinned, f"{name} needs it"


def test_the_tests_need_all_that_the_build_needs() -> None:
    assert set(bootstrap.dependencies("build")) < set(bootstrap.dependencies("test"))


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(CannotPrepare, match="no dependency group 'tset'; it has build, test"):
        bootstrap.dependencies("tset")


def test_the_node_packages_are_pinned_and_name_no_registry() -> None:
    folder = PROJECT / "tests/acceptance/node"
    assert re.findall(r'": "[^"0-9][^"]*"', (folder / "package.json").read_text().partition("devDependencies")[2]) == []
    lock = (folder / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in lock
    assert '"resolved"' not in lock


@pytest.mark.parametrize("version", [(3, 7, 16), (3, 10, 13)])
def test_an_older_python_is_told_so(version: tuple[int, int, int]) -> None:
    script = f"import sys; sys.version_info = {version}; import monitoring_kit.programs.bootstrap"
    done = run([sys.executable, "-c", script])
    assert done.returncode == 1
    assert f"This project needs Python 3.11 or newer; {sys.executable} is 3.{version[1]}." in done.stderr
    assert "make build PYTHON=" in done.stderr
    assert "Traceback" not in done.stderr


def test_python_without_pip_and_without_packages_to_get_it_from_is_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_packages(_packages: Sequence[str], _into: Path) -> None:
        raise debian.Unavailable("this machine has no apt-get and dpkg-deb")

    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", tmp_path / "venv/bin/python")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(debian, "unpack", no_packages)
    monkeypatch.setattr(sys, "argv", ["bootstrap", "build"])
    assert bootstrap.main() == 1
    shown = capsys.readouterr().err
    assert "this Python comes without pip" in shown
    assert "apt-get install python3-venv" in shown
    assert not (tmp_path / "venv").exists()


# The Makefile


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A copy of the Makefile beside stamps that say: everything is in place."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    stamps = (
        *(
            "pyproject.toml",
            "monitoring_kit/programs/tools.py",
            "tests/acceptance/node/package.json",
            "tests/acceptance/node/package-lock.json",
        ),
        *(".venv/bin/python", ".venv/ready-to-build", ".venv/ready-to-test", ".tools/ready"),
        "tests/acceptance/node/node_modules/.package-lock.json",
    )
    for age, name in enumerate(stamps):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    return tmp_path


def commands(folder: Path, target: str) -> list[str]:
    done = run(["make", "--dry-run", target], folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_make_alone_says_what_there_is() -> None:
    done = run(["make"])
    offered = re.findall(r"^make (\w+) ", done.stdout, re.MULTILINE)
    assert offered == ["build", "check", "diff", "test", "demo", "incidents", "mutants", "tools", "clean"]
    for target in offered:
        assert run(["make", "--dry-run", target]).returncode == 0


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("build", ".venv/bin/python generate.py build"),
        ("check", ".venv/bin/python generate.py check"),
        ("diff", ".venv/bin/python generate.py diff"),
        ("test", ".venv/bin/python -m pytest --numprocesses 2 --dist worksteal"),
    ],
)
def test_nothing_is_prepared_twice(prepared: Path, target: str, command: str) -> None:
    assert commands(prepared, target) == [command]


@pytest.mark.parametrize("target", ["demo", "incidents", "mutants"])
def test_a_program_finds_all_that_it_imports(prepared: Path, target: str) -> None:
    (command,) = commands(prepared, target)
    start, module = command.split(" -m ")
    loaded = f"import runpy; runpy.run_module('{module}', run_name='loaded_and_not_run')"
    done = run(["sh", "-c", f'{start.replace(".venv/bin/python", sys.executable)} -c "{loaded}"'])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("changed", "target", "prepared_again"),
    [
        ("pyproject.toml", "build", ["bootstrap build"]),
        ("pyproject.toml", "test", ["bootstrap build", "bootstrap test", "node tests/acceptance/node"]),
        ("monitoring_kit/programs/tools.py", "test", ["tools"]),
        ("tests/acceptance/node/package-lock.json", "test", ["node tests/acceptance/node"]),
    ],
)
def test_what_changed_is_prepared_again(prepared: Path, changed: str, target: str, prepared_again: list[str]) -> None:
    (prepared / changed).touch()
    assert re.findall(r"-m monitoring_kit\.programs\.(.+)", "\n".join(commands(prepared, target))) == prepared_again


def test_an_environment_whose_python_is_gone_is_made_again(prepared: Path) -> None:
    (prepared / ".venv/bin/python").unlink()
    (prepared / ".venv/bin/python").symlink_to("/nowhere/python3.11")
    assert "python3 -m monitoring_kit.programs.bootstrap build" in commands(prepared, "build")
