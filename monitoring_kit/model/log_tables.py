"""The Azure half of the contract: log tables with their columns, platform metrics with aggregations and dimensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.units import Unit
from monitoring_kit.model.backends import Backend

_COLUMN = re.compile(r"[A-Za-z_]\w*")


class LogScope(Enum):
    """The resource that a query runs against: it decides which names the tables and columns have."""

    WORKSPACE = "workspace"
    COMPONENT = "component"


@dataclass(frozen=True)
class LogTable:
    """A log table.

    `columns` maps each column to its Kusto type, `time` is the column that holds the row's time, `own_rows` is the
    Kusto predicate that picks this service's rows (`{{ setting }}` is filled in as a Kusto literal), `derived` are
    columns that a query which names them gets on top, as Kusto expressions, `cumulative` are the columns that only
    ever grow, so that summing them counts everything again with every row.
    """

    name: str
    backend: Backend
    scope: LogScope
    time: str
    columns: Mapping[str, str] = field(hash=False)
    own_rows: str
    derived: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    cumulative: frozenset[str] = frozenset()
    where: Location = field(default_factory=here, compare=False)


def log_table(
    name: str,
    *,
    backend: Backend,
    columns: str,
    own_rows: str,
    scope: LogScope = LogScope.WORKSPACE,
    time: str = "TimeGenerated",
    derived: Mapping[str, str] = MappingProxyType({}),
    cumulative: str = "",
) -> LogTable:
    """A log table. `columns` is written as Kusto writes a schema: blank-separated `Name:type`.

    Raises Refused for a column without a type, and for a name of a column that Kusto would not read as one.
    """
    pairs = [column.partition(":") for column in columns.split()]
    for column, _, kind in [*pairs, *((one, ":", "derived") for one in derived)]:
        if _COLUMN.fullmatch(column) is None or not kind:
            problem = f"{column!r} is no column with a type"
            raise Refused(
                Finding(here(), f"log table {name}", problem, "write Name:type, as in Message:string", "column")
            )
    types = {column: kind for column, _, kind in pairs}
    return LogTable(
        name, backend, scope, time, MappingProxyType(types), own_rows, derived, frozenset(cumulative.split())
    )


@dataclass(frozen=True)
class PlatformMetric:
    """A metric that Azure Monitor itself keeps for a resource. `aggregations` are the only ones that Azure offers."""

    namespace: str
    name: str
    unit: Unit
    aggregations: frozenset[str]
    dimensions: frozenset[str]
    where: Location = field(default_factory=here, compare=False)


def platform_metric(
    namespace: str, name: str, *, unit: Unit, aggregations: str, dimensions: str = ""
) -> PlatformMetric:
    """A platform metric; aggregations and dimensions are separated by blanks."""
    return PlatformMetric(namespace, name, unit, frozenset(aggregations.split()), frozenset(dimensions.split()))
