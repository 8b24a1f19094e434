"""The plan of an environment: every rule, query and panel, decided but not yet written in any target's format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.core.units import Unit
from monitoring_kit.environment.model import Environment
from monitoring_kit.environment.values import ResourceId
from monitoring_kit.model import azure
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.dashboards import Dashboard
from monitoring_kit.model.log_tables import LogScope
from monitoring_kit.model.signals import Panel
from monitoring_kit.model.thresholds import Comparison, Severity
from monitoring_kit.promql.tree import Expression, Selector


@dataclass(frozen=True)
class PrometheusAlert:
    """An alerting rule of Prometheus.

    `value` is what the alert's panel plots, `condition` the whole expression; both are scoped. `window` is the time
    that the value is measured over, None where it is taken as it stands. `alert.threshold` has the environment's
    overrides in it.
    """

    alert: Alert
    severity: Severity
    group: str
    value: Expression
    condition: Expression
    window: Duration | None
    labels: Mapping[str, str] = field(hash=False)
    annotations: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True)
class PrometheusRecording:
    """A recording rule of Prometheus, scoped to the environment.

    `window` is the time that its values are measured over, `labels` are those that it adds.
    """

    name: str
    group: str
    expression: Expression
    window: Duration
    where: Location
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)


PrometheusRule = PrometheusAlert | PrometheusRecording


@dataclass(frozen=True)
class LogAlert:
    """A scheduled query rule of Azure Monitor.

    `column` holds the value that is compared with `threshold`; each combination of `dimensions` is judged on its own.
    The alert fires when the last `periods` windows were all bad. `looks_back` is what the query sees, None where that
    is these windows.
    """

    alert: Alert
    severity: Severity
    backend: Backend
    scope: LogScope
    query: str
    column: str
    dimensions: tuple[str, ...]
    threshold: Decimal
    window: Duration
    frequency: Duration
    periods: int
    summary: str
    description: str
    links: Mapping[str, str] = field(hash=False)
    looks_back: Duration | None = None


@dataclass(frozen=True)
class MetricAlert:
    """A metric alert of Azure Monitor on one resource, named by `deployment` ("" is the endpoint itself)."""

    alert: Alert
    severity: Severity
    platform: azure.Metric
    deployment: str
    threshold: Decimal
    window: Duration
    frequency: Duration
    summary: str
    description: str
    links: Mapping[str, str] = field(hash=False)


class QueryFormat(Enum):
    """What a panel expects of a query's result."""

    SERIES = "series"
    ROWS = "rows"
    BUCKETS = "buckets"


@dataclass(frozen=True)
class PrometheusQuery:
    """A PromQL query of a panel. `legend` names the series, with `{{label}}` filled in by Grafana."""

    expression: Expression
    legend: str
    format: QueryFormat
    instant: bool


@dataclass(frozen=True)
class LogQueryPlan:
    """A Kusto query of a panel, against the workspace or the component that `resource` is.

    `values` are the columns that the panel draws, `by` those that tell its series apart, `tables` what the query reads.
    """

    query: str
    scope: LogScope
    resource: ResourceId
    format: QueryFormat
    by: tuple[str, ...]
    values: tuple[str, ...]
    tables: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """What the panel draws, besides the time."""
        return (*self.by, *self.values)


@dataclass(frozen=True)
class PlatformQuery:
    """A platform metric of a panel, read from `resource`."""

    platform: azure.Metric
    resource: ResourceId
    legend: str


PanelQuery = PrometheusQuery | LogQueryPlan | PlatformQuery


@dataclass(frozen=True)
class ThresholdLine:
    """A line that an alert's level draws on a panel, in the panel's unit."""

    severity: Severity
    value: Decimal
    comparison: Comparison

    @property
    def worse_is_higher(self) -> bool:
        """Whether the bad side is the upper one."""
        return self.comparison.worse_is_higher


@dataclass(frozen=True)
class PlannedPanel:
    """A panel with its queries. `x` and `y` are in Grafana's grid of 24 columns.

    `shortest_interval` is the least that a time bin may be wide where a query bins by Grafana's interval: the window of
    the alert that judges the values, so that they are the judged ones as long as the dashboard's range allows.
    """

    id: int
    panel: Panel
    backend: Backend
    title: str
    description: str
    unit: Unit
    queries: tuple[PanelQuery, ...]
    lines: tuple[ThresholdLine, ...]
    alerts: tuple[Alert, ...]
    shortest_interval: Duration | None
    x: int
    y: int


@dataclass(frozen=True)
class PlannedRow:
    """A row of panels, `id` and `y` as for a panel."""

    id: int
    title: str
    y: int
    panels: tuple[PlannedPanel, ...]


@dataclass(frozen=True)
class Variable:
    """A variable of a dashboard: the values that `label` takes in the series that `selector` matches."""

    label: str
    selector: Selector
    default: str


@dataclass(frozen=True)
class PlannedDashboard:
    """A dashboard as one environment shows it."""

    uid: str
    title: str
    dashboard: Dashboard
    variables: tuple[Variable, ...]
    rows: tuple[PlannedRow, ...]

    @property
    def panels(self) -> tuple[PlannedPanel, ...]:
        """All panels, from top to bottom."""
        return tuple(panel for row in self.rows for panel in row.panels)


@dataclass(frozen=True)
class Disabled:
    """An alert that the environment switched off, and why."""

    alert: Alert
    reason: str


@dataclass(frozen=True)
class Plan:
    """Everything that one environment gets, and what stood in the way of the rest.

    `recordings` are the rates that definitions ask for, `event_recordings` what the objectives count.
    """

    environment: Environment
    alerts: tuple[Alert, ...]
    recordings: tuple[PrometheusRecording, ...]
    prometheus_alerts: tuple[PrometheusAlert, ...]
    log_alerts: tuple[LogAlert, ...]
    metric_alerts: tuple[MetricAlert, ...]
    dashboards: tuple[PlannedDashboard, ...]
    disabled: tuple[Disabled, ...]
    findings: tuple[Finding, ...] = ()
    event_recordings: tuple[PrometheusRecording, ...] = ()

    @property
    def prometheus_groups(self) -> Mapping[str, tuple[PrometheusRule, ...]]:
        """The rules of Prometheus by group, recordings first, groups in order of their names."""
        rules: list[PrometheusRule] = [*self.recordings, *self.event_recordings, *self.prometheus_alerts]
        names = sorted({rule.group for rule in rules})
        return {name: tuple(rule for rule in rules if rule.group == name) for name in names}
