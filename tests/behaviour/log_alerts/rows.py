"""Rows as Azure writes them into the log tables, spread evenly over stretches of time.

A builder's first argument is the stretch in minutes, `per_minute` how many rows a minute of it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ENDPOINT = "ml-endpoint-staging"
ROLE = "ML service"
NAMESPACE = "production"
CONTAINER = "model-server"
CLUSTER = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/example-rg/providers/"
    "Microsoft.ContainerService/managedClusters/example-aks"
)
CORE = 1e9
GIB = 2.0**30

Value = str | int | float | None | Mapping[str, str]
Values = Mapping[str, Value]
Minutes = tuple[float, float]


@dataclass(frozen=True)
class Rows:
    """`count` rows of `table` with the same values in all columns but the time, between two minutes."""

    table: str
    minutes: Minutes
    count: int
    values: Values = field(hash=False)


@dataclass(frozen=True)
class LoggedPod:
    """A pod as Kubernetes names it."""

    name: str
    uid: str
    namespace: str = NAMESPACE


POD = LoggedPod("ml-inference-7c9d8b6f5d-abcde", "aaaaaaaa-0000-4000-8000-000000000001")
OTHER_POD = LoggedPod("ml-inference-7c9d8b6f5d-fghij", "aaaaaaaa-0000-4000-8000-000000000002")
# Somebody else's: of Deployments whose names begin or end like ours, and of the same name in another namespace.
CANARY_POD = LoggedPod("ml-inference-canary-5f6d7c8b9-q7w8e", "bbbbbbbb-0000-4000-8000-000000000001")
BATCH_POD = LoggedPod("batch-ml-inference-7c9d8b6f5d-abcde", "bbbbbbbb-0000-4000-8000-000000000003")
FOREIGN_POD = LoggedPod("ml-inference-7c9d8b6f5d-zzzzz", "bbbbbbbb-0000-4000-8000-000000000002", namespace="sandbox")


def traffic(
    minutes: Minutes,
    per_minute: float,
    *,
    code: int = 200,
    model_code: int | None = None,
    deployment: str = "blue",
    endpoint: str = ENDPOINT,
    ms: int = 100,
) -> Rows:
    """Requests that the endpoint's gateway answered with `code`, the container with `model_code`, after `ms`."""
    values: Values = {
        "EndpointName": endpoint,
        "DeploymentName": deployment,
        "ResponseCode": code,
        "ResponseCodeReason": "OK" if code < 400 else "Failed",
        "ModelStatusCode": model_code,
        "ModelStatusReason": None if model_code is None else "model error",
        "TotalDurationMs": ms,
        "RequestDurationMs": 5,
        "ResponseDurationMs": 5,
        "RequestThrottlingDelayMs": 0,
        "ResponseThrottlingDelayMs": 0,
        "Path": "/score",
        "XRequestId": "00000000-0000-0000-0000-000000000000",
        "Type": "AmlOnlineEndpointTrafficLog",
    }
    return _rows("AmlOnlineEndpointTrafficLog", minutes, per_minute, values)


def console(minutes: Minutes, per_minute: float, message: str = "loaded the model") -> Rows:
    """Lines that the endpoint's containers wrote."""
    values: Values = {**_of_deployment(), "Message": message}
    return _rows("AmlOnlineEndpointConsoleLog", minutes, per_minute, values)


def events(minutes: Minutes, per_minute: float, name: str = "BackOff") -> Rows:
    """What the platform did to the endpoint's containers."""
    values: Values = {**_of_deployment(), "Name": name, "Message": "restarting"}
    return _rows("AmlOnlineEndpointEventLog", minutes, per_minute, values)


def exceptions(minutes: Minutes, per_minute: float, *, stands_for: int = 1, role: str = ROLE) -> Rows:
    """Exceptions in Application Insights; with sampling a row stands for several."""
    values: Values = {
        "itemCount": stands_for,
        "cloud_RoleName": role,
        "type": "ValueError",
        "outerMessage": "bad shape",
    }
    return _rows("exceptions", minutes, per_minute, values)


def requests(
    minutes: Minutes, per_minute: float, *, code: int = 200, stands_for: int = 1, seconds: float = 0.1
) -> Rows:
    """Requests as current inference servers report them: the truth stands in the custom dimensions."""
    truth: Mapping[str, str] = {
        "resultCode": str(code),
        "success": str(code < 500),
        "duration": f"00:00:{seconds:06.3f}",
    }
    values: Values = {
        "itemCount": stands_for,
        "cloud_RoleName": ROLE,
        "duration": 0.0,
        "resultCode": "0",
        "success": "True",
        "customDimensions": truth,
    }
    return _rows("requests", minutes, per_minute, values)


def inventory(
    minutes: Minutes, restarts: int, *, others: int = 0, pod: LoggedPod = POD, container: str = CONTAINER
) -> Rows:
    """The row that each container has every minute, with how often it was restarted since the pod was created.

    `others` are the restarts of the pod's other containers; `container` is "" for a pod that has none yet.
    """
    values: Values = {
        "ClusterId": CLUSTER,
        "Namespace": pod.namespace,
        "Name": pod.name,
        "PodUid": pod.uid,
        "ContainerName": f"{pod.uid}/{container}" if container else "",
        "ContainerRestartCount": restarts,
        "PodRestartCount": restarts + others,
    }
    return _rows("KubePodInventory", minutes, 1, values)


def performance(
    minutes: Minutes,
    counter: str,
    value: float,
    *,
    pod: LoggedPod = POD,
    container: str = CONTAINER,
    object: str = "K8SContainer",
) -> Rows:
    """A container's reading of `counter` every minute."""
    values: Values = {
        "ObjectName": object,
        "CounterName": counter,
        "InstanceName": f"{CLUSTER}/{pod.uid}/{container}",
        "CounterValue": value,
    }
    return _rows("Perf", minutes, 1, values)


def log_lines(
    minutes: Minutes, per_minute: float, *, level: str = "ERROR", pod: LoggedPod = POD, text: str = "out of range"
) -> Rows:
    """Lines that a container logged."""
    values: Values = {
        "PodNamespace": pod.namespace,
        "PodName": pod.name,
        "LogLevel": level,
        "LogMessage": {"message": text},
    }
    return _rows("ContainerLogV2", minutes, per_minute, values)


def _of_deployment() -> Values:
    return {
        "DeploymentName": "blue",
        "InstanceId": "instance-1",
        "_ResourceId": f"/subscriptions/0/resourcegroups/example-rg/onlineendpoints/{ENDPOINT}",
    }


def _rows(table: str, minutes: Minutes, per_minute: float, values: Values) -> Rows:
    start, end = minutes
    count = round(per_minute * (end - start))
    if abs(count - per_minute * (end - start)) > 1e-6:
        raise ValueError(f"{per_minute} rows a minute make no whole number of rows from minute {start} to {end}")
    return Rows(table, minutes, count, values)
