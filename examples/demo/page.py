"""The page of the demonstration: a button for each fault, what fires, the notifications, and the dashboards, live.

It is served on the loopback. Other pages in the same browser could send requests here, so every request has to be
addressed to this server by name (a page of theirs cannot be made to resolve to it), and a press of a button has to come
from this page.
"""

from __future__ import annotations

import http.client
import json
import mimetypes
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from examples.demo.dashboards import demo_dashboards
from examples.demo.incidents import INCIDENTS, WELL, Incident
from examples.demo.receiver import Notification, serving
from examples.demo.stack import FACTOR, PROJECT
from monitoring_kit.plan.model import Plan
from monitoring_kit.programs.prometheus import QueryFailed, query

_FILES = Path(__file__).parent / "page"
# What `make demo-page` makes: the viewer of dashboards.
VIEWER = PROJECT.root / "viewer/dist"

_ANSWER_WITHIN_SECONDS = 30.0
_LONGEST_BODY = 100_000
# What of Prometheus's interface the viewer needs.
_PROMETHEUS_PATHS = ("/api/v1/query", "/api/v1/query_range", "/api/v1/series", "/api/v1/label/")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; "
        "base-uri 'none'; form-action 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Told:
    """A notification and when it arrived, in seconds since 1970."""

    at: float
    notification: Notification


