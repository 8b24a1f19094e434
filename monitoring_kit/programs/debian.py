"""Programs from the distribution's own packages, unpacked into a folder: no root, no service, nothing installed.

Trust is apt's: a package is unpacked only if it has the hash that a package list gives, that list the hash that the
archive's Release file gives, and that file a signature by a key that this machine trusts for the archive. The keys and
the archives are those of the machine's own configuration, with root or without; options on the command line override
a configuration that would let unsigned archives pass. An archive that the machine's owner marked `[trusted=yes]` is
taken at the owner's word: apt has no option against it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

# Far above the 30 s that a slow line needs, and an end for a mirror that hangs.
TIMEOUT_SECONDS = 600

ONLY_VERIFIED = (
    *("-o", "APT::Get::AllowUnauthenticated=false"),
    *("-o", "Acquire::AllowInsecureRepositories=false"),
    *("-o", "Acquire::AllowWeakRepositories=false"),
    *("-o", "Acquire::AllowDowngradeToInsecureRepositories=false"),
)


class Unavailable(Exception):
    """The packages cannot be had from here; the text says why."""


def unpack(packages: Sequence[str], into: Path) -> None:
    """Download `packages` in the distribution's version, verified, and unpack their files below the folder `into`.

    Where the machine's own package lists are missing or too old, lists of our own are fetched and thrown away again.
    Raises `Unavailable` where apt is missing, the packages cannot be had or cannot be verified.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Unavailable("this machine has no apt-get and dpkg-deb")
    apt = ["apt-get", "--quiet=2", *ONLY_VERIFIED]
    if os.geteuid() == 0:  # else apt would hand the download to a user who may not write into our folder
        apt += ["-o", "APT::Sandbox::User=root"]
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="download-", dir=into) as name:
        downloads = Path(name).resolve()
        try:
            _run([*apt, "download", *packages], downloads)
        except Unavailable:
            lists, cache = downloads / "apt/lists", downloads / "apt/cache"
            (lists / "partial").mkdir(parents=True)
            (cache / "archives/partial").mkdir(parents=True)
            apt += ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}"]
            _run([*apt, "update"], downloads)
            _run([*apt, "download", *packages], downloads)
        for package in sorted(downloads.glob("*.deb")):
            _run(["dpkg-deb", "--extract", str(package), str(into.resolve())], downloads)


def _run(command: Sequence[str], folder: Path) -> None:
    """Run `command` in `folder`. Raises `Unavailable` with what it said if it fails."""
    try:
        done = subprocess.run(  # noqa: S603, the program is apt-get or dpkg-deb and no shell reads the arguments
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
        raise Unavailable(f"{command[0]} did not end within {TIMEOUT_SECONDS} s") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip() or f"exit status {done.returncode}"
        raise Unavailable(f"{command[0]}: {said}")
