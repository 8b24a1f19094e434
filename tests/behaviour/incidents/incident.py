"""What an incident is: what happens to the cluster, and which alerts are heard of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from monitoring_kit.core.durations import Duration, parse_duration
from tests.behaviour.incidents.cluster import Cluster

# A Monday, at midnight; a multiple of two hours, as the blocks of Prometheus are.
START = 1_704_067_200


@dataclass(frozen=True)
class TimeSpan:
    """A time within which something has to happen, both ends included, on the incident's clock."""

    earliest: Duration
    latest: Duration

    def __contains__(self, moment: Duration) -> bool:
        return self.earliest <= moment <= self.latest

    def __str__(self) -> str:
        return f"between {clock(self.earliest)} and {clock(self.latest)}"


@dataclass(frozen=True)
class Fires:
    """That an alert fires once, first within `first`, and is over within `over`; None where it outlasts the recording.

    `about` are labels that every one of the firing alerts carries. `times` is how often one of them fires.
    """

    first: TimeSpan
    over: TimeSpan | None
    about: Mapping[str, str] = field(default_factory=dict, hash=False)
    times: int = 1


def between(earliest: str, latest: str) -> TimeSpan:
    """From `earliest` to `latest` after the beginning of the recording: between("1h5m", "1h8m")."""
    return TimeSpan(parse_duration(earliest), parse_duration(latest))


def fires(first: TimeSpan, over: TimeSpan | None, about: Mapping[str, str] | None = None, times: int = 1) -> Fires:
    """The alert fires first within `first` and is over within `over`."""
    return Fires(first, over, about or {}, times)


@dataclass(frozen=True)
class Incident:
    """A data set: a cluster and what happens in it, from `START` on, and the alerts that it raises.

    `fires` names alert and severity ("ModelErrorRatioHigh critical"). An alert that it does not name stays silent, if
    another incident names it; what an alert does that none names stands in the table alone.
    """

    name: str
    says: str
    happens: Callable[[], Cluster]
    fires: Mapping[str, Fires] = field(default_factory=dict, hash=False)


def clock(moment: Duration) -> str:
    """A moment of an incident: "1h05m30s", "0h30m"."""
    hours, rest = divmod(moment.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}h{minutes:02d}m" + (f"{seconds:02d}s" if seconds else "")


def read_clock(text: str) -> Duration:
    """The moment that `clock` wrote."""
    hours, minutes, seconds = (int(number or 0) for number in re.split("[hms]", f"{text}s")[:3])
    return Duration(3600 * hours + 60 * minutes + seconds)
