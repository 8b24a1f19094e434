"""`python serve.py gunicorn [arguments]`: runs gunicorn, and serves the metrics of its workers on a port of their own.

The metrics are answered by this process, not by a worker: when all workers are busy, which is when the metrics matter
most, a /metrics of theirs would time out. Nor by a thread in gunicorn's master, which forks: a thread and a fork in one
process can leave a new worker waiting for a lock that nobody holds any more.

Settings: METRICS_BIND, the address of the metrics (0.0.0.0:5001); MODEL_NAME and MODEL_VERSION.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from instrumentation import BadSetting, model_from_environment, worker_registry
from prometheus_client import start_http_server

FORWARDED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGHUP,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGUSR1,
)
WRONG_USAGE = 2


def serve(command: list[str], metrics_bind: str) -> int:
    """Run `command` until it ends and return its exit status; meanwhile serve the metrics at `metrics_bind`.

    The workers write into a new directory at every start, so that no number of an earlier run is counted again.
    """
    host, _, port = metrics_bind.rpartition(":")
    with tempfile.TemporaryDirectory(prefix="model-server-metrics-", ignore_cleanup_errors=True) as directory:
        server, _ = start_http_server(int(port), host, worker_registry(Path(directory)))
        try:
            return _run(command, {**os.environ, "PROMETHEUS_MULTIPROC_DIR": directory})
        finally:
            server.shutdown()
            server.server_close()


def _run(command: list[str], environment: dict[str, str]) -> int:
    running: list[subprocess.Popen[bytes]] = []
    early: list[int] = []  # signals that arrive before there is a process to pass them to

    def forward(number: int, frame: FrameType | None) -> None:  # noqa: ARG001, the signature of a signal handler
        if running:
            running[0].send_signal(number)
        else:
            early.append(number)

    for forwarded in FORWARDED:
        signal.signal(forwarded, forward)
    running.append(subprocess.Popen(command, env=environment))  # noqa: S603, what the container was told to run
    for number in early:
        running[0].send_signal(number)
    status = running[0].wait()
    return 128 - status if status < 0 else status  # a signal's number, as a shell reports it


def main(arguments: list[str]) -> int:
    """Check the settings before anything starts, then serve."""
    if not arguments:
        print("usage: python serve.py gunicorn [arguments of gunicorn]", file=sys.stderr)
        return WRONG_USAGE
    metrics_bind = os.environ.get("METRICS_BIND", "0.0.0.0:5001")
    try:
        model_from_environment()
    except BadSetting as problem:
        print(problem, file=sys.stderr)
        return WRONG_USAGE
    host, colon, port = metrics_bind.rpartition(":")
    if not (host and colon and port.isdecimal() and int(port) < 65536):
        print(
            f"METRICS_BIND is {metrics_bind!r}; it must be an address and a port, such as 0.0.0.0:5001", file=sys.stderr
        )
        return WRONG_USAGE
    try:
        return serve(arguments, metrics_bind)
    except OSError as problem:
        print(f"cannot serve: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
