"""A cluster in virtual time: pods with the model server's real instrumentation, and all that Prometheus scrapes there.

Real is `examples/model_server/instrumentation.py`: each pod has its own, every request is a call of it, every scrape
reads its registry. The callers, the pods' processors and memory, Kubernetes and the scrapes themselves are simulated,
with the labels that kube-prometheus-stack gives them. Nothing is random: a recording is the same each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from instrumentation import Instrumentation

from monitoring_kit.core.durations import parse_duration
from tests.behaviour.incidents.samples import Samples, ScrapedSeries

SCRAPE_SECONDS = 30
CONTAINER = "model-server"
CPU_LIMIT = 2.0
MEMORY_LIMIT = 4 * 2**30
IDLE_CORES = 0.05
CORES_BUSY_WHILE_ANSWERING = 0.8
MODEL_BYTES = 1.6 * 2**30

_ROUNDING = 1e-9

# Offsets within the scrape interval, as Prometheus spreads its targets; kept off the seconds at which rules are judged.
POD_OFFSETS = (5, 20, 10, 25, 15)
KUBE_STATE_METRICS_OFFSET = 10
KUBELET_OFFSET = 20


class InvalidInput(ValueError):
    """The caller's bad input."""


@dataclass(frozen=True)
class Answer:
    """How a request ends: after how many seconds, and with which failure, if any."""

    seconds: float
    failure: BaseException | None = None


@dataclass(frozen=True)
class Behaviour:
    """How a model answers: each kind of answer with its share of the requests. The shares add up to 1."""

    answers: Mapping[Answer, float]

    def __post_init__(self) -> None:
        """Raises ValueError for shares that do not add up to 1."""
        if abs(sum(self.answers.values()) - 1) > _ROUNDING:
            raise ValueError(f"the shares add up to {sum(self.answers.values())}")

    def but(self, share: float, answer: Answer) -> Behaviour:
        """The same, except that this share of the requests ends in `answer`."""
        rest = {kind: part * (1 - share) for kind, part in self.answers.items()}
        return Behaviour({**rest, answer: rest.get(answer, 0.0) + share})


# 1% slower than 500 ms, 1 in 500 fails, 1 in 100 is the caller's mistake: what a good day looks like.
HEALTHY = Behaviour(
    {
        Answer(0.012): 0.448,
        Answer(0.035): 0.32,
        Answer(0.08): 0.16,
        Answer(0.2): 0.05,
        Answer(0.7): 0.01,
        Answer(0.004, InvalidInput()): 0.01,
        Answer(0.15, ValueError()): 0.002,
    }
)


@dataclass(frozen=True)
class Model:
    """A model as a pod serves it."""

    name: str = "machine-failure"
    version: str = "1.4.0"
    framework: str = "scikit-learn"
    behaviour: Behaviour = HEALTHY


class ModelServer:
    """One process of the model server, from its start to its end: the real instrumentation, asked by simulated callers.

    A restart is a new one, and its counters begin at 0.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.busy_seconds = 0.0
        self._instrumentation = Instrumentation(
            model.name, model.version, model.framework, rejections=(InvalidInput,), clock=_no_clock
        )
        self._owed: dict[Answer, float] = {}

    def answers(self, requests: float) -> None:
        """Answers that many requests in the shares of the model's behaviour. Fractions are carried to the next call."""
        for answer, share in self.model.behaviour.answers.items():
            owed = self._owed.get(answer, 0.0) + requests * share
            number = int(owed + _ROUNDING)
            self._owed[answer] = owed - number
            for _ in range(number):
                self.answers_one(answer)

    def answers_one(self, answer: Answer) -> None:
        """Answers one request in this way."""
        self.busy_seconds += answer.seconds
        if answer.failure is None:
            self._instrumentation.succeeded(answer.seconds)
        elif isinstance(answer.failure, InvalidInput):
            self._instrumentation.rejected()
        else:
            self._instrumentation.failed(answer.seconds, answer.failure)

    def exposed(self) -> Iterator[tuple[str, Mapping[str, str], float]]:
        """What a scrape of it reads: name, labels and value of each sample, always in the same order."""
        for metric in self._instrumentation.registry.collect():
            for sample in metric.samples:
                yield sample.name, sample.labels, sample.value


def _no_clock() -> float:
    raise AssertionError("the durations are given, none is measured")


