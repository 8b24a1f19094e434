"""The one way in which generated files reach the disk: all of it is staged first, then moved into place file by file.

Kept: a build that fails before `commit` changes nothing. Each file is replaced whole, never written half. A file, link
or folder that no build has written is the user's: it is never changed, moved, linked or removed; where it stands in the
way of a generated file, the build is refused. Nothing is written or removed through a link below the output folder.

Given up: the output as a whole is not replaced in one step. A build that is killed while it commits leaves some files
new and some old. Before the first of them it writes the old and the new paths into the manifest, so the next build
knows what is generated and finishes the work. Of an environment that was being added or removed, an empty folder may
stay.
A file that the user saves in the place of a new generated one in the milliseconds of the commit is overwritten.

`MANIFEST.sha256` in the folder of each environment lists what is generated: `sha256sum -c MANIFEST.sha256` verifies it.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from toolkit.findings import Finding, Location, Refused
from toolkit.strict_yaml import file_of

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

_MANIFEST_OF_BOTH = f"{MANIFEST}.both"  # during a commit: what was generated and what is going to be
_MANIFEST_LINE = re.compile(r"^[0-9a-f]{64}  (.+)$", re.MULTILINE)
_NOT_THROUGH_A_LINK = getattr(os, "O_NOFOLLOW", 0)


class Unfinished(Refused):
    """A commit that the disk stopped halfway: some files are new, others old. The next build finishes it."""


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
        return bool(self.written or self.removed)

    @property
    def written(self) -> tuple[str, ...]:
        """The paths that are added or changed."""
        return self.added + self.changed


@dataclass(frozen=True)
class _Plan:
    """What one environment folder is to become."""

    changes: Changes
    ours: frozenset[str]  # what builds have written there so far, manifest included
    old_manifest: str
    manifest: str  # empty where nothing is generated any more

    @property
    def current(self) -> bool:
        return not self.changes.any and self.old_manifest == self.manifest


def compare(root: Path, environment: str, files: Mapping[str, str]) -> Changes:
    """How `files` (text by path) differ from what stands in `root/environment`. Writes nothing.

    Raises `Refused` where a file of the user's own stands in the way of a generated one.
    """
    with _refusing(root):
        return _plan(root, environment, files).changes


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
        self._plans: dict[str, _Plan] = {}
        self._leaving = contextlib.ExitStack()

    def __enter__(self) -> Output:
        with _refusing(self._root), contextlib.ExitStack() as leaving:
            self._root.mkdir(parents=True, exist_ok=True)
            leaving.enter_context(_locked(self._root / f"{STAGING}.lock"))
            if os.path.lexists(self._staging):
                shutil.rmtree(self._staging)  # a killed build left it; the lock says that nobody uses it now
            leaving.callback(shutil.rmtree, self._staging, ignore_errors=True)
            self._staging.mkdir()
            (self._staging / ".gitignore").write_text("*\n", encoding="utf-8")
            self._leaving = leaving.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._leaving.close()

    def stage(self, environment: str, files: Mapping[str, str]) -> Changes:
        """Write `files` (text by path below the environment's folder) beside the last output and say what differs.

        Text is written as UTF-8 with its line ends as they are. Raises `ValueError` for a name or path that leaves the
        environment's folder, `Refused` where a file of the user's own stands in the way.
        """
        if environment in self._plans:
            raise ValueError(f"environment {environment!r} is staged twice")
        with _refusing(self._root):
            plan = _plan(self._root, environment, files)
            if not plan.current:
                _write(self._staging / environment, files, plan)
        self._plans[environment] = plan
        return plan.changes

    def file(self, environment: str, path: str) -> Path:
        """Where a staged file can be read before `commit`: in the last output where it does not differ from that."""
        unchanged = path in self._plans[environment].changes.unchanged
        return (self._root if unchanged else self._staging) / environment / path

    def commit(self, *, remove_others: bool) -> tuple[Changes, ...]:
        """Move everything that is staged into place and report what changed, by environment name.

        With `remove_others` the generated files of environments that were not staged are removed; pass False when
        only some of the environments are built. Raises `Unfinished` where the disk refuses to go on halfway.
        """
        with _refusing(self._root) as moved:
            if remove_others:
                for environment in _generated_environments(self._root) - self._plans.keys():
                    self.stage(environment, {})
            plans = sorted(self._plans.items())
            for name, plan in plans:  # once more, for what the user has put there since it was staged
                _refuse_in_the_way(self._root / name, plan.changes.written, plan.ours)
            for name, plan in plans:
                if not plan.current:
                    _move(self._staging / name, self._root / name, plan, moved)
        return tuple(plan.changes for _, plan in plans)


@contextlib.contextmanager
def _refusing(root: Path) -> Iterator[list[Path]]:
    """Turn what the operating system refuses into a finding. The block adds what it has changed to the list it gets."""
    moved: list[Path] = []
    try:
        yield moved
    except OSError as error:
        where = Location(file_of(error.filename2 or error.filename or root))  # of a move, the place to which it goes
        remedy = f"make {file_of(root)} a folder that can be written, or choose another with --output"
        finding = Finding(where, "output folder", f"cannot be used: {error.strerror or error}", remedy)
        raise (Unfinished if moved else Refused)(finding) from error


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the lock `file`, after any other build that does. The system releases the lock of a build that is killed."""
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while True:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_RDWR | _NOT_THROUGH_A_LINK), "wb") as opened:
            if _try_to_lock(opened.fileno()):
                try:
                    yield
                finally:
                    if sys.platform == "win32":
                        opened.close()  # there an open file cannot be removed, neither this nor that of another build
                    with contextlib.suppress(OSError):
                        file.unlink()
                return
        if time.monotonic() >= deadline:
            problem = f"another build has been writing here for more than {LOCK_TIMEOUT_SECONDS:.0f} s"
            where = Location(file_of(file.parent))
            raise Refused(Finding(where, "output folder", problem, "wait for it or end it, then build again"))
        time.sleep(0.05)


