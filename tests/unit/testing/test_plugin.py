"""The pytest plugin: which tests an environment file has, and what a project may say that cannot be derived."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import jobs_pack
from tests.support.planting import PROJECT
from tests.support.project import SETTINGS, run

OWN_QUERY = 'prometheus=prom.Query(text="sum by (namespace, queue) (queue_length)")'
DERIVED = 'prometheus=prom.Gauge(gauge="queue_length", combine="sum")'

BY_HAND = """
from monitoring_kit.testing.case import SILENT, Case, Question, Specification
from monitoring_kit.testing.series import gauge

QUIET = gauge("queue_length", {"namespace": "nightly", "job": "worker-metrics", "queue": "reports"}, 5)

def pytest_monitoring_specifications(plan):
    case = Case("quiet", (QUIET,), {"30m": SILENT})
    return [Specification("JobsWait", (case,), {question: "it is planted" for question in Question})]

def pytest_monitoring_excused(plan):
    return EXCUSED
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one alert, built."""
    jobs_pack.write(tmp_path)
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/nightly.yaml").write_text(jobs_pack.ENVIRONMENT)
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    return tmp_path


def proven(project: Path, *arguments: str) -> str:
    """What pytest says of the environments of `project`."""
    plugin = ["-p", "no:hypothesispytest", "-p", "monitoring_kit.testing.plugin"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "--rootdir", project, project / "environments", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def measured_by_a_query(project: Path) -> None:
    file = project / "queries/workers.py"
    file.write_text(file.read_text().replace(DERIVED, OWN_QUERY).replace("State", "Query"))
    assert run("build", project=project).returncode == 0


def test_an_environment_has_a_test_of_what_is_built_and_two_of_each_own_alert(project: Path) -> None:
    told = proven(project, "--collect-only", "-q")
    assert told.splitlines()[:3] == [
        f"environments/nightly.yaml::{name}" for name in ("build", "cases[JobsWait]", "mutants[JobsWait]")
    ]


def test_nothing_passes_before_it_is_built(project: Path) -> None:
    told = proven(project)
    assert "build/nightly/prometheus/workers.yaml is missing" in told
    assert told.count("0 of its 1 rules are built: run `monitoring-kit build`") >= 2
    assert "3 failed" in told


def test_only_the_author_of_a_query_knows_what_it_means(project: Path) -> None:
    measured_by_a_query(project)
    told = proven(project, "-k", "cases")
    assert "JobsWait warning: " in told
    assert "write its cases in conftest.py: pytest_monitoring_specifications" in told


def test_a_conftest_says_what_cannot_be_derived(project: Path) -> None:
    measured_by_a_query(project)
    (project / "conftest.py").write_text(f"EXCUSED = {{}}\n{BY_HAND}")
    assert "1 passed" in proven(project, "-k", "cases")
    told = proven(project, "-k", "mutants")
    missed = re.search("no case notices it: (JobsWait warning .*)", told)
    assert missed is not None, told

    excused = {missed[1]: "it is planted", "JobsWait warning | no such mutant": "it is gone"}
    (project / "conftest.py").write_text(f"EXCUSED = {excused!r}\n{BY_HAND}")
    told = proven(project, "-k", "mutants")
    assert f"no case notices it: {missed[1]}" not in told
    assert "is excused (it is gone), and there is no such mutant: JobsWait warning | no such mutant" in told


def test_an_environment_that_cannot_be_read_is_a_finding(project: Path) -> None:
    (project / "environments/nightly.yaml").write_text("title: Batch\n")
    told = proven(project)
    assert "environments/nightly.yaml" in told
    assert "names no backend" in told
