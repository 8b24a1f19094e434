"""A program is there while it is needed, and never afterwards, whatever happens to us."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from monitoring_kit.programs.processes import (
    LOOPBACK,
    Program,
    ProgramFailed,
    answers,
    free_ports,
    running,
    running_on_free_ports,
)
from tests.unit.programs.survivors import marked, marking, outlived

PROJECT = Path(__file__).parents[3]
SERVER = "import http.server, sys; http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]))"
# It leaves a process behind that ignores the request to end.
CARELESS_SERVER = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"])
{SERVER}
"""
USER = """
import sys, time
from pathlib import Path
from tests.unit.programs.test_processes import server
from monitoring_kit.programs.processes import running_on_free_ports
with running_on_free_ports(server, 1, Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def mark() -> str:
    return uuid.uuid4().hex


def server(ports: tuple[int, ...], mark: str = "", code: str = SERVER) -> Program:
    (port,) = ports
    environment = marking(mark) if mark else {}
    command = [sys.executable, "-c", code, str(port)]
    return Program("The server", command, lambda: answers(port, "/"), environment=environment)


def test_a_program_answers_inside_and_leaves_nothing_behind(tmp_path: Path, mark: str) -> None:
    program = running_on_free_ports(lambda ports: server(ports, mark, CARELESS_SERVER), 1, tmp_path / "log")
    with program as started:
        (port,) = started.ports
        assert answers(port, "/")
        assert not answers(port, "/missing")
        assert len(marked(mark)) == 2

    assert outlived(mark) == []


def test_it_is_stopped_when_its_user_fails(tmp_path: Path, mark: str) -> None:
    program = running_on_free_ports(lambda ports: server(ports, mark), 1, tmp_path / "log")
    with pytest.raises(ZeroDivisionError), program:
        raise ZeroDivisionError

    assert outlived(mark) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_it_is_stopped_when_its_user_is_killed(tmp_path: Path, mark: str, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(tmp_path / "log")],
        cwd=PROJECT,
        env={**os.environ, **marking(mark)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == "ready\n"
        assert len(marked(mark)) == 2
        user.send_signal(number)

    assert outlived(mark) == []


def test_a_program_that_ends_says_why(tmp_path: Path) -> None:
    ends = Program("The program", [sys.executable, "-c", "raise SystemExit('no such model')"], lambda: False)
    said = r"The program did not start:\nno such model"
    with pytest.raises(ProgramFailed, match=said), running(ends, tmp_path / "log"):
        pass


def test_a_program_starts_in_its_folder_with_its_environment(tmp_path: Path) -> None:
    code = "import os, pathlib; pathlib.Path('told').write_text(os.environ['WORD']); raise SystemExit('done')"
    program = Program("It", [sys.executable, "-c", code], lambda: False, tmp_path, {"WORD": "hello"})
    with pytest.raises(ProgramFailed, match="done"), running(program, tmp_path / "log"):
        pass
    assert (tmp_path / "told").read_text() == "hello"


def test_other_ports_are_tried_where_one_is_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        tried: list[int] = []

        def at_first_on_the_taken_port(ports: tuple[int, ...]) -> Program:
            tried.extend(ports)
            program = server(ports)
            if len(tried) > 1:
                return program
            return replace(program, command=[*program.command[:-1], str(taken.getsockname()[1])])

        with running_on_free_ports(at_first_on_the_taken_port, 1, tmp_path / "log") as started:
            assert answers(started.ports[0], "/")
        assert len(tried) == 2


def test_free_ports_differ() -> None:
    assert len(set(free_ports(20))) == 20
