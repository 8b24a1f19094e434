"""Finding processes by a mark that they inherit, wherever in the tree and in whichever session they end up."""

from __future__ import annotations

import time
from pathlib import Path

_MARK = "STARTED_BY_TEST"
_GONE_WITHIN_SECONDS = 10.0


def marking(mark: str) -> dict[str, str]:
    """The environment variable that marks a process and everything that it starts."""
    return {_MARK: mark}


def marked(mark: str) -> list[str]:
    """The command lines of the living processes that carry `mark`."""
    entry = f"{_MARK}={mark}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if entry in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip())
        except OSError:
            continue  # it has ended, or is not ours
    return found


def outlived(mark: str) -> list[str]:
    """The processes with `mark` that are still there when those that are about to end have had time to."""
    deadline = time.monotonic() + _GONE_WITHIN_SECONDS
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left
