"""A valid environment to change, and a way to read what came of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from monitoring_kit.core.findings import Finding, Refused
from monitoring_kit.environment.model import Environment
from monitoring_kit.environment.reader import read_environment

ID = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers"

VALID = f"""\
grafana_url: https://grafana.example.com
runbooks_url: https://git.example.com/runbooks
prometheus:
  namespace: production
  workload: ml-inference
  service: ml-inference-metrics
  metrics_port: 5001
  scrape_interval: 30s
  evaluation_interval: 30s
  release: prometheus
  datasource: prometheus
azure:
  location: westeurope
  log_analytics: {ID}/Microsoft.OperationalInsights/workspaces/law
  action_group:
    short_name: ml-serving
    emails: [ml-serving@example.com]
    webhooks: [teams_oncall]
  online_endpoint:
    id: {ID}/Microsoft.MachineLearningServices/workspaces/mlw/onlineEndpoints/ml-endpoint
    deployments: [blue]
  application_insights: {ID}/Microsoft.Insights/components/appi
  container_insights:
    cluster: {ID}/Microsoft.ContainerService/managedClusters/aks
    namespace: production
    workload: ml-inference
  managed_prometheus:
    workspace: {ID}/Microsoft.Monitor/accounts/amw
    cluster: {ID}/Microsoft.ContainerService/managedClusters/aks
  repeat_prometheus_alerts: false
alerts:
  ModelErrorRatioHigh:
    warning: 5%
    critical: 10%
    for: 10m
  ModelLatencyHigh:
    disabled: "Latency is not promised here."
"""


@pytest.fixture
def valid() -> str:
    return VALID


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str | bytes], Environment]:
    def reading(content: str | bytes) -> Environment:
        path = tmp_path / "production.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_environment(path)

    return reading


@pytest.fixture
def findings(read: Callable[[str | bytes], Environment]) -> Callable[[str | bytes], tuple[Finding, ...]]:
    def reading(content: str | bytes) -> tuple[Finding, ...]:
        with pytest.raises(Refused) as refused:
            read(content)
        return refused.value.findings

    return reading
