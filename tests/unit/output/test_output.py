"""What a build may do to the folder that holds its output, and what it must never do."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from monitoring_kit import cli, generate
from monitoring_kit.core.findings import Finding, Location, Refused
from monitoring_kit.output import diff, writer
from monitoring_kit.output.writer import MANIFEST, STAGING, Changes, Output, Unfinished, compare

Files = Mapping[str, str]

OLD = {"index.md": "old\n", "grafana/service.json": '{"old": 1}\n', "prometheus/gone.yaml": "groups: []\n"}
NEW = {"index.md": "new\n", "grafana/service.json": '{"old": 1}\n', "azure/alerts.json": "{}\n"}
THIRD = {"index.md": "third\n", "azure/alerts.json": "[]\n", "runbooks/A.md": "A\n"}


def build(root: Path, /, **environments: Files) -> tuple[Changes, ...]:
    with Output(root) as output:
        for name, files in environments.items():
            output.stage(name, files)
        return output.commit(remove_others=True)


def refused(root: Path, **environments: Files) -> str:
    """What a build says that must not write anything."""
    before = tree(root)
    with pytest.raises(Refused) as refusal:
        build(root, **environments)
    assert not isinstance(refusal.value, Unfinished)
    assert tree(root) == before
    return str(refusal.value)


def tree(root: Path) -> dict[str, str]:
    """Every file below `root` with its text, a symbolic link with its target, an empty folder with a slash."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_text()
        elif path.is_fifo():
            found[name] = "pipe"
        elif not any(path.iterdir()):
            found[name + "/"] = ""
    return found


def generated(root: Path) -> dict[str, str]:
    return {name: text for name, text in tree(root).items() if name != MANIFEST}


def plant(root: Path, entry: str, content: str = "mine") -> Path:
    """Put into `root` a file, a folder (`a/`), a link (`a -> b`) or a pipe (`a |`) of the user's own."""
    name, _, target = entry.partition(" ")
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith("/"):
        path.mkdir()
    elif target == "|":
        os.mkfifo(path)
    elif target:
        path.symlink_to(target.removeprefix("-> "))
    else:
        path.write_text(content)
    return path


# What a build leaves


def test_the_output_is_exactly_what_was_staged_and_the_report_says_what_changed(tmp_path: Path) -> None:
    first = build(tmp_path, production=OLD)
    assert generated(tmp_path / "production") == OLD
    assert first == (Changes("production", added=tuple(sorted(OLD))),)

    would = compare(tmp_path, "production", NEW)
    assert generated(tmp_path / "production") == OLD
    (second,) = build(tmp_path, production=NEW)
    assert generated(tmp_path / "production") == NEW
    assert would == second
    assert second == Changes(
        "production",
        added=("azure/alerts.json",),
        changed=("index.md",),
        removed=("prometheus/gone.yaml",),
        unchanged=("grafana/service.json",),
    )
    assert [path.name for path in tmp_path.iterdir()] == ["production"]


def test_the_manifest_is_one_that_sha256sum_verifies(tmp_path: Path) -> None:
    build(tmp_path, production={"b/c": "2\n", "a": "é\r\n"})
    verify = ["sha256sum", "--check", "--strict", "--quiet", MANIFEST]
    assert subprocess.run(verify, cwd=tmp_path / "production", capture_output=True, check=False).returncode == 0
    (tmp_path / "production/a").write_text("edited by hand")
    assert subprocess.run(verify, cwd=tmp_path / "production", capture_output=True, check=False).returncode == 1


