"""Series as production exports them: the model server, kube-state-metrics, cAdvisor and the scrape, with every label.

The numbers of a counter are increments per minute, those of a gauge its levels (see `monitoring_kit.testing.series`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitoring_kit.testing.series import For, Part, Reset, Series, counter, gauge

NAMESPACE = "production"
METRICS_SERVICE = "ml-inference-metrics"
CONTAINER = "model-server"
GIB = 2**30
# Where kube-state-metrics runs, and where it runs after somebody replaced its pod.
EXPORTER = "10.0.9.9:8080"
NEW_EXPORTER = "10.0.9.10:8080"


@dataclass(frozen=True)
class PodLabels:
    """A pod and what the labels say of it."""

    name: str
    address: str
    uid: str


POD_A = PodLabels("ml-inference-7c9d8b6f5d-abcde", "10.0.1.11", "aaaaaaaa-0000-4000-8000-000000000001")
POD_B = PodLabels("ml-inference-7c9d8b6f5d-fghij", "10.0.1.12", "aaaaaaaa-0000-4000-8000-000000000002")
# Somebody else's: a Deployment whose name begins like ours, and one that ours is the beginning of.
INFERENCER_POD = PodLabels("ml-inferencer-6b7c8d9f4-x2x4z", "10.0.1.21", "bbbbbbbb-0000-4000-8000-000000000001")
CANARY_POD = PodLabels("ml-inference-canary-5f6d7c8b9-q7w8e", "10.0.1.22", "bbbbbbbb-0000-4000-8000-000000000002")


def predictions(
    status: str,
    *per_minute: Part,
    model: str = "churn",
    version: str = "3",
    pod: PodLabels = POD_A,
    namespace: str = NAMESPACE,
    job: str = METRICS_SERVICE,
) -> Series:
    """Predictions that ended with `status`."""
    labels = {"model_name": model, "model_version": version, "status": status}
    return counter("model_predictions_total", {**labels, **_target(pod, namespace, job)}, *per_minute)


def errors(
    error_type: str, *per_minute: Part, model: str = "churn", version: str = "3", pod: PodLabels = POD_A
) -> Series:
    """The breakdown of failed predictions, which no alert reads."""
    labels = {"model_name": model, "model_version": version, "error_type": error_type}
    return counter("model_errors_total", {**labels, **_target(pod, NAMESPACE, METRICS_SERVICE)}, *per_minute)


def durations(
    bounds: Mapping[str, Part | tuple[Part, ...]],
    model: str = "churn",
    version: str = "3",
    pod: PodLabels = POD_A,
    namespace: str = NAMESPACE,
    job: str = METRICS_SERVICE,
) -> tuple[Series, ...]:
    """A histogram: the buckets and the number of all predictions, which is that of the bucket `+Inf`.

    `bounds` says how many predictions a minute took at most so many seconds: {"0.5": 940, "+Inf": 1000}.
    """
    metric = "model_prediction_duration_seconds"
    labels = {"model_name": model, "model_version": version, **_target(pod, namespace, job)}
    rates = {le: parts if isinstance(parts, tuple) else (parts,) for le, parts in bounds.items()}
    buckets = (counter(f"{metric}_bucket", {"le": le, **labels}, *parts) for le, parts in rates.items())
    return (*buckets, counter(f"{metric}_count", labels, *rates["+Inf"]))


def model_info(
    *present: Part,
    model: str = "churn",
    version: str = "3",
    framework: str = "sklearn",
    pod: PodLabels = POD_A,
    namespace: str = NAMESPACE,
    job: str = METRICS_SERVICE,
) -> Series:
    """Which version of a model a pod serves: always 1."""
    labels = {"model_name": model, "model_version": version, "framework": framework}
    return gauge("model_info", {**labels, **_target(pod, namespace, job)}, *present)


def up(
    *works: Part, pod: PodLabels = POD_A, namespace: str = NAMESPACE, job: str = METRICS_SERVICE, port: int = 5001
) -> Series:
    """1 while the scrape of a pod works, 0 while it fails."""
    return gauge("up", {**_target(pod, namespace, job), "instance": f"{pod.address}:{port}"}, *works)


def restarts(
    *number: Part,
    pod: PodLabels = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
    exporter: str = EXPORTER,
) -> Series:
    """How often a container was restarted so far: levels, although it is a counter, because restarts are single."""
    labels = {**_kubernetes_pod(pod, container, namespace, job), "instance": exporter}
    return gauge("kube_pod_container_status_restarts_total", labels, *number)


def waiting(
    reason: str,
    *present: Part,
    pod: PodLabels = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
) -> Series:
    """1 while a container waits for `reason`."""
    labels = {"reason": reason, **_kubernetes_pod(pod, container, namespace, job)}
    return gauge("kube_pod_container_status_waiting_reason", labels, *present)


def last_terminated(
    reason: str,
    *present: Part,
    pod: PodLabels = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
) -> Series:
    """1 for the reason why a container ended the last time."""
    labels = {"reason": reason, **_kubernetes_pod(pod, container, namespace, job)}
    return gauge("kube_pod_container_status_last_terminated_reason", labels, *present)


def limit(
    resource: str,
    *amount: Part,
    pod: PodLabels = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
    exporter: str = EXPORTER,
) -> Series:
    """A container's limit: cores of `cpu`, bytes of `memory`."""
    unit = {"cpu": "core", "memory": "byte", "ephemeral_storage": "byte"}[resource]
    of_pod = {**_kubernetes_pod(pod, container, namespace, job), "instance": exporter}
    labels = {"resource": resource, "unit": unit, "node": "aks-pool-1", **of_pod}
    return gauge("kube_pod_container_resource_limits", labels, *amount)


