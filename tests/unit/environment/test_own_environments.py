"""Whatever stands in environments/: it builds, build/ is what comes out, and the programs that read it accept it."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring_kit.checks.all import check_plan
from monitoring_kit.environment.reader import read_environment
from monitoring_kit.plan.build import build_plan
from monitoring_kit.programs import amtool, promtool
from tests.support.planting import PROJECT, shipped
from tests.support.project import files_of, run

BUILD = PROJECT / "build"


@pytest.mark.parametrize("path", sorted((PROJECT / "environments").glob("*.yaml")), ids=lambda path: path.stem)
def test_it_builds_without_findings(path: Path) -> None:
    assert [str(finding) for finding in check_plan(build_plan(shipped(), read_environment(path)))] == []


def test_the_committed_output_is_what_the_definitions_render(tmp_path: Path) -> None:
    done = run("build", "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    # What stands beside the environments, such as incidents.md, is made by other commands, with tests of their own.
    committed = {path: content for path, content in files_of(BUILD).items() if "/" in path}
    assert files_of(tmp_path) == committed, "run `make build` and commit build/"


# None is right too: an environment may do without Prometheus, or without notifications.
@pytest.mark.parametrize("folder", sorted(BUILD.glob("*/prometheus")), ids=lambda folder: folder.parent.name)
def test_promtool_accepts_the_committed_rules(folder: Path) -> None:
    assert promtool.check_rules(sorted(folder.glob("*.yaml"))) > 0


@pytest.mark.parametrize("file", sorted(BUILD.glob("*/alertmanager/*.yaml")), ids=lambda file: file.parts[-3])
def test_amtool_accepts_the_committed_routing(file: Path, tmp_path: Path) -> None:
    readable = tmp_path / file.name
    readable.write_text(amtool.profile(file.read_text()))
    amtool.check_configuration(readable)