class State:
    """What the page shows, besides what it asks Prometheus. Written and read by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: list[Told] = []
        self._current = WELL

    def tell(self, notification: Notification) -> None:
        """Remember a notification."""
        with self._lock:
            self._told.append(Told(time.time(), notification))

    def now(self, incident: Incident) -> None:
        """Remember what goes wrong from now on."""
        with self._lock:
            self._current = incident

    def shown(self) -> tuple[Incident, tuple[Told, ...]]:
        """What goes wrong, and the notifications so far."""
        with self._lock:
            return self._current, tuple(self._told)


@contextmanager
def serving_page(
    plan: Plan,
    prometheus: str,
    state: State,
    outcomes: Mapping[str, str],
    press: Callable[[str], None],
    viewer: Path = VIEWER,
) -> Iterator[str]:
    """The page's address while the context lasts.

    `plan` is that of the rules which `prometheus`, an address, evaluates. `outcomes` says for each incident, by its
    word, what will be seen. `press` is called with the word of an incident whose button is pressed, in another thread.
    `viewer` is the folder of the viewer; without it the page has no panels.
    """
    dashboards = demo_dashboards(plan)

    class Handler(_Handler):
        def data(self, path: str) -> object:
            if path == "/demo/state":
                return _state_json(prometheus, state, outcomes, dashboards, viewer)
            if path == "/dashboards.json":
                return [{name: one[name] for name in ("uid", "title", "tags")} for one in dashboards.values()]
            if path.startswith("/dashboards/"):
                return dashboards.get(path.removeprefix("/dashboards/").removesuffix(".json"))
            return None

        def file(self, path: str) -> Path | None:
            if path == "/":
                return _FILES / "index.html"
            if path.startswith("/d/"):
                return viewer / "page/index.html"
            root = viewer if path.startswith(("/page/", "/public/")) else _FILES
            found = (root / unquote(path).lstrip("/")).resolve()
            return found if found.is_relative_to(root.resolve()) else None

        def prometheus(self) -> str:
            return prometheus

        def press(self, word: str) -> bool:
            known = any(incident.word == word for incident in INCIDENTS)
            if known:
                press(word)
            return known

    with serving(Handler) as address:
        yield f"{address}/"


class _Handler(BaseHTTPRequestHandler):
    """Requests, judged and taken apart; a subclass knows the answers."""

    def data(self, path: str) -> object:
        """What is sent as JSON for a path, None for one that has none."""
        raise NotImplementedError

    def file(self, path: str) -> Path | None:
        """The file that is sent for a path."""
        raise NotImplementedError

    def prometheus(self) -> str:
        """The address of Prometheus."""
        raise NotImplementedError

    def press(self, word: str) -> bool:
        """Press the button of a word; whether there is one."""
        raise NotImplementedError

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if not self._is_addressed_to_us():
            self._refuse("the request is addressed to another host")
        elif path.startswith("/prometheus/"):
            self._forward(b"")
        elif path.startswith("/rows/"):
            self._send_json(None)
        elif (found := self.data(path)) is not None:
            self._send_json(found)
        else:
            self._send_file(path)

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LONGEST_BODY))
        if not self._is_addressed_to_us():
            self._refuse("the request is addressed to another host")
        elif self.headers.get("Origin") != f"http://{self.headers['Host']}":
            self._refuse("the request comes from another page")
        elif self.path.startswith("/prometheus/"):
            self._forward(body)
        elif self.path != "/demo/incident":
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"there is nothing here")
        elif self.headers.get_content_type() != "application/json":
            self._send(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "text/plain", b"the body has to be application/json")
        else:
            self._press(body)

    def _press(self, body: bytes) -> None:
        try:
            known = self.press(str(json.loads(body)["word"]))
        except (ValueError, KeyError, TypeError):
            known = False
        if known:
            self._send(HTTPStatus.ACCEPTED, "application/json", b"{}")
        else:
            self._send(HTTPStatus.BAD_REQUEST, "text/plain", b"there is no such incident")

    def _is_addressed_to_us(self) -> bool:
        host, port = self.connection.getsockname()[:2]
        return self.headers.get("Host") in (f"{host}:{port}", f"localhost:{port}")

    def _forward(self, body: bytes) -> None:
        path = self.path.removeprefix("/prometheus")
        if not path.startswith(_PROMETHEUS_PATHS):
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"there is nothing here")
            return
        connection = http.client.HTTPConnection(urlsplit(self.prometheus()).netloc, timeout=_ANSWER_WITHIN_SECONDS)
        kind = self.headers.get("Content-Type") or "application/x-www-form-urlencoded"
        try:
            connection.request(self.command, path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            self._send(HTTPStatus(answer.status), "application/json", answer.read())
        except (OSError, http.client.HTTPException) as error:
            said = json.dumps({"status": "error", "error": f"Prometheus does not answer: {error}"})
            self._send(HTTPStatus.BAD_GATEWAY, "application/json", said.encode())
        finally:
            connection.close()

    def _send_file(self, path: str) -> None:
        found = self.file(path)
        if found is None or not found.is_file():
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"there is nothing here")
            return
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        self._send(HTTPStatus.OK, kind, found.read_bytes())

    def _send_json(self, found: object) -> None:
        self._send(HTTPStatus.OK, "application/json", json.dumps(found).encode())

    def _refuse(self, why: str) -> None:
        self._send(HTTPStatus.FORBIDDEN, "text/plain", why.encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass  # the browser has gone on to something else

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""


def _state_json(
    prometheus: str,
    state: State,
    outcomes: Mapping[str, str],
    dashboards: Mapping[str, Mapping[str, Any]],
    viewer: Path,
) -> Mapping[str, object]:
    current, told = state.shown()
    return {
        "factor": FACTOR,
        "current": current.word,
        "incidents": [
            {"word": incident.word, "says": incident.says, "outcome": outcomes[incident.word]} for incident in INCIDENTS
        ],
        "alerts": _alerts(prometheus),
        "notifications": [
            {
                "at": one.at,
                "status": one.notification.status,
                "name": one.notification.labels["alertname"],
                "severity": one.notification.labels.get("severity", ""),
                "summary": one.notification.annotations.get("summary", ""),
            }
            for one in told
        ],
        "dashboards": [{"uid": uid, "title": dashboard["title"]} for uid, dashboard in dashboards.items()],
        "viewer": (viewer / "page/main.js").exists(),
    }


def _alerts(prometheus: str) -> list[Mapping[str, str]]:
    """The alerts that are pending or fire, the worst first."""
    try:
        found = query(prometheus, "ALERTS", time.time())
    except (QueryFailed, OSError):
        return []  # Prometheus is starting or stopping: it is asked again
    labels = ("alertname", "severity", "alertstate")
    alerts = [{label: sample.labels.get(label, "") for label in labels} for sample in found]
    return sorted(alerts, key=lambda alert: (alert["alertstate"], alert["severity"], alert["alertname"]))
