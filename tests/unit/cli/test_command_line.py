"""The command line for people and scripts: usage, data, and quiet ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import monitoring_kit
from monitoring_kit import cli
from tests.support.planting import PROJECT, REFERENCE
from tests.support.project import interpreted, run

STAGING = ("--environments", REFERENCE, "--only", "staging")


def test_the_version_is_that_of_the_kit() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"monitoring-kit {monitoring_kit.__version__}\n")


@pytest.mark.parametrize("command", ["build", "check", "diff", "list", "init"])
def test_help_tells_the_exit_status_and_an_example(command: str) -> None:
    told = run(command, "--help").stdout
    assert "exit status:" in told
    assert "generate.py diff --only production" in told
    assert command == "init" or told.count("(default: ") >= 3


def test_help_calls_the_program_as_it_was_called(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"], PROJECT, "monitoring-kit")
    told = capsys.readouterr().out
    assert told.startswith("usage: monitoring-kit ")
    assert "monitoring-kit diff --only production" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "--env", "x"), "unrecognized arguments: --env x"),
        (("--vers",), "unrecognized arguments: --vers"),
        (("build", "--output", ""), "argument --output: the name of a folder is empty"),
        (("check", "--environments", " "), "argument --environments: the name of a folder is empty"),
        (("build", "a\x1b[31mb"), r"unrecognized arguments: a\x1b[31mb"),
    ],
    ids=["abbreviated option", "abbreviated flag", "no output", "no environments", "escape"],
)
def test_wrong_usage_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr or "the following arguments are required" in done.stderr
    assert "\x1b" not in done.stderr


def test_the_name_of_a_file_cannot_command_the_terminal(project: Path) -> None:
    (project / "environments/bad\x1b[31m.yaml").write_text("namespace: x\n")
    (project / "rules/runbooks/Model\x1b[31m.md").write_text("x\n")
    done = run("check", project=project)
    assert done.returncode == 1
    assert r"bad\x1b[31m" in done.stderr
    assert r"Model\x1b[31m.md" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


def test_list_as_json_holds_what_a_script_asks_for() -> None:
    (staging,) = json.loads(run("list", "--json", *STAGING).stdout)
    assert staging["environment"] == "staging"
    assert {signal["name"] for signal in staging["signals"]} >= {"error_ratio", "latency"}
    (alert,) = [alert for alert in staging["alerts"] if alert["name"] == "ModelErrorRatioHigh"]
    assert alert["levels"] == {
        "critical": {"value": 0.05, "unit": "ratio"},
        "warning": {"value": 0.02, "unit": "ratio"},
    }
    assert (alert["comparison"], alert["for"], alert["window"]) == (">", "5m", "5m")
    assert alert["raised_by"] == ["Azure"]
    assert alert["defined"].startswith("rules/alerts.py:")
    (dashboard,) = staging["dashboards"]
    assert {panel["signal"] for panel in dashboard["panels"]} >= {"error_ratio"}
    assert "azure/alerts.json" in staging["files"]


def test_list_shows_thresholds() -> None:
    row = next(line for line in run("list", *STAGING).stdout.splitlines() if "ModelErrorRatioHigh" in line)
    assert row.split() == ["Azure", "ModelErrorRatioHigh", "critical", ">", "5%", "5m", "ml-serving"]


def test_a_project_elsewhere_is_named(project: Path, tmp_path: Path) -> None:
    assert run("check", "--project", project, "--only", "staging", project=tmp_path).returncode == 0


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    listing = f"{sys.executable} generate.py list --environments {REFERENCE} --only staging"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {listing} | head -1"],  # noqa: S607
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "# staging\n", "")


def test_a_full_disk_behind_the_output_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "generate.py", "list", *map(str, STAGING)],
            cwd=PROJECT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "generate.py: what it says cannot be written: No space left on device\n"


def test_a_python_without_the_packages_is_told_what_to_run() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "generate.py", "build"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("generate.py: No module named ")
    assert done.stderr.endswith("run make build, or use .venv/bin/python\n")
    assert done.stderr.count("\n") == 1


def test_an_interrupted_command_is_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("monitoring_kit.generate.rendered", interrupted)
    done = run("check")
    assert (done.returncode, done.stderr) == (
        130,
        "Interrupted. If files were being replaced just then, the next build finishes it.\n",
    )


def test_a_run_elsewhere_writes_the_same(tmp_path: Path) -> None:
    shutil.copytree(REFERENCE, tmp_path / "environments")
    for folder, where in (("a", PROJECT), ("b", tmp_path)):
        assert interpreted("build", *STAGING, "--output", tmp_path / folder, project=where).returncode == 0
    assert (tmp_path / "a/staging/index.md").read_text() == (tmp_path / "b/staging/index.md").read_text()
