"""The summary page tells of every incident without scrolling, and of none on a good day."""

from __future__ import annotations

import copy
import json

import pytest

from monitoring_kit.render.grafana import render_grafana
from tests.behaviour.incidents import production
from tests.behaviour.incidents.evaluation import firings, name_of
from tests.behaviour.incidents.incident import Incident
from tests.behaviour.incidents.incidents import HEALTHY_WEEK, INCIDENTS
from tests.behaviour.incidents.recording import served
from tests.behaviour.panels.first_screen import WRONG, Shown, first_screen, stats_of
from tests.behaviour.panels.grafana import Json

HOUR = 3600
PAGING = [incident for incident in INCIDENTS if any(name.endswith(" critical") for name in incident.fires)]


def summary() -> Json:
    found: Json = json.loads(render_grafana(production.plan())["grafana/production-service.json"])
    return found


def wrong(shown: list[Shown]) -> list[Shown]:
    return [number for number in shown if number.colour in WRONG]


@pytest.mark.parametrize("incident", PAGING, ids=[incident.name for incident in PAGING])
def test_something_is_not_green_whenever_an_alert_pages(incident: Incident) -> None:
    dashboard, looked_at = summary(), 0
    with served(incident) as recorded:
        for rule in production.alerts():
            if name_of(rule) not in incident.fires or not name_of(rule).endswith(" critical"):
                continue
            for firing in firings(recorded.address, rule, recorded.evaluations):
                shown = list(first_screen(dashboard, recorded.address, recorded.start + firing.since.seconds))
                looked_at += 1
                assert wrong(shown), f"all is green while {name_of(rule)} pages: {shown}"
    assert looked_at


def test_nothing_is_red_or_orange_on_a_good_day() -> None:
    dashboard = summary()
    with served(HEALTHY_WEEK) as recorded:
        for hours in (1, 7, 30, 77, 100, 150):
            shown = list(first_screen(dashboard, recorded.address, recorded.end - hours * HOUR))
            assert len({number.title for number in shown}) > 10
            assert wrong(shown) == []


def test_a_page_without_the_number_that_tells_is_noticed() -> None:
    incident = next(one for one in PAGING if one.name == "slow version rolled out")
    blind = copy.deepcopy(summary())
    for panel in stats_of(blind):
        panel["fieldConfig"]["defaults"]["thresholds"]["steps"] = [{"color": "green", "value": None}]
    with served(incident) as recorded:
        assert wrong(list(first_screen(blind, recorded.address, recorded.end))) == []
        assert wrong(list(first_screen(summary(), recorded.address, recorded.end)))
