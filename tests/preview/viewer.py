"""The viewer of `viewer/` as a program beside us: dashboards in, pictures out, and what each panel shows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.programs import node
from monitoring_kit.programs.tools import ToolMissing
from tests.support.planting import PROJECT

VIEWER = PROJECT / "viewer"
# What `make viewer` makes, and without which nothing is drawn.
NEEDED = (VIEWER / "node_modules", VIEWER / "dist/page/main.js", VIEWER / "dist/browser/chromium")

SCREEN_HEIGHT = 900
_ENDS_WITHIN_SECONDS = 10.0


class ViewerFailed(RuntimeError):
    """The viewer ended or answered with nonsense; the message holds what it said."""


@dataclass(frozen=True)
class Color:
    """A colour on the screen. `hue` is Grafana's word, "green" or "red"; "none" for what has no colour of its own."""

    css: str
    hue: str


@dataclass(frozen=True)
class Value:
    """A text on the screen: a stat, a cell in `row` of a table, a line of a graph or of a state timeline.

    `states` are all states of a line of a state timeline; its own text and colour are those of the last. `links` are
    the addresses that a click on it leads to, by their titles.
    """

    name: str
    text: str
    color: Color
    row: int | None = None
    states: tuple[tuple[str, Color], ...] = ()
    links: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class DrawnPanel:
    """A panel of a picture.

    `state` is "ok", "no data", "no rows recorded", "error" or "cannot draw", and `message` what stands in its place.
    `row` is the title of the row that it lies in, `links` those in its head. `top` and `bottom` are where it begins and
    ends, in pixels from the top of the page.
    """

    id: int
    title: str
    type: str
    row: str
    top: int
    bottom: int
    state: str
    message: str
    values: tuple[Value, ...]
    links: Mapping[str, str] = field(hash=False)

    @property
    def hues(self) -> frozenset[str]:
        """The hues of what is judged in it: stats, cells and the last states, not the lines of a graph."""
        return frozenset() if self.type == "timeseries" else frozenset(value.color.hue for value in self.values)


@dataclass(frozen=True)
class Picture:
    """A dashboard that was drawn: the file of the picture, and what is in it. `annotations` counts them by name."""

    uid: str
    file: Path
    seconds: float
    panels: tuple[DrawnPanel, ...]
    annotations: Mapping[str, int] = field(hash=False)

    @property
    def first_screen(self) -> tuple[DrawnPanel, ...]:
        """The panels that are seen whole without scrolling."""
        return tuple(panel for panel in self.panels if panel.bottom <= SCREEN_HEIGHT)

    def panel(self, title: str) -> DrawnPanel:
        """The first panel of that title. Raises KeyError."""
        found = next((panel for panel in self.panels if panel.title == title), None)
        if found is None:
            raise KeyError(f"{self.uid} has no panel {title!r}; it has {', '.join(one.title for one in self.panels)}")
        return found


@dataclass(frozen=True)
class Job:
    """What to draw: dashboards (files and folders) over a time range (seconds since 1970), into the folder `out`.

    `only` are the uids to draw, all if it is empty. `rows` is a folder with rows for the panels that ask Azure, see
    `viewer/src/rows.ts`. `first_screen` draws what is seen without scrolling, `expand` opens the rows that are closed.
    """

    dashboards: Sequence[Path]
    start: float
    end: float
    out: Path
    prometheus: str | None = None
    rows: Path | None = None
    only: tuple[str, ...] = ()
    variables: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)
    theme: str = "dark"
    first_screen: bool = False
    expand: bool = False
    width: int = 1600

    def as_json(self) -> str:
        """The job in the words of `viewer/render.ts`, on one line."""
        words: dict[str, Any] = {
            "dashboards": [str(path) for path in self.dashboards],
            "from": self.start,
            "to": self.end,
            "out": str(self.out),
            "variables": {name: list(values) for name, values in self.variables.items()},
            "theme": self.theme,
            "firstScreen": self.first_screen,
            "expand": self.expand,
            "width": self.width,
        }
        words |= {"prometheus": self.prometheus} if self.prometheus else {}
        words |= {"rows": str(self.rows)} if self.rows else {}
        words |= {"only": list(self.only)} if self.only else {}
        return json.dumps(words)


@dataclass(frozen=True)
class Drawn:
    """The pictures of a job, and what is wrong with them: each problem names dashboard and panel."""

    pictures: tuple[Picture, ...]
    problems: tuple[str, ...]


class Viewer:
    """A running viewer. It draws one job at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def draw(self, job: Job) -> Drawn:
        """The pictures of a job. Raises ViewerFailed where the viewer itself fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{job.as_json()}\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            raise ViewerFailed(f"the viewer ended: {self._last_words()}") from None
        pictures = tuple(_picture(found) for found in answer["pictures"])
        return Drawn(pictures, tuple(str(problem) for problem in answer["problems"]))

    def _last_words(self) -> str:
        assert self._process.stderr is not None
        self._process.kill()
        return self._process.stderr.read().strip() or f"status {self._process.wait()}"


@contextmanager
def running_viewer() -> Iterator[Viewer]:
    """A viewer with its browser, both ended with the context. Raises ToolMissing where it is not set up."""
    require_viewer()
    process = subprocess.Popen(
        [node.program(), "render.ts", "--jobs"],
        cwd=VIEWER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield Viewer(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()  # it ends where its input ends
        try:
            process.wait(_ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def require_viewer() -> None:
    """Raises ToolMissing, with what to do, where the viewer is not set up."""
    for path in NEEDED:
        if not path.exists():
            finding = Finding(Location("viewer"), "viewer", f"is not set up: no {path.name}", "run `make viewer`")
            raise ToolMissing(finding)


def _picture(found: Mapping[str, Any]) -> Picture:
    report = json.loads(Path(found["report"]).read_text(encoding="utf-8"))
    return Picture(
        uid=found["uid"],
        file=Path(found["picture"]),
        seconds=found["seconds"],
        panels=tuple(_panel(panel) for panel in report["panels"]),
        annotations={one["name"]: one["number"] for one in report["annotations"]},
    )


def _panel(panel: Mapping[str, Any]) -> DrawnPanel:
    return DrawnPanel(
        id=panel["id"],
        title=panel["title"],
        type=panel["type"],
        row=panel["row"],
        top=panel["box"]["y"],
        bottom=panel["box"]["y"] + panel["box"]["height"],
        state=panel["state"],
        message=panel.get("message", ""),
        values=tuple(_value(value) for value in panel["values"]),
        links=_links(panel),
    )


def _value(value: Mapping[str, Any]) -> Value:
    states = tuple((state["text"], Color(**state["color"])) for state in value.get("states", ()))
    return Value(value["name"], value["text"], Color(**value["color"]), value.get("row"), states, _links(value))


def _links(drawn: Mapping[str, Any]) -> dict[str, str]:
    return {link["title"]: link["href"] for link in drawn.get("links", ())}
