"""What wakes people today. A change of `rules/` that is meant is made here as well; one that is not, shows.

Nothing is derived from this table and it is derived from nothing: whoever loosens a threshold sees two numbers differ.
"""

from __future__ import annotations

ALERTS = {
    "ModelErrorRatioHigh": (
        "critical > 5%, warning > 2%; over 5m; for 5m; from 20 events; of each namespace model_name; "
        "Online endpoint: of each EndpointName DeploymentName, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown"
    ),
    "ModelLatencyHigh": (
        "critical > 25%, warning > 5%; over 5m; for 10m; slower than 500 ms; from 20 events; "
        "of each namespace model_name; Online endpoint: of each EndpointName DeploymentName, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown"
    ),
    "ModelRejectsNearlyAll": (
        "critical > 90%; over 5m; for 5m; from 20 events; of each namespace model_name; "
        "Online endpoint: of each EndpointName DeploymentName, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown"
    ),
    "ModelRejectedRatioHigh": (
        "warning > 25%; over 5m; for 15m; from 20 events; of each namespace model_name; "
        "Online endpoint: of each EndpointName DeploymentName, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown, ModelRejectsNearlyAll"
    ),
    "ModelPodFailing": (
        "warning > 50%; over 10m; for 5m; from 20 events; of each namespace model_name pod, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown, ModelErrorRatioHigh"
    ),
    "ModelTrafficStopped": (
        "critical <= 0/s; over 5m; for 15m; was above 0.1/s over 1h 1h ago; "
        "of each namespace model_name, to serving; muted by InferenceNoReplicas, ModelAllTargetsDown"
    ),
    "ModelExceptionsRaised": "warning > 5; over 15m; for 0s; Application Insights: of each cloud_RoleName, to serving",
    "EndpointWithoutDeployment": (
        "critical > 5; over 5m; for 5m; "
        "Online endpoint: Average RequestsPerMinute with statusCode=404 of each endpoint, to serving"
    ),
    "EndpointServerErrors": (
        "warning > 10; over 5m; for 5m; "
        "Online endpoint: Average RequestsPerMinute with statusCodeClass=5xx of each endpoint, to serving"
    ),
    "EndpointTrafficStopped": "critical < 1; over 15m; for 0s; Online endpoint: of each service, to serving",
    "ModelVersionSkew": (
        "warning > 1; over 5m; for 1h; of each namespace model_name, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown"
    ),
    "ModelAllTargetsDown": (
        "critical <= 0; over 5m; for 3m; of each namespace job, to platform; muted by InferenceNoReplicas"
    ),
    "ModelTargetDown": (
        "warning < 1; over 5m; for 5m; of each namespace pod, to platform; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown"
    ),
    "ModelMetricsMissing": (
        "critical >= 1; over 5m; for 10m; of each namespace job, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown"
    ),
    "InferenceNoReplicas": "critical < 1; over 5m; for 2m; of each namespace deployment, to platform",
    "ModelPodWithoutMetrics": (
        "warning >= 1; over 5m; for 15m; of each namespace pod, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown"
    ),
    "InferenceDeploymentUnknown": "warning >= 1; over 5m; for 10m; of each namespace deployment, to platform",
    "InferenceUsageUnknown": "warning >= 1; over 5m; for 10m; of each namespace job, to platform",
    "InferenceReplicasMissing": (
        "critical < 50%; over 5m; for 10m; of each namespace deployment, to platform; muted by InferenceNoReplicas"
    ),
    "InferenceRolloutStuck": "warning >= 1; over 5m; for 1m; of each namespace deployment, to serving",
    "InferencePodNotStarting": "warning >= 1; over 5m; for 10m; of each namespace pod container, to serving",
    "InferenceInitContainerFailing": "warning >= 1; over 5m; for 10m; of each namespace pod container, to serving",
    "InferencePodCrashLooping": "warning >= 1; over 5m; for 10m; of each namespace pod container, to serving",
    "InferenceContainerRestarts": (
        "warning >= 4; over 1h; for 0s; of each namespace pod container; "
        "Container insights: of each PodName ContainerName, to serving"
    ),
    "InferenceOutOfMemory": "warning > 0; over 15m; for 0s; of each namespace pod container, to serving",
    "InferenceMemoryNearLimit": (
        "warning > 90%; over 5m; for 15m; of each namespace pod container; "
        "Online endpoint: Average CpuMemoryUtilizationPercentage of each instanceId; "
        "Container insights: of each PodName ContainerName, to serving"
    ),
    "InferenceCpuNearLimit": (
        "warning > 80%; over 5m; for 15m; of each namespace pod container; "
        "Online endpoint: Average CpuUtilizationPercentage of each instanceId; "
        "Container insights: of each PodName ContainerName, to serving"
    ),
    "InferenceErrorsLogged": "info > 20; over 15m; for 0s; Container insights: of each PodName, to serving",
    "ModelErrorBudgetBurn": (
        "critical > 14.4x over 1h and 5m; critical > 6x over 6h and 30m; warning > 3x over 1d and 2h; "
        "warning > 1x over 3d and 6h; for 0s; from 5 bad events; of each namespace model_name, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown, ModelErrorRatioHigh"
    ),
    "ModelLatencyBudgetBurn": (
        "critical > 14.4x over 1h and 5m; critical > 6x over 6h and 30m; warning > 3x over 1d and 2h; "
        "warning > 1x over 3d and 6h; for 0s; from 5 bad events; of each namespace model_name, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown, ModelLatencyHigh"
    ),
    "ModelTailLatencyBudgetBurn": (
        "critical > 14.4x over 1h and 5m; critical > 6x over 6h and 30m; warning > 3x over 1d and 2h; "
        "warning > 1x over 3d and 6h; for 0s; from 5 bad events; of each namespace model_name, to serving; "
        "muted by InferenceNoReplicas, ModelAllTargetsDown, ModelLatencyHigh"
    ),
}

OBJECTIVES = {
    "availability": "99.5% over 30 days",
    "latency": "95% within 500 ms over 30 days",
    "tail_latency": "99% within 2.5 s over 30 days",
}
