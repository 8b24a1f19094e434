"""Signals: what is measured, and the views that a dashboard can take of it.

A signal is defined once. Its panels, its Prometheus alert, its Azure alert and its runbook page are views of it. Each
field `prometheus`, `online_endpoint`, `application_insights` and `container_insights` says how it is measured in that
place; a signal has at least one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.units import BYTES, COUNT, FACTOR, PER_SECOND, RATIO, SECONDS, Unit, plain
from monitoring_kit.core.words import Numbers, Words, checked_numbers, checked_words, words
from monitoring_kit.model import azure, kql, prom
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.budgets import ErrorBudget
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.model.views import View

Measure = prom.Measure | kql.Measure | azure.Metric


@dataclass(frozen=True)
class Unwatched:
    """No alert watches this signal, and why that is right.

    >>> worker_info = State(
    ...     title="Workers",
    ...     description="How many workers there are.",
    ...     by="namespace",
    ...     prometheus=prom.Gauge(gauge="worker_info", combine="count"),
    ...     unwatched=Unwatched("the autoscaler decides how many there are"),
    ... )
    """

    why: str


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What is measured.

    `title` names it on a panel, `description` explains it to an engineer who was just paged, `by` are the Prometheus
    labels that tell its series apart. A signal without an alert says `unwatched`. `when_empty` is
    what a panel shows when there is nothing to show, `yes_or_no` says that the value is 1 or 0 and no number to read
    out. The loader fills in `name`: the name of the variable that holds the signal. `empty_when_healthy` is the reason
    why there is rightly nothing to show as long as all is well. `more_on` is the name of the dashboard that tells more
    about a bad value; a panel leads to it where the environment has it.
    """

    title: str
    description: str
    unit: Unit = COUNT
    by: Words = ""
    prometheus: prom.Measure | None = None
    online_endpoint: kql.Measure | azure.Metric | None = None
    application_insights: kql.Measure | None = None
    container_insights: kql.Measure | None = None
    unwatched: Unwatched | None = None
    when_empty: str = "No data"
    empty_when_healthy: str = ""
    yes_or_no: bool = False
    more_on: str = ""
    name: str = ""
    where: Location = field(default_factory=here, compare=False)

    def __post_init__(self) -> None:
        """Refuses a `by` that holds anything but names."""
        checked_words("by", self.by, where=self.where)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of `by`."""
        return words(self.by)

    @property
    def column(self) -> str:
        """What a column that holds the value is called in the result of a Kusto query."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    def measure(self, backend: Backend) -> Measure | None:
        """How the signal is measured in `backend`, None if it is not."""
        measures = {
            Backend.PROMETHEUS: self.prometheus,
            Backend.ONLINE_ENDPOINT: self.online_endpoint,
            Backend.APPLICATION_INSIGHTS: self.application_insights,
            Backend.CONTAINER_INSIGHTS: self.container_insights,
        }
        return measures[backend]

    def timeseries(self, width: int, *, by: Words = "", title: str = "", height: int = 8) -> Panel:
        """The value over time. `by` adds labels (for logs, columns) to split it by.

        What is 1 or 0 is shown as stretches of time, a row for each series, and no line.
        """
        return Panel(self, View.STATES if self.yes_or_no else View.TIMESERIES, width, height, title, by)

    def stat(self, width: int, *, title: str = "", height: int = 4, worst: bool = False) -> Panel:
        """The newest value of each series, large. `worst` shows one number, of the series that is worst off."""
        return Panel(self, View.STAT, width, height, title, worst=worst)

    def columns(self, width: int, *others: Signal, title: str = "", height: int = 8) -> Panel:
        """A table with a row for each series and a column for this signal and each of `others`, all with the same `by`.

        A click on a row narrows the dashboard to it.
        """
        return Panel(self, View.COLUMNS, width, height, title, others=others)


@dataclass(frozen=True, kw_only=True)
class Rate(Signal):
    """Events per second.

    >>> job_rate = Rate(
    ...     title="Jobs",
    ...     description="Jobs done per second.",
    ...     by="namespace",
    ...     prometheus=prom.Rate(counter="jobs_total"),
    ... )
    """

    unit: Unit = PER_SECOND
    prometheus: prom.Rate | None = None
    online_endpoint: kql.Rate | azure.Metric | None = None
    application_insights: kql.Rate | None = None
    container_insights: kql.Rate | None = None


