"""However the demonstration ends, nothing of it goes on, and it leaves no file behind where it had time to clean up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.planting import PROJECT, REFERENCE
from tests.unit.programs.survivors import marked, marking, outlived

READY = "Ctrl-C ends it all."
# make demo's own process, Alertmanager, serve.py, gunicorn's master and two workers, Prometheus
PROCESSES = 7


@contextmanager
def demonstration(mark: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`make demo` without make, with `folder` for temporary files."""
    with subprocess.Popen(
        [sys.executable, "-m", "examples.demo", REFERENCE / "production.yaml"],
        cwd=PROJECT,
        env={**os.environ, **marking(mark), "TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith(READY):
            return
    raise AssertionError("".join(said))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_ends_when_it_is_asked_to(number: signal.Signals, tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    with demonstration(mark, tmp_path) as process:
        read_until_ready(process)
        assert len(marked(mark)) == PROCESSES
        process.send_signal(number)
        said, _ = process.communicate(timeout=20)

    assert (said.strip(), process.returncode) == ("Stopped.", 0)
    assert outlived(mark) == []
    assert list(tmp_path.iterdir()) == []


def test_it_ends_while_it_is_still_starting(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    with demonstration(mark, tmp_path) as process:
        while len(marked(mark)) < PROCESSES - 3:
            assert process.poll() is None, "it ended by itself"
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)

    assert "Stopped." in said
    assert READY not in said
    assert "Traceback" not in said
    assert outlived(mark) == []
    assert list(tmp_path.iterdir()) == []


def test_nothing_outlives_it_when_it_is_killed(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    with demonstration(mark, tmp_path) as process:
        read_until_ready(process)
        process.kill()

    assert outlived(mark) == []
