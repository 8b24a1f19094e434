"""What a build may do to the folder that holds its output, and what it must never do."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from monitoring_kit.core.findings import Refused
from monitoring_kit.output import writer as output_module
from monitoring_kit.output.writer import MANIFEST, STAGING, Changes, Content, Output, compare

OLD = {"index.md": "old\n", "grafana/service.json": '{"old": 1}\n', "prometheus/gone.yaml": "groups: []\n"}
NEW = {"index.md": "new\n", "grafana/service.json": '{"old": 1}\n', "azure/alerts.json": "{}\n"}


def build(root: Path, remove_others: bool = True, **environments: Mapping[str, Content]) -> tuple[Changes, ...]:
    with Output(root) as output:
        for name, files in environments.items():
            output.stage(name, files)
        return output.commit(remove_others=remove_others)


def tree(root: Path) -> dict[str, str]:
    """Every file below `root` with its text, a symbolic link with its target, an empty folder with a slash."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_text()
        elif not any(path.iterdir()):
            found[name + "/"] = ""
    return found


def generated(root: Path) -> dict[str, str]:
    return {name: text for name, text in tree(root).items() if name != MANIFEST}


def problems(refused: pytest.ExceptionInfo[Refused]) -> str:
    return str(refused.value)


def no_exchange(_one: Path, _other: Path) -> None:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


