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

from monitoring_kit.core.findings import Finding, Location, Refused
from monitoring_kit.programs import debian

TOOLS_FOLDER = Path(".tools").absolute()
HOW_TO_INSTALL = (
    "run `make tools` (Debian, Ubuntu: unpacks the distribution's packages into .tools, without root),"
    " or put {name} {oldest} or newer on PATH: https://prometheus.io/download/"
)


@dataclass(frozen=True)
class Tool:
    """An external program: the names it goes by, the distribution's package that holds it, the oldest usable release.

    The oldest releases are those of Debian 12, with which every check of this project was tried. From `unlike` on a
    release gives other figures in places, so that it is used only where there is none before it: for Prometheus 3 a
    window has one edge, and what is added up at round times comes out a little smaller.
    """

    commands: tuple[str, ...]
    package: str
    oldest: tuple[int, int]
    unlike: tuple[int, int]


TOOLS = {
    "promtool": Tool(("promtool",), "prometheus", (2, 42), (3, 0)),
    "prometheus": Tool(("prometheus",), "prometheus", (2, 42), (3, 0)),
    "amtool": Tool(("amtool",), "prometheus-alertmanager", (0, 25), (1, 0)),
    "prometheus-alertmanager": Tool(
        ("prometheus-alertmanager", "alertmanager"), "prometheus-alertmanager", (0, 25), (1, 0)
    ),
}


class ToolMissing(Refused):
    """An external program is neither on PATH nor in `.tools/bin`; the finding says how to install it."""


@functools.cache
def find(name: str) -> Path:
    """The program `name`, a key of `TOOLS`. Raises `ToolMissing`.

    One on PATH that is older than the project can use is passed over; one that gives other figures is the last resort.
    """
    tool = TOOLS[name]
    on_path = {path: _version(path) for command in tool.commands if (path := shutil.which(command)) is not None}
    alike = [path for path, version in on_path.items() if tool.oldest <= version < tool.unlike]
    unlike = [path for path, version in on_path.items() if version >= tool.unlike]
    unpacked = TOOLS_FOLDER / "bin" / name
    if alike:
        return Path(alike[0])
    if os.access(unpacked, os.X_OK):
        return unpacked
    if unlike:
        return Path(unlike[0])
    found = "; ".join(f"{path} is version {_dotted(version)}" for path, version in on_path.items()) or "not found"
    raise ToolMissing(
        Finding(Location("PATH"), name, found, HOW_TO_INSTALL.format(name=name, oldest=_dotted(tool.oldest)))
    )


def install() -> None:
    """Unpack every program that is missing into `.tools/bin`. Raises `ToolMissing` where that is not possible.

    One that is there, but gives other figures, is unpacked too where that is possible.
    """
    missing, unlike = [], []
    for name, tool in TOOLS.items():
        try:
            if _version(find(name)) >= tool.unlike:
                unlike.append(name)
        except ToolMissing:
            missing.append(name)
    try:
        if missing or unlike:
            _unpack([*missing, *unlike])
    except ToolMissing:
        if missing:
            raise


def _unpack(missing: list[str]) -> None:
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


def _version(program: str | Path) -> tuple[int, ...]:
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
    """`python -m monitoring_kit.programs.tools`: install what is missing and say where everything is."""
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
