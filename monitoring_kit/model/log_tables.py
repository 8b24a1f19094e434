"""The Azure half of the contract: log tables with their columns, platform metrics with aggregations and dimensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.units import Unit
from monitoring_kit.core.words import NAME, Words, checked_words
from monitoring_kit.model.backends import Backend

_TYPED = re.compile(rf"{NAME.pattern}:[a-z]+")
_COLUMNS = ("TimeGenerated:datetime", "Message:string")
_VALUE = re.compile(r"[^,;\s]+")


class LogScope(Enum):
    """The resource that a query runs against: it decides which names the tables and columns have.

    >>> scope = LogScope.COMPONENT
    """

    WORKSPACE = "workspace"
    COMPONENT = "component"


@dataclass(frozen=True)
class LogTable:
    """A log table.

    `columns` maps each column to its Kusto type, `time` is the column that holds the row's time, `own_rows` is the
    Kusto predicate that picks this service's rows (`{{ setting }}` is filled in as a Kusto literal), `derived` are
    columns that a query which names them gets on top, as Kusto expressions, `cumulative` are the columns that only
    ever grow, so that summing them counts everything again with every row, `closed` are the values of the columns that
    hold no others.
    """

    name: str
    backend: Backend
    scope: LogScope
    time: str
    columns: Mapping[str, str] = field(hash=False)
    own_rows: str
    derived: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    cumulative: frozenset[str] = frozenset()
    closed: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    where: Location = field(default_factory=here, compare=False)


def log_table(
    name: str,
    *,
    backend: Backend,
    columns: Words,
    own_rows: str,
    scope: LogScope = LogScope.WORKSPACE,
    time: str = "TimeGenerated",
    derived: Mapping[str, str] = MappingProxyType({}),
    cumulative: Words = "",
    closed: Mapping[str, Words] = MappingProxyType({}),
) -> LogTable:
    """A log table.

    >>> JOBS = log_table(
    ...     "Jobs",
    ...     backend=Backend.CONTAINER_INSIGHTS,
    ...     own_rows="Namespace == {{ namespace }}",
    ...     columns="TimeGenerated:datetime Namespace:string Failed:bool DurationMs:int",
    ... )

    `columns` is written as Kusto writes a schema, each `Name:type`. The values of `closed` are lists as well:
    `{"PodStatus": "Pending Running"}`. Raises Refused for a column without a type, for a name of a column that Kusto
    would not read as one, and for what `cumulative` or `closed` say of a column that there is not.
    """
    pairs = [column.partition(":") for column in checked_words("columns", columns, form=_TYPED, like=_COLUMNS)]
    checked_words("derived", tuple(derived), like=("Outcome",))
    types = {column: kind for column, _, kind in pairs}
    growing = frozenset(checked_words("cumulative", cumulative, like=("CounterValue",)))
    for column in sorted({*growing, *closed} - {*types, *derived}):
        remedy = f"its columns are {', '.join(sorted({*types, *derived}))}"
        raise Refused(Finding(here(), f"log table {name}", f"there is no column {column}", remedy, "column"))
    values = {
        column: frozenset(checked_words("closed", text, form=_VALUE, like=("Pending", "Running")))
        for column, text in closed.items()
    }
    return LogTable(
        name, backend, scope, time, MappingProxyType(types), own_rows, derived, growing, MappingProxyType(values)
    )


# The resources that an environment names, for the metrics of which Azure Monitor has a page each: supported metrics of
# Microsoft.MachineLearningServices/workspaces/onlineEndpoints and .../deployments (Microsoft, 2026-07).
METRIC_NAMESPACES = (
    "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
    "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
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
    namespace: str, name: str, *, unit: Unit, aggregations: Words, dimensions: Words = ""
) -> PlatformMetric:
    """A platform metric, with the aggregations and dimensions that Azure offers.

    >>> LAG = platform_metric(
    ...     "Microsoft.EventHub/namespaces", "ConsumerLag", unit=COUNT, aggregations="Maximum", dimensions="EntityName"
    ... )
    """
    offered = checked_words("aggregations", aggregations, like=("Average", "Maximum"))
    split = checked_words("dimensions", dimensions, like=("EntityName",))
    return PlatformMetric(namespace, name, unit, frozenset(offered), frozenset(split))
