"""What a build may do to the folder that holds its output, and what it must never do."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from toolkit import commands, diff, generate
from toolkit import output as output_module
from toolkit.findings import PROJECT, Finding, Location, Refused
from toolkit.output import MANIFEST, STAGING, Changes, Output, Unfinished, compare

Files = Mapping[str, str]

OLD = {"index.md": "old\n", "grafana/service.json": '{"old": 1}\n', "prometheus/gone.yaml": "groups: []\n"}
NEW = {"index.md": "new\n", "grafana/service.json": '{"old": 1}\n', "azure/alerts.json": "{}\n"}
THIRD = {"index.md": "third\n", "azure/alerts.json": "[]\n", "runbooks/A.md": "A\n"}


def build(root: Path, /, *, remove_others: bool = True, **environments: Files) -> tuple[Changes, ...]:
    with Output(root) as output:
        for name, files in environments.items():
            output.stage(name, files)
        return output.commit(remove_others=remove_others)


def refused(root: Path, **environments: Files) -> str:
    """What a build says that must not write anything."""
    before = tree(root)
    with pytest.raises(Refused) as refusal, Output(root) as output:
        for name, files in environments.items():
            output.stage(name, files)
        output.commit(remove_others=True)
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

    (second,) = build(tmp_path, production=NEW)
    assert generated(tmp_path / "production") == NEW
    assert second == Changes(
        "production",
        added=("azure/alerts.json",),
        changed=("index.md",),
        removed=("prometheus/gone.yaml",),
        unchanged=("grafana/service.json",),
    )
    assert [path.name for path in tmp_path.iterdir()] == ["production"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a/b/c": "1", "d": "1"}, {"d": "1"}),
        ({"a": "1"}, {"a/b/c": "2"}),
        ({"a/b/c": "1", "a/d": "1"}, {"a": "2"}),
        ({"a/b": "1"}, {"a/c": "1"}),
        ({"a": "1\r\n"}, {"a": "é\n"}),
    ],
)
def test_folders_come_and_go_with_their_files(tmp_path: Path, before: Files, after: Files) -> None:
    build(tmp_path, production=before)
    build(tmp_path, production=after)
    assert generated(tmp_path / "production") == after


def test_the_manifest_is_one_that_sha256sum_verifies(tmp_path: Path) -> None:
    build(tmp_path, production={"b/c": "2\n", "a": "1\n"})
    assert (tmp_path / "production" / MANIFEST).read_bytes() == (
        b"# Files that generate.py wrote here. Verify with: sha256sum -c MANIFEST.sha256\n"
        b"4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865  a\n"
        b"53c234e5e8472b6ac51c1ae1cab3fe06fad053beb8ebfd8977b010655bfdd3c3  b/c\n"
    )

    def verified() -> bool:
        command = ["sha256sum", "--check", "--strict", "--quiet", MANIFEST]
        return subprocess.run(command, cwd=tmp_path / "production", capture_output=True, check=False).returncode == 0

    assert verified()
    (tmp_path / "production/a").write_text("edited by hand")
    assert not verified()


def test_a_second_build_touches_nothing(tmp_path: Path) -> None:
    build(tmp_path, production=NEW)
    before = {path: path.stat() for path in [tmp_path / "production", *(tmp_path / "production").rglob("*")]}
    (report,) = build(tmp_path, production=NEW)
    assert not report.any
    assert {path: path.stat() for path in before} == before


def test_a_file_that_does_not_change_is_not_touched_when_others_do(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    before = (tmp_path / "production/grafana/service.json").stat()
    build(tmp_path, production=NEW)
    assert (tmp_path / "production/grafana/service.json").stat() == before


def test_a_generated_file_that_was_edited_or_deleted_comes_back(tmp_path: Path) -> None:
    build(tmp_path, production=NEW)
    (tmp_path / "production/index.md").write_text("edited by hand")
    (tmp_path / "production/azure/alerts.json").unlink()
    (report,) = build(tmp_path, production=NEW)
    assert generated(tmp_path / "production") == NEW
    assert (report.added, report.changed) == (("azure/alerts.json",), ("index.md",))


def test_compare_says_what_a_build_would_change_and_writes_nothing(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    before = tree(tmp_path)
    would = compare(tmp_path, "production", NEW)
    assert tree(tmp_path) == before
    assert (would,) == build(tmp_path, production=NEW)
    assert compare(tmp_path / "nowhere", "production", OLD) == Changes("production", added=tuple(sorted(OLD)))


def test_a_diff_can_be_told_of_a_file_that_is_no_text_any_more(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    (tmp_path / "production/index.md").write_bytes(b"\xff")
    assert "  files changed: index.md" in diff.describe(tmp_path, "production", OLD)


def test_what_is_staged_can_be_read_before_it_is_committed(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    with Output(tmp_path) as output:
        output.stage("production", NEW)
        assert {path: output.file("production", path).read_text() for path in NEW} == NEW
        assert generated(tmp_path / "production") == OLD


# Environments


def test_an_environment_that_is_no_longer_defined_loses_its_files(tmp_path: Path) -> None:
    build(tmp_path, production=OLD, staging=OLD)
    report = build(tmp_path, production=OLD)
    assert not (tmp_path / "staging").exists()
    assert report == (
        Changes("production", unchanged=tuple(sorted(OLD))),
        Changes("staging", removed=tuple(sorted(OLD))),
    )


def test_building_only_one_environment_leaves_the_others_alone(tmp_path: Path) -> None:
    build(tmp_path, production=OLD, staging=OLD)
    build(tmp_path, remove_others=False, production=NEW)
    assert generated(tmp_path / "staging") == OLD


def test_a_folder_with_a_manifest_of_another_program_is_not_an_environment(tmp_path: Path) -> None:
    plant(tmp_path, f"downloads/{MANIFEST}", f"{'0' * 64}  file\n")
    plant(tmp_path, "downloads/file")
    build(tmp_path, production=NEW)
    assert (tmp_path / "downloads/file").read_text() == "mine"


@pytest.mark.parametrize(
    "path",
    ["", ".", "/etc/x", "../x", "a/../../x", "a//b", "a/", "./a", "a\\b", "C:/x", "a\nb", MANIFEST, f"{MANIFEST}.both"],
)
def test_a_path_that_leaves_the_environment_is_an_error_of_the_program(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="is not the path of a file below the environment's folder"):
        build(tmp_path, production={path: "x"})


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "/etc", "C:", "a\\b"])
def test_a_name_that_leaves_the_output_is_an_error_of_the_program(tmp_path: Path, name: str) -> None:
    with Output(tmp_path) as output, pytest.raises(ValueError, match="cannot name the folder of an environment"):
        output.stage(name, NEW)


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
    build(tmp_path, production=NEW)
    assert state() == before
    build(tmp_path, production=OLD, retired=NEW)
    assert state() == before
    build(tmp_path, production={}, retired={})
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
def test_a_file_of_the_users_own_in_the_way_is_refused(tmp_path: Path, own: str, in_the_way: str, of: str) -> None:
    plant(tmp_path, "elsewhere/file")
    plant(tmp_path, f"production/{own}" if in_the_way else f"production{own}")
    said = refused(tmp_path, first={"index.md": "1"}, production=NEW)
    expected = f"production{in_the_way}: environment production: this is not a generated file, and {of} must be"
    assert expected in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("own", "in_the_way"),
    [
        ("index.md -> nowhere", "index.md"),  # in the place of a file that was generated
        ("grafana -> ../elsewhere", "grafana"),  # in the place of a folder that was
        ("prometheus/own/deep", "prometheus/own"),  # in a folder that is to become a file
        ("prometheus/own/", "prometheus/own"),
        ("prometheus/link -> nowhere", "prometheus/link"),
    ],
)
def test_what_the_user_puts_among_generated_files_is_refused_where_it_is_in_the_way(
    tmp_path: Path, own: str, in_the_way: str
) -> None:
    build(tmp_path, production=OLD)
    name = own.split()[0]
    if (tmp_path / "production" / name).exists():
        (tmp_path / "production" / name).rename(tmp_path / "elsewhere")
    plant(tmp_path / "production", own)
    said = refused(tmp_path, production={**NEW, "prometheus": "a file now"})
    assert f"production/{in_the_way}: environment production: this is not a generated file" in said


def test_a_file_that_the_user_saves_during_a_build_is_not_overwritten(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    with pytest.raises(Refused, match=r"azure/alerts\.json must be generated"), Output(tmp_path) as output:
        output.stage("production", NEW)
        plant(tmp_path, "production/azure/alerts.json")
        plant(tmp_path, "production/later.txt")
        output.commit(remove_others=True)
    mine = {"azure/alerts.json": "mine", "later.txt": "mine"}
    assert generated(tmp_path / "production") == OLD | mine


def test_nothing_is_removed_through_a_link(tmp_path: Path) -> None:
    build(tmp_path, production={**OLD, "prometheus/more/gone.yaml": ""}, retired=OLD)
    (tmp_path / "production/prometheus/more/gone.yaml").unlink()
    (tmp_path / "retired").rename(tmp_path / ".whole")
    (tmp_path / "production/prometheus").rename(tmp_path / ".part")
    plant(tmp_path, "retired -> .whole")
    plant(tmp_path, "production/prometheus -> ../.part")
    build(tmp_path, production=NEW)
    assert generated(tmp_path / ".whole") == OLD
    assert generated(tmp_path / ".part") == {"gone.yaml": "groups: []\n", "more/": ""}
    assert generated(tmp_path / "production") == NEW | {"prometheus": "-> ../.part"}


def test_nothing_is_removed_that_a_manifest_names_outside_of_its_folder(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    outside = plant(tmp_path, "outside")
    with (tmp_path / "production" / MANIFEST).open("a") as manifest:
        for path in ("../outside", "grafana/../../outside", str(outside)):
            manifest.write(f"{'0' * 64}  {path}\n")
    build(tmp_path, production=NEW)
    assert outside.read_text() == "mine"
    assert generated(tmp_path / "production") == NEW


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


@pytest.mark.parametrize("conflict", ["{header}<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> other\n"])
@pytest.mark.parametrize("whole", [False, True])
def test_a_manifest_with_merge_conflicts_names_the_files_of_both_sides(
    tmp_path: Path, conflict: str, whole: bool
) -> None:
    manifests = []
    for files in (OLD, NEW):
        build(tmp_path, production=files)
        manifests.append((tmp_path / "production" / MANIFEST).read_text())
    header = manifests[0].partition("\n")[0] + "\n"
    ours, theirs = (text if whole else text.removeprefix(header) for text in manifests)
    merged = conflict.format(header="" if whole else header, ours=ours, theirs=theirs)
    plant(tmp_path, f"production/{MANIFEST}", merged)
    plant(tmp_path, "production/prometheus/gone.yaml", "of our side")

    build(tmp_path, production=NEW)

    assert tree(tmp_path / "production") == NEW | {MANIFEST: manifests[1]}


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
        ("out -> nowhere", "out", "out: output folder: cannot be used: File exists"),
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


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"x" * 300: "1"}, "File name too long"),
        ({"a": "1", "a/b": "2"}, "File exists"),
    ],
)
def test_files_that_the_disk_cannot_hold_are_refused(tmp_path: Path, files: Files, problem: str) -> None:
    build(tmp_path, production=OLD)
    assert f"output folder: cannot be used: {problem}" in refused(tmp_path, production=files)


def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _data: bytes) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    build(tmp_path, production=OLD)
    monkeypatch.setattr(Path, "write_bytes", full)
    assert "output folder: cannot be used: No space left on device" in refused(tmp_path, production=NEW)


class Killed(BaseException):
    """What a test raises in the place of a kill."""


def _faulty(
    name: str, real: Callable[..., object], fail: Callable[[int, str], None], calls: list[str]
) -> Callable[..., object]:
    def call(*arguments: object, **more: object) -> object:
        calls.append(name)
        fail(len(calls), str(arguments[-1]))
        return real(*arguments, **more)

    return call


def faults(monkeypatch: pytest.MonkeyPatch, fail: Callable[[int, str], None], functions: list[str]) -> list[str]:
    """Call `fail` with the number of the step before each call of `functions` of `os`; returns the calls so far."""
    calls: list[str] = []
    for name in functions:
        monkeypatch.setattr(os, name, _faulty(name, getattr(os, name), fail, calls))
    return calls


def steps(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The numbers of the steps of a build, with the output before that build."""
    for step in range(1, 200):
        root = tmp_path / f"{step}"
        build(root, production=OLD, retired=OLD)
        plant(root, "production/notes.txt")
        yield step, root