def _try_to_lock(descriptor: int) -> bool:
    try:
        _lock(descriptor)
    except (BlockingIOError, PermissionError):  # another build holds it: on POSIX, on Windows
        return False
    # The build that held it may have removed it meanwhile. The next one would create, and lock, another file.
    return os.fstat(descriptor).st_nlink > 0


def _plan(root: Path, environment: str, files: Mapping[str, str]) -> _Plan:
    if not _is_plain(environment) or "/" in environment or environment.startswith("."):
        raise ValueError(f"{environment!r} cannot name the folder of an environment")
    live = root / environment
    old_manifest, ours = _read_manifest(live)
    digests, added, changed, unchanged = {}, [], [], []
    for path, text in sorted(files.items()):
        if not _is_plain(path) or path.startswith(MANIFEST):
            raise ValueError(f"{path!r} is not the path of a file below the environment's folder")
        data = text.encode()
        digests[path] = hashlib.sha256(data).hexdigest()
        stands = _stands(live, path)
        if stands and (live / path).stat().st_size == len(data) and (live / path).read_bytes() == data:
            unchanged.append(path)
        elif stands and path in ours:
            changed.append(path)
        else:
            added.append(path)
    _refuse_in_the_way(live, (*added, *changed, *([MANIFEST] if files else [])), ours)
    removed = [path for path in sorted(ours - files.keys() - {MANIFEST}) if _stands(live, path)]
    manifest = "\n".join([MANIFEST_HEADER, *(f"{digest}  {path}" for path, digest in digests.items()), ""])
    changes = Changes(environment, tuple(added), tuple(changed), tuple(removed), tuple(unchanged))
    return _Plan(changes, ours, old_manifest, manifest if files else "")


def _is_plain(path: str) -> bool:
    """Whether `path` names one and the same place below a folder on every system: no way up, no drive."""
    parts = PurePosixPath(path).parts
    return path == "/".join(parts) != "" and ".." not in parts and path.isprintable() and not set(path) & {"\\", ":"}


def _folders(path: str) -> list[str]:
    """The folders on the way to `path`, outermost first. The first is `.`, the folder of the environment."""
    return [".", *(path[: slash.start()] for slash in re.finditer("/", path))]


def _stands(live: Path, path: str) -> bool:
    """Whether a regular file stands at `path`, reached without a link."""
    return (live / path).is_file() and not _has_link(live, path)


def _has_link(live: Path, path: str) -> bool:
    return any((live / entry).is_symlink() for entry in (*_folders(path), path))


def _below(live: Path, path: str) -> Iterator[str]:
    """What stands below `path`, where that is a folder."""
    if (live / path).is_dir():
        for entry in (live / path).rglob("*"):
            yield entry.relative_to(live).as_posix()


def _refuse_in_the_way(live: Path, paths: Iterable[str], ours: frozenset[str]) -> None:
    """Raise `Refused` for what the user has put where one of `paths` must go, or a folder on the way to it."""
    our_folders = {folder for path in ours for folder in _folders(path)}
    found: dict[Path, str] = {}
    for path in paths:
        folders = _folders(path)
        for name in itertools.chain(folders, [path], _below(live, path)):
            if (live / name).is_dir() and not (live / name).is_symlink():
                fits = name in folders or name in our_folders
            else:
                fits = not os.path.lexists(live / name) or (name in ours and _stands(live, name))
            if not fits:
                found.setdefault(live / name, path)
                break
    if found:
        raise Refused(
            Finding(
                Location(file_of(entry)),
                f"environment {live.name}",
                f"this is not a generated file, and {path} must be generated in its place",
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


def _generated_environments(root: Path) -> set[str]:
    return {child.name for child in root.iterdir() if not child.name.startswith(".") and _read_manifest(child)[0]}


def _write(staged: Path, files: Mapping[str, str], plan: _Plan) -> None:
    """Write all that the commit is to move, so that it needs no more room on the disk."""
    texts = {path: files[path] for path in plan.changes.written}
    texts |= {MANIFEST: plan.manifest, _MANIFEST_OF_BOTH: f"{plan.old_manifest}\n{plan.manifest}"}
    for path, text in texts.items():
        (staged / path).parent.mkdir(parents=True, exist_ok=True)
        (staged / path).write_bytes(text.encode())


def _move(staged: Path, live: Path, plan: _Plan, moved: list[Path]) -> None:
    """Turn the folder into what it is to be, adding to `moved` what has been done."""

    def move(source: str, path: str) -> None:
        (staged / source).replace(live / path)
        moved.append(live / path)

    live.mkdir(exist_ok=True)
    move(_MANIFEST_OF_BOTH, MANIFEST)
    for path in plan.changes.removed:
        (live / path).unlink()
    for folder in sorted({folder for path in plan.ours for folder in _folders(path)[1:]}, reverse=True):
        if not _has_link(live, folder):
            with contextlib.suppress(OSError):  # it is in use, or already gone
                (live / folder).rmdir()
    for path in plan.changes.written:
        (live / path).parent.mkdir(parents=True, exist_ok=True)
        move(path, path)
    if plan.manifest:
        move(MANIFEST, MANIFEST)
        return
    (live / MANIFEST).unlink()
    with contextlib.suppress(OSError):  # the user has files there
        live.rmdir()
