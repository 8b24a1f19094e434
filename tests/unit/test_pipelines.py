"""The pipelines that a new project gets: their form, that every command exists, and what they tell of a change."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring_kit import cli, starter
from tests.support.planting import PROJECT
from tests.support.project import edit, run

PIPELINES = PROJECT / "examples/pipelines"
GITHUB, AZURE = "github-actions.yml", "azure-pipelines.yml"
MAKEFILE = (starter.FILES / "Makefile").read_text()

# The keys that the services know, of those that a step may have here. From the documentation: "Workflow syntax for
# GitHub Actions" (jobs.<job_id>.steps) and "YAML schema reference for Azure Pipelines" (steps.bash, .checkout, .task).
# Both files were also held against the schemas of SchemaStore (check-jsonschema 0.39.0) when they were written.
WORKFLOW_KEYS = {"name", "on", "permissions", "jobs"}
JOB_KEYS = {"name", "runs-on", "timeout-minutes", "permissions", "env", "needs", "if", "steps"}
GITHUB_STEP_KEYS = {"name", "id", "if", "uses", "with", "run", "env", "shell", "working-directory", "timeout-minutes"}
AZURE_KEYS = {"trigger", "pr", "pool", "variables", "steps"}
AZURE_COMMON = {"displayName", "condition", "env", "name", "timeoutInMinutes", "enabled", "continueOnError"}
AZURE_STEP_KEYS = {
    "checkout": {"fetchDepth", "persistCredentials", "clean", *AZURE_COMMON},
    "task": {"inputs", *AZURE_COMMON},
    "bash": {"workingDirectory", "failOnStderr", *AZURE_COMMON},
}


def pipeline(name: str) -> dict[str, Any]:
    """The file, with its words as texts: YAML 1.1 reads the key `on` as true."""
    loaded: dict[str, Any] = yaml.load((PIPELINES / name).read_text(), yaml.BaseLoader)  # noqa: S506 - texts only
    return loaded


def steps(name: str) -> list[dict[str, Any]]:
    whole = pipeline(name)
    found: list[dict[str, Any]] = whole["steps"] if name == AZURE else whole["jobs"]["monitoring"]["steps"]
    return found


def scripts(name: str) -> list[str]:
    return [step.get("run") or step["bash"] for step in steps(name) if "run" in step or "bash" in step]


def commands(name: str, program: str) -> Iterator[list[str]]:
    """The arguments of each call of `program`."""
    for script in scripts(name):
        for call in re.findall(rf"^\s*{re.escape(program)} ([^>|\n]*)", script, re.MULTILINE):
            yield shlex.split(call)


def test_the_workflow_has_the_form_of_github_actions() -> None:
    workflow = pipeline(GITHUB)
    assert set(workflow) <= WORKFLOW_KEYS
    assert set(workflow["on"]) == {"pull_request", "push"}
    (job,) = workflow["jobs"].values()
    assert set(job) <= JOB_KEYS
    for step in job["steps"]:
        assert set(step) <= GITHUB_STEP_KEYS
        assert ("uses" in step) != ("run" in step)


def test_the_pipeline_has_the_form_of_azure_devops() -> None:
    whole = pipeline(AZURE)
    assert set(whole) <= AZURE_KEYS
    for step in whole["steps"]:
        (kind,) = set(step) & set(AZURE_STEP_KEYS)
        assert set(step) - {kind} <= AZURE_STEP_KEYS[kind]


def test_actions_are_pinned_by_the_whole_version() -> None:
    used = [step["uses"] for step in steps(GITHUB) if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", action)] == []
    tasks = [step["task"] for step in steps(AZURE) if "task" in step]  # Azure's tasks have no more than this
    assert [task for task in tasks if not re.fullmatch(r"\w+@\d+", task)] == []
    assert "latest" not in (PIPELINES / GITHUB).read_text() + (PIPELINES / AZURE).read_text()


@pytest.mark.parametrize("name", [GITHUB, AZURE])
def test_every_command_is_there(name: str) -> None:
    targets = [target for call in commands(name, "make") for target in call]
    assert targets == ["check", "tools", "test"]
    assert [target for target in targets if not re.search(rf"^[\w ]*\b{target}\b[\w ]*:", MAKEFILE, re.MULTILINE)] == []
    calls = list(commands(name, ".venv/bin/monitoring-kit"))
    assert [call[0] for call in calls] == ["diff", "diff"]
    for call in calls:
        cli._parser("monitoring-kit").parse_args(call)  # exits on what it does not know


def test_a_new_project_gets_these_very_files(tmp_path: Path) -> None:
    run("init", tmp_path / "team")
    for name, path in starter.PIPELINES.items():
        assert (tmp_path / "team" / path).read_text() == (PIPELINES / name).read_text()


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S607


def program(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in whose checkout a pull request is merged: it raises a level, and holds what was built for that."""
    folder = tmp_path_factory.mktemp("pipeline") / "checkout"
    run("init", folder)
    (folder / "environments/staging.yaml").unlink()
    run("build", project=folder)
    git(folder, "init", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--message", "before")
    git(folder, "switch", "--create", "change")
    alerts = '\nalerts:\n  ModelErrorRatioHigh:\n    critical: 6%\n    because: "callers retry"\n'
    file = folder / "environments/production.yaml"
    assert not re.search(r"^alerts:", file.read_text(), re.MULTILINE)
    file.write_text(file.read_text() + alerts)
    run("build", project=folder)
    git(folder, "commit", "--all", "--message", "change")
    git(folder, "switch", "main")
    git(folder, "merge", "--no-ff", "--message", "merged", "change")
    called = "from monitoring_kit.cli import command; raise SystemExit(command())"
    kit = f'PYTHONPATH={shlex.quote(str(PROJECT))} exec {shlex.quote(sys.executable)} -c "{called}" "$@"'
    program(folder / ".venv/bin/monitoring-kit", kit)
    program(folder.parent / "bin/gh", 'echo "$@" > ../posted; cat comment.md >> ../posted')
    program(folder.parent / "bin/curl", 'cat > ../posted; for last; do :; done; echo "$last" > ../address')
    return folder


def run_step(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "PATH": f"{folder.parent / 'bin'}:{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(folder.parent / "summary"),
        "GITHUB_REPOSITORY": "example/monitoring",
        "PULL_REQUEST": "7",
        "SYSTEM_COLLECTIONURI": "https://dev.azure.com/example/",
        "SYSTEM_TEAMPROJECTID": "project",
        "BUILD_REPOSITORY_ID": "repository",
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
        "SYSTEM_ACCESSTOKEN": "token",
    }
    return subprocess.run(
        ["bash", "-e", "-c", script],  # noqa: S607 - as the services call it
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


TOLD = """\
What this change does to dashboards and alerts:

```text
production:
  ~ ModelErrorRatioHigh critical: 5% -> 6%; description reworded; panel Error ratio: line moved
"""


@pytest.mark.parametrize("name", [GITHUB, AZURE])
def test_a_pull_request_is_told_what_it_changes(merged: Path, name: str) -> None:
    committed, told, comment = [script for script in scripts(name) if not script.startswith("make")]
    assert run_step(merged, committed).returncode == 0
    for script in (told, comment):
        done = run_step(merged, script)
        assert done.returncode == 0, done.stderr
    git(merged, "worktree", "remove", "--force", "../before")
    posted = (merged.parent / "posted").read_text()
    if name == GITHUB:
        call, body = posted.split("\n", 1)
        assert call.startswith("pr comment 7 --repo example/monitoring --edit-last --create-if-none")
        assert (merged.parent / "summary").read_text() == body
    else:
        thread = json.loads(posted)
        body = thread["comments"][0]["content"]
        assert (merged.parent / "address").read_text().strip() == (
            "https://dev.azure.com/example/project/_apis/git/repositories/repository/pullRequests/7/threads"
            "?api-version=7.0"
        )
    assert body.startswith(TOLD)
    assert body.endswith("```\n")


def test_a_build_that_is_not_committed_stops_the_pipeline(merged: Path) -> None:
    edit(merged / "build/production/index.md", "# Monitoring", "# Edited")
    for name in (GITHUB, AZURE):
        committed = next(script for script in scripts(name) if not script.startswith("make"))
        assert run_step(merged, committed).returncode == 1
    git(merged, "checkout", "--", "build")
