"""The shipped definitions and plans, and a small plan made by hand whose page can be read at one glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Location
from monitoring_kit.core.units import COUNT
from monitoring_kit.environment.model import AlertOverride, Environment, PrometheusSettings
from monitoring_kit.model import prom
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.dashboards import Dashboard, Row
from monitoring_kit.model.definitions import Definitions, Runbook
from monitoring_kit.model.metrics import MetricCatalogue
from monitoring_kit.model.signals import State, Unwatched
from monitoring_kit.model.thresholds import above
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan, PlannedDashboard, PlannedPanel, PlannedRow, PrometheusAlert
from monitoring_kit.plan.runbook_pages import runbook_pages
from monitoring_kit.promql.parser import parse
from monitoring_kit.render.pages.index import render_index
from monitoring_kit.render.pages.runbook import render_runbooks
from tests.support.planting import shipped, shipped_environment

ENVIRONMENTS = ("production", "staging")


@cache
def shipped_plan(name: str) -> Plan:
    """The plan of a reference environment."""
    return build_plan(shipped(), shipped_environment(name))


SIGNAL = State(
    title="Queue length",
    description="Requests that wait.",
    by="namespace pod",
    prometheus=prom.Gauge(gauge="queue_length"),
    name="queue_length",
)
SPARE = State(
    title="Spare",
    description="Nobody looks.",
    by="namespace",
    prometheus=prom.Gauge(gauge="spare"),
    unwatched=Unwatched("it is spare"),
    name="spare",
)
ALERT = Alert(
    SIGNAL,
    above(warning=10 * COUNT, critical=50 * COUNT, window="5m", for_="10m", because="callers give up"),
    team="queue-team",
    summary="keeps {value} requests waiting",
    name="QueueLong",
    where=Location("rules/alerts.py", 7),
)
RUNBOOK = Runbook(
    "## Meaning\n\nToo many wait in `<namespace>`.\n\n## Impact\n\nSlow.\n\n"
    "## Diagnosis\n\n```sh\nkubectl -n <namespace> logs <pod>\n```\n\n### On Azure\n\nNot here.\n\n"
    "## Mitigation\n\nAdd replicas.\n",
    Location("rules/runbooks/QueueLong.md", 1),
)


def small_definitions(alert: Alert = ALERT) -> Definitions:
    """One watched signal, one that nobody watches, one alert, one runbook."""
    return Definitions(
        catalogue=MetricCatalogue({}),
        tables={},
        platform_metrics=(),
        recordings={},
        signals={"queue_length": alert.signal, "spare": SPARE},
        subjects={"queue_length": "queue", "spare": "queue"},
        alerts={alert.name: alert},
        dashboards={},
        runbooks={alert.name: RUNBOOK},
    )


def small_environment(overrides: Mapping[str, AlertOverride] | None = None) -> Environment:
    """A Prometheus alone."""
    return Environment(
        name="small",
        grafana_url="https://grafana.example.com",
        runbooks_url="https://git.example.com/runbooks",
        prometheus=PrometheusSettings("shop", "server", "metrics", 5001, Duration(30), Duration(30), "prometheus"),
        azure=None,
        overrides=overrides or {},
        where=Location("environments/small.yaml", 1),
    )


def small_plan(alert: Alert = ALERT, environment: Environment | None = None) -> Plan:
    """A plan with the rules and the panel of one alert."""
    rules = tuple(
        PrometheusAlert(
            alert=alert,
            severity=severity,
            group="server-queue",
            value=parse("max by (namespace, pod) (queue_length)"),
            condition=parse(f"max by (namespace, pod) (queue_length) > {level.value}"),
            window=None,
            labels={"severity": severity.value, "team": alert.team},
            annotations={
                "summary": "Pod {{ $labels.pod }} in {{ $labels.namespace }} keeps "
                '{{ $value | printf "%.0f" }} requests waiting.'
            },
        )
        for severity, level in alert.threshold.levels
    )
    panel = PlannedPanel(
        id=7,
        panel=alert.signal.timeseries(12),
        backend=Backend.PROMETHEUS,
        title=alert.signal.title,
        description="",
        unit=COUNT,
        queries=(),
        lines=(),
        alerts=(alert,),
        shortest_interval=None,
        x=0,
        y=1,
    )
    stat = replace(panel, id=8, panel=alert.signal.stat(4), title="As a number")
    row = PlannedRow(1, "Is it full?", 0, (panel, stat))
    dashboard = Dashboard(
        title="Queue", description="Is the queue long?", rows=(Row("Is it full?"),), backends=tuple(Backend)
    )
    shown = PlannedDashboard("small-queue", "Queue (small)", dashboard, (), (row,))
    return Plan(
        definitions=small_definitions(alert),
        environment=environment or small_environment(),
        alerts=(alert,),
        recordings=(),
        prometheus_alerts=rules,
        log_alerts=(),
        metric_alerts=(),
        dashboards=(shown,),
        disabled=(),
    )


def pages(plan: Plan, definitions: Definitions | None = None) -> Mapping[str, str]:
    """The runbook pages of a plan that a test has changed, or of other definitions."""
    changed = replace(plan, definitions=definitions or plan.definitions)
    return render_runbooks(replace(changed, runbooks=runbook_pages(changed)))


def index_of(plan: Plan) -> str:
    """The table of contents of a plan, whose pages are planned anew."""
    return render_index(replace(plan, runbooks=runbook_pages(plan)))["index.md"]