def wanted_replicas(
    *number: Part,
    deployment: str = "ml-inference",
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
) -> Series:
    """Replicas that the Deployment asks for."""
    return gauge("kube_deployment_spec_replicas", _kubernetes_deployment(deployment, namespace, job), *number)


def available_replicas(
    *number: Part,
    deployment: str = "ml-inference",
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
) -> Series:
    """Replicas that can answer."""
    labels = _kubernetes_deployment(deployment, namespace, job)
    return gauge("kube_deployment_status_replicas_available", labels, *number)


def memory_used(
    *used_bytes: Part,
    pod: PodLabels = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kubelet",
    metrics_path: str = "/metrics/cadvisor",
    restart: int = 0,
) -> Series:
    """Memory in use. A container "" is the whole pod, "POD" its sandbox; each restart is a container of its own."""
    labels = _cadvisor(pod, container, namespace, job, metrics_path, restart)
    return gauge("container_memory_working_set_bytes", labels, *used_bytes)


def cpu_used(
    *cores: Part,
    pod: PodLabels = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kubelet",
    metrics_path: str = "/metrics/cadvisor",
    restart: int = 0,
) -> Series:
    """Processor time: the numbers are the cores in use. Containers as for `memory_used`."""
    labels = {"cpu": "total", **_cadvisor(pod, container, namespace, job, metrics_path, restart)}
    return counter("container_cpu_usage_seconds_total", labels, *map(_seconds_per_minute, cores))


def _seconds_per_minute(cores: Part) -> Part:
    match cores:
        case For(minutes, value):
            return For(minutes, None if value is None else value * 60)
        case None | Reset():
            return cores
        case _:
            return cores * 60


def _target(pod: PodLabels, namespace: str, job: str) -> dict[str, str]:
    return {
        "namespace": namespace,
        "pod": pod.name,
        "container": CONTAINER,
        "service": job,
        "endpoint": "metrics",
        "job": job,
        "instance": f"{pod.address}:5001",
    }


def _kube_state_metrics(namespace: str, job: str) -> dict[str, str]:
    return {
        "namespace": namespace,
        "job": job,
        "service": "prometheus-kube-state-metrics",
        "endpoint": "http",
        "instance": EXPORTER,
    }


def _kubernetes_pod(pod: PodLabels, container: str, namespace: str, job: str) -> dict[str, str]:
    return {**_kube_state_metrics(namespace, job), "pod": pod.name, "container": container, "uid": pod.uid}


def _kubernetes_deployment(deployment: str, namespace: str, job: str) -> dict[str, str]:
    own = {"pod": "prometheus-kube-state-metrics-5d8c7b6f9-mmmmm", "container": "kube-state-metrics"}
    return {**_kube_state_metrics(namespace, job), **own, "deployment": deployment}


def _cadvisor(
    pod: PodLabels, container: str, namespace: str, job: str, metrics_path: str, restart: int
) -> dict[str, str]:
    cgroup = f"/kubepods.slice/pod{pod.uid}"
    is_container = container not in ("", "POD")
    return {
        "namespace": namespace,
        "pod": pod.name,
        "container": container,
        "id": f"{cgroup}/{container}-{restart}" if container else cgroup,
        "image": "registry.example.com/model-server:3" if is_container else "",
        "name": f"{container}-{restart}" if container else "",
        "node": "aks-pool-1",
        "service": "prometheus-kubelet",
        "endpoint": "https-metrics",
        "job": job,
        "metrics_path": metrics_path,
        "instance": "10.0.0.4:10250",
    }
