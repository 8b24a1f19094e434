"""A case of the specification: series, moments, and the alerts that fire at each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.behaviour.alerts.series import Series


@dataclass(frozen=True)
class Firing:
    """One alert as it reaches a person: all its labels, and all that it says."""

    labels: Mapping[str, str] = field(hash=False)
    summary: str
    description: str
    runbook_url: str
    dashboard_url: str

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
        """The same alert with another value measured. Raises ValueError where its description shows no such value."""
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
    """Given `series`, exactly `at[time]` fires at each time; `SILENT` where nothing does. Times as in "5m30s"."""

    name: str
    series: tuple[Series, ...]
    at: Mapping[str, tuple[Firing, ...]] = field(hash=False)


@dataclass(frozen=True)
class Specification:
    """What one alert does. `noise` are series of others, as bad as can be, that are part of every case."""

    alert: str
    noise: tuple[Series, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Incident:
    """A case of all alerts together: at each time exactly these fire, by name, and no other."""

    name: str
    series: tuple[Series, ...]
    at: Mapping[str, Mapping[str, Sequence[Firing]]] = field(hash=False)
