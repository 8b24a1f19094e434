"""Routing: who hears of an alert, how soon, how often, and which alerts are silent while a worse one fires.

The teams and their addresses come from the environment file; here stands what is the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from monitoring_kit.core.durations import Duration, parse_duration
from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.words import Words, checked_words, words
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.thresholds import Severity


class Audience(Enum):
    """Which of a team's addresses a message goes to, and whether it is told when the alert is over.

    >>> audience = Audience.PAGE

    The page wakes the engineer on call, the channel is read by day. The digest is the channel too, but says nothing of
    an end.
    """

    PAGE = "page"
    CHANNEL = "channel"
    DIGEST = "digest"

    @property
    def send_resolved(self) -> bool:
        """Whether a message is sent when the alert is resolved."""
        return self is not Audience.DIGEST


@dataclass(frozen=True)
class Grouping:
    """How alerts become messages.

    Alerts with equal labels `group_by` share a message. The first is sent `wait` after the first alert of a group; one
    with what is new at most every `interval`; the same again every `repeat`. `because` is the reason for the times.
    """

    group_by: tuple[str, ...]
    wait: Duration
    interval: Duration
    repeat: Duration
    because: str
    where: Location = field(default_factory=here, compare=False)


def grouping(*, group_by: Words, wait: str, interval: str, repeat: str, because: str) -> Grouping:
    """A grouping; times are written as in "30s". Raises Refused for a wrong time and for labels that are no names.

    >>> PAGE = grouping(
    ...     group_by="alertname namespace", wait="30s", interval="5m", repeat="4h", because="an outage is one message"
    ... )
    """
    labels = checked_words("group_by", group_by, like=("alertname", "namespace"))
    return Grouping(labels, _time(wait), _time(interval), _time(repeat), because)


@dataclass(frozen=True)
class Route:
    """Alerts of one severity go to one audience of the team that owns them. A severity may have several routes.

    >>> PAGE = grouping(
    ...     group_by="alertname namespace", wait="30s", interval="5m", repeat="4h", because="an outage is one message"
    ... )
    >>> route = Route(Severity.CRITICAL, Audience.PAGE, PAGE)
    """

    severity: Severity
    audience: Audience
    grouping: Grouping
    where: Location = field(default_factory=here, compare=False)


@dataclass(frozen=True)
class Heartbeat:
    """An alert that always fires, and whose absence a service outside of the cluster reports. `alert` is its name.

    >>> PAGE = grouping(
    ...     group_by="alertname namespace", wait="30s", interval="5m", repeat="4h", because="an outage is one message"
    ... )
    >>> heartbeat = Heartbeat("Watchdog", PAGE)
    """

    alert: str
    grouping: Grouping


@dataclass(frozen=True)
class Discarded:
    """An alert that no message is sent for, and why.

    >>> discarded = Discarded("InfoInhibitor", because="it only mutes other alerts")
    """

    alert: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Inhibition:
    """While `source` fires as critical, alerts whose name `mutes` matches are silent where all labels `equal` agree.

    >>> error_ratio = Ratio(
    ...     title="Error ratio",
    ...     description="Share of jobs that failed.",
    ...     by="namespace",
    ...     prometheus=prom.Ratio(bad='jobs_total{status="error"}', total="jobs_total"),
    ... )
    >>> JobErrorsHigh = Alert(
    ...     error_ratio,
    ...     above(critical=0.05 * RATIO, for_="5m", because="at 5% callers notice"),
    ...     team="jobs",
    ...     summary="fails {value} of its jobs",
    ... )
    >>> inhibition = Inhibition(
    ...     source=JobErrorsHigh, mutes="JobSlow.*", equal="namespace", because="a job that fails is not slow as well"
    ... )

    `mutes` is a regular expression of whole names, `equal` are labels. For Alertmanager a missing
    label equals a missing one, so both sides have to carry each of them.
    """

    source: Alert
    mutes: str
    equal: Words
    because: str
    where: Location = field(default_factory=here, compare=False)

    def __post_init__(self) -> None:
        """Refuses an `equal` that holds anything but names."""
        checked_words("equal", self.equal, where=self.where)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of `equal`."""
        return words(self.equal)


@dataclass(frozen=True, kw_only=True)
class Routing:
    """All of it. Alerts that no route knows, which are those of other rules, go to a channel, grouped as `otherwise`;
    those that are critical page as well.

    >>> PAGE = grouping(
    ...     group_by="alertname namespace", wait="30s", interval="5m", repeat="4h", because="an outage is one message"
    ... )
    >>> ROUTING = Routing(
    ...     routes=(Route(Severity.CRITICAL, Audience.PAGE, PAGE), Route(Severity.WARNING, Audience.CHANNEL, PAGE)),
    ...     otherwise=PAGE,
    ...     heartbeat=Heartbeat("Watchdog", PAGE),
    ...     discarded=(),
    ...     inhibitions=(),
    ... )

    Besides `inhibitions`, a severity of an alert mutes the lesser ones of the same alert about the same labels.
    """

    routes: tuple[Route, ...]
    otherwise: Grouping
    heartbeat: Heartbeat
    discarded: tuple[Discarded, ...]
    inhibitions: tuple[Inhibition, ...]
    where: Location = field(default_factory=here, compare=False)

    @property
    def groupings(self) -> tuple[Grouping, ...]:
        """Every grouping, each once."""
        used = (*(route.grouping for route in self.routes), self.otherwise, self.heartbeat.grouping)
        return tuple(dict.fromkeys(used))


def _time(text: str) -> Duration:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refused(Finding(here(), "grouping", str(error), check="duration")) from None
