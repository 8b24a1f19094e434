"""The one way in which generated files reach the disk: all are staged first, then moved into place one by one.

Kept: a build that fails before `commit` changes nothing. Each file is replaced whole, never written half. A file, link
or folder that no build has written is the user's: it is never changed, moved, linked or removed; where it stands in the
way of a generated file, the build is refused. Nothing is written or removed through a link.

Given up: the folder as a whole is not replaced in one step. A build that is killed while it commits leaves some files
new and some old. It names both in the manifest before it touches the first, so the next build finishes the work; an
empty folder may stay. A file that the user saves in the place of a new one within the milliseconds of a commit is lost.

`MANIFEST.sha256` in the folder of each environment lists what is generated: `sha256sum -c MANIFEST.sha256` verifies it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from monitoring_kit.core.findings import Finding, Location, Refused, shown_path

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


MANIFEST = "MANIFEST.sha256"
MANIFEST_HEADER = "# Files that generate.py wrote here. Verify with: sha256sum -c MANIFEST.sha256"
STAGING = ".staged-by-generate"
LOCK_TIMEOUT_SECONDS = 60.0

_MANIFEST_LINE = re.compile(r"^[0-9a-f]{64}  (.+)$", re.MULTILINE)


class Unfinished(Refused):
    """A commit that the disk stopped halfway: some files may be new, others old. The next build finishes it."""

    written = "Some files may have been replaced, others not. Build again once it is fixed: that finishes it."


@dataclass(frozen=True)
class Changes:
    """How the generated files of one environment differ from those on disk, as sorted paths below its folder.

    The manifest itself is not listed: it follows from the others.
    """

    environment: str
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether a generated file is added, changed or removed."""
        return bool(self.added or self.changed or self.removed)


def compare(root: Path, environment: str, files: Mapping[str, str]) -> Changes:
    """How `files` (text by path) differ from what stands in `root/environment`. Writes nothing.

    Raises `Refused` where a file of the user's own stands in the way of a generated one.
    """
    with _refusing(root):
        return _compare(root / environment, files)[0]


class Output:
    """The folder that holds one folder for each environment, locked for one build.

    ::

        with Output(Path("build")) as output:
            for environment in environments:
                output.stage(environment.name, render(environment))
            report = output.commit(remove_others=True)

    Leaving the block without `commit` changes nothing. Every problem with the disk or with a file that is in the way
    raises `Refused`; so does another build that holds the folder for longer than `LOCK_TIMEOUT_SECONDS`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._staging = root / STAGING
        self._staged: dict[str, tuple[Changes, Collection[str]]] = {}
        self._leaving = contextlib.ExitStack()

    def __enter__(self) -> Output:
        with _refusing(self._root), contextlib.ExitStack() as leaving:
            self._root.mkdir(parents=True, exist_ok=True)
            leaving.enter_context(_locked(self._root / f"{STAGING}.lock"))
            if os.path.lexists(self._staging):
                shutil.rmtree(self._staging)  # a killed build left it; the lock says that nobody uses it now
            leaving.callback(shutil.rmtree, self._staging, ignore_errors=True)
            self._staging.mkdir()
            self._leaving = leaving.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._leaving.close()

    def stage(self, environment: str, files: Mapping[str, str]) -> Changes:
        """Write `files` (text by path below the environment's folder) beside the last output and say what differs.

        Raises `ValueError` for a name or path that leaves the environment's folder, `Refused` where a file of the
        user's own stands in the way.
        """
        if not _is_plain(environment) or "/" in environment or environment.startswith("."):
            raise ValueError(f"{environment!r} cannot name the folder of an environment")
        with _refusing(self._root):
            changes, ours = _compare(self._root / environment, files)
            digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in sorted(files.items())}
            manifest = "\n".join([MANIFEST_HEADER, *(f"{digest}  {path}" for path, digest in digests.items()), ""])
            for path, text in ({**files, MANIFEST: manifest} if files else {}).items():
                staged = self._staging / environment / path
                staged.parent.mkdir(parents=True, exist_ok=True)
                staged.write_bytes(text.encode())
        self._staged[environment] = (changes, ours)
        return changes

    def file(self, environment: str, path: str) -> Path:
        """Where a staged file can be read before `commit`."""
        return self._staging / environment / path

    def commit(self, *, remove_others: bool) -> tuple[Changes, ...]:
        """Move everything that is staged into place and report what changed, by environment name.

        With `remove_others` the generated files of environments that were not staged are removed; pass False when
        only some of the environments are built. Raises `Unfinished` where the disk refuses to go on halfway.
        """
        with _refusing(self._root):
            if remove_others:
                for folder in self._root.iterdir():
                    if (
                        folder.name not in self._staged
                        and not folder.name.startswith(".")
                        and _read_manifest(folder)[0]
                    ):
                        self.stage(folder.name, {})
            staged = sorted(self._staged.items())
            for name, (changes, ours) in staged:  # once more, for what the user has put there since it was staged
                _refuse_in_the_way(self._root / name, (*changes.added, *changes.changed), ours)
        with _refusing(self._root, Unfinished):
            for name, (changes, _) in staged:
                _move(self._staging / name, self._root / name, changes)
        return tuple(changes for _, (changes, _) in staged)


@contextlib.contextmanager
def _refusing(root: Path, kind: type[Refused] = Refused) -> Iterator[None]:
    """Turn what the operating system refuses into a finding."""
    try:
        yield
    except OSError as error:
        where = Location(shown_path(error.filename2 or error.filename or root))  # of a move, the place to which it goes
        remedy = f"make {shown_path(root)} a folder that can be written, or choose another with --output"
        raise kind(Finding(where, "output folder", f"cannot be used: {error.strerror or error}", remedy)) from error


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the lock `file`, after any other build that does. The system releases the lock of a build that is killed."""
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while True:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)), "wb") as opened:
            if _try_to_lock(opened.fileno()):
                try:
                    yield
                finally:
                    with contextlib.suppress(OSError):  # Windows does not remove an open file: there it stays
                        file.unlink()
                return
        if time.monotonic() >= deadline:
            problem = f"another build has been writing here for more than {LOCK_TIMEOUT_SECONDS:.0f} s"
            where = Location(shown_path(file.parent))
            raise Refused(Finding(where, "output folder", problem, "wait for it or end it, then build again"))
        time.sleep(0.05)


