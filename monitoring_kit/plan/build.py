"""Building the plan of an environment: its thresholds, its alerts at its places, its dashboards with their queries."""

from __future__ import annotations

from dataclasses import replace

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding, Refused
from monitoring_kit.environment.model import Environment
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.alerts import AlertPlanner, PanelLinks
from monitoring_kit.plan.backends import backends_of, raised_at
from monitoring_kit.plan.model import (
    LogAlert,
    MetricAlert,
    Plan,
    PlannedDashboard,
    PrometheusAlert,
    PrometheusRecording,
)
from monitoring_kit.plan.objectives import event_recordings
from monitoring_kit.plan.overrides import overridden, shown_dashboards
from monitoring_kit.plan.panels import PanelPlanner
from monitoring_kit.plan.routing import inhibitions_of, own_routing, whole_routing
from monitoring_kit.plan.runbook_pages import runbook_pages
from monitoring_kit.plan.scope import scoped

SHOWN = Duration(3 * 3600)


def build_plan(definitions: Definitions, environment: Environment) -> Plan:
    """Everything that `environment` gets. What cannot be planned is left out and named in the plan's findings."""
    alerts, disabled, findings = overridden(definitions.alerts, environment)
    panels = PanelPlanner(definitions, environment, alerts, tuple(off.alert for off in disabled))
    backends = backends_of(environment)
    planned = [panels.dashboard(dashboard, backends) for dashboard in definitions.dashboards.values()]
    possible = tuple(dashboard for dashboard in planned if dashboard is not None)
    dashboards, without, unknown = shown_dashboards(possible, definitions.dashboards, environment)
    findings += unknown
    raised = {alert.name: raised_at(alert, environment) for alert in alerts}

    urls = _panel_urls(environment, dashboards)
    rules = AlertPlanner(definitions, environment, PanelLinks(urls))
    prometheus: list[PrometheusAlert] = []
    azure: list[LogAlert | MetricAlert] = []
    for alert in alerts:
        for backend in raised[alert.name]:
            try:
                if backend is Backend.PROMETHEUS:
                    prometheus += rules.prometheus_rules(alert)
                else:
                    azure += rules.azure_rules(alert, backend)
            except Refused as refused:
                findings += refused.findings
    findings += [*panels.findings, *rules.findings, *_unplotted(alerts, raised, _panel_urls(environment, possible))]
    routing, muting = (
        definitions.routing,
        inhibitions_of(definitions.routing, tuple(prometheus)) if definitions.routing else (),
    )
    plan = Plan(
        definitions=definitions,
        environment=environment,
        alerts=alerts,
        recordings=_recordings(definitions, environment),
        prometheus_alerts=tuple(prometheus),
        log_alerts=tuple(rule for rule in azure if isinstance(rule, LogAlert)),
        metric_alerts=tuple(rule for rule in azure if isinstance(rule, MetricAlert)),
        dashboards=dashboards,
        disabled=disabled,
        disabled_dashboards=without,
        findings=tuple(findings),
        event_recordings=event_recordings(definitions, environment),
        inhibitions=muting,
        routing=whole_routing(routing, environment.prometheus, muting) if routing else None,
        own_routing=own_routing(routing, environment.prometheus, muting) if routing else None,
    )
    return replace(plan, runbooks=runbook_pages(plan))


def _recordings(definitions: Definitions, environment: Environment) -> tuple[PrometheusRecording, ...]:
    """The recording rules, in a group of their own that other groups read."""
    if environment.prometheus is None:
        return ()
    group, settings = f"{environment.prometheus.workload}-recorded", environment.settings()
    return tuple(
        PrometheusRecording(
            name=recording.name,
            group=group,
            expression=scoped(recording.expression(), definitions.catalogue, settings),
            window=recording.window,
            where=recording.where,
        )
        for recording in definitions.recordings.values()
    )


def _panel_urls(
    environment: Environment, dashboards: tuple[PlannedDashboard, ...]
) -> dict[tuple[str, Severity, Backend], str]:
    """The first panel that plots what an alert judges, opened alone and narrowed to the alert's own labels."""
    urls: dict[tuple[str, Severity, Backend], str] = {}
    for dashboard in dashboards:
        for panel in dashboard.panels:
            if not panel.panel.view.plots:
                continue
            for alert in panel.alerts:
                labels = [label for label in dashboard.dashboard.labels if label in alert.signal.labels]
                narrowed = "".join(f"&var-{label}={{{{ $labels.{label} | urlquery }}}}" for label in labels)
                for severity, _ in alert.threshold.levels:
                    if panel.panel.severity in (None, severity):
                        times = f"from=now-{_shown(alert, severity)}&to=now"
                        address = f"{environment.grafana_url}/d/{dashboard.uid}?{times}{narrowed}&viewPanel={panel.id}"
                        urls.setdefault((alert.name, severity, panel.backend), address)
    return urls


def _shown(alert: Alert, severity: Severity) -> Duration:
    """How much of the past an alert's link shows: three hours, or all that the alert looks back on."""
    return max([SHOWN, *(rate.long for rate in alert.threshold.burns(severity))])


def _unplotted(
    alerts: tuple[Alert, ...],
    raised: dict[str, tuple[Backend, ...]],
    urls: dict[tuple[str, Severity, Backend], str],
) -> list[Finding]:
    return [
        Finding(
            alert.where,
            f"alert {alert.name}",
            f"no dashboard plots its signal {alert.signal.name} at {backend.title}, so its link leads nowhere",
            f"add {alert.signal.name}.timeseries(12) (a latency: .slow_share(12); the burn rate of an objective: "
            ".burn_rates(12, Severity...) for each severity) to a dashboard of that place",
            "alert-without-panel",
        )
        for alert in alerts
        for backend in raised[alert.name]
        if any((alert.name, severity, backend) not in urls for severity, _ in alert.threshold.levels)
    ]
