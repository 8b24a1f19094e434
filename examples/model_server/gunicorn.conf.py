"""Settings of gunicorn, which it reads by itself from its working directory. Start it through serve.py."""

import os
from pathlib import Path

from gunicorn.workers.base import Worker  # type: ignore[import-untyped]  # gunicorn ships no types
from prometheus_client.multiprocess import mark_process_dead

if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    raise RuntimeError("start it with `python serve.py gunicorn ...`: without it each scrape would see one worker only")

bind = "0.0.0.0:5000"
# One prediction at a time in each worker, and each worker has a model of its own in memory.
worker_class = "sync"
workers = int(os.environ.get("WEB_CONCURRENCY", "4"))
# A prediction that takes longer is answered with 500 and counted as a timeout. The histogram's last bound is the same.
timeout = 30
# Kubernetes kills a pod 30 seconds after it asked it to stop; the workers must be done before that.
graceful_timeout = 25
# gunicorn takes a worker for stuck when it cannot touch a file, which on a container's disk can take long.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108, gunicorn unlinks the file at once
# It would run a thread in the master, which forks.
control_socket_disable = True


def child_exit(server: object, worker: Worker) -> None:  # noqa: ARG001, the signature of gunicorn's hook
    """Forget the `live` gauges of a worker that died. Its counters stay: what it counted has happened."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # untyped in prometheus_client 0.26
