"""Signals: what is measured, and the views that a dashboard can take of it.

A signal is defined once. Its panels, its Prometheus alert, its Azure alert and its runbook page are views of it. Each
field `prometheus`, `online_endpoint`, `application_insights` and `container_insights` says how it is measured in that
place; a signal has at least one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Literal

from monitoring_kit.core.findings import Location, here
from monitoring_kit.core.units import BYTES, COUNT, FACTOR, PER_SECOND, RATIO, SECONDS, Unit
from monitoring_kit.model.budgets import ErrorBudget
from monitoring_kit.model.kql import LogDurations, LogEvents, LogList, LogQuery, LogRows
from monitoring_kit.model.log_tables import PlatformMetric
from monitoring_kit.model.places import Place
from monitoring_kit.model.prom import (
    CounterIncrease,
    CounterRate,
    Durations,
    Events,
    Level,
    Missing,
    Promql,
    Usage,
)
from monitoring_kit.model.thresholds import Severity


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A platform metric of Azure Monitor, aggregated over a minute and split by `by` (one alert a value)."""

    metric: PlatformMetric
    aggregation: Literal["Average", "Minimum", "Maximum", "Total", "Count"] = "Average"
    by: str = ""
    only: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    where: Location = field(default_factory=here, compare=False)

    @property
    def unit(self) -> Unit:
        """The unit of Azure's figures."""
        return self.metric.unit


Measure = (
    Events
    | CounterRate
    | Durations
    | Usage
    | CounterIncrease
    | Level
    | Missing
    | Promql
    | ErrorBudget
    | LogEvents
    | LogRows
    | LogDurations
    | LogQuery
    | LogList
    | Platform
)


class View(Enum):
    """How a panel shows a signal."""

    TIMESERIES = "timeseries"
    STAT = "stat"
    HEATMAP = "heatmap"
    QUANTILES = "quantiles"
    SLOW_SHARE = "slow share"
    AMOUNTS = "amounts"
    BURN_RATE = "burn rate"
    LIST = "list"


