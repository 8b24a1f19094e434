"""Programs from the distribution's own packages, unpacked into a folder: no root, no service, nothing installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

# Far above the 30 s that a slow line needs, and an end for a mirror that hangs.
TIMEOUT_SECONDS = 600


class Unavailable(Exception):
    """The packages cannot be had from here; the text says why."""


def unpack(packages: Sequence[str], into: Path) -> None:
    """Download `packages` in the distribution's version and unpack their files below the folder `into`.

    Where the machine's own package lists are missing or too old, lists of our own are fetched and thrown away again.
    Raises `Unavailable` where apt is missing or the packages cannot be had.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Unavailable("this machine has no apt-get and dpkg-deb")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="download-", dir=into) as name:
        downloads = Path(name)
        as_it_is = _apt([], ["download", *packages], downloads)
        if as_it_is.returncode != 0:
            own_lists = _own_lists(downloads)
            _require(_apt(own_lists, ["update"], downloads))
            _require(_apt(own_lists, ["download", *packages], downloads))
        for package in sorted(downloads.glob("*.deb")):
            _require(_run(["dpkg-deb", "--extract", str(package), str(into)], downloads))


def _own_lists(folder: Path) -> list[str]:
    """Options that let apt fetch package lists without root: they lie in `folder` instead of the system's folders."""
    lists, cache = folder.resolve() / "apt/lists", folder.resolve() / "apt/cache"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    (cache / "archives/partial").mkdir(parents=True, exist_ok=True)
    return ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}"]


def _apt(options: Sequence[str], command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    # As root, apt would hand the download to a user who may not write into our folder.
    sandbox = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    return _run(["apt-get", "--quiet=2", *sandbox, *options, *command], folder)


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603, the program is apt-get or dpkg-deb and no shell reads the arguments
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{' '.join(command[:1])} did not end within {TIMEOUT_SECONDS} s") from None


def _require(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        command, words = done.args[0], (done.stderr or done.stdout).strip() or f"exit status {done.returncode}"
        raise Unavailable(f"{command}: {words}")