@pytest.fixture(params=["folders exchanged", "files replaced one by one"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test both with the file system's exchange of folders and without it."""
    if request.param == "files replaced one by one":
        monkeypatch.setattr(output_module, "_exchange", no_exchange)


def test_the_output_is_exactly_what_was_staged_and_the_report_says_what_changed(
    tmp_path: Path, either_way: None
) -> None:
    first = build(tmp_path, production=OLD)
    assert generated(tmp_path / "production") == OLD
    assert first == (Changes("production", added=tuple(sorted(OLD))),)

    second = build(tmp_path, production=NEW)
    assert generated(tmp_path / "production") == NEW
    assert second == (
        Changes(
            "production",
            added=("azure/alerts.json",),
            changed=("index.md",),
            removed=("prometheus/gone.yaml",),
            unchanged=("grafana/service.json",),
        ),
    )
    assert not (tmp_path / STAGING).exists()


def test_the_folder_of_a_removed_file_goes_with_it(tmp_path: Path, either_way: None) -> None:
    build(tmp_path, production=OLD)
    build(tmp_path, production=NEW)
    assert not (tmp_path / "production" / "prometheus").exists()


def test_a_file_may_become_a_folder_and_back(tmp_path: Path, either_way: None) -> None:
    build(tmp_path, production={"a": "1"})
    build(tmp_path, production={"a/b": "2"})
    assert generated(tmp_path / "production") == {"a/b": "2"}
    build(tmp_path, production={"a": "3"})
    assert generated(tmp_path / "production") == {"a": "3"}


def test_the_manifest_is_one_that_sha256sum_verifies(tmp_path: Path) -> None:
    build(tmp_path, production=NEW)

    def verified() -> bool:
        command = ["sha256sum", "--check", "--strict", "--quiet", MANIFEST]
        done = subprocess.run(command, cwd=tmp_path / "production", capture_output=True, check=False)
        return done.returncode == 0

    assert verified()
    (tmp_path / "production" / "index.md").write_text("edited by hand")
    assert not verified()


def test_a_second_build_touches_nothing(tmp_path: Path) -> None:
    build(tmp_path, production=NEW)
    before = {path: path.stat() for path in [tmp_path / "production", *(tmp_path / "production").rglob("*")]}
    (report,) = build(tmp_path, production=NEW)
    assert not report.any
    assert {path: path.stat() for path in before} == before


def test_a_file_that_does_not_change_stays_the_same_file_when_others_do(tmp_path: Path, either_way: None) -> None:
    build(tmp_path, production=OLD)
    before = (tmp_path / "production/grafana/service.json").stat()
    build(tmp_path, production=NEW)
    after = (tmp_path / "production/grafana/service.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_generated_file_that_was_edited_or_deleted_comes_back(tmp_path: Path, either_way: None) -> None:
    build(tmp_path, production=NEW)
    (tmp_path / "production/index.md").write_text("edited by hand")
    (tmp_path / "production/azure/alerts.json").unlink()
    (report,) = build(tmp_path, production=NEW)
    assert generated(tmp_path / "production") == NEW
    assert (report.added, report.changed) == (("azure/alerts.json",), ("index.md",))


# The user's own files


def test_files_of_the_users_own_stay_the_very_same_files(tmp_path: Path, either_way: None) -> None:
    build(tmp_path, production=OLD, retired=OLD)
    for name in ("production", "retired"):
        own = tmp_path / name
        (own / "notes.txt").write_text("mine")
        (own / "prometheus/extra.yaml").write_text("mine too")
        (own / "link").symlink_to("nowhere")
        (own / "grafana/linked-folder").symlink_to(tmp_path)
        (own / "empty/folder").mkdir(parents=True)
        (own / "locked").mkdir()
        (own / "locked/file").write_text("read-only")
        (own / "locked").chmod(0o555)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/file").write_text("mine as well")
    inodes = {
        path: path.lstat().st_ino
        for name in ("production", "retired")
        for path in (tmp_path / name).rglob("*")
        if not path.is_dir() or path.is_symlink()
        if path.relative_to(tmp_path / name).as_posix() not in {*OLD, MANIFEST}
    }
    assert len(inodes) == 10

    build(tmp_path, production=NEW)

    assert {path: path.lstat().st_ino for path in inodes} == inodes
    assert (tmp_path / "production/locked").stat().st_mode & 0o777 == 0o555
    own_entries = {
        "notes.txt": "mine",
        "prometheus/extra.yaml": "mine too",
        "link": "-> nowhere",
        "grafana/linked-folder": f"-> {tmp_path}",
        "empty/folder/": "",
        "locked/file": "read-only",
    }
    assert generated(tmp_path / "production") == NEW | own_entries
    assert tree(tmp_path / "retired") == own_entries
    assert (tmp_path / "elsewhere/file").read_text() == "mine as well"
    build(tmp_path, production=OLD)
    assert generated(tmp_path / "production") == OLD | own_entries


def test_files_of_the_users_own_are_copied_where_links_are_impossible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*_paths: Path, follow_symlinks: bool) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    build(tmp_path, production=OLD)
    (tmp_path / "production/notes.txt").write_text("mine")
    before = (tmp_path / "production/notes.txt").stat().st_ino
    monkeypatch.setattr(os, "link", no_link)
    build(tmp_path, production=NEW)
    assert (tmp_path / "production/notes.txt").read_text() == "mine"
    assert (tmp_path / "production/notes.txt").stat().st_ino == before


def test_what_the_user_writes_while_a_build_runs_is_kept(tmp_path: Path, either_way: None) -> None:
    build(tmp_path, production=OLD)
    (tmp_path / "production/notes.txt").write_text("first")
    with Output(tmp_path) as output:
        output.stage("production", NEW)
        (tmp_path / "rewritten").write_text("second")
        (tmp_path / "rewritten").replace(tmp_path / "production/notes.txt")  # how editors save
        (tmp_path / "production/later.txt").write_text("third")
        output.commit(remove_others=True)
    assert generated(tmp_path / "production") == NEW | {"notes.txt": "second", "later.txt": "third"}


@pytest.mark.parametrize(
    ("own", "generated_path"),
    [
        ("index.md", "index.md"),
        ("grafana", "grafana/service.json"),
        ("index.md/inside", "index.md"),
        ("index.md/empty/", "index.md"),
        (MANIFEST, MANIFEST),
    ],
)
def test_a_file_of_the_users_own_in_the_way_is_refused(tmp_path: Path, own: str, generated_path: str) -> None:
    standing = tmp_path / "production" / own
    standing.parent.mkdir(parents=True)
    if own.endswith("/"):
        standing.mkdir()
    else:
        standing.write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(Refused) as refused:
        build(tmp_path, staging={"index.md": "1"}, production=NEW)
    assert f"production/{own.rstrip('/')}: environment production: this is not a generated file" in problems(refused)
    assert f"and {generated_path} must be generated in its place" in problems(refused)
    assert tree(tmp_path) == before


def test_a_file_with_the_very_content_that_is_generated_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "production").mkdir()
    (tmp_path / "production/index.md").write_text("new\n")
    (report,) = build(tmp_path, production=NEW)
    assert report.unchanged == ("index.md",)
    build(tmp_path, production={"azure/alerts.json": "{}\n"})
    assert generated(tmp_path / "production") == {"azure/alerts.json": "{}\n"}


def test_a_manifest_with_merge_conflicts_names_the_files_of_both_sides(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    manifest = tmp_path / "production" / MANIFEST
    ours = manifest.read_text()
    build(tmp_path / "theirs", production=NEW)
    theirs = (tmp_path / "theirs/production" / MANIFEST).read_text()
    header, _, ours_lines = ours.partition("\n")
    _, _, theirs_lines = theirs.partition("\n")
    manifest.write_text(f"{header}\n<<<<<<< HEAD\n{ours_lines}=======\n{theirs_lines}>>>>>>> other\n")
    (tmp_path / "production/azure").mkdir()
    (tmp_path / "production/azure/alerts.json").write_text("of the other branch")

    build(tmp_path, production=NEW, theirs={})

    assert generated(tmp_path / "production") == NEW
    assert manifest.read_text() == theirs


# Environments


def test_an_environment_that_is_no_longer_defined_loses_its_files(tmp_path: Path) -> None:
    build(tmp_path, production=OLD, staging=OLD)
    report = build(tmp_path, production=OLD)
    assert not (tmp_path / "staging").exists()
    assert [change.environment for change in report] == ["production", "staging"]
    assert report[1].removed == tuple(sorted(OLD))


def test_building_only_one_environment_leaves_the_others_alone(tmp_path: Path) -> None:
    build(tmp_path, production=OLD, staging=OLD)
    build(tmp_path, remove_others=False, production=NEW)
    assert generated(tmp_path / "staging") == OLD


def test_a_folder_with_a_manifest_of_somebody_else_is_not_an_environment(tmp_path: Path) -> None:
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / MANIFEST).write_text(f"{'0' * 64}  file\n")
    (tmp_path / "downloads/file").write_text("mine")
    build(tmp_path, production=NEW)
    assert (tmp_path / "downloads/file").read_text() == "mine"


def test_compare_says_what_a_build_would_change_and_writes_nothing(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    before = tree(tmp_path)
    would = compare(tmp_path, "production", NEW)
    assert tree(tmp_path) == before
    assert (would,) == build(tmp_path, production=NEW)
    assert compare(tmp_path / "nowhere", "production", OLD) == Changes("production", added=tuple(sorted(OLD)))


def test_what_is_staged_can_be_read_before_it_is_committed(tmp_path: Path) -> None:
    build(tmp_path, production=OLD, staging=OLD)
    with Output(tmp_path) as output:
        output.stage("production", NEW)
        output.stage("staging", OLD)
        assert generated(output.folder("production")) == NEW
        assert output.folder("staging") == tmp_path / "staging"


# Failures


def test_a_build_that_fails_changes_nothing(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    before = tree(tmp_path)
    with pytest.raises(ZeroDivisionError), Output(tmp_path) as output:
        output.stage("production", NEW)
        output.stage("staging", {"index.md": str(1 // 0)})
    assert tree(tmp_path) == before


def test_a_disk_that_refuses_a_write_changes_nothing(tmp_path: Path) -> None:
    build(tmp_path, production=OLD)
    before = tree(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(Refused, match="output folder: cannot be used: File too large"):
            build(tmp_path, production=NEW | {"big": "x" * 60_000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("output", ["file", "file/below"])
def test_an_output_that_is_not_a_folder_is_refused(tmp_path: Path, output: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(Refused) as refused:
        build(tmp_path / output, production=NEW)
    assert "output folder: cannot be used: " in problems(refused)
    assert "choose another with --output" in problems(refused)


def test_an_environment_folder_that_is_a_link_or_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(Refused, match="a symbolic link stands where the folder of environment linked must go"):
        build(tmp_path, linked=NEW)
    with pytest.raises(Refused, match="a file stands where the folder of environment file must go"):
        build(tmp_path, file=NEW)


@pytest.mark.parametrize(
    "path", ["", ".", "/etc/x", "../x", "a/../../x", "a//b", "a/", "./a", "a\\b", "a\nb", MANIFEST]
)
def test_a_path_that_leaves_the_environment_is_an_error_of_the_program(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="is not the path of a file below the environment's folder"):
        build(tmp_path, production={path: "x"})


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "/etc"])
def test_a_name_that_leaves_the_output_is_an_error_of_the_program(tmp_path: Path, name: str) -> None:
    with Output(tmp_path) as output, pytest.raises(ValueError, match="cannot name the folder of an environment"):
        output.stage(name, NEW)


def test_a_path_cannot_be_both_a_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="both as a file and as the folder"):
        build(tmp_path, production={"a": "1", "a/b/c": "2"})


# Two builds at once, and killed builds

# pytest-xdist runs a thread beside the tests; the child only calls the file system, then it ends or is killed.
forks = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")


@forks
def test_a_second_build_waits_for_the_first(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from monitoring_kit.output.writer import Output\n"
        "with Output(Path(sys.argv[1])) as output:\n"
        "    print('locked', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    output.stage('production', {'index.md': 'first'})\n"
        "    output.commit(remove_others=True)\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    assert first.stdout.readline() == "locked\n"
    second = os.fork()
    if second == 0:
        build(tmp_path, production={"index.md": "second"})
        os._exit(0)
    assert os.waitpid(second, os.WNOHANG) == (0, 0)
    first.communicate("\n", timeout=30)
    assert os.waitstatus_to_exitcode(os.waitpid(second, 0)[1]) == 0
    assert generated(tmp_path / "production") == {"index.md": "second"}


def test_a_second_build_gives_up_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_module, "LOCK_TIMEOUT_SECONDS", 0.0)
    with (
        Output(tmp_path),
        pytest.raises(Refused, match="another build has been writing here"),
        Output(tmp_path),
    ):
        raise AssertionError("two builds hold the same output")


FILESYSTEM_EVENTS = {
    *("open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "os.chmod", "os.scandir", "os.listdir"),
    *("shutil.copymode", "shutil.rmtree", "ctypes.dlsym"),
}


def killed_at(step: int, run: Callable[[], object]) -> bool:
    """Run in a child that is killed before its file system call number `step`. False where it ended before that."""
    child = os.fork()
    if child == 0:
        steps = 0

        def count(event: str, _arguments: tuple[object, ...]) -> None:
            nonlocal steps
            if event in FILESYSTEM_EVENTS:
                steps += 1
                if steps == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        run()
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL)
    return status != 0


@forks
def test_a_build_killed_at_any_step_leaves_all_old_or_all_new(tmp_path: Path) -> None:
    build(tmp_path / "reference", production=OLD)
    old = tree(tmp_path / "reference/production")
    build(tmp_path / "reference", production=NEW)
    new = tree(tmp_path / "reference/production")

    root, step, seen = tmp_path / "output", 1, []
    while True:
        build(root, production=OLD, retired=OLD)
        (root / "production/notes.txt").write_text("mine")
        (root / "retired/notes.txt").write_text("mine")
        killed = killed_at(step, lambda: build(root, production=NEW, added=NEW))
        now = tree(root / "production")
        assert now.pop("notes.txt") == "mine"
        assert now in (old, new)
        assert tree(root / "retired") in (old | {"notes.txt": "mine"}, {"notes.txt": "mine"})
        assert not (root / "added").exists() or tree(root / "added") == new
        seen.append(now == new)
        if not killed:
            break
        step += 1
    assert step > 50
    assert not seen[0]
    assert seen[-1]
    assert seen == sorted(seen)
    build(root, production=OLD)
    assert sorted(path.name for path in root.iterdir()) == ["production", "retired"]


@forks
def test_where_folders_cannot_be_exchanged_the_next_build_mends_what_a_kill_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_module, "_exchange", no_exchange)
    third = {"index.md": "third\n", "runbooks/A.md": "A\n"}
    step = 1
    while True:
        build(tmp_path, production=OLD)
        (tmp_path / "production/notes.txt").write_text("mine")
        killed = killed_at(step, lambda: build(tmp_path, production=NEW))
        build(tmp_path, production=third)
        assert generated(tmp_path / "production") == third | {"notes.txt": "mine"}
        if not killed:
            break
        step += 1
    assert step > 30
