"""The example server as it runs in its container, on free ports of the loopback, and a client that counts answers."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from prometheus_client.parser import text_string_to_metric_families

from monitoring_kit.programs.processes import LOOPBACK, Program, running_on_free_ports

EXAMPLE = Path(__file__).parents[3] / "examples/model_server"
MODEL = {"MODEL_NAME": "machine-failure", "MODEL_VERSION": "1.4.0"}
GOOD_ROW = '{"temperature_celsius": 71.6, "vibration_mm_per_second": 4.9, "load_ratio": 0.8, "days_since_service": 100}'
GOOD_BODY = f'{{"data": [{GOOD_ROW}]}}'.encode()
STATUS_OF_CODE = {2: "success", 4: "rejected", 5: "error"}

_WITHIN_SECONDS = 30.0

Series = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Server:
    """A running server: its ports and the process of serve.py."""

    score_port: int
    metrics_port: int
    process: subprocess.Popen[bytes]

    def workers(self) -> list[int]:
        """The process ids of gunicorn's workers."""
        return [worker for master in _children(self.process.pid) for worker in _children(master)]

    def scrape(self) -> dict[Series, float]:
        """Every series of /metrics with its value."""
        return _scraped(self.metrics_port)


@dataclass(frozen=True)
class Answers:
    """How many requests were answered with each status, and how many connections broke before a whole answer."""

    by_status: Counter[str]
    unanswered: int


@contextlib.contextmanager
def running(
    folder: Path, workers: int = 4, settings: Mapping[str, str] = MappingProxyType({}), example: Path = EXAMPLE
) -> Iterator[Server]:
    """The server in `example` with `workers` workers, ready to answer; stopped with all its processes at the end.

    `settings` are environment variables, `folder` takes its log. Raises ProgramFailed with the log where it does not
    start.
    """
    log = folder / "server.log"

    def on(ports: tuple[int, ...]) -> Program:
        score, metrics = ports

        def ready() -> bool:
            booted = log.read_bytes().count(b"Booting worker")
            return booted >= workers and bool(get(score, "/health") and _scraped(metrics))

        return Program(
            "The model server",
            [
                sys.executable,
                "serve.py",
                *(sys.executable, "-m", "gunicorn", "app:from_environment()"),
                *("--bind", f"{LOOPBACK}:{score}", "--workers", str(workers)),
            ],
            ready,
            folder=example,
            environment={
                **MODEL,
                "PYTHONDONTWRITEBYTECODE": "1",
                "METRICS_BIND": f"{LOOPBACK}:{metrics}",
                **settings,
            },
        )

    with running_on_free_ports(on, 2, log) as started:
        score_port, metrics_port = started.ports
        yield Server(score_port, metrics_port, started.process)


def faults_on(file: Path) -> dict[str, str]:
    """The settings under which a server does what `file` says, see faults.py."""
    return {"FAULTS": "on", "FAULTS_FILE": str(file)}


def get(port: int, path: str, accept: str = "*/*") -> bytes:
    """The body of the answer to one GET; raises RuntimeError unless the status is 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_WITHIN_SECONDS)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{path} answered {answer.status}: {body.decode(errors='replace')}")
    return body


def values(exposition: str) -> dict[Series, float]:
    """The samples of an exposition in text format."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


def total(series: Mapping[Series, float], name: str, label: str = "", value: str = "") -> float:
    """The sum of the series called `name`; of those with `value` in `label`, where a label is given."""
    return sum(
        number
        for (found, labels), number in series.items()
        if found == name and (not label or (label, value) in labels)
    )


def post(port: int, body: bytes) -> int | None:
    """Send one /score request; its HTTP status, None where the connection broke before the whole answer was there."""
    head = f"POST /score HTTP/1.1\r\nHost: model\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    received = bytearray()
    with (
        contextlib.suppress(ConnectionError),
        socket.create_connection((LOOPBACK, port), timeout=_WITHIN_SECONDS) as connection,
    ):
        connection.sendall(head + body)
        while chunk := connection.recv(65536):
            received += chunk
    header, blank, answer = received.partition(b"\r\n\r\n")
    if not blank:
        return None
    length = next(line for line in header.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return int(header.split()[1]) if len(answer) == int(length.partition(b":")[2]) else None


class Load:
    """Requests from several threads, with the bodies in turn, and what became of them."""

    def __init__(self, port: int, bodies: Sequence[bytes], requests: int, threads: int = 8) -> None:
        self._port, self._requests = port, requests
        self._bodies = itertools.cycle(bodies)
        self._lock = threading.Lock()
        self._sent = 0
        self._answers: Counter[str] = Counter()
        self._unanswered = 0
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def wait_until_sent(self, requests: int) -> None:
        """Return when at least that many requests have been sent."""
        while self._sent < requests:
            time.sleep(0.001)

    @property
    def ended(self) -> bool:
        """Whether every request has been answered or has failed."""
        return not any(thread.is_alive() for thread in self._threads)

    def answers(self) -> Answers:
        """Wait for the last answer, and count them all."""
        for thread in self._threads:
            thread.join()
        return Answers(self._answers, self._unanswered)

    def _ask(self) -> None:
        while True:
            with self._lock:
                if self._sent == self._requests:
                    return
                self._sent += 1
                body = next(self._bodies)
            code = post(self._port, body)
            with self._lock:
                if code is None:
                    self._unanswered += 1
                else:
                    self._answers[STATUS_OF_CODE[code // 100]] += 1


class Scrapes:
    """A scraper that remembers how often it scraped and every counter that went back; `pause` is in seconds."""

    def __init__(self, server: Server, pause: float = 0.0) -> None:
        self._server, self._pause = server, pause
        self._stopping = threading.Event()
        self.scrapes = 0
        self.problems: list[str] = []
        self._thread = threading.Thread(target=self._scrape, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the scrape under way."""
        self._stopping.set()
        self._thread.join()

    def _scrape(self) -> None:
        before: dict[Series, float] = {}
        while not self._stopping.wait(self._pause):
            try:
                now = self._server.scrape()
            except (OSError, RuntimeError) as error:
                self.problems.append(f"scrape {self.scrapes} failed: {error}")
                continue
            self.scrapes += 1
            self.problems += [f"{series[0]} is gone" for series in before.keys() - now.keys()]
            self.problems += [
                f"{series[0]} went back from {value} to {now[series]}"
                for series, value in before.items()
                if now.get(series, value) < value
            ]
            before = now


def _children(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _scraped(port: int) -> dict[Series, float]:
    return values(get(port, "/metrics").decode())
