"""Faults on demand, for demonstrations and tests only: failures, slow answers and a memory leak.

Nothing of this happens unless the server was started with FAULTS=on and FAULTS_FILE=<path>. That file holds the faults
of all its workers; with the same FAULTS_FILE set,

    python faults.py error_ratio=0.2 error_type=timeout added_seconds=0.6 leak_bytes=1000000
    python faults.py off

change them from one prediction to the next.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

# One exception for each error type of the metrics.
RAISED: Mapping[str, type[Exception]] = {
    "model_error": ArithmeticError,
    "timeout": TimeoutError,
    "dependency_error": ConnectionError,
    "out_of_memory": MemoryError,
    "other": Exception,
}
# A leak that is forgotten must not take the machine with it.
MOST_LEAKED_BYTES = 256 * 1024 * 1024
WRONG_USAGE = 2


class BadFault(ValueError):
    """Faults that cannot be injected; the message says what is allowed."""


@dataclass(frozen=True)
class Faults:
    """What goes wrong with predictions; by default nothing.

    `error_ratio` of them (0 to 1, evenly spread, in each worker) fail with `error_type`, each takes `added_seconds`
    longer, and each leaves `leak_bytes` of memory behind until there is no leak any more.
    """

    error_ratio: float = 0.0
    error_type: str = "model_error"
    added_seconds: float = 0.0
    leak_bytes: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.error_ratio <= 1:
            raise BadFault(f"error_ratio is {self.error_ratio}; it must be from 0 to 1")
        if self.error_type not in RAISED:
            raise BadFault(f"error_type is {self.error_type!r}; it must be one of {', '.join(RAISED)}")
        if not 0 <= self.added_seconds < math.inf:
            raise BadFault(f"added_seconds is {self.added_seconds}; it must be 0 or more")
        if self.leak_bytes < 0:
            raise BadFault(f"leak_bytes is {self.leak_bytes}; it must be 0 or more")


def parse(text: str) -> Faults:
    """Faults from blank-separated `name=value`; none from "off" or nothing. Raises BadFault."""
    words = [] if text.strip() == "off" else text.split()
    given = dict(word.partition("=")[::2] for word in words)
    known = Faults.__dataclass_fields__.keys()
    unknown = [name for name in given if name not in known]
    if unknown:
        raise BadFault(f"{unknown[0]!r} is no fault; write off, or some of {', '.join(f'{name}=' for name in known)}")
    try:
        return Faults(
            error_ratio=float(given.get("error_ratio", 0)),
            error_type=given.get("error_type", "model_error"),
            added_seconds=float(given.get("added_seconds", 0)),
            leak_bytes=int(given.get("leak_bytes", 0)),
        )
    except BadFault:
        raise
    except ValueError as error:
        raise BadFault(f"{text!r}: {error}") from None


def write(text: str, file: Path) -> None:
    """Make the faults in `text` those of every worker that watches `file`. Raises BadFault."""
    parse(text)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)  # a worker reads the old faults or the new ones, never half of them


def with_faults(
    run: Callable[[bytes], object], environment: Mapping[str, str] = os.environ
) -> Callable[[bytes], object]:
    """`run` itself, unless the environment has FAULTS=on: then `run` with the faults that FAULTS_FILE holds.

    Raises BadFault for FAULTS=on without FAULTS_FILE.
    """
    if environment.get("FAULTS") != "on":
        return run
    if not environment.get("FAULTS_FILE"):
        raise BadFault("FAULTS=on needs FAULTS_FILE, the file that says which faults there are")
    return _FaultyModel(run, Path(environment["FAULTS_FILE"]))


class _FaultyModel:
    def __init__(self, run: Callable[[bytes], object], file: Path) -> None:
        self._run = run
        self._file = file
        self._faults = Faults()
        self._predictions = 0
        self._leaked: list[bytes] = []

    def __call__(self, data: bytes) -> object:
        faults = parse(self._file.read_text(encoding="utf-8")) if self._file.exists() else Faults()
        if faults != self._faults:
            self._faults, self._predictions = faults, 0
        self._predictions += 1
        if not faults.leak_bytes:
            self._leaked.clear()
        elif (len(self._leaked) + 1) * faults.leak_bytes <= MOST_LEAKED_BYTES:
            self._leaked.append(b"\1" * faults.leak_bytes)  # zeros would take no memory before they are written to
        time.sleep(faults.added_seconds)
        if math.floor(self._predictions * faults.error_ratio) > math.floor(
            (self._predictions - 1) * faults.error_ratio
        ):
            raise RAISED[faults.error_type]("injected fault")
        return self._run(data)


def main(arguments: list[str]) -> int:
    """Write the faults on the command line into FAULTS_FILE."""
    file = os.environ.get("FAULTS_FILE", "")
    if not arguments or not file:
        print("usage: FAULTS_FILE=<path> python faults.py off | name=value ...", file=sys.stderr)
        return WRONG_USAGE
    try:
        write(" ".join(arguments), Path(file))
    except BadFault as problem:
        print(problem, file=sys.stderr)
        return WRONG_USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
