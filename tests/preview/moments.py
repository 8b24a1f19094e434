"""When pictures of the recorded incidents are taken: as an alert begins to fire."""

from __future__ import annotations

from dataclasses import dataclass

from tests.behaviour.incidents import production
from tests.behaviour.incidents.evaluation import firings, name_of
from tests.behaviour.incidents.incident import Incident
from tests.behaviour.incidents.recording import Recorded

# Windows of queries are not full before; of an incident, the two hours before the picture are drawn.
_FIRST_SECONDS = 300
_DRAWN_SECONDS = 2 * 3600


@dataclass(frozen=True)
class Moment:
    """A time range to draw, in seconds since 1970, and the alert that begins to fire at its end, "" for none."""

    start: int
    end: int
    alert: str


def moment_of(incident: Incident, recorded: Recorded) -> Moment:
    """When the first critical alert of an incident fires, or the first at all, or its end if none does.

    Raises QueryFailed.
    """
    found = [
        (firing.since.seconds, name_of(rule))
        for rule in production.alerts()
        if name_of(rule) in incident.fires
        for firing in firings(recorded.address, rule, recorded.evaluations)
    ]
    critical = [(since, name) for since, name in found if name.endswith(" critical")]
    since, alert = min(critical or found, default=(recorded.end - recorded.start, ""))
    end = recorded.start + since
    return Moment(max(recorded.start + _FIRST_SECONDS, end - _DRAWN_SECONDS), end, alert)