@dataclass(frozen=True, kw_only=True)
class Ratio(Signal):
    """The bad share of events, from 0 to 1.

    >>> error_ratio = Ratio(
    ...     title="Error ratio",
    ...     description="Share of jobs that failed.",
    ...     by="namespace",
    ...     prometheus=prom.Ratio(bad='jobs_total{status="error"}', total="jobs_total"),
    ... )
    """

    unit: Unit = RATIO
    prometheus: prom.Ratio | None = None
    online_endpoint: kql.Ratio | None = None
    application_insights: kql.Ratio | None = None
    container_insights: kql.Ratio | None = None


@dataclass(frozen=True, kw_only=True)
class Latency(Signal):
    """How long events take. People look at quantiles; an alert judges the share that is slower than a bucket bound.

    >>> job_duration = Latency(
    ...     title="Job duration",
    ...     description="Time from the first to the last line of a job.",
    ...     by="namespace",
    ...     prometheus=prom.Histogram(histogram="job_duration_seconds"),
    ... )
    >>> panel = job_duration.quantiles(12, "p50 p95 p99")
    """

    unit: Unit = SECONDS
    prometheus: prom.Histogram | None = None
    online_endpoint: kql.Durations | None = None
    application_insights: kql.Durations | None = None
    container_insights: kql.Durations | None = None

    def quantiles(self, width: int, quantiles: Numbers, *, by: Words = "", title: str = "", height: int = 8) -> Panel:
        """Quantiles over time, written `"p50 p95 p99"` or `(0.5, 0.95, 0.99)`. Raises Refused for any other text."""
        return Panel(self, View.QUANTILES, width, height, title, by, _quantiles(quantiles))

    def slow_share(self, width: int, *, title: str = "", height: int = 8) -> Panel:
        """The share that an alert judges, over time."""
        return Panel(self, View.SLOW_SHARE, width, height, title)

    def heatmap(self, width: int, *, title: str = "", height: int = 8) -> Panel:
        """The distribution over time."""
        return Panel(self, View.HEATMAP, width, height, title)


@dataclass(frozen=True, kw_only=True)
class Utilisation(Signal):
    """The used share of a limit, from 0 to 1. `amount` is the unit of what is used.

    >>> disk_utilisation = Utilisation(
    ...     title="Disk",
    ...     description="Used share of the disk.",
    ...     by="namespace pod",
    ...     prometheus=prom.Utilisation(
    ...         used="disk_used_bytes", used_is="gauge", limit="disk_size_bytes", request="disk_size_bytes"
    ...     ),
    ... )
    """

    unit: Unit = RATIO
    amount: Unit = BYTES
    prometheus: prom.Utilisation | None = None
    online_endpoint: azure.Metric | None = None
    application_insights: None = None
    container_insights: kql.Query | None = None

    def amounts(self, width: int, *, title: str = "", height: int = 8) -> Panel:
        """What is used, requested and allowed, in the resource's own unit."""
        return Panel(self, View.AMOUNTS, width, height, title)


@dataclass(frozen=True, kw_only=True)
class Increase(Signal):
    """How often something happened in a window of time.

    >>> restarts = Increase(
    ...     title="Restarts",
    ...     description="How often a worker was started again.",
    ...     by="namespace pod",
    ...     prometheus=prom.Increase(counter="worker_restarts_total"),
    ... )
    """

    unit: Unit = COUNT
    prometheus: prom.Increase | None = None
    online_endpoint: kql.Query | None = None
    application_insights: kql.Query | None = None
    container_insights: kql.Query | None = None


@dataclass(frozen=True, kw_only=True)
class State(Signal):
    """A gauge as it stands: replicas, targets, a condition that holds.

    >>> queue_length = State(
    ...     title="Queue",
    ...     description="Jobs that wait.",
    ...     by="namespace",
    ...     prometheus=prom.Gauge(gauge="queue_length", combine="sum"),
    ... )
    """

    prometheus: prom.Gauge | prom.Share | None = None
    online_endpoint: azure.Metric | kql.Query | None = None
    application_insights: kql.Query | None = None
    container_insights: kql.Query | None = None


