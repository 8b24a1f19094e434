"""Every panel of every dashboard, drawn in a browser: over ranges of time, in every incident, and of Azure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.acceptance.kusto.variants import OPTION_C, STAGING, plan_of
from tests.behaviour.incidents import production
from tests.behaviour.incidents.incident import Incident
from tests.behaviour.incidents.incidents import HEALTHY_WEEK, INCIDENTS
from tests.behaviour.incidents.recording import Recorded, served
from tests.behaviour.panels.grafana import panels_of
from tests.preview import azure
from tests.preview.__main__ import asks_prometheus, write_dashboards
from tests.preview.moments import moment_of
from tests.preview.viewer import Drawn, Job, Viewer

HOUR = 3600
# Of the healthy week, before its end. It is short of its first hour, in which the windows of its queries are not full.
RANGES = {"1 h": 1, "24 h": 24, "7 d": 7 * 24 - 1}
DRAWN = {"ok", "no data"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The dashboards of production that ask Prometheus."""
    folder = tmp_path_factory.mktemp("dashboards") / "production"
    return [file for file in write_dashboards(production.plan(), folder) if asks_prometheus(file)]


@pytest.fixture(scope="module")
def healthy() -> Iterator[Recorded]:
    with served(HEALTHY_WEEK) as recorded:
        yield recorded


def check(drawn: Drawn, files: Sequence[Path]) -> None:
    """No panel is left out, and none shows anything but data or that there is none."""
    assert drawn.problems == ()
    wanted = {file.stem: {panel["id"] for panel in panels_of(json.loads(file.read_text()))} for file in files}
    assert {picture.uid: {panel.id for panel in picture.panels} for picture in drawn.pictures} == wanted
    others = {
        f"{picture.uid}: {panel.title}": (panel.state, panel.message)
        for picture in drawn.pictures
        for panel in picture.panels
        if panel.state not in DRAWN
    }
    assert others == {}


@pytest.mark.parametrize("hours", RANGES.values(), ids=RANGES)
def test_every_panel_is_drawn_on_a_good_day(
    viewer: Viewer, healthy: Recorded, files: list[Path], hours: int, tmp_path: Path
) -> None:
    job = Job(files, healthy.end - hours * HOUR, healthy.end, tmp_path, healthy.address, expand=True)
    check(viewer.draw(job), files)


@pytest.mark.parametrize("incident", INCIDENTS, ids=[incident.name for incident in INCIDENTS])
def test_every_panel_is_drawn_in_an_incident(
    viewer: Viewer, files: list[Path], incident: Incident, tmp_path: Path
) -> None:
    with served(incident) as recorded:
        moment = moment_of(incident, recorded)
        job = Job(files, moment.start, moment.end, tmp_path, recorded.address, expand=True)
        check(viewer.draw(job), files)


@pytest.mark.parametrize("environment", [STAGING, OPTION_C])
@pytest.mark.parametrize("hour", azure.HOURS, ids=[hour.name for hour in azure.HOURS])
def test_every_panel_of_azure_is_drawn_from_rows(
    viewer: Viewer, environment: str, hour: azure.Hour, tmp_path: Path
) -> None:
    written = write_dashboards(plan_of(environment), tmp_path / "dashboards")
    files = [file for file in written if not asks_prometheus(file)]
    azure.write_rows(files, hour, tmp_path / "rows")
    job = Job(files, azure.START, azure.END, tmp_path / "out", rows=tmp_path / "rows", expand=True)
    check(viewer.draw(job), files)
