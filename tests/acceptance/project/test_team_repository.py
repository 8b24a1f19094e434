"""A team's own repository, as `monitoring-kit init` makes it, with the kit installed by pip from this checkout.

It holds an environment and one signal, alert, dashboard and runbook of its own; the shipped pack is depended on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support import jobs_pack
from tests.support.planting import PROJECT, REFERENCE


class Team:
    """The repository `folder`, and commands in it with the Python that has the kit."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.python = python

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of the environment, such as `monitoring-kit build`."""
        tools = f"{PROJECT / '.tools/bin'}:{os.environ['PATH']}"
        # Neither this checkout nor the packages of whoever runs the tests are to be found by accident.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
        return subprocess.run(
            [self.python.parent / command[0], *command[1:]],
            cwd=self.folder,
            env={**kept, "PATH": tools, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )

    def built(self, path: str) -> str:
        """A built file of production."""
        return (self.folder / "build/production" / path).read_text()

    def edit(self, path: str, old: str, new: str) -> None:
        """Replaces `old`, which has to be there."""
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the kit from a wheel of this checkout; what the kit needs is lent by that of tests."""
    folder = tmp_path_factory.mktemp("kit")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    offline = ["--no-index", "--no-deps"]
    subprocess.run([*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", folder, PROJECT], check=True)
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv/bin/python"
    (wheel,) = folder.glob("monitoring_kit-*.whl")
    subprocess.run([*pip, "--python", python, "install", *offline, wheel], check=True)
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    return python


@pytest.fixture
def team(tmp_path: Path, python: Path) -> Team:
    """A repository that was begun, with the values of the reference environment and one definition of each kind."""
    team = Team(tmp_path, python)
    done = team.run("monitoring-kit", "init", "monitoring")
    assert done.returncode == 0, done.stderr
    team.folder = tmp_path / "monitoring"
    (team.folder / "environments/staging.yaml").unlink()
    (team.folder / "environments/production.yaml").write_text((REFERENCE / "production.yaml").read_text())
    team.edit("environments/production.yaml", "\nteams:\n", "\nteams:\n  batch: platform\n")
    jobs_pack.write(team.folder)
    return team


def test_nothing_of_the_checkout_is_at_the_top_of_the_installed_packages(python: Path) -> None:
    (packages,) = python.parents[1].glob("lib/python*/site-packages")
    assert {path.name for path in packages.iterdir() if path.is_dir()} >= {"monitoring_kit"}
    assert not {path.name for path in packages.iterdir()} & {"queries", "rules", "dashboards", "tests"}


def test_own_definitions_stand_beside_the_shipped_ones_under_the_same_proofs(team: Team) -> None:
    done = team.run("monitoring-kit", "build")
    assert done.returncode == 0, done.stderr
    assert "promtool accepted" in done.stdout
    assert "alert: JobsWait" in team.built("prometheus/workers.yaml")
    assert "queries/workers.py, rules/jobs.py" in team.built("prometheus/workers.yaml")
    assert "alert: ModelErrorRatioHigh" in team.built("prometheus/errors.yaml")
    assert "monitoring_kit/packs/model_serving/rules/alerts.py" in team.built("prometheus/errors.yaml")
    assert "More than a hundred jobs wait." in team.built("runbooks/JobsWait.md")

    proven = team.run("python", "-m", "pytest")
    assert proven.returncode == 0, proven.stdout
    assert proven.stdout.startswith("...")  # what is built, what the alert does, and that mistakes are noticed

    team.edit("build/production/prometheus/workers.yaml", "> 100", "> 101")
    refuted = team.run("python", "-m", "pytest", "-k", "build or cases").stdout
    assert "build/production/prometheus/workers.yaml differs" in refuted
    assert "JobsWait: just beyond the threshold" in refuted
    assert "2 failed" in refuted


def test_shipped_alerts_and_dashboards_are_changed_in_the_environment_file(team: Team) -> None:
    with (team.folder / "environments/production.yaml").open("a") as environment:
        environment.write(
            "alerts:\n"
            "  ModelVersionSkew:\n"
            "    team: platform\n"
            "  ModelTargetDown:\n"
            "    for: 10m\n"
            "    because: our pods take long to start\n"
            "  ModelTrafficStopped:\n"
            "    disabled: nobody asks at night\n"
            "dashboards:\n"
            "  pods:\n"
            "    disabled: the platform team has its own\n"
        )
    done = team.run("monitoring-kit", "build")
    assert done.returncode == 0, done.stderr
    assert "team: platform" in team.built("prometheus/models.yaml")
    assert "team: ml-serving" not in team.built("prometheus/models.yaml")
    assert not (team.folder / "build/production/prometheus/traffic.yaml").exists()
    assert not (team.folder / "build/production/grafana/production-pods.json").exists()
    index = team.built("index.md")
    assert "nobody asks at night" in index
    assert "the platform team has its own" in index
    proven = team.run("python", "-m", "pytest", "-v", "-k", "cases[ModelTargetDown] or build")
    assert proven.returncode == 0, proven.stdout
    assert "2 passed" in proven.stdout


def test_a_finding_names_the_file_of_the_team(team: Team) -> None:
    team.edit("rules/jobs.py", "100 * COUNT", "100 * RATIO")
    done = team.run("monitoring-kit", "check")
    assert done.returncode == 1
    assert done.stderr.startswith("rules/jobs.py:")


def test_the_makefile_builds_with_the_installed_command(team: Team) -> None:
    (team.folder / ".venv").symlink_to(team.python.parents[1])
    (team.folder / ".venv/ready").touch()
    done = subprocess.run(["make", "check"], cwd=team.folder, capture_output=True, text=True, check=False)  # noqa: S607
    assert done.returncode == 0, done.stderr
    assert "No findings" in done.stdout
