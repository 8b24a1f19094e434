"""A fleet of model-server pods as a Prometheus has recorded it: every series that dashboards and rules read.

What a query costs depends on how many series there are and how often they were scraped, not on their values. So all
pods do the same, steadily, and nothing is random.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from monitoring_kit.model.metrics import bucket_label
from monitoring_kit.programs.tools import find
from monitoring_kit.project import Project

SCRAPE_SECONDS = 30
# Prometheus writes a block every two hours. promtool reads its whole input once a block, so it gets a file for each.
BLOCK_SECONDS = 7200
# Two blocks at once: one for each processor of a small machine.
_AT_ONCE = 2

NAMESPACE = "production"
CONTAINER = "model-server"
STATUSES = {"success": 9.7, "error": 0.2, "rejected": 0.1}


@dataclass(frozen=True)
class Fleet:
    """`pods` pods, of which each serves one of `models` models; `hours` of scrapes that end at `end`.

    There is a little more before, so that the windows of queries about the first hours are full too.
    """

    pods: int
    models: int
    hours: int
    end: int

    @property
    def start(self) -> int:
        """The time of the first scrape."""
        return self.end - self.hours * 3600 - BLOCK_SECONDS


@dataclass(frozen=True)
class _Line:
    """A series: the change a second of a counter, or the level of a gauge."""

    name: str
    labels: str
    number: float


def write_fleet(fleet: Fleet, blocks: Path) -> None:
    """Writes the fleet's samples as blocks into `blocks`. Raises SystemExit with promtool's words where it fails."""
    first = fleet.start // BLOCK_SECONDS * BLOCK_SECONDS
    edges = [first, *range(first + BLOCK_SECONDS, fleet.end, BLOCK_SECONDS), fleet.end]
    running: list[tuple[subprocess.Popen[bytes], tempfile.TemporaryDirectory[str]]] = []
    try:
        for start, end in pairwise(edges):
            folder = tempfile.TemporaryDirectory()
            text = Path(folder.name) / "samples.txt"
            _write_samples(fleet, range(max(start, fleet.start), end, SCRAPE_SECONDS), text)
            command = [str(find("promtool")), "tsdb", "create-blocks-from", "openmetrics", str(text), str(blocks)]
            running.append((subprocess.Popen(command, stdout=subprocess.DEVNULL), folder))
            if len(running) == _AT_ONCE:
                _finish(*running.pop(0))
    finally:
        while running:
            _finish(*running.pop(0))


def _finish(process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str]) -> None:
    with folder:
        if process.wait() != 0:
            raise SystemExit("promtool did not write the samples")


def _write_samples(fleet: Fleet, times: range, file: Path) -> None:
    """The same endings for every series that moves alike: they are written once and used by hundreds of series."""
    endings: dict[tuple[bool, float], tuple[str, ...]] = {}
    with file.open("w", buffering=1 << 20) as output:
        for is_counter, lines in ((True, _counters(fleet)), (False, _gauges(fleet))):
            declared = ""
            for line in lines:
                family = line.name.removesuffix("_total")
                if family != declared:
                    # A histogram's parts are written as the counters that they are: the samples are the same.
                    output.write(f"# TYPE {family} {'counter' if line.name.endswith('_total') else 'unknown'}\n")
                    declared = family
                key = (is_counter, line.number)
                if key not in endings:
                    endings[key] = tuple(
                        f" {line.number * (time - fleet.start) if is_counter else line.number:.12g} {time}\n"
                        for time in times
                    )
                series = f"{line.name}{{{line.labels}}}"
                output.write("".join([series + ending for ending in endings[key]]))
        output.write("# EOF\n")


def _counters(fleet: Fleet) -> Iterator[_Line]:
    """Counters, all series of a metric together."""
    catalogue = Project(Path(__file__).parents[1]).definitions.catalogue
    bounds = [bucket_label(bound) for bound in catalogue.metrics["model_prediction_duration_seconds"].buckets]
    pods = range(fleet.pods)
    total = sum(STATUSES.values())
    for pod in pods:
        for status, per_second in STATUSES.items():
            yield _Line("model_predictions_total", _model(fleet, pod, status=status), per_second)
    for pod in pods:
        for rank, bound in enumerate([*bounds, "+Inf"]):
            # Half of the rest in each bucket, everything in the last.
            share = 1.0 if bound == "+Inf" else 1 - 0.5 ** (rank + 1)
            yield _Line("model_prediction_duration_seconds_bucket", _model(fleet, pod, le=bound), total * share)
    for name, per_second in (("_count", total), ("_sum", total * 0.05)):
        for pod in pods:
            yield _Line(f"model_prediction_duration_seconds{name}", _model(fleet, pod), per_second)
    for pod in pods:
        for error_type in sorted(catalogue.metrics["model_errors_total"].closed["error_type"]):
            yield _Line("model_errors_total", _model(fleet, pod, error_type=error_type), STATUSES["error"] / 5)
    for pod in pods:
        for container in (CONTAINER, ""):
            yield _Line("container_cpu_usage_seconds_total", _container(pod, container, cpu="total"), 0.6)
    for pod in pods:
        yield _Line("kube_pod_container_status_restarts_total", _state(pod), 0)


def _gauges(fleet: Fleet) -> Iterator[_Line]:
    """Gauges, all series of a metric together."""
    pods = range(fleet.pods)
    for pod in pods:
        yield _Line("model_info", _model(fleet, pod, framework="sklearn"), 1)
    for name, level in (("up", 1), ("scrape_duration_seconds", 0.02), ("scrape_samples_post_metric_relabeling", 60)):
        for pod in pods:
            yield _Line(name, _labels(_target(pod)), level)
    for pod in pods:
        for container in (CONTAINER, ""):
            yield _Line("container_memory_working_set_bytes", _container(pod, container), 2 * 2**30)
    for name, cores, memory in (("limits", 2, 4 * 2**30), ("requests", 1, 2 * 2**30)):
        for pod in pods:
            yield _Line(f"kube_pod_container_resource_{name}", _state(pod, resource="cpu", unit="core"), cores)
            yield _Line(f"kube_pod_container_resource_{name}", _state(pod, resource="memory", unit="byte"), memory)
    for pod in pods:
        # Only while a container waits does kube-state-metrics show why; a panel of it costs most while all of them do.
        reason = ("CrashLoopBackOff", "ImagePullBackOff")[pod % 2]
        yield _Line("kube_pod_container_status_waiting_reason", _state(pod, reason=reason), 1)
    for pod in pods:
        uid = {"uid": f"00000000-0000-4000-8000-{pod:012}"}
        init = {**uid, "container": "fetch-model", "reason": "CrashLoopBackOff"}
        yield _Line(
            "kube_pod_init_container_status_waiting_reason", _labels(_KUBE_STATE_METRICS, pod=_pod(pod), **init), 1
        )
    for pod in pods:
        yield _Line("kube_pod_container_status_last_terminated_reason", _state(pod, reason="OOMKilled"), 1)
    for pod in pods:
        for condition, level in (("true", 1), ("false", 0), ("unknown", 0)):
            uid = {"uid": f"00000000-0000-4000-8000-{pod:012}"}
            labels = _labels(_KUBE_STATE_METRICS, pod=_pod(pod), condition=condition, **uid)
            yield _Line("kube_pod_status_ready", labels, level)
    for status, level in (("true", 1), ("false", 0), ("unknown", 0)):
        labels = _labels(_KUBE_STATE_METRICS, deployment="ml-inference", condition="Progressing", status=status)
        yield _Line("kube_deployment_status_condition", labels, level)
    for name in ("kube_deployment_spec_replicas", "kube_deployment_status_replicas_available"):
        yield _Line(name, _labels(_KUBE_STATE_METRICS, deployment="ml-inference"), fleet.pods)


_KUBE_STATE_METRICS = {
    "namespace": NAMESPACE,
    "job": "kube-state-metrics",
    "service": "prometheus-kube-state-metrics",
    "endpoint": "http",
    "instance": "10.0.0.9:8080",
}


def _pod(number: int) -> str:
    return f"ml-inference-7c9d8b6f5d-{number:05}"


def _target(pod: int) -> Mapping[str, str]:
    return {
        "namespace": NAMESPACE,
        "pod": _pod(pod),
        "container": CONTAINER,
        "service": "ml-inference-metrics",
        "endpoint": "metrics",
        "job": "ml-inference-metrics",
        "instance": f"10.0.{1 + pod // 200}.{1 + pod % 200}:5001",
    }


def _model(fleet: Fleet, pod: int, **more: str) -> str:
    return _labels(_target(pod), model_name=f"model-{pod % fleet.models + 1}", model_version="3", **more)


def _state(pod: int, **more: str) -> str:
    uid = f"00000000-0000-4000-8000-{pod:012}"
    return _labels(_KUBE_STATE_METRICS, pod=_pod(pod), container=CONTAINER, uid=uid, node=_node(pod), **more)


def _container(pod: int, container: str, **more: str) -> str:
    """cAdvisor's series of a container, or with no container's name of the pod's own cgroup."""
    kubelet = {
        "namespace": NAMESPACE,
        "job": "kubelet",
        "metrics_path": "/metrics/cadvisor",
        "service": "prometheus-kubelet",
        "endpoint": "https-metrics",
        "instance": f"{_node(pod)}:10250",
        "node": _node(pod),
        "pod": _pod(pod),
        "id": f"/kubepods.slice/pod{pod:012}/{container}",
    }
    return _labels(kubelet, **({"container": container, "image": "model-server:3"} if container else {}), **more)


def _node(pod: int) -> str:
    return f"aks-nodepool1-{pod // 10:06}"


def _labels(common: Mapping[str, str], **more: str) -> str:
    return ",".join(f'{name}="{value}"' for name, value in {**common, **more}.items())
