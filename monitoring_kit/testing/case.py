"""A case of an alert, as a literal: what it shows, given which series, expecting which alerts at which times.

    >>> from monitoring_kit.testing.series import For, gauge
    >>> labels = {"namespace": "shop", "job": "checkout"}
    >>> down = Firing(
    ...     alert="CheckoutDown",
    ...     labels={"severity": "critical", "team": "shop", **labels},
    ...     summary="Checkout is down.",
    ...     description="Pods that answer: 0. Threshold: less than 1 for 5 minutes. Why: nobody can buy.",
    ...     runbook_url="https://runbooks.example.com/CheckoutDown.md",
    ...     dashboard_url="https://grafana.example.com/d/checkout",
    ... )
    >>> case = Case(
    ...     "when no scrape has worked for 5 minutes, and not before",
    ...     (gauge("up", labels, For(10, 1), 0),),
    ...     at={"15m": SILENT, "15m30s": (down,)},
    ... )
    >>> case.fires(Severity.CRITICAL), case.seconds
    (True, 930)

Cases that are derived from a definition and cases that are written by hand are of this class, and
`monitoring_kit.testing.unit_tests` runs both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.testing.series import Series


class Shows(Enum):
    """What the cases that answer a question have to show of a severity."""

    BOTH = "that it fires in one case and is silent in all of another"
    FIRES = "that it fires"
    SILENT = "that it is silent"
    ANYTHING = "what it does"


class Question(Enum):
    """A question that whoever trusts an alert has asked, and what an answer has to show."""

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
    """One alert as it reaches a person: all its labels (but its name), and all that it says."""

    alert: str
    labels: Mapping[str, str] = field(hash=False)
    summary: str
    description: str
    runbook_url: str
    dashboard_url: str

    @property
    def severity(self) -> Severity:
        """The severity that its labels name."""
        return Severity(self.labels["severity"])

    @property
    def annotations(self) -> Mapping[str, str]:
        """All annotations."""
        return {
            "summary": self.summary,
            "description": self.description,
            "runbook_url": self.runbook_url,
            "dashboard_url": self.dashboard_url,
        }

    def with_value(self, value: str, *, instead_of: str) -> Firing:
        """The same alert with another value measured. Raises ValueError if its description shows no such value."""
        shown = re.compile(rf"(?<![\w.]){re.escape(instead_of)}(?!\w)")
        if shown.search(self.description) is None:
            raise ValueError(f"the description does not say {instead_of}: {self.description}")
        return replace(
            self,
            summary=shown.sub(value, self.summary, count=1),
            description=shown.sub(value, self.description, count=1),
        )

    def about(self, label: str, value: str) -> Firing:
        """The same alert about something else: `label` has another value, in the labels, the summary and the link."""
        old = self.labels[label]
        return replace(
            self,
            labels={**self.labels, label: value},
            summary=self.summary.replace(f" {old}", f" {value}"),
            dashboard_url=self.dashboard_url.replace(f"var-{label}={old}", f"var-{label}={value}"),
        )


SILENT: tuple[Firing, ...] = ()


@dataclass(frozen=True)
class Case:
    """Given `series`, exactly `at[time]` fires at each time; `SILENT` where nothing does.

    Times are written as in "5m30s" and count from the beginning. `answers` are the questions that the case answers.
    """

    name: str
    series: tuple[Series, ...]
    at: Mapping[str, tuple[Firing, ...]] = field(hash=False)
    answers: tuple[Question, ...] = ()

    @property
    def seconds(self) -> int:
        """When it looks for the last time."""
        return max(parse_duration(time).seconds for time in self.at)

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """The series with their samples, in promtool's notation."""
        seconds = self.seconds
        return [(series.name, series.notation(seconds)) for series in self.series]

    def fires(self, severity: Severity) -> bool:
        """Whether the case expects an alert of `severity` at any time."""
        return any(firing.severity is severity for firings in self.at.values() for firing in firings)


@dataclass(frozen=True)
class Specification:
    """What one alert does: its cases, and for each question that needs none the reason why."""

    alert: str
    cases: tuple[Case, ...]
    not_applicable: Mapping[Question, str] = field(default_factory=dict, hash=False)


def specification(
    alert: str,
    cases: Sequence[Case],
    *,
    noise: Sequence[Series] = (),
    not_applicable: Mapping[Question, str] | None = None,
) -> Specification:
    """What `alert` does, beside `noise`: series of others, as bad as can be, that become part of every case."""
    among_others = tuple(replace(case, series=(*case.series, *noise)) for case in cases)
    return Specification(alert, among_others, not_applicable or {})