@dataclass
class Pod:
    """A pod and its one container. `server` is None while the container does not run or does not listen.

    `weight` is its part of the Deployment's requests against that of the other pods. `leaked` are bytes that it holds
    beyond what its model needs; `spinning` are cores that it burns beyond its requests. A container that ends as soon
    as it has started is `restarted_every` so many seconds.
    """

    name: str
    uid: str
    address: str
    node: str
    offset: int
    model: Model
    weight: float = 1.0
    server: ModelServer | None = None
    running: bool = False
    reachable: bool = True
    restarts: int = 0
    restarted_every: int | None = None
    waiting_for: str = ""
    init_waiting_for: str = ""
    last_end: str = ""
    leaked: float = 0.0
    spinning: float = 0.0
    cpu_seconds: float = 0.0
    pod_cpu_seconds: float = 0.0
    container_number: int = 0
    series: dict[str, tuple[ScrapedSeries, ...]] = field(default_factory=dict)

    @property
    def memory(self) -> float:
        """What the container holds now, in bytes."""
        return MODEL_BYTES + self.leaked

    def behaves(self, behaviour: Behaviour) -> None:
        """From now on it answers like this."""
        self.model = replace(self.model, behaviour=behaviour)
        if self.server is not None:
            self.server.model = self.model

    def starts(self, *, listening: bool = True) -> None:
        """The container runs, and answers where `listening`."""
        self.running, self.waiting_for, self.init_waiting_for = True, "", ""
        self.server = ModelServer(self.model) if listening else None

    def ends(self, reason: str) -> None:
        """The container's process ends for `reason`, as Kubernetes names it: its memory is free, its counters lost."""
        self.running, self.server = False, None
        self.last_end = reason
        self.leaked = 0.0

    def restarts_in_place(self, *, listening: bool = True) -> None:
        """Kubernetes starts the container again, in the same pod: a new container with counters of its own."""
        self.restarts += 1
        self.container_number += 1
        self.cpu_seconds = 0.0
        self.series.pop("container", None)
        self.starts(listening=listening)


@dataclass
class Deployment:
    """A Deployment with its pods and the Service behind which Prometheus finds their metrics.

    `requests` says how many a second are sent to it at a time (seconds since 1970). `targets_known` says whether
    Prometheus finds its pods, `kubernetes_known` whether it hears of it from kube-state-metrics and cAdvisor,
    `progressing` what Kubernetes thinks of its rollout.
    """

    namespace: str
    name: str
    service: str
    requests: Callable[[float], float]
    pods: list[Pod] = field(default_factory=list)
    wanted: int = 0
    targets_known: bool = True
    kubernetes_known: bool = True
    progressing: bool = True
    series: tuple[ScrapedSeries, ...] = ()

    @property
    def available(self) -> int:
        """How many pods answer."""
        return sum(pod.server is not None for pod in self.pods)

    def behaves(self, behaviour: Behaviour) -> None:
        """From now on every pod answers like this."""
        for pod in self.pods:
            pod.behaves(behaviour)