def test_a_refused_step_is_told_as_nothing_written_only_if_nothing_was(tmp_path: Path) -> None:
    outcomes = []
    for step, root in steps(tmp_path):

        def deny(number: int, path: str, step: int = step) -> None:
            if number == step:
                raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), path)

        before = tree(root)
        with pytest.MonkeyPatch.context() as patched:
            calls = faults(patched, deny, ["mkdir", "replace"])
            try:
                build(root, production=NEW, added=NEW)
            except Refused as refusal:
                assert "cannot be used: Operation not permitted" in str(refusal)
                written = {path: text for path, text in tree(root).items() if not path.endswith("/")} != before
                assert isinstance(refusal, Unfinished) == written
                outcomes.append(written)
        build(root, production=NEW, added=NEW)
        assert sorted(path.name for path in root.iterdir()) == ["added", "production"]
        assert generated(root / "added") == NEW
        assert generated(root / "production") == NEW | {"notes.txt": "mine"}
        if len(calls) < step:
            break
    assert outcomes == sorted(outcomes)
    assert outcomes.count(False) >= 5
    assert outcomes.count(True) >= 8


def test_the_next_build_finishes_what_a_killed_one_began(tmp_path: Path) -> None:
    halfway = 0
    for step, root in steps(tmp_path):

        def kill(number: int, _path: str, step: int = step) -> None:
            if number >= step:
                raise Killed  # and nothing that would clean up afterwards reaches the disk

        with pytest.MonkeyPatch.context() as patched:
            calls = faults(patched, kill, ["mkdir", "replace", "unlink", "rmdir"])
            with contextlib.suppress(Killed):
                build(root, production=NEW, added=NEW)
        now = generated(root / "production")
        assert now.pop("notes.txt") == "mine"
        assert all(text in (OLD.get(path), NEW.get(path)) for path, text in now.items() if not path.endswith("/"))
        halfway += now not in (OLD, NEW)
        build(root, production=THIRD)
        assert generated(root / "production") == THIRD | {"notes.txt": "mine"}
        assert set(tree(root)) <= {f"production/{path}" for path in (*THIRD, "notes.txt", MANIFEST)} | {
            "retired/",
            "added/",
        }
        if len(calls) < step:
            break
    assert step > 30
    assert halfway >= 3


