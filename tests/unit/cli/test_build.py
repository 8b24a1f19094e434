"""The build as a whole: what it writes, that it writes the same again, and that it writes nothing when it fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.planting import PROJECT, REFERENCE
from tests.support.project import edit, files_of, interpreted, run


def test_two_builds_are_the_same_whatever_the_hash_seed(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        written = ("--environments", REFERENCE, "--output", tmp_path / seed)
        done = interpreted("build", *written, PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")


def test_a_second_build_changes_nothing_and_says_so(tmp_path: Path) -> None:
    run("build", "--environments", REFERENCE, "--output", tmp_path)
    again = run("build", "--environments", REFERENCE, "--output", tmp_path)
    assert [line.split()[-1] for line in again.stdout.splitlines() if line.startswith(("production", "staging"))] == [
        "nothing",
        "nothing",
    ]
    assert run("diff", "--environments", REFERENCE, "--output", tmp_path).stdout == "A build would change nothing.\n"


def test_a_definition_that_is_removed_takes_its_files_with_it(project: Path) -> None:
    run("build", project=project)
    kept = project / "build" / "production" / "notes.txt"
    kept.write_text("mine")
    environment = project / "environments" / "production.yaml"
    before_block, block = environment.read_text().split("  container_insights:")
    environment.write_text(before_block + "  managed_prometheus:" + block.split("  managed_prometheus:", 1)[1])
    before = files_of(project / "build")
    done = run("build", project=project)
    assert done.returncode == 0, done.stderr
    after = files_of(project / "build")
    gone = before.keys() - after.keys()
    assert "production/grafana/production-containers.json" in gone
    assert "production/kubernetes/dashboard-production-containers.yaml" in gone
    assert "production/runbooks/InferenceErrorsLogged.md" in gone
    assert kept.read_text() == "mine"


def test_an_environment_that_is_removed_takes_its_files_with_it(project: Path) -> None:
    run("build", project=project)
    (project / "environments" / "staging.yaml").unlink()
    assert run("build", project=project).returncode == 0
    assert not (project / "build" / "staging").exists()
    assert (project / "build" / "production" / "index.md").exists()


def test_building_one_environment_leaves_the_others_alone(project: Path) -> None:
    run("build", project=project)
    edit(project / "environments" / "staging.yaml", "https://grafana.example.com", "https://other.example.com")
    edit(project / "environments" / "production.yaml", "https://grafana.example.com", "https://other.example.com")
    before = files_of(project / "build" / "production")
    assert run("build", "--only", "staging", project=project).returncode == 0
    assert files_of(project / "build" / "production") == before
    assert "https://other.example.com" in (project / "build/staging/runbooks/ModelErrorRatioHigh.md").read_text()


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("queries/errors.py", 'status="error"', 'status="failed"', ("queries/errors.py:", "failed", "rejected")),
        (
            "queries/latency.py",
            "model_prediction_duration_seconds",
            "model_latency_seconds",
            ("model_latency_seconds",),
        ),
        ("rules/thresholds.py", "0.5 * SECONDS", "0.6 * SECONDS", ("rules/thresholds.py:", "600 ms", "0.75")),
        ("rules/thresholds.py", "warning=0.02 * RATIO", "warning=20 * SECONDS", ("rules/thresholds.py:", "seconds")),
        (
            "environments/production.yaml",
            "namespace: production",
            "namespace: Produ ction",
            ("production.yaml:", "Produ"),
        ),
        ("queries/kql/container_errors.kql", "LogLevel", "LogLevl", ("container_errors.kql", "LogLevl", "LogLevel")),
        ("queries/errors.py", 'title="Error ratio"', 'titel="Error ratio"', ("queries/errors.py:", "titel")),
        (
            "rules/thresholds.py",
            "ERROR_RATIO = above(",
            "ERROR_RATIO = above((",
            ("rules/thresholds.py:", "SyntaxError"),
        ),
        ("dashboards/pods.py", "import Backend", "import Bakend", ("dashboards/pods.py:", "Bakend")),
        ("rules/runbooks/ModelTargetDown.md", "## Mitigation", "## What to do", ("ModelTargetDown", "## Mitigation")),
        (
            "rules/alerts.py",
            "latency, LATENCY, team=SERVING",
            "latency, LATENCY, team=None",
            ("rules/alerts.py:", "Alert ModelLatencyHigh: its team cannot be None"),
        ),
        ("queries/tables.py", '{"Outcome": OUTCOME}', '{"Out)come": OUTCOME}', ("queries/tables.py:", "'Out)come'")),
        (
            "queries/metrics.py",
            'deployment="$workload"',
            'deployment=~"$workload.*"',
            ("queries/metrics.py:", "'$workload.*', which is no setting"),
        ),
    ],
    ids=[
        "label value",
        "metric",
        "bucket bound",
        "unit",
        "environment",
        "log column",
        "keyword",
        "syntax",
        "import",
        "runbook",
        "type",
        "column of a table",
        "setting of a scope",
    ],
)
def test_a_mistake_stops_the_build_with_its_place_and_leaves_the_output(
    project: Path, file: str, old: str, new: str, words: tuple[str, ...]
) -> None:
    run("build", project=project)
    before = files_of(project / "build")
    edit(project / file, old, new)
    done = run("build", project=project)
    assert done.returncode == 1
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr
    assert "Nothing was written." in done.stderr
    assert files_of(project / "build") == before


def test_one_run_reports_the_mistakes_of_all_environments(project: Path) -> None:
    edit(project / "environments" / "production.yaml", "namespace: production", "namespace: Produ ction")
    edit(project / "environments" / "staging.yaml", "location: westeurope", "location: West Europe")
    done = run("check", project=project)
    assert done.returncode == 1
    assert "production.yaml:" in done.stderr
    assert "staging.yaml:" in done.stderr


def test_diff_tells_a_reviewer_what_a_threshold_changes(project: Path) -> None:
    run("build", project=project)
    edit(project / "rules" / "thresholds.py", "critical=0.05 * RATIO", "critical=0.06 * RATIO")
    shutil.copy(PROJECT / "build/incidents.md", project / "build")
    told = run("diff", project=project).stdout.splitlines()
    assert told == [
        "production:",
        "  ~ ModelErrorRatioHigh critical: 5% -> 6%; panel Error ratio: line moved",
        "      incidents: error burst, every fifth prediction times out",
        "  ~ panel Errors on production-service: line moved",
        "  ~ panel Models on production-service: value changed",
        "  files changed: azure, grafana, index.md, kubernetes (2), prometheus, runbooks",
        "staging:",
        "  ~ ModelErrorRatioHigh critical on Azure: 5% -> 6%; panel Error ratio: line moved",
        "  files changed: azure, grafana, index.md, runbooks",
    ]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [((), 0), (("--exit-code",), 1), (("--exit-code", "--only", "staging"), 1), (("--exit-code", "-v"), 1)],
    ids=["not asked", "asked", "one environment", "with details"],
)
def test_diff_tells_a_script_whether_a_build_would_change_something(
    project: Path, arguments: tuple[str, ...], status: int
) -> None:
    run("build", project=project)
    assert run("diff", *arguments, project=project).returncode == 0
    edit(project / "rules" / "thresholds.py", "critical=0.05 * RATIO", "critical=0.06 * RATIO")
    assert run("diff", *arguments, project=project).returncode == status


def test_diff_tells_of_an_environment_that_is_removed(project: Path) -> None:
    run("build", project=project)
    (project / "environments" / "staging.yaml").unlink()
    (project / "build" / "of_my_own").mkdir()
    (project / "build" / "of_my_own" / "MANIFEST.sha256").write_text("mine")
    done = run("diff", "--exit-code", project=project)
    files = len(files_of(project / "build" / "staging")) - 1  # the manifest goes with them
    assert (done.returncode, done.stdout) == (1, f"staging: is not defined any more, {files} files are removed\n")
    assert run("diff", "--exit-code", "--only", "production", project=project).returncode == 0


def test_list_shows_what_an_environment_gets() -> None:
    told = run("list", "--environments", REFERENCE, "--only", "staging").stdout
    assert "Azure      ModelErrorRatioHigh" in told
    assert "staging-endpoint" in told
    assert "production" not in told


@pytest.mark.parametrize("arguments", [(), ("render",), ("build", "--colour")], ids=["nothing", "command", "option"])
def test_wrong_usage_is_status_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_an_unknown_environment_is_named(tmp_path: Path) -> None:
    done = run("build", "--environments", REFERENCE, "--only", "stagin", "--output", tmp_path)
    assert done.returncode == 1
    assert "staging" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_two_environments_with_the_same_service_are_told(project: Path) -> None:
    environments = project / "environments"
    text = (environments / "production.yaml").read_text()
    (environments / "canary.yaml").write_text(text.replace("/build/production/", "/build/canary/"))
    done = run("build", project=project)
    assert done.returncode == 0, done.stderr
    assert "canary and production have the same namespace and service." in done.stdout
    assert "overwrite each other" in done.stdout
