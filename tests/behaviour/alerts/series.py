"""Series as production exports them: the model server, kube-state-metrics, cAdvisor and the scrape, with every label.

The numbers of a counter are increments per minute, those of a gauge its levels (see `tests.behaviour.alerts.timeline`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitoring_kit.testing.samples import Series as Sampled
from tests.behaviour.alerts.timeline import For, Gone, Part, Reset, counter_samples, gauge_samples

NAMESPACE = "production"
METRICS_SERVICE = "ml-inference-metrics"
CONTAINER = "model-server"
GIB = 2**30
# Where kube-state-metrics runs, and where it runs after somebody replaced its pod.
EXPORTER = "10.0.9.9:8080"
NEW_EXPORTER = "10.0.9.10:8080"


@dataclass(frozen=True)
class Pod:
    """A pod and what the labels say of it."""

    name: str
    address: str
    uid: str


POD_A = Pod("ml-inference-7c9d8b6f5d-abcde", "10.0.1.11", "aaaaaaaa-0000-4000-8000-000000000001")
POD_B = Pod("ml-inference-7c9d8b6f5d-fghij", "10.0.1.12", "aaaaaaaa-0000-4000-8000-000000000002")
# Somebody else's: a Deployment whose name begins like ours, and one that ours is the beginning of.
INFERENCER_POD = Pod("ml-inferencer-6b7c8d9f4-x2x4z", "10.0.1.21", "bbbbbbbb-0000-4000-8000-000000000001")
CANARY_POD = Pod("ml-inference-canary-5f6d7c8b9-q7w8e", "10.0.1.22", "bbbbbbbb-0000-4000-8000-000000000002")


@dataclass(frozen=True)
class Series:
    """A series and what it does."""

    metric: str
    labels: Mapping[str, str] = field(hash=False)
    parts: tuple[Part, ...]
    is_counter: bool

    @property
    def name(self) -> str:
        """The metric with its labels, as Prometheus writes it."""
        return self.sampled(0).name

    def sampled(self, seconds: int) -> Sampled:
        """The series with the samples of the first `seconds`."""
        samples = (counter_samples if self.is_counter else gauge_samples)(self.parts, seconds)
        return Sampled(self.metric, self.labels, tuple(samples))


def predictions(
    status: str,
    *per_minute: Part,
    model: str = "churn",
    version: str = "3",
    pod: Pod = POD_A,
    namespace: str = NAMESPACE,
    job: str = METRICS_SERVICE,
) -> Series:
    """Predictions that ended with `status`."""
    labels = {"model_name": model, "model_version": version, "status": status}
    return _counter("model_predictions_total", {**labels, **_target(pod, namespace, job)}, per_minute)


def errors(error_type: str, *per_minute: Part, model: str = "churn", version: str = "3", pod: Pod = POD_A) -> Series:
    """The breakdown of failed predictions, which no alert reads."""
    labels = {"model_name": model, "model_version": version, "error_type": error_type}
    return _counter("model_errors_total", {**labels, **_target(pod, NAMESPACE, METRICS_SERVICE)}, per_minute)


def durations(
    bounds: Mapping[str, Part | tuple[Part, ...]],
    model: str = "churn",
    version: str = "3",
    pod: Pod = POD_A,
    namespace: str = NAMESPACE,
    job: str = METRICS_SERVICE,
) -> tuple[Series, ...]:
    """A histogram: the buckets and the number of all predictions, which is that of the bucket `+Inf`.

    `bounds` says how many predictions a minute took at most so many seconds: {"0.5": 940, "+Inf": 1000}.
    """
    metric = "model_prediction_duration_seconds"
    labels = {"model_name": model, "model_version": version, **_target(pod, namespace, job)}
    rates = {le: parts if isinstance(parts, tuple) else (parts,) for le, parts in bounds.items()}
    buckets = (_counter(f"{metric}_bucket", {"le": le, **labels}, parts) for le, parts in rates.items())
    return (*buckets, _counter(f"{metric}_count", labels, rates["+Inf"]))


def model_info(
    *present: Part,
    model: str = "churn",
    version: str = "3",
    framework: str = "sklearn",
    pod: Pod = POD_A,
    namespace: str = NAMESPACE,
    job: str = METRICS_SERVICE,
) -> Series:
    """Which version of a model a pod serves: always 1."""
    labels = {"model_name": model, "model_version": version, "framework": framework}
    return _gauge("model_info", {**labels, **_target(pod, namespace, job)}, present)


def up(
    *works: Part, pod: Pod = POD_A, namespace: str = NAMESPACE, job: str = METRICS_SERVICE, port: int = 5001
) -> Series:
    """1 while the scrape of a pod works, 0 while it fails."""
    return _gauge("up", {**_target(pod, namespace, job), "instance": f"{pod.address}:{port}"}, works)


def restarts(
    *number: Part,
    pod: Pod = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
    exporter: str = EXPORTER,
) -> Series:
    """How often a container was restarted so far: levels, although it is a counter, because restarts are single."""
    labels = {**_kubernetes_pod(pod, container, namespace, job), "instance": exporter}
    return _gauge("kube_pod_container_status_restarts_total", labels, number)


def waiting(
    reason: str,
    *present: Part,
    pod: Pod = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
) -> Series:
    """1 while a container waits for `reason`."""
    labels = {"reason": reason, **_kubernetes_pod(pod, container, namespace, job)}
    return _gauge("kube_pod_container_status_waiting_reason", labels, present)


def last_terminated(
    reason: str,
    *present: Part,
    pod: Pod = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
) -> Series:
    """1 for the reason why a container ended the last time."""
    labels = {"reason": reason, **_kubernetes_pod(pod, container, namespace, job)}
    return _gauge("kube_pod_container_status_last_terminated_reason", labels, present)


def limit(
    resource: str,
    *amount: Part,
    pod: Pod = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
    exporter: str = EXPORTER,
) -> Series:
    """A container's limit: cores of `cpu`, bytes of `memory`."""
    unit = {"cpu": "core", "memory": "byte", "ephemeral_storage": "byte"}[resource]
    of_pod = {**_kubernetes_pod(pod, container, namespace, job), "instance": exporter}
    labels = {"resource": resource, "unit": unit, "node": "aks-pool-1", **of_pod}
    return _gauge("kube_pod_container_resource_limits", labels, amount)


