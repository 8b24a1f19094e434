"""How rows of a log table become the value of a signal: people write predicates; bins and guards come from here.

Every measure yields a Kusto text with holes (see `monitoring_kit.model.kql_template`) whose result has the table's time
column, the columns of `by` and one column with the value.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import PurePosixPath

from monitoring_kit.core.durations import Duration, parse_duration
from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.units import COUNT, PER_SECOND, RATIO, Quantity, Unit
from monitoring_kit.core.words import NAME, Words, checked_words, words
from monitoring_kit.kusto.literals import kql_number
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.log_tables import LogTable
from monitoring_kit.model.views import View, ViewRequest

Bound = Quantity | None
Names = tuple[str, ...]
_COLUMN = re.compile(rf"{NAME.pattern}(=\S+)?")
_COLUMNS = ("PodName", "ContainerName")


@dataclass(frozen=True)
class KqlText:
    """A Kusto text with holes. `values` are the columns of measured values, `by` those that tell series apart."""

    text: str
    values: tuple[str, ...]
    by: tuple[str, ...]

    @property
    def value(self) -> str:
        """The column of the one measured value."""
        (column,) = self.values
        return column


@dataclass(frozen=True, kw_only=True)
class Measure(ABC):
    """What each way to measure can be asked for."""

    where: Location = field(default_factory=here, compare=False)

    def __post_init__(self) -> None:
        """Refuses a `by` or `columns` that holds anything but names (in `by`, `Name=expression` too)."""
        for name in ("by", "columns"):
            checked_words(name, getattr(self, name, ""), form=_COLUMN, like=_COLUMNS, where=self.where)

    @abstractmethod
    def value(
        self, column: str, slower_than: Bound = None, min_events: Bound = None, split: Names = ()
    ) -> KqlText | None:
        """The one number that an alert compares and a line shows, None if there is no single one.

        It stands in a column called like `column`. `slower_than` is the bound of a slow event, `split` what a panel
        tells series apart by besides. Bins with fewer than `min_events` have no value.
        """

    def judged_unit(self, shown: Unit) -> Unit:
        """The unit of the value that an alert compares, of a signal that is shown in `shown`."""
        return shown

    def plots(self, request: ViewRequest, column: str, unit: Unit) -> KqlText | None:
        """What a panel draws, in `unit`. None if its view cannot show what is measured."""
        if not request.view.judged:
            return None
        return self.value(column, request.slower_than, split=request.by)


@dataclass(frozen=True, kw_only=True)
class Ratio(Measure):
    """Bad events and all events among the rows of a table: a ratio, and the number of events that it rests on.

    >>> JOBS = log_table(
    ...     "Jobs",
    ...     backend=Backend.CONTAINER_INSIGHTS,
    ...     own_rows="Namespace == {{ namespace }}",
    ...     columns="TimeGenerated:datetime Namespace:string Failed:bool DurationMs:int",
    ... )
    >>> failed = kql.Ratio(table=JOBS, bad="Failed", by="Namespace")

    `total` and `bad` are Kusto predicates; a bad event is always part of the total. `weight` is the column that says
    how many events a row stands for where the table is sampled.
    """

    table: LogTable
    bad: str
    total: str = "true"
    weight: str = ""
    by: Words = ""
    unit: Unit = RATIO

    @property
    def backend(self) -> Backend:
        """Where the rows come from."""
        return self.table.backend

    def value(self, column: str, slower_than: Bound = None, min_events: Bound = None, split: Names = ()) -> KqlText:
        """The share of bad events; bins with no event, or with fewer than `min_events`, have no value at all."""
        return _share(self.table, column, words(self.by), _counts(self), min_events)


@dataclass(frozen=True, kw_only=True)
class Rate(Measure):
    """How many rows (each standing for `weight` events) a table gets per second. `by` may compute columns.

    >>> JOBS = log_table(
    ...     "Jobs",
    ...     backend=Backend.CONTAINER_INSIGHTS,
    ...     own_rows="Namespace == {{ namespace }}",
    ...     columns="TimeGenerated:datetime Namespace:string Failed:bool DurationMs:int",
    ... )
    >>> jobs = kql.Rate(table=JOBS, only="not(Failed)", by="Namespace")
    """

    table: LogTable
    only: str = "true"
    weight: str = ""
    by: Words = ""
    unit: Unit = PER_SECOND

    @property
    def backend(self) -> Backend:
        """Where the rows come from."""
        return self.table.backend

    def value(self, column: str, slower_than: Bound = None, min_events: Bound = None, split: Names = ()) -> KqlText:
        """Events per second. `split` are columns, or `Name = expression`."""
        by = words(self.by)
        grouping = ", ".join(("{{ bin }}", *by, *split))
        names = (*by, *(part.partition("=")[0].strip() for part in split))
        lines = [
            _rows(self.table),
            *_only(self.only),
            f"| summarize Events = {_count(self.weight)} by {grouping}",
            f"| project {', '.join((self.table.time, *names))}, {column} = Events / ({{{{ width }}}} / 1s)",
        ]
        return KqlText("\n".join(lines), (column,), names)


@dataclass(frozen=True, kw_only=True)
class Durations(Measure):
    """Durations found in the rows of a table. `duration` is a Kusto expression, `unit` the unit that it is in.

    >>> JOBS = log_table(
    ...     "Jobs",
    ...     backend=Backend.CONTAINER_INSIGHTS,
    ...     own_rows="Namespace == {{ namespace }}",
    ...     columns="TimeGenerated:datetime Namespace:string Failed:bool DurationMs:int",
    ... )
    >>> durations = kql.Durations(table=JOBS, duration="DurationMs", unit=MILLISECONDS, by="Namespace")
    """

    table: LogTable
    duration: str
    unit: Unit
    only: str = "true"
    weight: str = ""
    by: Words = ""

    @property
    def backend(self) -> Backend:
        """Where the rows come from."""
        return self.table.backend

    def judged_unit(self, shown: Unit) -> Unit:
        """That of a share, whatever durations are shown in."""
        return RATIO

    def value(
        self, column: str, slower_than: Bound = None, min_events: Bound = None, split: Names = ()
    ) -> KqlText | None:
        """The share of rows that took longer than `slower_than`, None without it."""
        if slower_than is None:
            return None
        slow = f"{self.duration} > {kql_number(slower_than.to(self.unit))}"
        counts = _counts(
            Ratio(table=self.table, bad=slow, total=self.only, weight=self.weight, by=self.by, where=self.where)
        )
        return _share(self.table, f"{column}SlowShare", words(self.by), counts, min_events)

    def plots(self, request: ViewRequest, column: str, unit: Unit) -> KqlText | None:
        """Quantiles, or the share of slow rows."""
        if request.view is View.QUANTILES:
            return self.quantiles(request.quantiles, unit)
        return super().plots(request, column, unit)

    def quantiles(self, quantiles: tuple[Decimal, ...], unit: Unit) -> KqlText:
        """One column a quantile, in `unit`: p50, p95."""
        factor = Quantity(Decimal(1), self.unit).to(unit)
        columns = {f"p{kql_number(quantile * 100)}": quantile * 100 for quantile in quantiles}
        values = [f"{name} = percentile(Elapsed, {kql_number(rank)})" for name, rank in columns.items()]
        by = words(self.by)
        lines = [
            _rows(self.table),
            *_only(self.only),
            f"| extend Elapsed = {self.duration} * {_real(factor)}",
            f"| summarize {', '.join(values)} by {', '.join(('{{ bin }}', *by))}",
        ]
        return KqlText("\n".join(lines), tuple(columns), by)


@dataclass(frozen=True, kw_only=True)
class Query(Measure):
    """A Kusto text of one's own. `file` lies beside the definition.

    >>> crashes = kql.Query(
    ...     file="kql/crashes.kql", backend=Backend.CONTAINER_INSIGHTS, value_column="Crashes", by="PodName"
    ... )

    `value_column` holds the measured value in `unit`, `by` are the columns that tell series apart.
    """

    file: str
    backend: Backend
    value_column: str
    unit: Unit = COUNT
    by: Words = ""
    panel_file: str = ""
    looks_back: str = ""

    def judged_unit(self, shown: Unit) -> Unit:
        """That of `value_column`."""
        return self.unit

    def value(self, column: str, slower_than: Bound = None, min_events: Bound = None, split: Names = ()) -> KqlText:
        """The text as it stands. Raises Refused where the file cannot be read."""
        return KqlText(self._text, (self.value_column,), words(self.by))

    def plots(self, request: ViewRequest, column: str, unit: Unit) -> KqlText | None:
        """The text of `panel_file`, if there is one. Raises Refused where the file cannot be read."""
        if not request.view.judged or not self.panel_file:
            return super().plots(request, column, unit)
        return KqlText(_read(self.panel_file, self.where), (self.value_column,), words(self.by))

    @cached_property
    def lookback(self) -> Duration | None:
        """`looks_back`, None where the alert's windows suffice. Raises Refused for what is no duration."""
        if not self.looks_back:
            return None
        try:
            return parse_duration(self.looks_back)
        except ValueError as error:
            raise Refused(Finding(self.where, f"query {self.file}", str(error), check="duration")) from None

    @cached_property
    def _text(self) -> str:
        return _read(self.file, self.where)


