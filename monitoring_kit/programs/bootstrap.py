"""`python3 -m monitoring_kit.programs.bootstrap build|test|lock`: make `.venv` hold what `requirements/` pins.

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
import subprocess
import tempfile
import venv
from pathlib import Path

from monitoring_kit.programs import debian

PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
VENV_PYTHON = VENV / "bin/python"
LOCKS = PROJECT / "requirements"


class CannotPrepare(Exception):
    """The virtual environment cannot be made; the text says why and what to do."""


def prepare(name: str) -> None:
    """Create `.venv` where it is missing or broken, and install into it what the lock file `name` pins.

    Every file that pip installs has one of the lock's hashes, wherever it came from. Only wheels are taken: to build
    from source would fetch build tools that no lock pins. Raises `CannotPrepare`.
    """
    lock = LOCKS / f"{name}.txt"
    if not lock.exists():
        known = ", ".join(sorted(path.stem for path in LOCKS.glob("*.txt")))
        raise CannotPrepare(f"requirements/ has no lock file {name}.txt; it has those of {known}")
    if not _works():
        print("Creating .venv", flush=True)
        _create()
    print(f"Installing what `make {name}` needs into .venv", flush=True)
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"]
    done = _python("-m", "pip", "install", *options, "--requirement", str(lock))
    if done.returncode != 0:
        raise CannotPrepare(f"pip could not install the packages:\n{done.stdout.strip()}")


def _works() -> bool:
    """Whether `.venv` has a Python that is new enough, and pip."""
    return VENV_PYTHON.exists() and (
        _python("-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))").returncode == 0
    )


def _create() -> None:
    if importlib.util.find_spec("ensurepip") is not None:
        venv.create(VENV, clear=True, symlinks=True, with_pip=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            wheel = _distribution_pip(Path(folder))
        except debian.Unavailable as reason:
            raise CannotPrepare(
                f"this Python comes without pip, and the distribution's pip cannot be had: {reason}\n"
                "Install your distribution's venv package (Debian, Ubuntu: apt-get install python3-venv) and try again."
            ) from None
        venv.create(VENV, clear=True, symlinks=True, with_pip=False)
        done = _python(f"{wheel}/pip", "install", "--quiet", "--no-input", "--no-index", str(wheel))
    if done.returncode != 0:
        raise CannotPrepare(f"pip could not install itself into .venv:\n{done.stdout.strip()}")


def _distribution_pip(folder: Path) -> Path:
    """The wheel of pip that Debian and Ubuntu keep in a package of its own, unpacked into `folder`."""
    debian.unpack(["python3-pip-whl"], folder)
    wheel = next(folder.glob("usr/share/python-wheels/pip-*.whl"), None)
    if wheel is None:
        raise debian.Unavailable("the package python3-pip-whl holds no wheel of pip")
    return wheel


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the Python of `.venv`; both of its outputs are in `stdout`."""
    # A PYTHONPATH or PYTHONHOME of the caller would mix other packages into the environment.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(  # noqa: S603, the environment's own Python with fixed arguments
        [VENV_PYTHON, *arguments],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def main() -> int:
    """Prepare `.venv` for the lock file named on the command line."""
    try:
        prepare(*sys.argv[1:])
    except (CannotPrepare, OSError, subprocess.SubprocessError) as error:
        print(f"The virtual environment cannot be made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
