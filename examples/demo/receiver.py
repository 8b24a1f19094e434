"""Where Alertmanager sends its notifications: a webhook that keeps them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from monitoring_kit.programs.processes import LOOPBACK


@dataclass(frozen=True)
class Notification:
    """An alert that began or ceased to fire, as the receiver was told."""

    status: Literal["firing", "resolved"]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class Receiver:
    """The notifications so far, in order.

    Alertmanager repeats every alert of a group whenever one of them changes; kept is only what is new about an alert.
    `tell` hears of each as it arrives, in another thread.
    """

    def __init__(self, tell: Callable[[Notification], None]) -> None:
        self._tell = tell
        self._changed = threading.Condition()
        self._kept: list[Notification] = []
        self._status: dict[str, str] = {}

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """What has arrived."""
        with self._changed:
            return tuple(self._kept)

    def wait_for(self, number: int, seconds: float) -> tuple[Notification, ...]:
        """The notifications as soon as there are `number`, or those of `seconds` from now if there are fewer."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: len(self._kept) >= number, deadline - time.monotonic())
            return tuple(self._kept)

    def take(self, body: bytes) -> None:
        """Keep what is new in the body of a webhook."""
        for alert in json.loads(body)["alerts"]:
            with self._changed:
                # An alert that was muted while it fired is not heard of before it is over.
                new = self._status.get(alert["fingerprint"], "resolved") != alert["status"]
                self._status[alert["fingerprint"]] = alert["status"]
                notification = Notification(alert["status"], alert["labels"], alert["annotations"])
                if new:
                    self._kept.append(notification)
                    self._changed.notify_all()
            if new:
                self._tell(notification)


@contextmanager
def receiving(tell: Callable[[Notification], None]) -> Iterator[tuple[str, Receiver]]:
    """A receiver on a free port of the loopback, and its URL."""
    receiver = Receiver(tell)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(HTTPStatus.OK)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    with serving(Handler) as address:
        yield f"{address}/notifications", receiver


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answers HTTP on a free port of the loopback from a thread of its own; gives the address."""
    server = ThreadingHTTPServer((LOOPBACK, 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
