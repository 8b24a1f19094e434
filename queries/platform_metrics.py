"""The contract with Azure Monitor: the platform metrics of an Azure ML online endpoint and of its deployments.

Those that a definition may name, as Microsoft lists them (supported metrics of Microsoft.MachineLearningServices,
2026-07). There is no failure-rate metric, and processor figures exist on deployments only. Grain: one minute.
"""

from toolkit.azure_contract import platform_metric
from toolkit.units import BYTES, COUNT, MILLISECONDS, PER_SECOND, PERCENT

ENDPOINT = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
DEPLOYMENT = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"

REQUESTS_PER_MINUTE = platform_metric(
    ENDPOINT,
    "RequestsPerMinute",
    unit=COUNT,
    aggregations="Average",
    dimensions="deployment statusCode statusCodeClass modelStatusCode",
)
REQUEST_LATENCY = platform_metric(
    ENDPOINT, "RequestLatency", unit=MILLISECONDS, aggregations="Average", dimensions="deployment"
)
REQUEST_LATENCY_P50 = platform_metric(
    ENDPOINT, "RequestLatency_P50", unit=MILLISECONDS, aggregations="Average", dimensions="deployment"
)
REQUEST_LATENCY_P90 = platform_metric(
    ENDPOINT, "RequestLatency_P90", unit=MILLISECONDS, aggregations="Average", dimensions="deployment"
)
REQUEST_LATENCY_P95 = platform_metric(
    ENDPOINT, "RequestLatency_P95", unit=MILLISECONDS, aggregations="Average", dimensions="deployment"
)
REQUEST_LATENCY_P99 = platform_metric(
    ENDPOINT, "RequestLatency_P99", unit=MILLISECONDS, aggregations="Average", dimensions="deployment"
)
CONNECTIONS_ACTIVE = platform_metric(ENDPOINT, "ConnectionsActive", unit=COUNT, aggregations="Average")
NEW_CONNECTIONS = platform_metric(ENDPOINT, "NewConnectionsPerSecond", unit=PER_SECOND, aggregations="Average")
NETWORK_BYTES = platform_metric(ENDPOINT, "NetworkBytes", unit=BYTES, aggregations="Average")

CPU_UTILIZATION = platform_metric(
    DEPLOYMENT,
    "CpuUtilizationPercentage",
    unit=PERCENT,
    aggregations="Minimum Maximum Average",
    dimensions="instanceId",
)
MEMORY_UTILIZATION = platform_metric(
    DEPLOYMENT,
    "CpuMemoryUtilizationPercentage",
    unit=PERCENT,
    aggregations="Minimum Maximum Average",
    dimensions="instanceId",
)
DISK_UTILIZATION = platform_metric(
    DEPLOYMENT,
    "DiskUtilization",
    unit=PERCENT,
    aggregations="Minimum Maximum Average",
    dimensions="instanceId disk",
)
DEPLOYMENT_CAPACITY = platform_metric(
    DEPLOYMENT,
    "DeploymentCapacity",
    unit=COUNT,
    aggregations="Minimum Maximum Average",
    dimensions="instanceId State",
)
