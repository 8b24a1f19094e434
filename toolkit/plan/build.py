"""Building the plan of an environment: its thresholds, its alerts at its places, its dashboards with their queries."""

from __future__ import annotations

from toolkit.alerts import Alert
from toolkit.definitions import Definitions
from toolkit.environment import Environment
from toolkit.findings import Finding, Refused
from toolkit.places import Place
from toolkit.plan.alerts import AlertPlanner, PanelLinks
from toolkit.plan.model import (
    LogAlert,
    MetricAlert,
    Plan,
    PlannedDashboard,
    PlannedPanel,
    PrometheusAlert,
    PrometheusRecording,
)
from toolkit.plan.overrides import overridden
from toolkit.plan.panels import PanelPlanner
from toolkit.plan.places import places_of, raised_at
from toolkit.promql.scope import scoped
from toolkit.signals import View


def build_plan(definitions: Definitions, environment: Environment) -> Plan:
    """Everything that `environment` gets. What cannot be planned is left out and named in the plan's findings."""
    alerts, disabled, findings = overridden(definitions.alerts, environment)
    panels = PanelPlanner(definitions, environment, alerts)
    places = places_of(environment)
    planned = [panels.dashboard(dashboard, places) for dashboard in definitions.dashboards.values()]
    dashboards = tuple(dashboard for dashboard in planned if dashboard is not None)
    raised = {alert.name: raised_at(alert, environment) for alert in alerts}

    rules = AlertPlanner(definitions, environment, PanelLinks(_panel_urls(environment, dashboards)))
    prometheus: list[PrometheusAlert] = []
    azure: list[LogAlert | MetricAlert] = []
    for alert in alerts:
        for place in raised[alert.name]:
            try:
                if place is Place.PROMETHEUS:
                    prometheus += rules.prometheus(alert)
                else:
                    azure += rules.azure(alert, place)
            except Refused as refused:
                findings += refused.findings
    findings += [*panels.findings, *rules.findings, *_unplotted(alerts, raised, dashboards)]
    return Plan(
        environment=environment,
        alerts=alerts,
        recordings=_recordings(definitions, environment),
        prometheus_alerts=tuple(prometheus),
        log_alerts=tuple(rule for rule in azure if isinstance(rule, LogAlert)),
        metric_alerts=tuple(rule for rule in azure if isinstance(rule, MetricAlert)),
        dashboards=dashboards,
        disabled=disabled,
        findings=tuple(findings),
    )


def _recordings(definitions: Definitions, environment: Environment) -> tuple[PrometheusRecording, ...]:
    """The recording rules, in a group of their own that other groups read."""
    if environment.prometheus is None:
        return ()
    group, settings = f"{environment.prometheus.workload}-recorded", environment.settings()
    return tuple(
        PrometheusRecording(one, group, scoped(one.expression(), definitions.catalogue, settings))
        for one in definitions.recordings.values()
    )


def _panel_urls(environment: Environment, dashboards: tuple[PlannedDashboard, ...]) -> dict[tuple[str, Place], str]:
    """The first panel that plots what an alert judges, opened alone and narrowed to the alert's own labels."""
    urls: dict[tuple[str, Place], str] = {}
    for dashboard in dashboards:
        for panel in dashboard.panels:
            if not _plots_over_time(panel):
                continue
            for alert in panel.alerts:
                labels = [label for label in dashboard.dashboard.labels if label in alert.signal.labels]
                narrowed = "".join(f"&var-{label}={{{{ $labels.{label} | urlquery }}}}" for label in labels)
                address = (
                    f"{environment.grafana_url}/d/{dashboard.uid}?from=now-3h&to=now{narrowed}&viewPanel={panel.id}"
                )
                urls.setdefault((alert.name, panel.place), address)
    return urls


def _plots_over_time(panel: PlannedPanel) -> bool:
    return panel.panel.view in (View.TIMESERIES, View.SLOW_SHARE)


def _unplotted(
    alerts: tuple[Alert, ...], raised: dict[str, tuple[Place, ...]], dashboards: tuple[PlannedDashboard, ...]
) -> list[Finding]:
    plotted = {
        (alert.name, panel.place)
        for dashboard in dashboards
        for panel in dashboard.panels
        if _plots_over_time(panel)
        for alert in panel.alerts
    }
    return [
        Finding(
            alert.where,
            f"alert {alert.name}",
            f"no dashboard plots its signal {alert.signal.name} at {place.title}, so its dashboard link leads nowhere",
            f"add {alert.signal.name}.timeseries(12) (a latency: .slow_share(12)) to a dashboard of that place",
            "alert-without-panel",
        )
        for alert in alerts
        for place in raised[alert.name]
        if (alert.name, place) not in plotted
    ]
