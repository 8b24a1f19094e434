"""Those who ask the model: steady traffic, now and then with bad input."""

from __future__ import annotations

import csv
import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Any

from monitoring_kit.programs.processes import LOOPBACK

REQUESTS_PER_SECOND = 30
# Enough that the rate holds while a prediction takes 100 ms.
_THREADS = 4
_GIVE_UP_AFTER_SECONDS = 5.0
# In every 50 requests one is not JSON: rejected, and nobody's alert.
_NORMALLY_GOOD = 49


class Mood(Enum):
    """What the callers do."""

    NORMAL = "ask, and err now and then"
    CARELESS = "send what the model refuses"
    GONE = "do not call"


class Callers:
    """Callers that go on until they are stopped; what they do follows `mood` at once."""

    def __init__(self, port: int, rows: list[dict[str, float]]) -> None:
        self.mood = Mood.NORMAL
        self._port = port
        good = [json.dumps({"data": [row]}).encode() for row in rows[:_NORMALLY_GOOD]]
        self._normal = itertools.cycle([*good, b"not JSON"])
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(_THREADS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Return when the last request is answered or given up."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        pause = _THREADS / REQUESTS_PER_SECOND
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            due = max(due + pause, time.monotonic())  # what could not be sent in time is not sent later
            if self.mood is Mood.GONE:
                continue
            with self._lock:
                body = next(self._normal)
            with suppress(OSError, http.client.HTTPException):  # a caller that gets no answer tries again
                self._send(b"{}" if self.mood is Mood.CARELESS else body)

    def _send(self, body: bytes) -> None:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=_GIVE_UP_AFTER_SECONDS)
        try:
            connection.request("POST", "/score", body, {"Connection": "close"})
            connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def calling(port: int, data: Path, label: str) -> Iterator[Callers]:
    """Callers of the server on `port`, who ask with the rows of the CSV file `data` without the column `label`."""
    with data.open(encoding="utf-8", newline="") as lines:
        rows: list[dict[str, Any]] = list(csv.DictReader(lines))
    callers = Callers(port, [{name: float(row[name]) for name in row if name != label} for row in rows])
    try:
        yield callers
    finally:
        callers.stop()
