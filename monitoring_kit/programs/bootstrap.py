"""`python3 -m monitoring_kit.programs.bootstrap build|test`: make `.venv` hold what building or testing needs.

Runs on a fresh machine with nothing but Python, also where the distribution ships Python without `venv`'s pip (Debian
and Ubuntu without `python3-venv`). Needs the standard library only.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036, an older Python must be told so before it fails to import the rest
    found = ".".join(str(part) for part in sys.version_info[:2])
    sys.exit(
        f"This project needs Python 3.11 or newer; {sys.executable} is {found}.\n"
        "Name another one: make build PYTHON=python3.12"
    )

import importlib.util
import os
import shutil
import subprocess
import tomllib
import venv
from pathlib import Path

from monitoring_kit.core.findings import PROJECT
from monitoring_kit.programs import debian
from monitoring_kit.programs.tools import TOOLS_FOLDER

VENV = PROJECT / ".venv"
VENV_PYTHON = VENV / "bin/python"


class CannotPrepare(Exception):
    """The virtual environment cannot be made; the text says why and what to do."""


def dependencies(group: str) -> list[str]:
    """The requirements of one `[dependency-groups]` entry of pyproject.toml, with those of the groups it includes."""
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    if group not in groups:
        raise CannotPrepare(f"pyproject.toml has no dependency group {group!r}; it has {', '.join(sorted(groups))}")
    found: list[str] = []
    for entry in groups[group]:
        found += [entry] if isinstance(entry, str) else dependencies(entry["include-group"])
    return found


def prepare(group: str) -> None:
    """Create `.venv` where it is missing or broken, and install the requirements of `group` into it."""
    pip = _pip_of_environment()
    if pip is None:
        print("Creating .venv", flush=True)
        pip = _create_environment()
    print(f"Installing what `make {group}` needs into .venv", flush=True)
    done = _run([*pip, "install", "--quiet", "--no-input", "--disable-pip-version-check", *dependencies(group)])
    if done.returncode != 0:
        raise CannotPrepare(f"pip could not install the packages:\n{done.stdout.strip()}")


def _pip_of_environment() -> list[str] | None:
    """The command that runs pip for a `.venv` that works, else None."""
    if (
        not VENV_PYTHON.exists()
        or _run([str(VENV_PYTHON), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).returncode
    ):
        return None
    command = [str(VENV_PYTHON), "-m", "pip"]
    return command if _run([*command, "--version"]).returncode == 0 else None


def _create_environment() -> list[str]:
    if importlib.util.find_spec("ensurepip") is not None:
        venv.create(VENV, clear=True, symlinks=True, with_pip=True)
        return [str(VENV_PYTHON), "-m", "pip"]
    try:
        wheel = _distribution_pip()
    except debian.Unavailable as reason:
        raise CannotPrepare(
            f"this Python comes without pip, and the distribution's pip cannot be had: {reason}\n"
            "Install your distribution's venv package (Debian, Ubuntu: apt-get install python3-venv) and try again."
        ) from None
    venv.create(VENV, clear=True, symlinks=True, with_pip=False)
    pip = [str(VENV_PYTHON), f"{wheel}/pip"]
    done = _run([*pip, "install", "--quiet", "--no-input", "--no-index", str(wheel)])
    if done.returncode != 0:
        raise CannotPrepare(f"pip could not install itself into .venv:\n{done.stdout.strip()}")
    return [str(VENV_PYTHON), "-m", "pip"]


def _distribution_pip() -> Path:
    """The wheel of pip that Debian and Ubuntu keep in a package of its own."""
    folder = TOOLS_FOLDER / "python3-pip-whl"
    shutil.rmtree(folder, ignore_errors=True)
    debian.unpack(["python3-pip-whl"], folder)
    wheels = sorted(folder.glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        raise debian.Unavailable("the package python3-pip-whl holds no wheel of pip")
    return wheels[-1]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    # A PYTHONPATH or PYTHONHOME of the caller would mix other packages into the environment.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(  # noqa: S603, the environment's own Python with fixed arguments and pinned names
        command,
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def main() -> int:
    """Prepare `.venv` for the dependency group named on the command line."""
    try:
        prepare(*sys.argv[1:])
    except (CannotPrepare, OSError, subprocess.SubprocessError) as error:
        print(f"The virtual environment cannot be made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