@dataclass(frozen=True)
class Unwatched:
    """No alert watches this signal, and why that is right."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What is measured.

    `title` names it on a panel, `says` explains it to somebody who was just woken, `per` are the Prometheus labels that
    tell its series apart (blank-separated). A signal without an alert says `unwatched`. `when_empty` is what a panel
    shows when there is nothing to show, `yes_or_no` says that the value is 1 or 0 and no number to read out. The loader
    fills in `name`: the name of the variable that holds the signal. `empty_when_healthy` is the reason why there is
    rightly nothing to show as long as all is well.
    """

    title: str
    says: str
    unit: Unit = COUNT
    per: str = ""
    prometheus: Measure | None = None
    online_endpoint: Measure | None = None
    application_insights: Measure | None = None
    container_insights: Measure | None = None
    unwatched: Unwatched | None = None
    when_empty: str = "No data"
    empty_when_healthy: str = ""
    yes_or_no: bool = False
    name: str = ""
    where: Location = field(default_factory=here, compare=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of `per`."""
        return tuple(self.per.split())

    def measure(self, place: Place) -> Measure | None:
        """How the signal is measured in `place`, None where it is not."""
        measures = {
            Place.PROMETHEUS: self.prometheus,
            Place.ONLINE_ENDPOINT: self.online_endpoint,
            Place.APPLICATION_INSIGHTS: self.application_insights,
            Place.CONTAINER_INSIGHTS: self.container_insights,
        }
        return measures[place]

    def timeseries(self, width: int, *, by: str = "", title: str = "", height: int = 8) -> Panel:
        """The value over time. `by` adds labels (or, for logs, one column) to split it by."""
        return Panel(self, View.TIMESERIES, width, height, title, by)

    def stat(self, width: int, *, title: str = "", height: int = 4) -> Panel:
        """The newest value, large."""
        return Panel(self, View.STAT, width, height, title)


@dataclass(frozen=True, kw_only=True)
class Rate(Signal):
    """Events per second."""

    unit: Unit = PER_SECOND
    prometheus: CounterRate | None = None
    online_endpoint: LogRows | Platform | None = None
    application_insights: LogRows | None = None
    container_insights: LogRows | None = None
    when_empty: str = "No traffic"


@dataclass(frozen=True, kw_only=True)
class Ratio(Signal):
    """The bad share of events, from 0 to 1."""

    unit: Unit = RATIO
    prometheus: Events | None = None
    online_endpoint: LogEvents | None = None
    application_insights: LogEvents | None = None
    container_insights: LogEvents | None = None
    when_empty: str = "No traffic"


@dataclass(frozen=True, kw_only=True)
class Latency(Signal):
    """How long events take. People look at quantiles; an alert judges the share that is slower than a bucket bound."""

    unit: Unit = SECONDS
    prometheus: Durations | None = None
    online_endpoint: LogDurations | None = None
    application_insights: LogDurations | None = None
    container_insights: LogDurations | None = None
    when_empty: str = "No traffic"

    def quantiles(self, width: int, quantiles: str, *, by: str = "", title: str = "", height: int = 8) -> Panel:
        """Quantiles over time, written `p50 p95 p99`."""
        return Panel(self, View.QUANTILES, width, height, title, by, _quantiles(quantiles))

    def slow_share(self, width: int, *, title: str = "", height: int = 8) -> Panel:
        """The share that an alert judges, over time."""
        return Panel(self, View.SLOW_SHARE, width, height, title)

    def heatmap(self, width: int, *, title: str = "", height: int = 8) -> Panel:
        """The distribution over time."""
        return Panel(self, View.HEATMAP, width, height, title)


@dataclass(frozen=True, kw_only=True)
class Utilisation(Signal):
    """The used share of a limit, from 0 to 1. `amount` is the unit of what is used."""

    unit: Unit = RATIO
    amount: Unit = BYTES
    prometheus: Usage | None = None
    online_endpoint: Platform | None = None
    application_insights: None = None
    container_insights: LogQuery | None = None
    when_empty: str = "No limit set"

    def amounts(self, width: int, *, title: str = "", height: int = 8) -> Panel:
        """What is used, requested and allowed, in the resource's own unit."""
        return Panel(self, View.AMOUNTS, width, height, title)


@dataclass(frozen=True, kw_only=True)
class Increase(Signal):
    """How often something happened in a window of time."""

    unit: Unit = COUNT
    prometheus: CounterIncrease | None = None
    online_endpoint: LogQuery | None = None
    application_insights: LogQuery | None = None
    container_insights: LogQuery | None = None


@dataclass(frozen=True, kw_only=True)
class State(Signal):
    """A gauge as it stands: replicas, targets, a condition that holds."""

    prometheus: Level | None = None
    online_endpoint: Platform | LogQuery | None = None
    application_insights: LogQuery | None = None
    container_insights: LogQuery | None = None


@dataclass(frozen=True, kw_only=True)
class Absence(Signal):
    """1 while series that should be there are not."""

    unit: Unit = COUNT
    yes_or_no: bool = True
    prometheus: Missing | None = None
    online_endpoint: None = None
    application_insights: None = None
    container_insights: None = None


@dataclass(frozen=True, kw_only=True)
class Query(Signal):
    """A query of one's own, checked like every other."""

    prometheus: Promql | None = None
    online_endpoint: LogQuery | Platform | None = None
    application_insights: LogQuery | None = None
    container_insights: LogQuery | None = None


@dataclass(frozen=True, kw_only=True)
class BurnRates(Signal):
    """How fast an error budget is spent, over each of the windows that an alert looks at."""

    unit: Unit = FACTOR
    prometheus: ErrorBudget | None = None
    online_endpoint: None = None
    application_insights: None = None
    container_insights: None = None

    def burn_rates(self, width: int, severity: Severity, *, title: str = "", height: int = 8) -> Panel:
        """The burn rate over each window that decides about `severity`, against the factors."""
        return Panel(self, View.BURN_RATE, width, height, title, severity=severity)


@dataclass(frozen=True, kw_only=True)
class BudgetLeft(Signal):
    """The share of an error budget that is left: 1 untouched, 0 spent, below 0 overspent."""

    unit: Unit = RATIO
    prometheus: Promql | None = None
    online_endpoint: None = None
    application_insights: None = None
    container_insights: None = None


@dataclass(frozen=True, kw_only=True)
class Listing(Signal):
    """Rows to read: the slowest requests, the last errors, what runs where.

    `counts` heads the column of the value where Prometheus measures it.
    """

    counts: str = "Count"
    prometheus: Level | None = None
    online_endpoint: LogList | None = None
    application_insights: LogList | None = None
    container_insights: LogList | None = None

    def rows(self, width: int, *, title: str = "", height: int = 8) -> Panel:
        """The rows, as a table."""
        return Panel(self, View.LIST, width, height, title)


@dataclass(frozen=True)
class Panel:
    """A view of a signal on a dashboard, `width` of 24 columns wide and `height` grid units (30 pixels) high.

    `severity` is the one whose windows and factors a burn rate is shown with.
    """

    signal: Signal
    view: View
    width: int
    height: int
    title: str = ""
    by: str = ""
    quantiles: tuple[Decimal, ...] = ()
    severity: Severity | None = None
    where: Location = field(default_factory=here, compare=False)

    @property
    def heading(self) -> str:
        """The panel's title."""
        return self.title or self.signal.title


def _quantiles(text: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(word.removeprefix("p")) / 100 for word in text.split())
