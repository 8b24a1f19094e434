"""A case of the specification of a log alert: rows, moments, and what fires at each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.behaviour.log_alerts.rows import Rows
from tests.behaviour.log_alerts.service import Dimensions


@dataclass(frozen=True)
class LogFiring:
    """One severity of the alert, for one combination of the dimensions that it splits by."""

    severity: str
    dimensions: Dimensions


SILENT: frozenset[LogFiring] = frozenset()


@dataclass(frozen=True)
class LogCase:
    """Given `rows`, exactly `at[minute]` fires at the evaluation of each minute; `SILENT` where nothing does."""

    name: str
    rows: tuple[Rows, ...]
    at: Mapping[int, frozenset[LogFiring]] = field(hash=False)


@dataclass(frozen=True)
class LogSpecification:
    """What one log alert does in `environment`. `noise` are rows of others, as bad as can be, in every case."""

    alert: str
    environment: str
    noise: tuple[Rows, ...]
    cases: tuple[LogCase, ...]
