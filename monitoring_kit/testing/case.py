"""A case: series, moments, and the alerts that fire at each; and the kinds of case that an alert is held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from monitoring_kit.model.thresholds import Severity
from monitoring_kit.testing.samples import Series


class Shows(Enum):
    """What the cases of a kind have to show of a severity."""

    BOTH = "that it fires in one case and is silent in all of another"
    FIRES = "that it fires"
    SILENT = "that it is silent"
    ANYTHING = "what it does"


class Kind(Enum):
    """A question that somebody who trusts an alert has asked, and what an answer has to show."""

    JUST_BAD = ("just beyond the threshold", Shows.FIRES)
    JUST_GOOD = ("just short of the threshold", Shows.SILENT)
    HOLD = ("begin and end", Shows.FIRES)
    BURST = ("shorter than its for", Shows.SILENT)
    FOREIGN = ("somebody else's series", Shows.SILENT)
    INSTANCES = ("two instances with unequal load", Shows.BOTH)
    GROUPS = ("two groups of which one is well", Shows.FIRES)
    RESET = ("a counter begins at 0 again", Shows.ANYTHING)
    NO_DATA = ("no data", Shows.ANYTHING)
    BORN_LATE = ("series that are born late", Shows.ANYTHING)
    LOW_TRAFFIC = ("traffic around the guard", Shows.BOTH)
    EARLIER = ("an earlier value around the guard", Shows.BOTH)

    def __init__(self, words: str, shows: Shows) -> None:
        self.words = words
        self.shows = shows


@dataclass(frozen=True)
class Firing:
    """One alert as it reaches a person, with all labels and annotations."""

    severity: Severity
    labels: Mapping[str, str] = field(hash=False)
    annotations: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True)
class Case:
    """Given `series`, exactly `at[seconds]` fires at each time."""

    kind: Kind
    name: str
    series: tuple[Series, ...]
    at: Mapping[int, tuple[Firing, ...]] = field(hash=False)

    def fires(self, severity: Severity) -> bool:
        """Whether the case expects `severity` at any time."""
        return any(one.severity is severity for firing in self.at.values() for one in firing)

    @property
    def scenario(self) -> Scenario:
        """The case without its kind, in promtool's words."""
        inputs = tuple((one.name, one.notation) for one in self.series)
        at = {time: tuple((one.labels, one.annotations) for one in firing) for time, firing in self.at.items()}
        return Scenario(f"{self.kind.words}: {self.name}", inputs, at)


@dataclass(frozen=True)
class NotApplicable:
    """Why an alert needs no case of a kind."""

    kind: Kind
    reason: str


Fires = tuple[Mapping[str, str], Mapping[str, str]]
"""The labels and the annotations of one alert that fires."""


@dataclass(frozen=True)
class Scenario:
    """Input series with their samples in promtool's notation, and all that fires at each time (in seconds)."""

    name: str
    inputs: tuple[tuple[str, str], ...]
    at: Mapping[int, tuple[Fires, ...]] = field(hash=False)