def wanted_replicas(
    *number: Part,
    deployment: str = "ml-inference",
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
) -> Series:
    """Replicas that the Deployment asks for."""
    return _gauge("kube_deployment_spec_replicas", _kubernetes_deployment(deployment, namespace, job), number)


def available_replicas(
    *number: Part,
    deployment: str = "ml-inference",
    namespace: str = NAMESPACE,
    job: str = "kube-state-metrics",
) -> Series:
    """Replicas that can answer."""
    labels = _kubernetes_deployment(deployment, namespace, job)
    return _gauge("kube_deployment_status_replicas_available", labels, number)


def memory_used(
    *used_bytes: Part,
    pod: Pod = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kubelet",
    metrics_path: str = "/metrics/cadvisor",
    restart: int = 0,
) -> Series:
    """Memory in use. A container "" is the whole pod, "POD" its sandbox; each restart is a container of its own."""
    labels = _cadvisor(pod, container, namespace, job, metrics_path, restart)
    return _gauge("container_memory_working_set_bytes", labels, used_bytes)


def cpu_used(
    *cores: Part,
    pod: Pod = POD_A,
    container: str = CONTAINER,
    namespace: str = NAMESPACE,
    job: str = "kubelet",
    metrics_path: str = "/metrics/cadvisor",
    restart: int = 0,
) -> Series:
    """Processor time: the numbers are the cores in use. Containers as for `memory_used`."""
    labels = {"cpu": "total", **_cadvisor(pod, container, namespace, job, metrics_path, restart)}
    return _counter("container_cpu_usage_seconds_total", labels, tuple(_seconds_per_minute(part) for part in cores))


def _counter(metric: str, labels: Mapping[str, str], parts: Sequence[Part]) -> Series:
    return Series(metric, labels, tuple(parts), is_counter=True)


def _gauge(metric: str, labels: Mapping[str, str], parts: Sequence[Part]) -> Series:
    return Series(metric, labels, tuple(parts), is_counter=False)


def _seconds_per_minute(cores: Part) -> Part:
    match cores:
        case For(minutes, value):
            return For(minutes, value if isinstance(value, Gone) else value * 60)
        case Gone() | Reset():
            return cores
        case _:
            return cores * 60


def _target(pod: Pod, namespace: str, job: str) -> dict[str, str]:
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


def _kubernetes_pod(pod: Pod, container: str, namespace: str, job: str) -> dict[str, str]:
    return {**_kube_state_metrics(namespace, job), "pod": pod.name, "container": container, "uid": pod.uid}


def _kubernetes_deployment(deployment: str, namespace: str, job: str) -> dict[str, str]:
    own = {"pod": "prometheus-kube-state-metrics-5d8c7b6f9-mmmmm", "container": "kube-state-metrics"}
    return {**_kube_state_metrics(namespace, job), **own, "deployment": deployment}


def _cadvisor(pod: Pod, container: str, namespace: str, job: str, metrics_path: str, restart: int) -> dict[str, str]:
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
