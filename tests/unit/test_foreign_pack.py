"""The kit knows no pack: one that shares no name with the shipped one builds, and nothing of the shipped one shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from monitoring_kit.project import Project
from tests.support import jobs_pack
from tests.support.planting import PROJECT, shipped
from tests.support.project import SETTINGS, files_of, run

# What Kubernetes and Prometheus call theirs is nobody's own.
COMMON = re.compile(r"up|scrape_.*|kube_.*|container_.*|.*:.*")
WRITTEN_OUT = r"ML inference|ml-inference|ml-serving|model-serving|model_name|model_version|error_type|predictions?\b"


def words() -> re.Pattern[str]:
    """What the shipped pack calls its own."""
    definitions = shipped()
    names = [
        *definitions.alerts,
        *(name for name in definitions.catalogue.metrics if COMMON.fullmatch(name) is None),
    ]
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b|{WRITTEN_OUT}")


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    jobs_pack.write(tmp_path)
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/nightly.yaml").write_text(jobs_pack.ENVIRONMENT)
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    return tmp_path


def test_it_shares_no_name_with_the_shipped_one(foreign: Path) -> None:
    theirs, ours = Project(foreign).definitions, shipped()
    assert not theirs.signals.keys() & ours.signals.keys()
    assert not theirs.alerts.keys() & ours.alerts.keys()
    assert not theirs.dashboards.keys() & ours.dashboards.keys()
    assert not theirs.catalogue.metrics.keys() & ours.catalogue.metrics.keys()


def test_it_builds(foreign: Path) -> None:
    done = run("build", project=foreign)
    assert done.returncode == 0, done.stderr
    assert "promtool accepted 1 rules." in done.stdout
    (group,) = yaml.safe_load((foreign / "build/nightly/prometheus/workers.yaml").read_text())["groups"]
    assert [rule["alert"] for rule in group["rules"]] == ["JobsWait"]
    assert group["rules"][0]["annotations"]["summary"].startswith("Queue {{ $labels.queue }} in ")
    assert "Batch / Jobs" in (foreign / "build/nightly/grafana/nightly-jobs.json").read_text()


def test_nothing_of_the_shipped_pack_is_in_what_it_builds(foreign: Path) -> None:
    run("build", project=foreign)
    found = {
        (path, word.group())
        for path, text in files_of(foreign / "build").items()
        for word in words().finditer(text.decode())
    }
    assert found == set()


def test_the_kit_names_nothing_of_the_shipped_pack() -> None:
    texts = [file for file in (PROJECT / "monitoring_kit").rglob("*") if file.suffix in (".py", ".j2")]
    assert len(texts) > 100
    found = {
        f"{file.relative_to(PROJECT)}: {word.group()}" for file in texts for word in words().finditer(file.read_text())
    }
    assert found == set()


def test_the_words_looked_for_are_those_of_the_shipped_pack() -> None:
    text = "".join(file.read_text() for file in (PROJECT / "rules").glob("*.py"))
    assert words().search(text)