def _try_to_lock(descriptor: int) -> bool:
    try:
        _lock(descriptor)
    except (BlockingIOError, PermissionError):  # another build holds it: on POSIX, on Windows
        return False
    # The build that held it may have removed it meanwhile. The next one would create, and lock, another file.
    return os.fstat(descriptor).st_nlink > 0


def _compare(live: Path, files: Mapping[str, str]) -> tuple[Changes, frozenset[str]]:
    """How `files` differ from what stands in the folder `live`, and what builds have written there so far."""
    _, ours = _read_manifest(live)
    added, changed, unchanged = [], [], []
    for path, text in sorted(files.items()):
        if not _is_plain(path) or path.startswith(MANIFEST):
            raise ValueError(f"{path!r} is not the path of a file below the environment's folder")
        stands = _stands(live, path)
        if stands and (live / path).read_bytes() == text.encode():
            unchanged.append(path)
        elif stands and path in ours:
            changed.append(path)
        else:
            added.append(path)
    _refuse_in_the_way(live, (*added, *changed, *([MANIFEST] if files else [])), ours)
    removed = [path for path in sorted(ours - files.keys() - {MANIFEST}) if _stands(live, path)]
    return Changes(live.name, tuple(added), tuple(changed), tuple(removed), tuple(unchanged)), ours


def _is_plain(path: str) -> bool:
    """Whether `path` names one and the same place below a folder on every system: no way up, no drive."""
    parts = PurePosixPath(path).parts
    return path == "/".join(parts) != "" and ".." not in parts and path.isprintable() and not set(path) & {"\\", ":"}


def _in_the_way(live: Path, path: str, ours: Collection[str]) -> Path | None:
    """What stands where `path` or a folder on the way to it must stand, unless a build wrote it or it fits."""
    for folder in (live, *(live / parent for parent in reversed(PurePosixPath(path).parents[:-1]))):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            return folder
    file = live / path
    fits = not os.path.lexists(file) or (path in ours and file.is_file() and not file.is_symlink())
    return None if fits else file


def _stands(live: Path, path: str) -> bool:
    """Whether a regular file stands at `path`, reached without a link."""
    return (live / path).is_file() and _in_the_way(live, path, [path]) is None


def _refuse_in_the_way(live: Path, paths: Iterable[str], ours: Collection[str]) -> None:
    found: dict[Path, str] = {}
    for path in paths:
        entry = _in_the_way(live, path, ours)
        if entry is not None:
            found.setdefault(entry, path)
    if found:
        raise Refused(
            Finding(
                Location(shown_path(entry)),
                f"environment {live.name}",
                f"is in the way: {path} must be generated in its place, and a build removes only what it has written",
                "move it elsewhere or delete it, then build again",
            )
            for entry, path in found.items()
        )


def _read_manifest(live: Path) -> tuple[str, frozenset[str]]:
    """The manifest as it stands, and what is generated by it: after a merge with conflicts, by that of both sides.

    Nothing where there is none, where it is another program's, and where this user may not read it.
    """
    text = ""
    with contextlib.suppress(PermissionError):
        if _stands(live, MANIFEST):
            text = (live / MANIFEST).read_text(encoding="utf-8", errors="replace")
    if MANIFEST_HEADER not in text.splitlines():
        return "", frozenset()
    return text, frozenset([MANIFEST, *filter(_is_plain, _MANIFEST_LINE.findall(text))])


def _move(staged: Path, live: Path, changes: Changes) -> None:
    """Turn the folder `live` into what is staged."""
    old, _ = _read_manifest(live)
    new, _ = _read_manifest(staged)
    if not changes.any and old == new:
        return
    both = staged.parent / MANIFEST  # if this build is killed, the next one knows what it may have written
    both.write_bytes(f"{old}\n{new}".encode())
    live.mkdir(exist_ok=True)
    both.replace(live / MANIFEST)
    for path in changes.removed:
        (live / path).unlink()
        with contextlib.suppress(OSError):  # something else is in the folder
            for parent in PurePosixPath(path).parents[:-1]:
                (live / parent).rmdir()
    for path in (*changes.added, *changes.changed, *([MANIFEST] if new else [])):
        (live / path).parent.mkdir(parents=True, exist_ok=True)
        (staged / path).replace(live / path)
    if not new:
        (live / MANIFEST).unlink()
        with contextlib.suppress(OSError):  # the user has files there
            live.rmdir()
