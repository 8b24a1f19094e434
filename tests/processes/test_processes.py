"""A program is there while it is needed, and never afterwards, whatever happens to us."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.survivors import processes_marked
from toolkit.processes import LOOPBACK, Program, ProgramFailed, answers, free_ports, running, running_on_free_ports

PROJECT = Path(__file__).parents[2]
# Serves the folder that it is started in, after leaving a process behind that ignores every request to end.
SERVER = """
import http.server, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"])
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
# The same server, run by a process of its own that is then killed.
RUNNER = """
import sys, time
from pathlib import Path
from tests.processes.test_processes import server
from toolkit.processes import running_on_free_ports
with running_on_free_ports(server, 1, Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(60)
"""


def server(ports: tuple[int, ...]) -> Program:
    (port,) = ports
    return Program("The server", [sys.executable, "-c", SERVER, str(port)], lambda: answers(port, "/"))


def test_a_program_answers_inside_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    monkeypatch.setenv("STARTED_BY", mark)
    with running_on_free_ports(server, 1, tmp_path / "log") as (port,):
        assert answers(port, "/")
        assert not answers(port, "/missing")
        assert len(processes_marked(mark)) == 2

    assert processes_marked(mark) == []


def test_it_is_stopped_when_its_user_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str) -> None:
    monkeypatch.setenv("STARTED_BY", mark)
    with pytest.raises(ZeroDivisionError), running_on_free_ports(server, 1, tmp_path / "log"):
        raise ZeroDivisionError

    assert processes_marked(mark) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_it_is_stopped_when_its_user_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(tmp_path / "log")], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "ready\n"
        port = int(next(iter(_listening_children(runner.pid))))
        runner.send_signal(number)
        runner.wait()
    deadline = time.monotonic() + 5
    while _listens(port):
        assert time.monotonic() < deadline, "the server outlived the process that ran it"
        time.sleep(0.02)


def test_a_program_that_ends_says_why(tmp_path: Path) -> None:
    ends = Program("The program", [sys.executable, "-c", "raise SystemExit('no such model')"], lambda: False)
    with pytest.raises(ProgramFailed, match=r"The program did not start:\nno such model"), running(ends, tmp_path / "log"):
        pass


def test_another_port_is_taken_where_one_is_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        tried = []

        def first_on_the_taken_port(ports: tuple[int, ...]) -> Program:
            tried.append(ports[0])
            return server((taken.getsockname()[1],) if len(tried) == 1 else ports)

        with running_on_free_ports(first_on_the_taken_port, 1, tmp_path / "log") as (port,):
            assert answers(port, "/")
        assert len(tried) == 2


def test_free_ports_differ() -> None:
    assert len(set(free_ports(20))) == 20
