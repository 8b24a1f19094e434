"""What `make build` and `make test` prepare on a machine that has only Python and make."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from monitoring_kit.programs import bootstrap, debian
from monitoring_kit.programs.bootstrap import CannotPrepare
from tests.support.planting import PROJECT


def run(command: Sequence[str | Path], folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    # `make test` must not make the makes below its own.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for `.venv`, which is not there yet, beside an empty `requirements/`."""
    (tmp_path / "requirements").mkdir()
    monkeypatch.setattr(bootstrap, "LOCKS", tmp_path / "requirements")
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", tmp_path / "venv/bin/python")
    return tmp_path


def wheel(folder: Path, name: str = "harmless") -> Path:
    """A package that pip can install without a network."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return file


def offline(monkeypatch: pytest.MonkeyPatch, packages: Path) -> None:
    """pip finds its packages in a folder and nowhere else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(packages))


def test_an_unknown_lock_is_refused(environment: Path) -> None:
    (environment / "requirements/build.txt").touch()
    (environment / "requirements/test.txt").touch()
    with pytest.raises(CannotPrepare, match=r"no lock file tset\.txt; it has those of build, test"):
        bootstrap.prepare("tset")


def test_a_package_with_a_hash_of_the_lock_is_installed(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = wheel(environment)
    offline(monkeypatch, environment)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (environment / "requirements/build.txt").write_text(f"harmless==1.0 --hash=sha256:{digest}\n")
    bootstrap.prepare("build")
    assert run([environment / "venv/bin/python", "-c", "import harmless"]).returncode == 0


@pytest.mark.parametrize(
    ("lock", "problem"),
    [
        (f"harmless==1.0 --hash=sha256:{'0' * 64}\n", "DO NOT MATCH THE HASHES"),
        ("harmless==1.0\n", "Hashes are required"),
    ],
    ids=["another hash", "no hash"],
)
def test_a_package_without_a_hash_of_the_lock_is_refused(
    environment: Path, monkeypatch: pytest.MonkeyPatch, lock: str, problem: str
) -> None:
    wheel(environment)
    offline(monkeypatch, environment)
    (environment / "requirements/build.txt").write_text(lock)
    with pytest.raises(CannotPrepare, match=problem):
        bootstrap.prepare("build")
    assert run([environment / "venv/bin/python", "-c", "import harmless"]).returncode != 0


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
    environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_packages(_packages: Sequence[str], _into: Path) -> None:
        raise debian.Unavailable("this machine has no apt-get and dpkg-deb")

    (environment / "requirements/build.txt").touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(debian, "unpack", no_packages)
    monkeypatch.setattr(sys, "argv", ["bootstrap", "build"])
    assert bootstrap.main() == 1
    shown = capsys.readouterr().err
    assert "this Python comes without pip" in shown
    assert "apt-get install python3-venv" in shown
    assert not (environment / "venv").exists()


# The Makefile


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A copy of the Makefile beside stamps that say: everything is in place."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    stamps = (
        *(
            "requirements/build.txt",
            "requirements/test.txt",
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
    assert offered == [
        "build",
        "check",
        "diff",
        "removal",
        "test",
        "demo",
        "preview",
        "pictures",
        "incidents",
        "mutants",
        "tools",
        "lock",
        "clean",
    ]
    for target in offered:
        assert run(["make", "--dry-run", target]).returncode == 0


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("build", ".venv/bin/python generate.py build"),
        ("check", ".venv/bin/python generate.py check"),
        ("diff", ".venv/bin/python generate.py diff"),
        ("test", ".venv/bin/python -m pytest --numprocesses 2 --dist worksteal -p tests.support.progress"),
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
        ("requirements/build.txt", "build", ["bootstrap build"]),
        ("requirements/build.txt", "test", ["bootstrap build", "bootstrap test", "node tests/acceptance/node"]),
        ("requirements/test.txt", "build", []),
        ("requirements/test.txt", "test", ["bootstrap test", "node tests/acceptance/node"]),
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
