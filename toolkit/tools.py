"""Where the external programs are: on PATH, else in the project's `.tools/bin`, unpacked there by `make tools`."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from toolkit import debian
from toolkit.findings import PROJECT, Finding, Location, Refused

TOOLS_FOLDER = PROJECT / ".tools"
HOW_TO_INSTALL = (
    "run `make tools` (Debian, Ubuntu: unpacks the distribution's packages into .tools, without root),"
    " or put {name} {oldest} or newer on PATH: https://prometheus.io/download/"
)


@dataclass(frozen=True)
class Tool:
    """An external program: the names it goes by, the distribution's package that holds it, the oldest usable release.

    The oldest releases are those of Debian 12, with which every check of this project was tried.
    """

    commands: tuple[str, ...]
    package: str
    oldest: tuple[int, int]


TOOLS = {
    "promtool": Tool(("promtool",), "prometheus", (2, 42)),
    "prometheus": Tool(("prometheus",), "prometheus", (2, 42)),
    "amtool": Tool(("amtool",), "prometheus-alertmanager", (0, 25)),
    "prometheus-alertmanager": Tool(("prometheus-alertmanager", "alertmanager"), "prometheus-alertmanager", (0, 25)),
}


class ToolMissing(Refused):
    """An external program is neither on PATH nor in `.tools/bin`; the finding says how to install it."""


@functools.cache
def find(name: str) -> Path:
    """The program `name`, a key of `TOOLS`. Raises `ToolMissing`.

    One on PATH that is older than the project can use is passed over.
    """
    tool = TOOLS[name]
    too_old = []
    for command in tool.commands:
        on_path = shutil.which(command)
        if on_path is not None:
            version = _version(Path(on_path))
            if version >= tool.oldest:
                return Path(on_path)
            too_old.append(f"{on_path} is version {_dotted(version)}" if version else f"{on_path} tells no version")
    unpacked = TOOLS_FOLDER / "bin" / name
    if os.access(unpacked, os.X_OK):
        return unpacked
    found = "; ".join(too_old) or "not found"
    raise ToolMissing(
        Finding(Location("PATH"), name, found, HOW_TO_INSTALL.format(name=name, oldest=_dotted(tool.oldest)))
    )


def install() -> None:
    """Unpack every program that is missing into `.tools/bin`. Raises `ToolMissing` where that is not possible."""
    missing = []
    for name in TOOLS:
        try:
            find(name)
        except ToolMissing:
            missing.append(name)
    if not missing:
        return
    TOOLS_FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unpack-", dir=TOOLS_FOLDER) as folder:
        try:
            debian.unpack(sorted({TOOLS[name].package for name in missing}), Path(folder))
        except debian.Unavailable as reason:
            raise ToolMissing(_not_installed(name, str(reason)) for name in missing) from None
        (TOOLS_FOLDER / "bin").mkdir(exist_ok=True)
        for name in missing:
            unpacked = Path(folder) / "usr/bin" / name
            version = _version(unpacked)
            if version < TOOLS[name].oldest:
                raise ToolMissing(_not_installed(name, f"the distribution's version {_dotted(version)} is too old"))
            unpacked.replace(TOOLS_FOLDER / "bin" / name)
    find.cache_clear()


def _not_installed(name: str, reason: str) -> Finding:
    remedy = f"put {name} {_dotted(TOOLS[name].oldest)} or newer on PATH: https://prometheus.io/download/"
    return Finding(Location(".tools/bin"), name, f"cannot be installed: {reason}", remedy)


def _version(program: Path) -> tuple[int, ...]:
    """The release that the program reports, for instance (2, 42); empty where it reports none."""
    try:
        done = subprocess.run(  # noqa: S603, a program that the user put on PATH, no shell
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    match = re.search(r"\bversion (\d+)\.(\d+)", done.stdout + done.stderr)
    return (int(match[1]), int(match[2])) if match else ()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version) or "unknown"


def main() -> int:
    """`python -m toolkit.tools`: install what is missing and say where everything is."""
    try:
        install()
        for name in TOOLS:
            print(f"{name:24} {find(name)}")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
