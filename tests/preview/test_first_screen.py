"""The first screen of the summary page as it is drawn: not green whenever an alert pages, green on a good day."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviour.incidents import production
from tests.behaviour.incidents.evaluation import firings, name_of
from tests.behaviour.incidents.incident import Incident
from tests.behaviour.incidents.incidents import HEALTHY_WEEK, INCIDENTS
from tests.behaviour.incidents.recording import Recorded, served
from tests.preview.__main__ import write_dashboards
from tests.preview.viewer import Job, Picture, Viewer

SUMMARY = "production-service"
WRONG = {"red", "orange"}
HOURS = 3600
PAGING = [incident for incident in INCIDENTS if any(name.endswith(" critical") for name in incident.fires)]


def drawn(viewer: Viewer, recorded: Recorded, at: float, folder: Path) -> Picture:
    dashboards = folder / "dashboards"
    if not dashboards.exists():
        write_dashboards(production.plan(), dashboards)
    times = (at - 2 * HOURS, at)
    found = viewer.draw(Job([dashboards], *times, folder / "out", recorded.address, only=(SUMMARY,), first_screen=True))
    assert found.problems == ()
    (picture,) = found.pictures
    return picture


def wrong(picture: Picture) -> dict[str, set[str]]:
    """The numbers of the first screen that are not green, by their titles. The list of alerts is none of them."""
    numbers = [panel for panel in picture.first_screen if panel.type == "stat"]
    assert len(numbers) >= 10
    return {panel.title: set(panel.hues) & WRONG for panel in numbers if panel.hues & WRONG}


@pytest.mark.parametrize("incident", PAGING, ids=[incident.name for incident in PAGING])
def test_a_page_is_seen_without_scrolling(viewer: Viewer, incident: Incident, tmp_path: Path) -> None:
    seen = 0
    with served(incident) as recorded:
        for rule in production.alerts():
            name = name_of(rule)
            if name not in incident.fires or not name.endswith(" critical"):
                continue
            for firing in firings(recorded.address, rule, recorded.evaluations):
                picture = drawn(viewer, recorded, recorded.start + firing.since.seconds, tmp_path)
                assert wrong(picture), f"all is green while {name} pages"
                alerts = {value.text for value in picture.panel("Firing now").values}
                assert {"critical", str(rule["alert"])} <= alerts
                seen += 1
    assert seen


@pytest.mark.parametrize("hours", [0, 7, 30, 100])
def test_a_good_day_is_green(viewer: Viewer, hours: int, tmp_path: Path) -> None:
    with served(HEALTHY_WEEK) as recorded:
        picture = drawn(viewer, recorded, recorded.end - hours * HOURS, tmp_path)
    assert wrong(picture) == {}
