"""A burn of the budget reaches those whom it concerns, in time.

That nobody hears of what the objective allows is shown by the month of `tests.behaviour.objectives.test_thirty_days`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviour.objectives.incident import SLOW_INTERVAL, BudgetIncident, Phase, failures_of

BUDGET = 0.005
PAGE, TICKET = "critical", "warning"

INCIDENTS = (
    BudgetIncident(
        # Only 7 hours are known, so that 8 minutes are much of the longest windows too: the ticket beside the page.
        "a total outage pages within 8 minutes, and the page ends soon after it",
        (Phase("7h", 0), Phase("8m", 1), Phase("42m", 0)),
        firing={"7h5m": {}, "7h8m": {PAGE}, "7h12m": {PAGE}, "7h16m": {TICKET}, "7h48m": {TICKET}},
        ever={PAGE, TICKET},
    ),
    BudgetIncident(
        "20 times the burn rate pages within 50 minutes, with hours of calm before it",
        (Phase("7h", 0), Phase("55m", 20 * BUDGET)),
        firing={"7h15m": {}, "7h40m": {TICKET}, "7h50m": {PAGE, TICKET}},
        ever={PAGE, TICKET},
    ),
    BudgetIncident(
        "4 times the burn rate opens a ticket within 20 hours, never pages, and ends a few hours after it is mended",
        (Phase("3d", 0), Phase("1d", 4 * BUDGET), Phase("1d", 0)),
        firing={"3d16h": {}, "3d20h": {TICKET}, "4d1h": {TICKET}, "4d8h": {}, "5d": {}},
        ever={TICKET},
        interval=SLOW_INTERVAL,
    ),
    BudgetIncident(
        "8 times the burn rate pages by its six hours, which 14.4 times in one hour would not see",
        (Phase("3d", 0), Phase("6h", 8 * BUDGET), Phase("1h", 0)),
        firing={"3d4h": {}, "3d5h": {PAGE}, "3d6h": {PAGE}, "3d6h40m": {}},
        ever={PAGE},
        interval=SLOW_INTERVAL,
    ),
    BudgetIncident(
        "one and a half times the burn rate is a ticket for good, and never a page",
        (Phase("3d", 0), Phase("3d", 1.5 * BUDGET)),
        firing={"4d": {}, "5d12h": {TICKET}, "6d": {TICKET}},
        ever={TICKET},
        interval=SLOW_INTERVAL,
    ),
    BudgetIncident(
        "three and a half times on a quiet day after busy ones is a ticket by its day, and ends within the hour",
        (Phase("2d", 0, per_minute=6000), Phase("26h", 3.5 * BUDGET), Phase("1h", 0)),
        firing={"2d12h": {}, "74h": {TICKET}, "74h40m": {}},
        ever={TICKET},
        interval=SLOW_INTERVAL,
    ),
    BudgetIncident(
        "2.8 times on a quiet day after busy ones is little of what is allowed in three days",
        (Phase("2d", 0, per_minute=6000), Phase("26h", 2.8 * BUDGET)),
        firing={"2d12h": {}, "74h": {}},
        ever={},
        interval=SLOW_INTERVAL,
    ),
    BudgetIncident(
        "four failures of four requests in an hour are too few",
        (Phase("1h", 0, per_minute=0), Phase("1h", 1, per_minute=4 / 60), Phase("2h", 0, per_minute=0)),
        firing={"1h30m": {}, "2h": {}},
        ever={},
    ),
    BudgetIncident(
        "five failures of five requests in an hour are enough, and the four before them are not",
        (Phase("1h", 0, per_minute=0), Phase("1h", 1, per_minute=5 / 60), Phase("2h", 0, per_minute=0)),
        firing={"1h48m": {}, "2h2m": {PAGE, TICKET}},
        ever={PAGE, TICKET},
    ),
    BudgetIncident(
        "six failures of six requests in an hour are everything that was asked, so they page",
        (Phase("1h", 0, per_minute=0), Phase("1h", 1, per_minute=6 / 60), Phase("2h", 0, per_minute=0)),
        firing={"1h30m": {}, "2h": {PAGE, TICKET}},
        ever={PAGE, TICKET},
    ),
    BudgetIncident(
        "nobody asks for three hours",
        (Phase("3h", 0, per_minute=0),),
        firing={"1h": {}, "3h": {}},
        ever={},
    ),
)


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.name)
def test_an_incident_reaches_those_whom_it_concerns(incident: BudgetIncident, tmp_path: Path) -> None:
    assert failures_of(incident, tmp_path) == []
