"""Small plans made by hand: what a test does not change is as Azure wants it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Location
from monitoring_kit.core.units import PERCENT, RATIO
from monitoring_kit.environment.model import (
    ActionGroup,
    AzureSettings,
    Environment,
    ManagedPrometheus,
    OnlineEndpoint,
    PrometheusSettings,
)
from monitoring_kit.environment.values import ResourceId
from monitoring_kit.model import azure
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.log_tables import LogScope, platform_metric
from monitoring_kit.model.signals import State
from monitoring_kit.model.thresholds import Severity, above
from monitoring_kit.plan.model import LogAlert, MetricAlert, Plan, PrometheusAlert
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.tree import Binary
from tests.support.planting import shipped

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers"
WORKSPACE = f"{GROUP}/Microsoft.OperationalInsights/workspaces/law"
ENDPOINT = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/mlw/onlineEndpoints/ep"
COMPONENT = f"{GROUP}/Microsoft.Insights/components/appi"
MONITOR = f"{GROUP}/Microsoft.Monitor/accounts/amw"
CLUSTER = f"{GROUP}/Microsoft.ContainerService/managedClusters/aks"

MINUTES = 60

AZURE = AzureSettings(
    location="westeurope",
    log_analytics=ResourceId(WORKSPACE),
    action_group=ActionGroup("ml-serving", emails=("a@example.com",), webhooks=("teams",)),
    online_endpoint=OnlineEndpoint(ResourceId(ENDPOINT), ("blue",)),
    application_insights=ResourceId(COMPONENT),
)
MANAGED = ManagedPrometheus(ResourceId(MONITOR), ResourceId(CLUSTER), "northeurope")
PROMETHEUS = PrometheusSettings(
    namespace="ns",
    workload="ml",
    service="ml-metrics",
    metrics_port=5001,
    scrape_interval=Duration(30),
    evaluation_interval=Duration(30),
    release="prometheus",
)
ENVIRONMENT = Environment(
    name="test",
    grafana_url="https://grafana.example.com",
    runbooks_url="https://git.example.com",
    prometheus=PROMETHEUS,
    azure=AZURE,
    overrides={},
    where=Location("environments/test.yaml"),
)

SIGNAL = State(title="Errors", description="Share that failed.", unit=RATIO, name="errors")
ALERT = Alert(
    SIGNAL,
    above(critical=0.05 * RATIO, for_="5m", because="callers notice"),
    team="ml",
    summary="fails",
    name="ErrorsHigh",
)
LINKS = {"runbook_url": "https://git.example.com/ErrorsHigh.md", "dashboard_url": "https://grafana.example.com/d/x"}

LOG_ALERT = LogAlert(
    alert=ALERT,
    severity=Severity.CRITICAL,
    backend=Backend.ONLINE_ENDPOINT,
    scope=LogScope.WORKSPACE,
    query="Traffic\n| summarize Errors = countif(Code >= 500) by bin(TimeGenerated, 5m), Deployment",
    column="Errors",
    dimensions=("Deployment",),
    threshold=Decimal("0.05"),
    window=Duration(5 * MINUTES),
    frequency=Duration(5 * MINUTES),
    periods=2,
    summary="Endpoint ep fails.",
    description="Errors over 5 minutes.",
    links=LINKS,
)
CPU = azure.Metric(
    metric=platform_metric(
        "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
        "CpuUtilizationPercentage",
        unit=PERCENT,
        aggregations="Average",
        dimensions="instanceId",
    ),
    by="instanceId",
)
METRIC_ALERT = MetricAlert(
    alert=ALERT,
    severity=Severity.WARNING,
    platform=CPU,
    deployment="blue",
    threshold=Decimal(80),
    window=Duration(15 * MINUTES),
    frequency=Duration(1 * MINUTES),
    summary="Deployment blue is busy.",
    description="CPU over 15 minutes.",
    links=LINKS,
)
CONDITION = parse("up > 0")
assert isinstance(CONDITION, Binary)
PROMETHEUS_ALERT = PrometheusAlert(
    alert=ALERT,
    severity=Severity.CRITICAL,
    group="ml-errors",
    value=CONDITION.left,
    condition=CONDITION,
    window=None,
    labels={"severity": "critical", "team": "ml"},
    annotations={"summary": "Model {{ $labels.model_name }} fails."},
)
PLAN = Plan(
    definitions=shipped(),
    environment=ENVIRONMENT,
    alerts=(ALERT,),
    recordings=(),
    prometheus_alerts=(),
    log_alerts=(),
    metric_alerts=(),
    dashboards=(),
    disabled=(),
)


def planned(*alerts: LogAlert | MetricAlert | PrometheusAlert, azure: AzureSettings = AZURE) -> Plan:
    """A plan with these alerts and nothing else."""
    return replace(
        PLAN,
        environment=replace(ENVIRONMENT, azure=azure),
        log_alerts=tuple(alert for alert in alerts if isinstance(alert, LogAlert)),
        metric_alerts=tuple(alert for alert in alerts if isinstance(alert, MetricAlert)),
        recordings=(),
        prometheus_alerts=tuple(alert for alert in alerts if isinstance(alert, PrometheusAlert)),
    )


def with_for(alert: Alert, minutes: int) -> Alert:
    """The alert with another hold."""
    return replace(alert, threshold=replace(alert.threshold, for_=Duration(minutes * MINUTES)))