def test_a_build_that_is_killed_lets_go_of_the_output(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from toolkit.output import Output\n"
        "replace, done = os.replace, []\n"
        "def stop(source, target):\n"
        "    if len(done) == 2: print('halfway', flush=True); sys.stdin.readline()\n"
        "    replace(source, target); done.append(target)\n"
        "os.replace = stop\n"
        "with Output(Path(sys.argv[1])) as output:\n"
        "    output.stage('production', {'a': 'new', 'b': 'new'}); output.commit(remove_others=True)\n"
    )
    build(tmp_path, production={"a": "old", "b": "old"})
    command = [sys.executable, "-c", script, str(tmp_path)]
    child = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "halfway\n"
    child.kill()
    child.communicate()
    assert generated(tmp_path / "production") == {"a": "new", "b": "old"}
    build(tmp_path, production={"a": "new", "b": "new"})
    assert generated(tmp_path / "production") == {"a": "new", "b": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["production"]


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
    monkeypatch.setattr(output_module, "LOCK_TIMEOUT_SECONDS", 0.0)
    with Output(tmp_path), pytest.raises(Refused, match="another build has been writing here"), Output(tmp_path):
        raise AssertionError("two builds hold the same output")


def test_the_lock_file_of_a_build_that_has_just_ended_keeps_nobody_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, real = tmp_path / f"{STAGING}.lock", output_module._lock

    def removed_before_it_is_locked(descriptor: int) -> None:
        monkeypatch.setattr(output_module, "_lock", real)
        lock.unlink()
        real(descriptor)

    monkeypatch.setattr(output_module, "_lock", removed_before_it_is_locked)
    monkeypatch.setattr(output_module, "LOCK_TIMEOUT_SECONDS", 1.0)
    with Output(tmp_path):
        assert lock.exists()
        monkeypatch.setattr(output_module, "LOCK_TIMEOUT_SECONDS", 0.0)
        with pytest.raises(Refused, match="another build has been writing here"), Output(tmp_path):
            raise AssertionError("two builds hold the same output")


# What the command line says

FINDING = Finding(Location("build/production/index.md"), "output folder", "cannot be used: Operation not permitted")


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (Refused(FINDING), 1, "1 finding. Nothing was written."),
        (Unfinished(FINDING), 1, "1 finding. Some files have been replaced, others not."),
        (KeyboardInterrupt(), 130, "If files were being replaced just then, the next build finishes it."),
    ],
)
def test_the_last_line_says_what_was_written(
    error: BaseException, status: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: object) -> NoReturn:
        raise error

    monkeypatch.setattr(generate, "build", fail)
    assert commands.main(["build"]) == status
    assert says in capsys.readouterr().err.splitlines()[-1]


def test_an_empty_name_is_no_output_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        commands.main(["build", "--output", ""])
    assert "argument --output: an empty name is no folder" in capsys.readouterr().err
