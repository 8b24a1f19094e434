"""Building the plan of an environment: its thresholds, its alerts at its places, its dashboards with their queries."""

from __future__ import annotations

from toolkit.alerts import Alert
from toolkit.definitions import Definitions
from toolkit.environment import Environment
from toolkit.findings import Finding, Refused
from toolkit.places import Place
from toolkit.plan.alerts import AlertPlanner, PanelLinks, places_of, raised_at
from toolkit.plan.model import LogAlert, MetricAlert, Plan, PlannedDashboard, PlannedPanel
from toolkit.plan.overrides import overridden
from toolkit.plan.panels import PanelPlanner
from toolkit.signals import View


def build_plan(definitions: Definitions, environment: Environment) -> Plan:
    """Everything that `environment` gets. Raises Refused, with every finding, where something cannot be planned."""
    alerts, disabled, findings = overridden(definitions.alerts, environment)
    panels = PanelPlanner(definitions, environment, alerts)
    places = places_of(environment)
    dashboards = [panels.dashboard(dashboard, places) for dashboard in definitions.dashboards.values()]
    shown = tuple(dashboard for dashboard in dashboards if dashboard is not None)
    raised = {alert.name: raised_at(alert, environment) for alert in alerts}
    findings += panels.findings + _unplotted(alerts, raised, shown)

    rules = AlertPlanner(definitions, environment, PanelLinks(_panel_urls(environment, shown)))
    prometheus = [
        rule for alert in alerts if Place.PROMETHEUS in raised[alert.name] for rule in rules.prometheus(alert)
    ]
    azure = [
        rule
        for alert in alerts
        for place in raised[alert.name]
        if place is not Place.PROMETHEUS
        for rule in rules.azure(alert, place)
    ]
    findings += rules.findings
    if findings:
        raise Refused(findings)
    return Plan(
        environment=environment,
        alerts=alerts,
        prometheus_alerts=tuple(prometheus),
        log_alerts=tuple(rule for rule in azure if isinstance(rule, LogAlert)),
        metric_alerts=tuple(rule for rule in azure if isinstance(rule, MetricAlert)),
        dashboards=shown,
        disabled=disabled,
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