def test_a_second_build_touches_nothing_and_a_third_only_what_differs(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    before = {path: path.stat() for path in [tmp_path / "production", *(tmp_path / "production").rglob("*")]}
    (report,) = build(tmp_path, production=OLD)
    assert not report.any
    assert {path: path.stat() for path in before} == before
    build(tmp_path, production=NEW)
    same = tmp_path / "production/grafana/service.json"
    assert same.stat() == before[same]


def test_a_generated_file_that_was_edited_or_deleted_comes_back(tmp_path: Path) -> None:
    build(tmp_path, production=NEW)
    (tmp_path / "production/index.md").write_bytes(b"\xff edited by hand")
    (tmp_path / "production/azure/alerts.json").unlink()
    assert "  files changed: index.md" in diff.describe(tmp_path, "production", NEW)
    (report,) = build(tmp_path, production=NEW)
    assert generated(tmp_path / "production") == NEW
    assert (report.added, report.changed) == (("azure/alerts.json",), ("index.md",))


def test_what_is_staged_can_be_read_before_it_is_committed(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    with Output(tmp_path) as output:
        output.stage("production", NEW)
        assert {path: output.file("production", path).read_text() for path in NEW} == NEW
        assert generated(tmp_path / "production") == OLD


def test_an_environment_that_is_no_longer_defined_loses_its_files_unless_only_some_are_built(tmp_path: Path) -> None:
    build(tmp_path, production=OLD, staging=OLD)
    with Output(tmp_path) as output:
        output.stage("production", NEW)
        output.commit(remove_others=False)
    assert generated(tmp_path / "staging") == OLD
    report = build(tmp_path, production=NEW)
    assert not (tmp_path / "staging").exists()
    assert report[1] == Changes("staging", removed=tuple(sorted(OLD)))


PATHS = ["", ".", "/etc/x", "../x", "a/../../x", "a//b", "a/", "./a", "a\\b", "C:/x", "a\nb", MANIFEST]
NAMES = ["", ".", "..", ".hidden", "a/b", "/etc", "C:", "a\\b"]


@pytest.mark.parametrize(
    ("name", "path"), [*(("production", path) for path in PATHS), *((name, "a") for name in NAMES)]
)
def test_a_path_that_leaves_the_environment_is_an_error_of_the_program(tmp_path: Path, name: str, path: str) -> None:
    says = "is not the path of a file below" if name == "production" else "cannot name the folder of an environment"
    with pytest.raises(ValueError, match=says):
        build(tmp_path, **{name: {path: "x"}})


# The user's own files

OWN = ["notes.txt", "prometheus/extra.yaml", "link -> nowhere", "grafana/folder -> /", "empty/folder/", "pipe |"]
OWN_IN_FOLDERS = ["locked/file", "secret/file"]  # folders that cannot be written, or not even be read


def test_files_of_the_users_own_are_never_touched(tmp_path: Path) -> None:
    build(tmp_path, production=OLD, retired=OLD)
    mine = []
    for root in (tmp_path / "production", tmp_path / "retired", tmp_path / "elsewhere"):
        mine += [plant(root, entry) for entry in (*OWN, *OWN_IN_FOLDERS)]
        mine[0].chmod(0o400)
        (root / "locked").chmod(0o555)
        (root / "secret").chmod(0o000)
        mine += [root / "locked", root / "secret", root / "empty"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.chmod(0o000)

    def state() -> list[tuple[int, ...]]:
        # To move a file away and back, to link it or to change its mode renews its ctime, and a file of another owner
        # or an immutable one would not allow it.
        stats = [path.lstat() for path in mine if os.access(path.parent, os.X_OK)]
        return [(s.st_ino, s.st_nlink, s.st_mode, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for s in stats]

    before = state()
    assert len(before) >= 16
    for production, retired in ((NEW, {}), (OLD, NEW), ({}, {})):
        build(tmp_path, production=production, retired=retired)
        assert state() == before
    assert not (tmp_path / "production/index.md").exists()
    for folder in (elsewhere, *tmp_path.glob("*/secret")):
        folder.chmod(0o700)


@pytest.mark.parametrize(
    ("own", "in_the_way", "of"),
    [
        ("index.md", "/index.md", "index.md"),
        ("index.md -> nowhere", "/index.md", "index.md"),
        ("index.md -> ../elsewhere/file", "/index.md", "index.md"),
        ("index.md |", "/index.md", "index.md"),
        ("index.md/inside", "/index.md", "index.md"),
        ("index.md/", "/index.md", "index.md"),
        ("grafana", "/grafana", "grafana/service.json"),
        ("grafana -> ../elsewhere", "/grafana", "grafana/service.json"),
        (MANIFEST, f"/{MANIFEST}", MANIFEST),
        (f"{MANIFEST} -> ../elsewhere/file", f"/{MANIFEST}", MANIFEST),
        ("", "", "azure/alerts.json"),
        (" -> elsewhere", "", "azure/alerts.json"),
    ],
)
@pytest.mark.parametrize("built_before", [False, True])
def test_a_file_of_the_users_own_in_the_way_is_refused(
    tmp_path: Path, own: str, in_the_way: str, of: str, built_before: bool
) -> None:
    plant(tmp_path, "elsewhere/file")
    if built_before:  # the user has put it in the place of what was generated
        build(tmp_path, production={"index.md": "1", "grafana/service.json": "1"})
        place = tmp_path / "production" / own.split(" ", maxsplit=1)[0].split("/")[0]
        if own in ("index.md", MANIFEST):  # a build that finds its own file takes it for its own
            return
        place.rename(tmp_path / "away")
    plant(tmp_path, f"production/{own}" if in_the_way else f"production{own}")
    said = refused(tmp_path, first={"index.md": "1"}, production=NEW)
    assert f"production{in_the_way}: environment production: is in the way: {of} must be generated" in said
    assert built_before or said.count("\n") == 1


def test_a_file_that_the_user_saves_during_a_build_is_not_overwritten(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    with pytest.raises(Refused, match=r"azure/alerts\.json must be generated"), Output(tmp_path) as output:
        output.stage("production", NEW)
        plant(tmp_path, "production/azure/alerts.json")
        output.commit(remove_others=True)
    assert generated(tmp_path / "production") == OLD | {"azure/alerts.json": "mine"}


def test_nothing_is_removed_through_a_link_or_by_another_manifest(tmp_path: Path) -> None:
    build(tmp_path, production=OLD, retired=OLD)
    outside = [plant(tmp_path, "outside"), plant(tmp_path, "downloads/file")]
    plant(tmp_path, f"downloads/{MANIFEST}", f"{'0' * 64}  file\n")  # of another program
    with (tmp_path / "production" / MANIFEST).open("a") as manifest:
        for path in ("../outside", "grafana/../../outside", str(outside[0])):
            manifest.write(f"{'0' * 64}  {path}\n")
    (tmp_path / "retired").rename(tmp_path / ".whole")
    (tmp_path / "production/prometheus").rename(tmp_path / ".part")
    plant(tmp_path, "retired -> .whole")
    plant(tmp_path, "production/prometheus -> ../.part")

    build(tmp_path, production=NEW)

    assert [path.read_text() for path in outside] == ["mine", "mine"]
    assert generated(tmp_path / ".whole") == OLD
    assert generated(tmp_path / ".part") == {"gone.yaml": "groups: []\n"}
    assert generated(tmp_path / "production") == NEW | {"prometheus": "-> ../.part"}


@pytest.mark.parametrize("own", [f"{STAGING} -> elsewhere", STAGING, f"{STAGING}.lock -> elsewhere/file"])
def test_the_working_files_of_a_build_are_not_written_through_a_link(tmp_path: Path, own: str) -> None:
    build(tmp_path, production=OLD)
    plant(tmp_path, "elsewhere/file")
    plant(tmp_path, own)
    with pytest.raises(Refused, match="output folder: cannot be used: "):
        build(tmp_path, production=NEW)
    assert generated(tmp_path / "production") == OLD
    assert generated(tmp_path / "elsewhere") == {"file": "mine"}


def test_a_file_with_the_very_content_that_is_generated_is_taken_over(tmp_path: Path) -> None:
    plant(tmp_path, "production/index.md", "new\n")
    (report,) = build(tmp_path, production=NEW)
    assert report.unchanged == ("index.md",)
    build(tmp_path, production={"azure/alerts.json": "{}\n"})
    assert generated(tmp_path / "production") == {"azure/alerts.json": "{}\n"}


def test_a_manifest_with_merge_conflicts_names_the_files_of_both_sides(tmp_path: Path) -> None:
    sides = []
    for files in (OLD, NEW):
        build(tmp_path, production=files)
        sides.append((tmp_path / "production" / MANIFEST).read_text())
    plant(tmp_path, f"production/{MANIFEST}", "<<<<<<< HEAD\n{}=======\n{}>>>>>>> other\n".format(*sides))
    plant(tmp_path, "production/prometheus/gone.yaml", "of our side")
    build(tmp_path, production=NEW)
    assert tree(tmp_path / "production") == NEW | {MANIFEST: sides[1]}


# Failures


def test_a_build_that_fails_changes_nothing(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    before = tree(tmp_path)
    with pytest.raises(ZeroDivisionError), Output(tmp_path) as output:
        output.stage("production", NEW)
        output.stage("staging", {"index.md": str(1 // 0)})
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("own", "output", "problem"),
    [
        ("out", "out", "out: output folder: cannot be used: File exists"),
        ("out", "out/below", "out/below: output folder: cannot be used: Not a directory"),
        ("out -> out", "out", "out: output folder: cannot be used: "),
        ("out/", "x" * 300, "output folder: cannot be used: File name too long"),
        ("e\x1b[31m", "e\x1b[31m", "e\\x1b[31m: output folder: cannot be used: File exists"),
    ],
)
def test_an_output_that_cannot_be_a_folder_is_refused(tmp_path: Path, own: str, output: str, problem: str) -> None:
    plant(tmp_path, own)
    with pytest.raises(Refused) as refusal:
        build(tmp_path / output, production=NEW)
    (finding,) = refusal.value.findings
    assert problem in str(finding)
    assert finding.remedy.endswith("a folder that can be written, or choose another with --output")
    assert "\x1b" not in str(finding)


def steps(tmp_path: Path, fault: Callable[[str], BaseException], once: bool) -> Iterator[tuple[Path, BaseException]]:
    """Builds that fail at their first, second, third ... change of the disk, and how they ended; `once`, or from there
    on, as if killed.
    """
    for step in range(1, 200):
        root = tmp_path / f"{step}"
        build(root, production=OLD, retired=OLD)
        plant(root, "production/notes.txt")
        calls: list[str] = []

        def faulty(real: Callable[..., object], step: int = step, calls: list[str] = calls) -> Callable[..., object]:
            def call(*arguments: object, **more: object) -> object:
                calls.append("")
                if len(calls) == step or (len(calls) > step and not once):
                    raise fault(str(arguments[-1]))
                return real(*arguments, **more)

            return call

        ended: BaseException | None = None
        with pytest.MonkeyPatch.context() as patched:
            for name in ["mkdir", "replace"] if once else ["mkdir", "replace", "unlink", "rmdir"]:
                patched.setattr(os, name, faulty(getattr(os, name)))
            try:
                build(root, production=NEW, added=NEW)
            except (Refused, Killed) as error:
                ended = error
        if len(calls) < step:
            return
        if ended is not None:  # a folder that is there already may be refused
            yield root, ended


class Killed(BaseException):
    """What a test raises in the place of a kill."""


def test_a_refused_step_is_told_as_nothing_written_only_if_nothing_was(tmp_path: Path) -> None:
    unfinished = []
    for root, ended in steps(tmp_path, lambda path: PermissionError(errno.EPERM, "not permitted", path), once=True):
        assert "cannot be used: not permitted" in str(ended)
        unfinished.append(isinstance(ended, Unfinished))
        if not unfinished[-1]:
            assert generated(root / "production") == OLD | {"notes.txt": "mine"}
            assert not (root / "added").exists()
        build(root, production=NEW, added=NEW)
        assert generated(root / "added") == NEW
        assert generated(root / "production") == NEW | {"notes.txt": "mine"}
    assert unfinished == sorted(unfinished)
    assert unfinished.count(False) >= 5
    assert unfinished.count(True) >= 8


def test_the_next_build_finishes_what_a_killed_one_began(tmp_path: Path) -> None:
    halfway = 0
    for root, _ in steps(tmp_path, lambda _path: Killed(), once=False):
        now = generated(root / "production")
        assert now.pop("notes.txt") == "mine"
        assert all(text in (OLD.get(path), NEW.get(path)) for path, text in now.items() if not path.endswith("/"))
        halfway += now not in (OLD, NEW)
        build(root, production=THIRD)
        left = {path: text for path, text in generated(root / "production").items() if not path.endswith("/")}
        assert left == THIRD | {"notes.txt": "mine"}
        assert not [path for path in tree(root) if not path.startswith("production/") and not path.endswith("/")]
    assert halfway >= 3


# Two builds at once


def test_a_second_build_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits, go_on = threading.Event(), threading.Event()

    def sleep(_seconds: float) -> None:
        waits.set()
        go_on.wait(30)

    monkeypatch.setattr(time, "sleep", sleep)
    second = threading.Thread(target=build, args=(tmp_path,), kwargs={"production": {"index.md": "second"}})
    with Output(tmp_path) as output:
        second.start()
        assert waits.wait(30)
        output.stage("production", {"index.md": "first"})
        output.commit(remove_others=True)
        assert generated(tmp_path / "production") == {"index.md": "first"}
    go_on.set()
    second.join(30)
    assert generated(tmp_path / "production") == {"index.md": "second"}


def test_a_second_build_gives_up_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "LOCK_TIMEOUT_SECONDS", 0.0)
    with Output(tmp_path), pytest.raises(Refused, match="another build has been writing here"), Output(tmp_path):
        raise AssertionError("two builds hold the same output")


def test_a_lock_that_the_last_build_has_just_removed_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, real = tmp_path / f"{STAGING}.lock", writer._lock

    def removed_before_it_is_locked(descriptor: int) -> None:
        monkeypatch.setattr(writer, "_lock", real)
        lock.unlink()
        real(descriptor)

    monkeypatch.setattr(writer, "_lock", removed_before_it_is_locked)
    with Output(tmp_path):
        assert lock.exists()


# What the command line says

FINDING = Finding(Location("build/production/index.md"), "output folder", "cannot be used: Operation not permitted")


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (Refused(FINDING), 1, "1 finding. Nothing was written."),
        (Unfinished(FINDING), 1, "1 finding. Some files may have been replaced, others not."),
        (KeyboardInterrupt(), 130, "If files were being replaced just then, the next build finishes it."),
    ],
)
def test_the_last_line_says_what_was_written(
    error: BaseException,
    status: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_arguments: object) -> NoReturn:
        raise error

    monkeypatch.setattr(generate, "build", fail)
    assert cli.main(["build"], tmp_path) == status
    assert says in capsys.readouterr().err.splitlines()[-1]
