"""The one pod of the demonstration: the model server as its container runs it, and what Kubernetes would say of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from examples.demo.receiver import serving
from monitoring_kit.environment.model import PrometheusSettings
from monitoring_kit.programs.processes import LOOPBACK, Program, answers, running, running_on_free_ports

MODEL_SERVER = Path(__file__).parents[1] / "model_server"
MODEL_NAME, MODEL_VERSION = "machine-failure", "1.4.0"
_WORKERS = 2
# What such a server needs; no alert depends on it, as the demonstration has no limits.
_MEMORY_BYTES = 300_000_000


class Pod:
    """The model server under gunicorn, with two workers.

    `start` and `stop` are for the main thread only, see `monitoring_kit.programs.processes.running`.
    """

    def __init__(self, folder: Path, run: ExitStack) -> None:
        self._log, self._faults, self._run = folder / "model-server.log", folder / "faults", run
        self.ports = run.enter_context(running_on_free_ports(self._program, 2, self._log)).ports
        self.running, self.restarts = True, 0

    @property
    def score_port(self) -> int:
        """The port that callers use."""
        return self.ports[0]

    @property
    def metrics_port(self) -> int:
        """The port that Prometheus scrapes."""
        return self.ports[1]

    def stop(self) -> None:
        """End the server; its ports are silent from then on."""
        self._run.close()
        self.running = False

    def start(self) -> None:
        """Start it again, on the same ports. Raises ProgramFailed."""
        self._run.enter_context(running(self._program(self.ports), self._log))
        self.running, self.restarts = True, self.restarts + 1

    def inject(self, faults: str) -> None:
        """Let the server have these faults from the next prediction on, in the words of its faults.py."""
        subprocess.run(  # noqa: S603, our own program with words of our own
            [sys.executable, "faults.py", *faults.split()],
            cwd=MODEL_SERVER,
            env={"FAULTS_FILE": str(self._faults)},
            check=True,
        )

    def _program(self, ports: tuple[int, ...]) -> Program:
        score, metrics = ports
        return Program(
            "The model server",
            [
                sys.executable,
                "serve.py",
                *(sys.executable, "-m", "gunicorn", "app:from_environment()"),
                *("--bind", f"{LOOPBACK}:{score}", "--workers", str(_WORKERS)),
            ],
            ready=lambda: answers(score, "/health") and answers(metrics, "/metrics"),
            folder=MODEL_SERVER,
            environment={
                "MODEL_NAME": MODEL_NAME,
                "MODEL_VERSION": MODEL_VERSION,
                "METRICS_BIND": f"{LOOPBACK}:{metrics}",
                "FAULTS": "on",
                "FAULTS_FILE": str(self._faults),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )


@contextmanager
def one_pod(folder: Path) -> Iterator[Pod]:
    """The pod, running; its log and its faults lie in `folder`. Raises ProgramFailed."""
    with ExitStack() as run:
        yield Pod(folder, run)


def pod_name(prometheus: PrometheusSettings) -> str:
    """The pod's name as Kubernetes would make it for the Deployment."""
    return f"{prometheus.workload}-7d9c5b8f6d-x2k4q"


@contextmanager
def kube_state_metrics(prometheus: PrometheusSettings, pod: Pod) -> Iterator[str]:
    """Serves the few series of kube-state-metrics that follow from whether the pod runs; gives the address."""
    with _exposing(lambda: _exposition(prometheus, pod)) as address:
        yield address


@contextmanager
def cadvisor(prometheus: PrometheusSettings, pod: Pod) -> Iterator[str]:
    """Serves the memory of the container while the pod runs, as the kubelet does; gives the address."""
    with _exposing(lambda: _usage(prometheus) if pod.running else "") as address:
        yield address


@contextmanager
def _exposing(exposition: Callable[[], str]) -> Iterator[str]:

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(exposition().encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    with serving(Handler) as address:
        yield address


def _exposition(prometheus: PrometheusSettings, pod: Pod) -> str:
    deployment = f'namespace="{prometheus.namespace}",deployment="{prometheus.workload}"'
    container = (
        f'namespace="{prometheus.namespace}",pod="{pod_name(prometheus)}",container="{prometheus.workload}",uid="demo"'
    )
    return (
        f"kube_deployment_spec_replicas{{{deployment}}} 1\n"
        f"kube_deployment_status_replicas_available{{{deployment}}} {int(pod.running)}\n"
        f"kube_pod_container_status_restarts_total{{{container}}} {pod.restarts}\n"
    )


def _usage(prometheus: PrometheusSettings) -> str:
    container = f'namespace="{prometheus.namespace}",pod="{pod_name(prometheus)}",container="{prometheus.workload}"'
    return f"container_memory_working_set_bytes{{{container}}} {_MEMORY_BYTES}\n"
