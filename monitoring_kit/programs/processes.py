"""Programs that run beside us: started until they are ready, and always stopped, however we end."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = "127.0.0.1"

_READY_WITHIN_SECONDS = 30.0
_STOPPED_WITHIN_SECONDS = 10.0
_ANSWER_WITHIN_SECONDS = 2.0
_LOOK_AGAIN_SECONDS = 0.02
# Another process can take a free port between our finding it and the program's listening on it.
_ATTEMPTS = 3


class ProgramFailed(RuntimeError):
    """A program did not become ready; the message holds what it said."""


@dataclass(frozen=True)
class Program:
    """How a program is started and when it is ready.

    `ready` is asked until it answers True; it may raise OSError while nothing listens yet. `folder` is where the
    program starts, `environment` is set on top of our own.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], bool]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Started:
    """A program that runs: the ports that it was given, and its process, to be sent signals and waited for."""

    ports: tuple[int, ...]
    process: subprocess.Popen[bytes]


@contextmanager
def running(program: Program, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program's process, from when it is ready until the context ends, however it ends; `log` takes what it prints.

    It gets a session of its own: a Ctrl-C at the terminal reaches us alone, and whatever the program leaves behind is
    stopped with it. Where the system has `setpriv` (Linux), the program is also stopped when the calling thread ends
    without coming here, as by SIGKILL; so call this from the main thread. Raises ProgramFailed with the log where the
    program ends or is not ready within 30 seconds.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603, the arguments are our own and no shell reads them
            [*_stopped_with_us(), *program.command],
            cwd=program.folder,
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        if not _becomes_ready(process, program.ready):
            raise ProgramFailed(f"{program.name} did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
        yield process
    finally:
        _stop(process)


@contextmanager
def running_on_free_ports(
    program_on: Callable[[tuple[int, ...]], Program], number: int, log: Path
) -> Iterator[Started]:
    """The program that `program_on` makes of `number` free ports, running as in `running`."""
    for attempt in range(1, _ATTEMPTS + 1):
        ports = free_ports(number)
        with ExitStack() as stack:
            try:
                process = stack.enter_context(running(program_on(ports), log))
            except ProgramFailed as failed:
                if "in use" in str(failed) and attempt < _ATTEMPTS:
                    continue
                raise
            yield Started(ports, process)
            return


def free_ports(number: int) -> tuple[int, ...]:
    """Ports of the loopback on which nothing listens at this moment, each another one."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return tuple(int(probe.getsockname()[1]) for probe in probes)


def answers(port: int, path: str) -> bool:
    """Whether a GET of `path` is answered with 200. Raises OSError where nothing listens."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_ANSWER_WITHIN_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except http.client.HTTPException:
        return False
    finally:
        connection.close()


def _stopped_with_us() -> tuple[str, ...]:
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()


def _becomes_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            if ready():
                return True
        time.sleep(_LOOK_AGAIN_SECONDS)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOPPED_WITHIN_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