class Cluster:
    """The virtual cluster, at its time `now` (seconds since 1970), and the samples that Prometheus took from it.

    `service` is the Deployment under test.
    """

    def __init__(
        self, start: int, requests: Callable[[float], float], pods: int = 2, model: Model | None = None
    ) -> None:
        self.now = start
        self.samples = Samples()
        self.deployments: list[Deployment] = []
        self._numbers = count(1)
        self.service = self.deploys("production", "ml-inference", requests, pods, model=model or Model())

    def neighbours_move_in(self) -> None:
        """Two workloads that are in a bad way and are nobody's business.

        A copy of the service in another namespace, and one beside it whose name merely begins in the same way.
        """
        bad = HEALTHY.but(0.4, Answer(3.0, ConnectionError()))
        for namespace, name in (("staging", "ml-inference"), ("production", "ml-inferencer")):
            model = Model(version="0.9.0", behaviour=bad)
            serving, crashing = self.deploys(namespace, name, lambda _: 0.2, 2, model=model).pods
            serving.leaked = 0.97 * MEMORY_LIMIT - serving.memory
            serving.spinning = 0.95 * CPU_LIMIT
            crashing.ends("OOMKilled")
            crashing.waiting_for = "CrashLoopBackOff"
            crashing.restarted_every = 300

    def deploys(
        self,
        namespace: str,
        name: str,
        requests: Callable[[float], float],
        pods: int,
        *,
        model: Model,
        service: str = "",
    ) -> Deployment:
        """A new Deployment whose pods all run. Its metrics are behind a Service named after it, or behind `service`."""
        deployment = Deployment(namespace, name, service or f"{name}-metrics", requests, wanted=pods)
        self.deployments.append(deployment)
        for _ in range(pods):
            self.adds_pod(deployment, model).starts()
        return deployment

    def adds_pod(self, deployment: Deployment, model: Model) -> Pod:
        """A new pod whose container does not run yet. Pods of one version share the hash of their ReplicaSet."""
        number = next(self._numbers)
        pod = Pod(
            name=f"{deployment.name}-{_hash(model.version, 10)}-{_hash(str(number), 5)}",
            uid=f"{number:08d}-0000-4000-8000-{number:012d}",
            address=f"10.0.1.{10 + number}",
            node=f"aks-models-{number % 2}",
            offset=POD_OFFSETS[number % len(POD_OFFSETS)],
            model=model,
        )
        deployment.pods.append(pod)
        return pod

    def runs(self, length: str) -> None:
        """Time passes, as long as `length` says ("90m"): requests are answered and targets are scraped."""
        seconds = parse_duration(length).seconds
        if seconds % SCRAPE_SECONDS:
            raise ValueError(f"{length} is not a number of whole scrape intervals of {SCRAPE_SECONDS} s")
        for _ in range(0, seconds, SCRAPE_SECONDS):
            for deployment in self.deployments:
                self._passes(deployment)
            self.now += SCRAPE_SECONDS

    def rolls_out(self, model: Model, *, pods: int | None = None, each: str = "1m30s") -> None:
        """Replaces pods (all, or that many) by ones with another version, one after the other.

        A new pod needs `each` to load its model; the old one goes when the new one answers.
        """
        for old in self.service.pods[:pods]:
            new = self.adds_pod(self.service, model)
            new.weight = old.weight
            new.starts(listening=False)
            self.runs(each)
            new.starts()
            self.service.pods.remove(old)

    def _passes(self, deployment: Deployment) -> None:
        """One scrape interval in the life of a Deployment, which every target sees at its own moment."""
        serving = [pod for pod in deployment.pods if pod.server is not None]
        weights = sum(pod.weight for pod in serving)
        requests = deployment.requests(self.now) * SCRAPE_SECONDS
        for pod in deployment.pods:
            if pod.restarted_every and self.now % pod.restarted_every == 0:
                pod.restarts += 1
            busy = 0.0
            if pod.server is not None:
                before = pod.server.busy_seconds
                pod.server.answers(requests * pod.weight / weights)
                busy = (pod.server.busy_seconds - before) * CORES_BUSY_WHILE_ANSWERING
            if pod.running:
                used = min(busy + (IDLE_CORES + pod.spinning) * SCRAPE_SECONDS, CPU_LIMIT * SCRAPE_SECONDS)
                pod.cpu_seconds += used
                pod.pod_cpu_seconds += used
            if deployment.targets_known:
                self._scrapes_server(deployment, pod)
            if deployment.kubernetes_known:
                self._scrapes_kubernetes(deployment, pod)
        if deployment.kubernetes_known:
            self._scrapes_deployment(deployment)

    def _scrapes_server(self, deployment: Deployment, pod: Pod) -> None:
        time = self.now + pod.offset
        target = {
            "namespace": deployment.namespace,
            "pod": pod.name,
            "container": CONTAINER,
            "service": deployment.service,
            "endpoint": "metrics",
            "job": deployment.service,
            "instance": f"{pod.address}:5001",
        }
        exposed: Sequence[tuple[str, Mapping[str, str], float]] = ()
        if pod.server is not None and pod.reachable:
            exposed = tuple(pod.server.exposed())
            if "server" not in pod.series:
                pod.series["server"] = tuple(
                    self.samples.series(name, {**labels, **target}) for name, labels, _ in exposed
                )
            for series, (_, _, value) in zip(pod.series["server"], exposed, strict=True):
                series.add(time, value)
        if "scrape" not in pod.series:
            pod.series["scrape"] = tuple(
                self.samples.series(name, target)
                for name in ("up", "scrape_duration_seconds", "scrape_samples_post_metric_relabeling")
            )
        # A scrape that nobody answers is given up after 10 seconds; a refused one fails at once.
        took = 0.004 + 0.0001 * len(exposed) if exposed else 10.0 if pod.server else 0.001
        for series, value in zip(pod.series["scrape"], (float(bool(exposed)), took, float(len(exposed))), strict=True):
            series.add(time, value)

    def _scrapes_kubernetes(self, deployment: Deployment, pod: Pod) -> None:
        """What kube-state-metrics and the kubelet's cAdvisor say of a pod. Both keep the workload's own labels."""
        if "container" not in pod.series:
            self._names_kubernetes_series(deployment, pod)
        state, cpu_limit, cpu_request, memory_limit, memory_request = pod.series["state"]
        time = self.now + KUBE_STATE_METRICS_OFFSET
        state.add(time, pod.restarts)
        cpu_limit.add(time, CPU_LIMIT)
        cpu_request.add(time, CPU_LIMIT / 2)
        memory_limit.add(time, MEMORY_LIMIT)
        memory_request.add(time, MEMORY_LIMIT / 2)
        described = {**_kube_state_metrics(deployment.namespace, pod.name, CONTAINER), "uid": pod.uid}
        for name, reason in (
            ("kube_pod_container_status_waiting_reason", pod.waiting_for),
            ("kube_pod_container_status_last_terminated_reason", pod.last_end),
            ("kube_pod_init_container_status_waiting_reason", pod.init_waiting_for),
        ):
            if reason:
                self.samples.series(name, {**described, "reason": reason}).add(time, 1)
        for series, condition in zip(pod.series["ready"], ("true", "false", "unknown"), strict=True):
            series.add(time, condition == ("true" if pod.server is not None else "false"))

        time = self.now + KUBELET_OFFSET
        container_cpu, container_memory, pod_cpu, pod_memory, sandbox_cpu, sandbox_memory = pod.series["container"]
        used = pod.memory if pod.running else 0.0
        if pod.running:
            container_cpu.add(time, pod.cpu_seconds)
            container_memory.add(time, used)
        pod_cpu.add(time, pod.pod_cpu_seconds)
        pod_memory.add(time, used + 2**20)
        sandbox_cpu.add(time, 0.02)
        sandbox_memory.add(time, 2**20)

    def _names_kubernetes_series(self, deployment: Deployment, pod: Pod) -> None:
        described = {**_kube_state_metrics(deployment.namespace, pod.name, CONTAINER), "uid": pod.uid}
        resources = [
            self.samples.series(
                f"kube_pod_container_resource_{kind}",
                {**described, "node": pod.node, "resource": resource, "unit": unit},
            )
            for resource, unit in (("cpu", "core"), ("memory", "byte"))
            for kind in ("limits", "requests")
        ]
        restarts = self.samples.series("kube_pod_container_status_restarts_total", described)
        pod.series["state"] = (restarts, *resources)
        pod.series["ready"] = tuple(
            self.samples.series("kube_pod_status_ready", {**described, "condition": condition})
            for condition in ("true", "false", "unknown")
        )

        kubelet = {
            "namespace": deployment.namespace,
            "pod": pod.name,
            "service": "prometheus-kube-prometheus-kubelet",
            "endpoint": "https-metrics",
            "job": "kubelet",
            "instance": f"10.0.0.{pod.node[-1]}:10250",
            "node": pod.node,
            "metrics_path": "/metrics/cadvisor",
        }
        cgroup = f"/kubepods/burstable/pod{pod.uid}"
        container = _hash(f"{pod.uid}-{pod.container_number}", 12)
        sandbox = _hash(f"{pod.uid}-sandbox", 12)
        image = f"registry.example.com/model-server:{pod.model.version}"
        pod.series["container"] = tuple(
            self.samples.series(metric, {**kubelet, **extra, **labels})
            for labels in (
                {"container": CONTAINER, "id": f"{cgroup}/{container}", "image": image, "name": container},
                {"id": cgroup},
                {"id": f"{cgroup}/{sandbox}", "image": "mcr.microsoft.com/oss/kubernetes/pause:3.6", "name": sandbox},
            )
            for metric, extra in (
                ("container_cpu_usage_seconds_total", {"cpu": "total"}),
                ("container_memory_working_set_bytes", {}),
            )
        )

    def _scrapes_deployment(self, deployment: Deployment) -> None:
        if not deployment.series:
            deployment.series = self._deployment_series(deployment)
        time = self.now + KUBE_STATE_METRICS_OFFSET
        values = (deployment.wanted, deployment.available, deployment.progressing, not deployment.progressing, 0)
        for series, value in zip(deployment.series, values, strict=True):
            series.add(time, value)

    def _deployment_series(self, deployment: Deployment) -> tuple[ScrapedSeries, ...]:
        # kube-state-metrics' own pod: series of Deployments have no pod of their own that would stand in its place.
        described = _kube_state_metrics(
            deployment.namespace, "prometheus-kube-state-metrics-6d4f8c7b9-k2m4n", "kube-state-metrics"
        )
        labels = {**described, "deployment": deployment.name}
        metrics = ("kube_deployment_spec_replicas", "kube_deployment_status_replicas_available")
        replicas = tuple(self.samples.series(metric, labels) for metric in metrics)
        progressing = tuple(
            self.samples.series(
                "kube_deployment_status_condition", {**labels, "condition": "Progressing", "status": status}
            )
            for status in ("true", "false", "unknown")
        )
        return replicas + progressing


def _kube_state_metrics(namespace: str, pod: str, container: str) -> dict[str, str]:
    return {
        "namespace": namespace,
        "pod": pod,
        "container": container,
        "service": "prometheus-kube-state-metrics",
        "endpoint": "http",
        "job": "kube-state-metrics",
        "instance": "10.0.2.5:8080",
    }


def _hash(text: str, length: int) -> str:
    """Letters and digits as Kubernetes writes them after the name of a ReplicaSet and of a pod."""
    letters = "bcdfghjklmnpqrstvwxz2456789"
    number = 7
    for character in text:
        number = (number * 1_000_003 + ord(character)) % (2**61 - 1)
    written = ""
    for _ in range(length):
        number, digit = divmod(number * 48271 % (2**61 - 1), len(letters))
        written += letters[digit]
    return written
