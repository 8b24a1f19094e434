"""Every Prometheus alert of production over every incident: it fires where it should, in time, and only there."""

from __future__ import annotations

import pytest

from monitoring_kit.core.durations import parse_duration
from tests.behaviour.incidents import production
from tests.behaviour.incidents.evaluation import FiringPeriod
from tests.behaviour.incidents.incident import Incident
from tests.behaviour.incidents.incidents import INCIDENTS
from tests.behaviour.incidents.matrix import (
    TABLE,
    committed,
    committed_doubled,
    differences,
    expected,
    lines_of,
    raised,
    table,
)
from tests.behaviour.incidents.recording import served

each_incident = pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.name)


@each_incident
def test_an_incident_raises_exactly_its_alerts_as_the_table_shows(incident: Incident) -> None:
    with served(incident) as recorded:
        found = raised(recorded, production.alerts())

    shown = committed().get(incident.name, [])
    wrong = differences(expected(incident, shown), found)
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    now = lines_of(incident, found)
    if shown != now:
        changed = [f"- {line}" for line in shown if line not in now] + [
            f"+ {line}" for line in now if line not in shown
        ]
        pytest.fail("\n".join(["build/incidents.md is out of date, run `make incidents`:", *changed]), pytrace=False)


def test_the_table_has_these_incidents_and_no_others() -> None:
    assert list(committed()) == [incident.name for incident in INCIDENTS]
    assert TABLE.read_text(encoding="utf-8") == table(committed(), committed_doubled()), "run `make incidents`"


def test_an_alert_that_no_incident_raises_stands_in_the_table() -> None:
    silent: dict[str, list[str]] = {incident.name: [] for incident in INCIDENTS}
    assert "| ModelErrorRatioHigh | critical |\n" in table(silent, {})
    assert "no incident raises" not in TABLE.read_text(encoding="utf-8")


NEW = "ModelScrapeSlow warning"
ROWS = [
    "| scrapes fail | ModelScrapeSlow | warning |  | 1h15m30s | 1h30m |",
    "| scrapes fail | ModelScrapeSlow | warning | pod a | 1h20m | not by the end |",
]


@pytest.mark.parametrize(
    ("rows", "found", "problem"),
    [
        (ROWS[:1], [("1h15m30s", "1h30m")], None),
        (ROWS, [("1h15m30s", "1h30m"), ("1h20m", None)], None),
        (ROWS[:1], [], "is silent and should fire between 1h15m30s and 1h15m30s"),
        (ROWS[:1], [("1h15m", "1h30m")], "fires at 1h15m and should"),
        (ROWS[:1], [("1h15m30s", "1h31m")], "is over at 1h31m and should be"),
        ([], [("1h15m30s", "1h30m")], "should be silent and fires"),
    ],
)
def test_an_alert_that_no_incident_names_fires_as_the_table_says(
    rows: list[str], found: list[tuple[str, str | None]], problem: str | None
) -> None:
    incident = expected(next(incident for incident in INCIDENTS if incident.name == "scrapes fail"), rows)
    periods = tuple(
        FiringPeriod({}, parse_duration(since), None if until is None else parse_duration(until))
        for since, until in found
    )
    problems = [one for one in differences(incident, {NEW: periods}) if NEW in one]
    assert (problem is None and not problems) or (problem is not None and problem in problems[0])