@dataclass(frozen=True, kw_only=True)
class Absence(Signal):
    """1 while series that should be there are not.

    >>> metrics_missing = Absence(
    ...     title="Metrics missing",
    ...     description="1 while no worker exports its figures.",
    ...     by="namespace",
    ...     prometheus=prom.Absent(series="jobs_total"),
    ... )
    """

    unit: Unit = COUNT
    yes_or_no: bool = True
    prometheus: prom.Absent | None = None
    online_endpoint: None = None
    application_insights: None = None
    container_insights: None = None


@dataclass(frozen=True, kw_only=True)
class Query(Signal):
    """A query of one's own, checked like every other.

    >>> oldest_job = Query(
    ...     title="Oldest job",
    ...     description="How long the oldest job has waited.",
    ...     unit=SECONDS,
    ...     by="namespace",
    ...     prometheus=prom.Query(text="max by (namespace) (time() - job_queued_timestamp_seconds)"),
    ... )
    """

    prometheus: prom.Query | None = None
    online_endpoint: kql.Query | azure.Metric | None = None
    application_insights: kql.Query | None = None
    container_insights: kql.Query | None = None


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
    prometheus: prom.Query | None = None
    online_endpoint: None = None
    application_insights: None = None
    container_insights: None = None


@dataclass(frozen=True, kw_only=True)
class Listing(Signal):
    """Rows to read: the slowest requests, the last errors, what runs where.

    >>> versions = Listing(
    ...     title="Versions",
    ...     description="Which version how many workers run.",
    ...     by="namespace version",
    ...     counts="Workers",
    ...     prometheus=prom.Gauge(gauge="worker_info", combine="count"),
    ...     unwatched=Unwatched("only shows what runs"),
    ... )

    `counts` heads the column of the value where Prometheus measures it.
    """

    counts: str = "Count"
    prometheus: prom.Gauge | prom.FiringAlerts | None = None
    online_endpoint: kql.Table | None = None
    application_insights: kql.Table | None = None
    container_insights: kql.Table | None = None

    def rows(self, width: int, *, title: str = "", height: int = 8) -> Panel:
        """The rows, as a table."""
        return Panel(self, View.LIST, width, height, title)


@dataclass(frozen=True)
class Panel:
    """A view of a signal on a dashboard, `width` of 24 columns wide and `height` grid units (30 pixels) high.

    `severity` is the one whose windows and factors a burn rate is shown with. `worst` reduces a number to that of the
    worst series. `others` are the further columns of a table.
    """

    signal: Signal
    view: View
    width: int
    height: int
    title: str = ""
    by: Words = ""
    quantiles: tuple[Decimal, ...] = ()
    severity: Severity | None = None
    worst: bool = False
    others: tuple[Signal, ...] = ()
    where: Location = field(default_factory=here, compare=False)

    def __post_init__(self) -> None:
        """Refuses a `by` that holds anything but names."""
        checked_words("by", self.by, like=("queue",), where=self.where)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels (for logs, columns) of `by`."""
        return words(self.by)

    @property
    def heading(self) -> str:
        """The panel's title."""
        return self.title or self.signal.title


def _quantiles(given: Numbers) -> tuple[Decimal, ...]:
    ranks = checked_numbers("quantiles", given, like=(50, 95) if isinstance(given, str) else (0.5, 0.95), prefix="p")
    ranks = tuple(rank / 100 for rank in ranks) if isinstance(given, str) else ranks
    for rank in ranks:
        if not 0 < rank < 1:
            problem = (
                f"{plain(rank * 100)} is no quantile" if isinstance(given, str) else f"{plain(rank)} is no quantile"
            )
            remedy = 'a quantile lies between the least and the greatest value: write "p50 p95" or (0.5, 0.95)'
            raise Refused(Finding(here(), "quantiles=", problem, remedy, "words"))
    return ranks
