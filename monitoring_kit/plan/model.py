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
from monitoring_kit.model.dashboards import Annotation, Dashboard
from monitoring_kit.model.definitions import Definitions, Runbook
from monitoring_kit.model.log_tables import LogScope
from monitoring_kit.model.signals import Panel
from monitoring_kit.model.thresholds import Comparison, Severity
from monitoring_kit.plan.azure_limits import GROUP_RULES
from monitoring_kit.plan.backends import backends_of
from monitoring_kit.plan.routes import PlannedInhibition, PlannedRouting
from monitoring_kit.plan.runbook_text import Line
from monitoring_kit.promql.tree import Expression, Selector


@dataclass(frozen=True)
class PrometheusAlert:
    """An alerting rule of Prometheus.

    `value` is what the alert's panel plots, `condition` the whole expression; both are scoped. `window` is the time
    that the value is measured over, None if it is taken as it stands. `alert.threshold` has the environment's
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

    @property
    def backend(self) -> Backend:
        """Where it is judged."""
        return Backend.PROMETHEUS


@dataclass(frozen=True)
class PrometheusRecording:
    """A recording rule of Prometheus, scoped to the environment.

    `window` is the time that its values are measured over, `labels` are those that it adds. `interval` is how often
    it is evaluated, None for as often as the environment's rules are; it is the same for all rules of a group.
    """

    name: str
    group: str
    expression: Expression
    window: Duration
    where: Location
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    interval: Duration | None = None


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

    @property
    def backend(self) -> Backend:
        """Where it is judged."""
        return Backend.ONLINE_ENDPOINT


PlannedAlert = PrometheusAlert | LogAlert | MetricAlert


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
class PlannedColumn:
    """A column of a table that shows several signals: its heading, its unit, and what its values are held against."""

    title: str
    unit: Unit
    lines: tuple[ThresholdLine, ...]
    is_budget: bool


@dataclass(frozen=True)
class PlannedAnnotation:
    """Moments to mark on the graphs of a dashboard."""

    annotation: Annotation
    expression: Expression


@dataclass(frozen=True)
class PlannedPanel:
    """A panel with its queries. `x` and `y` are in Grafana's grid of 24 columns.

    `shortest_interval` is the least that a time bin may be wide where a query bins by Grafana's interval: the window of
    the alert that judges the values, so that they are the judged ones as long as the dashboard's range allows.
    `columns` are those of a table of several signals, one for each query.
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
    columns: tuple[PlannedColumn, ...] = ()


@dataclass(frozen=True)
class PlannedRow:
    """A row of panels, `id` and `y` as for a panel."""

    id: int
    title: str
    y: int
    panels: tuple[PlannedPanel, ...]
    collapsed: bool = False


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
    annotations: tuple[PlannedAnnotation, ...] = ()

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
class RunbookPage:
    """The runbook of an alert as one environment shows it.

    `rules` raise the alert here. `lines` are those of the runbook that hold here, with their numbers in its file;
    `text` is the same with the names filled in that the environment knows. `panels` plot the alert's signal.
    """

    alert: Alert
    rules: tuple[PlannedAlert, ...]
    runbook: Runbook
    lines: tuple[Line, ...]
    text: str
    panels: tuple[tuple[PlannedDashboard, PlannedPanel], ...]


@dataclass(frozen=True)
class DisabledDashboard:
    """A dashboard that the environment switched off, as it would be, and why."""

    dashboard: PlannedDashboard
    reason: str


@dataclass(frozen=True)
class Plan:
    """Everything that one environment gets, and what stood in the way of the rest.

    `recordings` are the rates that definitions ask for, `event_recordings` what the objectives count. `routing` is the
    whole configuration of an Alertmanager, `own_routing` its part for the alerts of this service; both are None if the
    definitions or the environment say nothing of it.
    """

    definitions: Definitions
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
    inhibitions: tuple[PlannedInhibition, ...] = ()
    routing: PlannedRouting | None = None
    own_routing: PlannedRouting | None = None
    runbooks: tuple[RunbookPage, ...] = ()
    disabled_dashboards: tuple[DisabledDashboard, ...] = ()

    @property
    def backends(self) -> tuple[Backend, ...]:
        """The places that the environment has."""
        return backends_of(self.environment)

    @property
    def action_group(self) -> str:
        """What the action group of Azure is called."""
        return f"{self.environment.name}-alerts"

    def rule_name(self, rule: LogAlert | MetricAlert) -> str:
        """`<environment>-<Alert>-<level>`, with the deployment behind it if the rule watches one deployment.

        It never depends on a position, so a second deployment of a template changes the same rules.
        """
        name = f"{self.environment.name}-{rule.alert.name}-{rule.severity.value}"
        deployment = rule.deployment if isinstance(rule, MetricAlert) else ""
        return f"{name}-{deployment}" if deployment else name

    @property
    def azure_rule_groups(self) -> Mapping[str, tuple[PrometheusRule, ...]]:
        """The rules of Prometheus by the name of their rule group in Azure.

        A group of Prometheus becomes one group there, or several if it has more rules than Azure allows: the first
        keeps the name, the others count on from 2.
        """
        return {
            f"{self.environment.name}-{name}-{number}" if number > 1 else f"{self.environment.name}-{name}": (
                rules[start : start + GROUP_RULES]
            )
            for name, rules in self.prometheus_groups.items()
            for number, start in enumerate(range(0, len(rules), GROUP_RULES), start=1)
        }

    def evaluation_interval(self, group: str) -> Duration:
        """How often the rules of a group are evaluated. Raises ValueError for an environment without Prometheus."""
        if self.environment.prometheus is None:
            raise ValueError(f"the environment {self.environment.name} has no Prometheus")
        own = {rule.interval for rule in self.event_recordings if rule.group == group and rule.interval is not None}
        return max([self.environment.prometheus.evaluation_interval, *own])

    def rules_of(self, alert: Alert) -> tuple[PlannedAlert, ...]:
        """The rules that raise an alert: Prometheus first, then Azure."""
        rules: tuple[PlannedAlert, ...] = (*self.prometheus_alerts, *self.log_alerts, *self.metric_alerts)
        return tuple(rule for rule in rules if rule.alert.name == alert.name)

    def dashboard_url(self, dashboard: PlannedDashboard) -> str:
        """The address of a dashboard."""
        return f"{self.environment.grafana_url}/d/{dashboard.uid}"

    def panel_url(self, dashboard: PlannedDashboard, panel: PlannedPanel) -> str:
        """The address of a panel, alone and of the last three hours."""
        return f"{self.dashboard_url(dashboard)}?from=now-3h&to=now&viewPanel={panel.id}"

    @property
    def prometheus_groups(self) -> Mapping[str, tuple[PrometheusRule, ...]]:
        """The rules of Prometheus by group, recordings first, groups in order of their names."""
        rules: list[PrometheusRule] = [*self.recordings, *self.event_recordings, *self.prometheus_alerts]
        names = sorted({rule.group for rule in rules})
        return {name: tuple(rule for rule in rules if rule.group == name) for name in names}