@dataclass(frozen=True, kw_only=True)
class Table(Measure):
    """A Kusto text whose rows are shown as they are, such as the slowest requests. `columns` are what it returns.

    >>> slowest = kql.Table(
    ...     file="kql/slowest_jobs.kql", backend=Backend.CONTAINER_INSIGHTS, columns="TimeGenerated Name DurationMs"
    ... )
    """

    file: str
    backend: Backend
    columns: Words

    def value(self, column: str, slower_than: Bound = None, min_events: Bound = None, split: Names = ()) -> None:
        """Rows are no number."""

    def plots(self, request: ViewRequest, column: str, unit: Unit) -> KqlText | None:
        """The text as it stands, where rows are shown. Raises Refused where the file cannot be read."""
        return KqlText(self._text, words(self.columns), ()) if request.view is View.LIST else None

    @cached_property
    def _text(self) -> str:
        return _read(self.file, self.where)


def _read(file: str, where: Location) -> str:
    try:
        return (where.path.parent / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = f"{PurePosixPath(where.file).parent / file} cannot be read: {error}"
        raise Refused(
            Finding(where, f"query {file}", problem, "put the Kusto text there, as UTF-8", "kql-file")
        ) from None


def _share(
    table: LogTable, column: str, by: tuple[str, ...], counts: tuple[str, ...], min_events: Quantity | None
) -> KqlText:
    enough = f">= {kql_number(min_events.to(COUNT))}" if min_events is not None else "> 0"
    lines = [
        _rows(table),
        f"| summarize {', '.join(counts)} by {', '.join(('{{ bin }}', *by))}",
        f"| where Total {enough}",
        f"| project {', '.join((table.time, *by))}, {column} = 1.0 * Bad / Total",
    ]
    return KqlText("\n".join(lines), (column,), by)


def _counts(events: Ratio) -> tuple[str, ...]:
    bad = events.bad if events.total == "true" else f"({events.total}) and ({events.bad})"
    if events.weight:
        total = f"sumif({events.weight}, {events.total})" if events.total != "true" else f"sum({events.weight})"
        return (f"Total = {total}", f"Bad = sumif({events.weight}, {bad})")
    total = f"countif({events.total})" if events.total != "true" else "count()"
    return (f"Total = {total}", f"Bad = countif({bad})")


def _count(weight: str) -> str:
    return f"sum({weight})" if weight else "count()"


def _rows(table: LogTable) -> str:
    return f"{{{{ rows({table.name}) }}}}"


def _only(predicate: str) -> list[str]:
    return [] if predicate == "true" else [f"| where {predicate}"]


def _real(number: Decimal) -> str:
    text = kql_number(number)
    return text if "." in text else f"{text}.0"
