"""Talking to a running Alertmanager: alerts in, what it makes of them out."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import yaml

from examples.demo.receiver import serving
from tests.behaviour.routing.support import ArrivedAlert, Labels

ARRIVES_WITHIN_SECONDS = 10.0


def fire(address: str, alerts: Sequence[ArrivedAlert]) -> None:
    """Tell Alertmanager that these alerts fire."""
    _request(address, "POST", "/api/v2/alerts", [{"labels": dict(alert.labels)} for alert in alerts])


def known(address: str, namespace: str) -> list[dict[str, Any]]:
    """The alerts of a namespace as Alertmanager sees them, with their state and receivers."""
    answer = _request(address, "GET", "/api/v2/alerts")
    return [alert for alert in answer if alert["labels"].get("namespace", "").startswith(namespace)]


def groups(address: str) -> list[dict[str, Any]]:
    """The groups that messages are made of."""
    answer: list[dict[str, Any]] = _request(address, "GET", "/api/v2/alerts/groups")
    return answer


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether the condition becomes true in time."""
    deadline = time.monotonic() + ARRIVES_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def _request(address: str, method: str, path: str, body: object = None) -> Any:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=ARRIVES_WITHIN_SECONDS)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        text = response.read().decode()
        assert response.status == HTTPStatus.OK, text
        return json.loads(text) if text.strip() else None
    finally:
        connection.close()


@dataclass
class Inbox:
    """The messages that have arrived, by receiver: which alerts each of them named."""

    messages: list[tuple[str, tuple[Labels, ...]]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def at(self, receiver: str) -> list[list[str]]:
        """The names of the alerts in each message to a receiver."""
        with self.changed:
            return [sorted(one["alertname"] for one in alerts) for to, alerts in self.messages if to == receiver]


@contextmanager
def inbox() -> Iterator[tuple[str, Inbox]]:
    """A server on the loopback that takes webhooks at /<receiver>, and its address."""
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with box.changed:
                box.messages.append((self.path.strip("/"), tuple(alert["labels"] for alert in body["alerts"])))
                box.changed.notify_all()
            self.send_response(HTTPStatus.OK)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    with serving(Handler) as address:
        yield address, box


def delivering(configuration: str, address: str, *, wait: str, interval: str) -> str:
    """The configuration with every receiver's messages sent to `address`/<its name>, and with other waits."""
    document: dict[str, Any] = yaml.safe_load(configuration)
    document.pop("global", None)
    document["receivers"] = [
        {"name": one["name"], "webhook_configs": [{"url": f"{address}/{one['name']}", "send_resolved": False}]}
        if len(one) > 1
        else one
        for one in document["receivers"]
    ]
    for route in _nodes(document["route"]):
        route |= {name: given for name, given in (("group_wait", wait), ("group_interval", interval)) if name in route}
    return yaml.safe_dump(document)


def _nodes(route: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield route
    for below in route.get("routes", ()):
        yield from _nodes(below)
