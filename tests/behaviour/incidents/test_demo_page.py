"""The page of the demonstration, as a browser and as another page meet it; no model server, no Prometheus."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from examples.demo.__main__ import outcomes
from examples.demo.faster import faster
from examples.demo.incidents import INCIDENTS
from examples.demo.page import State, serving_page
from examples.demo.receiver import Notification
from examples.demo.stack import FACTOR, plan_of
from tests.support.planting import REFERENCE

JSON = {"Content-Type": "application/json"}
ERRORS = json.dumps({"word": "errors"})
NO_PROMETHEUS = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Site:
    """The page's address, what was pressed on it, and what it is told."""

    address: str
    pressed: list[str]
    state: State

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: str = "") -> tuple[int, str]:
        """Status and text of the answer. `headers` may name another Host."""
        connection = http.client.HTTPConnection(self.host, timeout=10)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def json(self, path: str) -> Any:
        status, text = self.ask("GET", path)
        assert status == 200
        return json.loads(text)


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands for the viewer of dashboards: a file and a neighbour that must not be served."""
    folder = tmp_path_factory.mktemp("viewer")
    for name in ("dist/page/index.html", "dist/page/main.js", "secret"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return folder / "dist"


@pytest.fixture(scope="module")
def site(viewer: Path) -> Iterator[Site]:
    plan = faster(plan_of(REFERENCE / "production.yaml"), FACTOR)
    state, pressed = State(), list[str]()
    with serving_page(plan, NO_PROMETHEUS, state, outcomes(plan), pressed.append, viewer) as address:
        yield Site(address, pressed, state)


def test_a_button_is_pressed_from_the_page_itself(site: Site) -> None:
    site.pressed.clear()
    status, _ = site.ask("POST", "/demo/incident", {**JSON, "Origin": f"http://{site.host}"}, ERRORS)
    assert (status, site.pressed) == (202, ["errors"])


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({**JSON}, ERRORS, 403),
        ({**JSON, "Origin": "http://elsewhere.example"}, ERRORS, 403),
        ({**JSON, "Origin": "null"}, ERRORS, 403),
        ({**JSON, "Origin": "http://elsewhere.example", "Host": "elsewhere.example"}, ERRORS, 403),
        ({"Content-Type": "text/plain", "Origin": "http://{host}"}, ERRORS, 415),
        ({**JSON, "Origin": "http://{host}"}, json.dumps({"word": "format the disk"}), 400),
        ({**JSON, "Origin": "http://{host}"}, "[]", 400),
        ({**JSON, "Origin": "http://{host}"}, "{", 400),
    ],
    ids=[
        "no origin",
        "another page",
        "a page without an origin",
        "another page whose name was made to resolve to us",
        "what a form can send",
        "no such incident",
        "not an object",
        "not JSON",
    ],
)
def test_nothing_else_presses_a_button(site: Site, headers: dict[str, str], body: str, status: int) -> None:
    site.pressed.clear()
    filled = {name: value.replace("{host}", site.host) for name, value in headers.items()}
    assert site.ask("POST", "/demo/incident", filled, body)[0] == status
    assert site.pressed == []


@pytest.mark.parametrize("path", ["/", "/demo/state", "/dashboards.json", "/prometheus/api/v1/query?query=up"])
def test_a_page_whose_name_was_made_to_resolve_to_us_reads_nothing(site: Site, path: str) -> None:
    assert site.ask("GET", path, {"Host": "elsewhere.example"})[0] == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/page.js", 200),
        ("/page.css", 200),
        ("/d/production-service", 200),
        ("/page/main.js", 200),
        ("/page/../../secret", 404),
        ("/page/%2e%2e/%2e%2e/secret", 404),
        ("/../page.py", 404),
        ("/nothing", 404),
        ("/dashboards/nothing.json", 404),
        ("/prometheus/api/v1/admin/tsdb/delete_series", 404),
        ("/prometheus/api/v1/query?query=up", 502),  # which is not there
    ],
)
def test_only_the_pages_own_files_are_served(site: Site, path: str, status: int) -> None:
    assert site.ask("GET", path)[0] == status


def test_every_incident_has_a_button_that_says_what_will_be_seen(site: Site) -> None:
    buttons = {button["word"]: button for button in site.json("/demo/state")["incidents"]}
    assert list(buttons) == [incident.word for incident in INCIDENTS]
    assert buttons["errors"]["outcome"].startswith("ModelErrorRatioHigh within ")


def test_notifications_and_the_current_incident_are_shown(site: Site) -> None:
    labels = {"alertname": "ModelErrorRatioHigh", "severity": "critical"}
    site.state.tell(Notification("firing", labels, {"summary": "fails"}))
    site.state.now(INCIDENTS[0])
    state = site.json("/demo/state")
    (told,) = state["notifications"]
    assert (told["status"], told["name"], told["severity"], told["summary"]) == (
        "firing",
        "ModelErrorRatioHigh",
        "critical",
        "fails",
    )
    assert state["current"] == INCIDENTS[0].word


def test_its_dashboards_are_as_fast_as_its_rules(site: Site) -> None:
    uids = [one["uid"] for one in site.json("/dashboards.json")]
    assert "production-service" in uids
    assert "production-objectives" not in uids  # their windows are longer than any demonstration
    text = json.dumps([site.json(f"/dashboards/{uid}.json") for uid in uids])
    assert "[5m]" not in text
    targets = [
        target
        for uid in uids
        for panel in site.json(f"/dashboards/{uid}.json")["panels"]
        for target in panel.get("targets", ())
    ]
    assert {target["interval"] for target in targets} == {"1s"}


def test_without_the_viewer_the_page_says_how_to_get_it(tmp_path: Path) -> None:
    plan = faster(plan_of(REFERENCE / "production.yaml"), FACTOR)
    with serving_page(plan, NO_PROMETHEUS, State(), outcomes(plan), list[str]().append, tmp_path) as address:
        site = Site(address, [], State())
        assert site.json("/demo/state")["viewer"] is False
        assert "make demo-page" in site.ask("GET", "/")[1]
