"""Every Prometheus alert of production over every incident: it fires where it should, in time, and only there."""

from __future__ import annotations

import pytest

from tests.behaviour.incidents import production
from tests.behaviour.incidents.evaluation import name_of
from tests.behaviour.incidents.incident import Incident
from tests.behaviour.incidents.incidents import INCIDENTS
from tests.behaviour.incidents.matrix import TABLE, differences, lines_of, raised, table
from tests.behaviour.incidents.recording import served
from tests.behaviour.incidents.without_incident import WITHOUT_INCIDENT

each_incident = pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.name)


@each_incident
def test_an_incident_raises_exactly_its_alerts_as_the_table_shows(incident: Incident) -> None:
    with served(incident) as recorded:
        found = raised(recorded, production.alerts())

    wrong = differences(incident, found)
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    shown, now = _committed().get(incident.name, []), lines_of(incident, found)
    if shown != now:
        changed = [f"- {line}" for line in shown if line not in now] + [
            f"+ {line}" for line in now if line not in shown
        ]
        pytest.fail("\n".join(["build/incidents.md is out of date, run `make incidents`:", *changed]), pytrace=False)


def test_the_table_has_these_incidents_and_no_others() -> None:
    committed = _committed()
    assert list(committed) == [incident.name for incident in INCIDENTS]
    assert TABLE.read_text(encoding="utf-8") == table(committed), "out of date, run `make incidents`"


def test_every_alert_is_raised_by_an_incident_or_has_a_reason_why_by_none() -> None:
    raised_somewhere = {name for incident in INCIDENTS for name in incident.fires}
    assert sorted([*raised_somewhere, *WITHOUT_INCIDENT]) == sorted({name_of(rule) for rule in production.alerts()})
    assert [name for name, reason in WITHOUT_INCIDENT.items() if not reason] == []


def test_an_alert_that_no_incident_raises_stands_in_the_table_with_its_reason() -> None:
    silent: dict[str, list[str]] = {incident.name: [] for incident in INCIDENTS}
    text = table(silent, {"ModelScrapeSlow warning": "no recorded scrape is slow"})
    assert text.endswith("| ModelScrapeSlow | warning | no recorded scrape is slow |\n")
    assert "no incident raises" not in table(silent, {})


def _committed() -> dict[str, list[str]]:
    """The lines of each incident in the table as it is committed."""
    alerts = TABLE.read_text(encoding="utf-8").partition("## The alerts")[2].partition("\n\n## ")[0].splitlines()[4:]
    lines: dict[str, list[str]] = {}
    for line in alerts:
        lines.setdefault(line.removeprefix("| ").partition(" | ")[0], []).append(line)
    return lines
