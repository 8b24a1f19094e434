"""The one way in which generated files reach the disk: every environment is staged first, then all are swapped in.

A build that fails or is killed at any moment leaves each `<output>/<environment>/` as it was or as it is to be, never
half of each. Files that the build did not write are the user's own and stay, the very same files. `MANIFEST.sha256` in
each environment folder lists what is generated (`sha256sum -c MANIFEST.sha256` verifies it); nothing else is ever
overwritten or removed.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import os
import re
import shutil
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType

from monitoring_kit.core.findings import Finding, Location, Refused, shown_path

MANIFEST = "MANIFEST.sha256"
MANIFEST_HEADER = "# Files that generate.py wrote here. Verify with: sha256sum -c MANIFEST.sha256"
STAGING = ".staged-by-generate"
LOCK_TIMEOUT_SECONDS = 60.0

_MANIFEST_LINE = re.compile(r"[0-9a-f]{64}  (.+)")
_MERGE_CONFLICT_LINE = re.compile(r"(<{7}|\|{7}|={7}|>{7})( |$)")
_HELD_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h
_CANNOT_EXCHANGE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBUSY}

Content = str | bytes


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


@dataclass(frozen=True)
class _Plan:
    """What one environment folder is to become. `manifest` is empty where nothing is generated any more."""

    changes: Changes
    own_entries: tuple[str, ...]  # the user's files, links and empty folders
    listed_before: frozenset[str]
    manifest: str
    current: bool  # the folder is already as it is to be, manifest included


def compare(root: Path, environment: str, files: Mapping[str, Content]) -> Changes:
    """How `files` (content by path) differ from what stands in `root/environment`. Writes nothing.

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
        self._descriptor = -1

    def __enter__(self) -> Output:
        with _refusing(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
            try:
                _lock(self._descriptor, self._root)
                self._start_staging()
            except BaseException:
                os.close(self._descriptor)
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            # What cannot be removed now is removed by the next build; it must not hide the error that brought us here.
            with contextlib.suppress(OSError):
                _remove_tree(self._staging)
        finally:
            os.close(self._descriptor)

    def stage(self, environment: str, files: Mapping[str, Content]) -> Changes:
        """Write `files` (content by path below the environment's folder) beside the last output and say what differs.

        Text is written as UTF-8 with its line ends as they are. Raises `ValueError` for a name or path that leaves the
        environment's folder, `Refused` where a file of the user's own stands in the way.
        """
        if environment in self._plans:
            raise ValueError(f"environment {environment!r} is staged twice")
        with _refusing(self._root):
            plan = _plan(self._root, environment, files)
            if not plan.current:
                _write_tree(self._staging / environment, self._root / environment, files, plan)
        self._plans[environment] = plan
        return plan.changes

    def folder(self, environment: str) -> Path:
        """Where the staged content of `environment` can be read: the last output itself where nothing differs."""
        return (self._root if self._plans[environment].current else self._staging) / environment

    def commit(self, *, remove_others: bool) -> tuple[Changes, ...]:
        """Swap in everything that is staged and report what changed, by environment name.

        With `remove_others` the generated files of environments that were not staged are removed; pass False when
        only some of the environments are built.
        """
        if remove_others:
            for environment in _generated_environments(self._root):
                if environment not in self._plans:
                    self.stage(environment, {})
        # SIGINT and the like wait for the end of the swap, so that they stop a build before it or after it.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_SIGNALS)
        try:
            with _refusing(self._root):
                for environment, plan in sorted(self._plans.items()):
                    if not plan.current:
                        _swap_in(self._staging / environment, self._root / environment, plan)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        return tuple(plan.changes for _, plan in sorted(self._plans.items()))

    def _start_staging(self) -> None:
        if self._staging.is_dir() and not self._staging.is_symlink():
            _remove_tree(self._staging)  # a killed build left it; the lock says that nobody uses it now
        self._staging.mkdir()
        (self._staging / ".gitignore").write_text("*\n", encoding="utf-8")


@contextlib.contextmanager
def _refusing(root: Path) -> Iterator[None]:
    """Turn what the operating system refuses into a finding about the output folder."""
    try:
        yield
    except OSError as error:
        where = Location(shown_path(error.filename)) if isinstance(error.filename, str) else Location(shown_path(root))
        raise Refused(
            Finding(
                where,
                "output folder",
                f"cannot be used: {error.strerror or error}",
                f"make {shown_path(root)} a folder that can be written, or choose another with --output",
            )
        ) from error


def _lock(descriptor: int, root: Path) -> None:
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Refused(
                    Finding(
                        Location(shown_path(root)),
                        "output folder",
                        f"another build has been writing here for more than {LOCK_TIMEOUT_SECONDS:.0f} s",
                        "wait for it or end it, then build again",
                    )
                ) from None
            time.sleep(0.05)
        else:
            return


def _plan(root: Path, environment: str, files: Mapping[str, Content]) -> _Plan:
    if not environment or environment.startswith(".") or "/" in environment:
        raise ValueError(f"{environment!r} cannot name the folder of an environment")
    for path in files:
        _check_path(path, files)
    live = root / environment
    if live.is_symlink() or (live.exists() and not live.is_dir()):
        what = "a symbolic link" if live.is_symlink() else "a file"
        raise Refused(
            Finding(
                Location(shown_path(root) + f"/{environment}"),
                "output folder",
                f"{what} stands where the folder of environment {environment} must go",
                "move it away, then build again",
            )
        )
    old_manifest = _read_manifest(live)
    listed = _listed(old_manifest)
    entries = tuple(_entries(live)) if live.is_dir() else ()
    standing = {entry for entry in entries if entry in listed}
    ours = {*listed, *(folder + "/" for folder in _folders(listed)), MANIFEST}
    own = [entry for entry in entries if entry not in ours]
    if MANIFEST in entries and not old_manifest:
        own.append(MANIFEST)

    digests, added, changed, unchanged = {}, [], [], []
    adopted = set()
    for path in sorted(files):
        data = _bytes(files[path])
        digests[path] = hashlib.sha256(data).hexdigest()
        same = _holds(live / path, data)
        if same:
            unchanged.append(path)
            adopted.add(path)
        elif path in standing:
            changed.append(path)
        else:
            added.append(path)
    own = [entry for entry in own if entry not in adopted]
    in_the_way = _in_the_way(own, files)
    if in_the_way:
        raise Refused(
            Finding(
                Location(shown_path(live / entry)),
                f"environment {environment}",
                f"this is not a generated file, and {path} must be generated in its place",
                "move it elsewhere or delete it, then build again",
            )
            for entry, path in in_the_way
        )
    removed = sorted(standing - set(files))
    manifest = "\n".join([MANIFEST_HEADER, *(f"{digests[path]}  {path}" for path in sorted(files)), ""])
    return _Plan(
        Changes(environment, tuple(added), tuple(changed), tuple(removed), tuple(unchanged)),
        tuple(own),
        listed,
        manifest if files else "",
        current=not (added or changed or removed) and old_manifest == (manifest if files else ""),
    )


def _check_path(path: str, files: Mapping[str, Content]) -> None:
    pure = PurePosixPath(path)
    plain = path.isprintable() and "\\" not in path and str(pure) == path
    if not plain or not pure.parts or pure.is_absolute() or ".." in pure.parts or path == MANIFEST:
        raise ValueError(f"{path!r} is not the path of a file below the environment's folder")
    for parent in pure.parents:
        if str(parent) in files:
            raise ValueError(f"{str(parent)!r} is generated both as a file and as the folder of {path!r}")


def _in_the_way(own: list[str], files: Mapping[str, Content]) -> list[tuple[str, str]]:
    """Pairs of an entry of the user's own and the generated path that needs its place."""
    wanted = {MANIFEST: MANIFEST, **{path: path for path in files}} if files else {}
    for path in files:
        for folder in _folders([path]):
            wanted.setdefault(folder, path)
    pairs = []
    for entry in own:
        if entry.endswith("/"):  # an empty folder may become the folder of a generated file, not the file
            if entry[:-1] in files:
                pairs.append((entry, entry[:-1]))
        elif entry in wanted:
            pairs.append((entry, wanted[entry]))
        pairs.extend((entry, str(parent)) for parent in PurePosixPath(entry).parents if str(parent) in files)
    return pairs


def _folders(paths: Iterable[str]) -> set[str]:
    """The folders in which `paths` lie, without the topmost one."""
    return {str(parent) for path in paths for parent in PurePosixPath(path).parents[:-1]}


def _bytes(content: Content) -> bytes:
    return content.encode("utf-8") if isinstance(content, str) else content


def _holds(path: Path, data: bytes) -> bool:
    """Whether `path` is a regular file with exactly this content."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size != len(data):
            return False
        return path.read_bytes() == data
    except NotADirectoryError:
        return False


def _read_manifest(live: Path) -> str:
    """The manifest as it stands, or nothing where there is none of ours."""
    path = live / MANIFEST
    if path.is_symlink() or not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = (line for line in text.splitlines() if not _MERGE_CONFLICT_LINE.match(line))
    return text if next(lines, "") == MANIFEST_HEADER else ""


def _listed(manifest: str) -> frozenset[str]:
    """The paths in a manifest. After a merge with conflicts these are the paths of both sides."""
    matches = (_MANIFEST_LINE.fullmatch(line) for line in manifest.splitlines())
    return frozenset(match[1] for match in matches if match)


def _entries(folder: Path, prefix: str = "") -> Iterator[str]:
    """Everything below `folder` that is not a folder, and the empty folders with a slash at their end."""
    with os.scandir(folder) as scan:
        children = sorted(scan, key=lambda child: child.name)
    for child in children:
        if child.is_dir(follow_symlinks=False):
            yield from _entries(folder / child.name, f"{prefix}{child.name}/")
        else:
            yield prefix + child.name
    if not children and prefix:
        yield prefix


def _generated_environments(root: Path) -> list[str]:
    folders = (child for child in root.iterdir() if child.is_dir() and not child.is_symlink())
    return sorted(folder.name for folder in folders if not folder.name.startswith(".") and _read_manifest(folder))


def _write_tree(staged: Path, live: Path, files: Mapping[str, Content], plan: _Plan) -> None:
    """The whole folder as it is to be. What does not change is linked, so that it stays the very same file."""
    staged.mkdir()
    for entry in (*plan.own_entries, *plan.changes.unchanged):
        _keep(live / entry, staged / entry, is_folder=entry.endswith("/"))
    for path in (*plan.changes.added, *plan.changes.changed):
        (staged / path).parent.mkdir(parents=True, exist_ok=True)
        (staged / path).write_bytes(_bytes(files[path]))
    if plan.manifest:
        (staged / MANIFEST).write_text(plan.manifest, encoding="utf-8", newline="\n")
    if live.is_dir():
        shutil.copymode(live, staged)
        for folder in (path for path in staged.rglob("*/") if not path.is_symlink()):
            before = live / folder.relative_to(staged)
            if before.is_dir():
                shutil.copymode(before, folder)


def _keep(source: Path, target: Path, *, is_folder: bool) -> None:
    if is_folder:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # the file system has no links, or the file belongs to somebody else
        shutil.copy2(source, target, follow_symlinks=False)


def _remove_tree(folder: Path) -> None:
    for path, _, _ in os.walk(folder):
        Path(path).chmod(0o700)  # a folder of the user's own may be read-only, and its copy with it
    shutil.rmtree(folder)


def _swap_in(staged: Path, live: Path, plan: _Plan) -> None:
    if not live.exists():
        staged.rename(live)
        return
    try:
        if plan.manifest or plan.own_entries:
            _exchange(staged, live)
        else:
            staged.rmdir()
            live.rename(staged)
    except OSError as error:
        if error.errno not in _CANNOT_EXCHANGE:
            raise
        _replace_one_by_one(staged, live, plan)
        return
    for entry in _entries(staged):  # `staged` is the old folder now; save what the user wrote there since it was staged
        if entry not in plan.listed_before and entry != MANIFEST and not entry.endswith("/"):
            kept = live / entry
            if not (os.path.lexists(kept) and os.path.samestat(kept.lstat(), (staged / entry).lstat())):
                kept.parent.mkdir(parents=True, exist_ok=True)
                (staged / entry).replace(kept)


def _exchange(one: Path, other: Path) -> None:
    """Exchange two folders in one step: between two renames a kill would leave no output at all."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(other))


def _replace_one_by_one(staged: Path, live: Path, plan: _Plan) -> None:
    """The swap where folders cannot be exchanged: network shares, folders from the image of a container, other systems.

    Each file is replaced whole. The manifest names old and new paths until the end, so that the next build can mend
    what a kill in between leaves behind.
    """
    old = (live / MANIFEST).read_text(encoding="utf-8") if (live / MANIFEST).is_file() else MANIFEST_HEADER + "\n"
    both = staged.parent / f"{staged.name}-{MANIFEST}"
    both.write_text(old + plan.manifest, encoding="utf-8", newline="\n")
    both.replace(live / MANIFEST)
    for path in plan.changes.removed:
        (live / path).unlink()
    for folder in sorted(_folders(plan.listed_before), reverse=True):
        with contextlib.suppress(OSError):  # it is in use or already gone
            (live / folder).rmdir()
    for path in (*plan.changes.added, *plan.changes.changed):
        (live / path).parent.mkdir(parents=True, exist_ok=True)
        (staged / path).replace(live / path)
    if plan.manifest:
        (staged / MANIFEST).replace(live / MANIFEST)
    else:
        (live / MANIFEST).unlink()
        if not plan.own_entries:
            live.rmdir()
