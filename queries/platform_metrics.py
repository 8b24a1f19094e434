"""The contract with Azure Monitor: the platform metrics of an Azure ML online endpoint and of its deployments.

Those that a definition names, as Microsoft lists them (supported metrics of Microsoft.MachineLearningServices,
2026-07). There is no failure-rate metric, and processor figures exist on deployments only. Grain: one minute.
"""

from monitoring_kit import COUNT, MILLISECONDS, PERCENT, platform_metric

ENDPOINT = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
DEPLOYMENT = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"

REQUESTS_PER_MINUTE = platform_metric(
    ENDPOINT,
    "RequestsPerMinute",
    unit=COUNT,
    aggregations="Average",
    dimensions="deployment statusCode statusCodeClass modelStatusCode",
)
REQUEST_LATENCY_P95 = platform_metric(
    ENDPOINT, "RequestLatency_P95", unit=MILLISECONDS, aggregations="Average", dimensions="deployment"
)
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
