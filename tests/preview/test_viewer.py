"""What the viewer makes of a dashboard's JSON: one specimen with all that it draws, over a recorded incident."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from monitoring_kit.programs import node
from tests.behaviour.incidents.incidents import INCIDENTS
from tests.behaviour.incidents.recording import Recorded, served
from tests.preview.viewer import VIEWER, Color, Drawn, DrawnPanel, Job, Picture, Value, Viewer

SPECIMENS = Path(__file__).parent / "dashboards"
SPECIMEN = "specimen"
NOT_DRAWN = "cannot draw"


@pytest.fixture(scope="module")
def recorded() -> Iterator[Recorded]:
    """Until 1h34m a second version serves beside the first, and then alone."""
    incident = next(one for one in INCIDENTS if one.name == "slow version rolled out")
    with served(incident) as recorded:
        yield recorded


def job(recorded: Recorded, out: Path, **changes: object) -> Job:
    times = (recorded.start + 120, recorded.start + 6720)
    return Job([SPECIMENS], *times, out, recorded.address, **changes)  # type: ignore[arg-type] # fields of Job


@pytest.fixture(scope="module")
def drawn(viewer: Viewer, recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return viewer.draw(job(recorded, tmp_path_factory.mktemp("whole"), expand=True))


@pytest.fixture(scope="module")
def specimen(drawn: Drawn) -> Picture:
    (picture,) = drawn.pictures
    return picture


def text_and_hue(value: Value) -> tuple[str, str]:
    return value.text, value.color.hue


def cells(panel: DrawnPanel) -> list[list[str]]:
    rows: dict[int, list[str]] = {}
    for value in panel.values:
        assert value.row is not None
        rows.setdefault(value.row, []).append(value.text)
    return list(rows.values())


def test_types_hold() -> None:
    done = node.run(["node_modules/typescript/bin/tsc", "--project", "."], folder=VIEWER)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Slow for ${model_name}", [("27.9%", "red")]),
        ("Nothing there", [("No data", "green")]),
        ("Pods", [("50%", "red"), ("0%", "green"), ("50%", "red"), ("50%", "red"), ("50%", "red")]),
    ],
    ids=["a unit, decimals and the colour of a threshold", "no data", "a value for each series"],
)
def test_figures_have_units_and_the_colours_of_their_thresholds(
    specimen: Picture, title: str, shown: list[tuple[str, str]]
) -> None:
    assert sorted(map(text_and_hue, specimen.panel(title).values)) == sorted(shown)


def test_a_figure_that_is_not_judged_has_no_colour(specimen: Picture) -> None:
    (value,) = specimen.panel("Requests").values
    assert value.text.endswith("req/s")
    assert value.color == Color("", "none")


def test_a_table_is_transformed_and_its_overrides_applied(specimen: Picture) -> None:
    panel = specimen.panel("Firing now")
    assert cells(panel) == [["critical", "ModelLatencyHigh", "1 min"], ["warning", "ModelVersionSkew", "2 mins"]]
    assert [value.color.hue for value in panel.values] == ["red", "none", "none", "orange", "none", "none"]
    assert [value.name for value in panel.values[:3]] == ["Severity", "Alert", "For"]


def test_links_of_cells_know_their_row_and_the_variables(specimen: Picture) -> None:
    alert = specimen.panel("Firing now").values[1]
    assert alert.links == {
        "Runbook": "https://runbooks.example.com/ModelLatencyHigh.md?ns=production&severity=critical"
    }


def test_links_to_dashboards_take_time_and_variables_along(specimen: Picture) -> None:
    (value,) = specimen.panel("Slow for ${model_name}").values
    address = value.links["Slow"]
    assert address.startswith("/d/other?from=1704067320000&to=1704073920000&")
    assert "var-namespace=production" in address
    assert "var-model_name=$__all" in unquote(address)


def test_results_of_several_queries_are_merged(specimen: Picture) -> None:
    panel = specimen.panel("By model")
    assert [value.name for value in panel.values] == ["Model", "Pods", "Requests"]
    assert panel.values[0].links == {"Filter": "/d/specimen?var-model_name=machine-failure"}


def test_a_state_timeline_shows_states_by_their_mappings(specimen: Picture) -> None:
    states = {
        value.name: [(text, color.hue) for text, color in value.states] for value in specimen.panel("Scrapes").values
    }
    assert len(states) == 8
    assert ["down", "up"] in [[text for text, _ in found] for found in states.values()]
    assert {state for found in states.values() for state in found} == {("up", "green"), ("down", "red")}


def test_lines_have_the_names_and_colours_of_their_overrides(specimen: Picture) -> None:
    wanted = next(value for value in specimen.panel("Pods up").values if value.name == "wanted")
    assert text_and_hue(wanted) == ("5", "other")
    assert wanted.color.css == "#888888"


def test_annotations_are_found(specimen: Picture) -> None:
    assert specimen.annotations == {"Change of version": 1, "Two versions": 1}


def test_words_have_their_variables_filled_in(specimen: Picture) -> None:
    (value,) = specimen.panel("Words").values
    assert value.text.startswith("**Namespace** production")


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("A pie", "the viewer cannot draw panels of the type piechart"),
        ("Not to be transformed", "the viewer cannot apply the transformation heatmap"),
    ],
)
def test_what_cannot_be_drawn_says_so(specimen: Picture, title: str, message: str) -> None:
    panel = specimen.panel(title)
    assert (panel.state, panel.message) == (NOT_DRAWN, message)


def test_a_query_that_is_refused_is_an_error_of_its_panel_alone(drawn: Drawn, specimen: Picture) -> None:
    assert specimen.panel("Refused").state == "error"
    assert drawn.problems == ('specimen: panel "Refused" (10): 1:9: parse error: unclosed left parenthesis',)
    others = [panel for panel in specimen.panels if panel.title != "Refused"]
    assert {panel.state for panel in others} == {"ok", "no data", NOT_DRAWN}


def test_panels_of_a_folded_row_are_drawn_when_it_is_opened(
    viewer: Viewer, recorded: Recorded, specimen: Picture, tmp_path: Path
) -> None:
    folded = viewer.draw(job(recorded, tmp_path)).pictures[0]
    missing = [panel for panel in specimen.panels if panel.id not in {one.id for one in folded.panels}]
    assert {panel.row for panel in missing} == {"Folded"}
    last = "Slow"
    assert folded.panel(last).top < specimen.panel(last).top


def test_the_first_screen_is_as_high_as_a_screen(viewer: Viewer, recorded: Recorded, tmp_path: Path) -> None:
    picture = viewer.draw(job(recorded, tmp_path, first_screen=True)).pictures[0]
    assert size(picture.file) == (1600, 900)
    assert all(panel.top < 900 for panel in picture.panels)
    seen_whole = {panel.title for panel in picture.first_screen}
    assert {"Firing now", "Scrapes"} <= seen_whole
    assert seen_whole < {panel.title for panel in picture.panels}


def test_a_picture_is_as_high_as_its_dashboard(specimen: Picture) -> None:
    width, height = size(specimen.file)
    assert width == 1600
    assert height > max(panel.top for panel in specimen.panels)


def test_a_chosen_value_of_a_variable_goes_into_the_queries(viewer: Viewer, recorded: Recorded, tmp_path: Path) -> None:
    chosen = viewer.draw(job(recorded, tmp_path, variables={"namespace": ["staging"]})).pictures[0]
    pods = {value.name for value in chosen.panel("Scrapes").values}
    assert pods
    assert pods.isdisjoint({"ml-inference-27p58ftn2m-dqrl8"})


def test_a_variable_that_cannot_be_resolved_is_said_in_place_of_the_panels(
    viewer: Viewer, recorded: Recorded, tmp_path: Path
) -> None:
    dashboard = json.loads((SPECIMENS / "specimen.json").read_text())
    dashboard["templating"]["list"][1]["query"]["query"] = "label_values(up{, namespace)"
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(dashboard))
    times = (recorded.start + 120, recorded.start + 6720)
    found = viewer.draw(Job([file], *times, tmp_path / "out", recorded.address))
    assert len(found.problems) == 1
    assert "parse error" in found.problems[0]


def test_panels_without_recorded_rows_say_so(viewer: Viewer, tmp_path: Path) -> None:
    source = {"type": "grafana-azure-monitor-datasource", "uid": "${azure}"}
    target = {"refId": "A", "datasource": source, "azureLogAnalytics": {"query": "T", "resultFormat": "time_series"}}
    at = {"x": 0, "y": 0, "w": 12, "h": 8}
    panel = {"type": "timeseries", "datasource": source, "targets": [target], "gridPos": at}
    named = {
        "fieldConfig": {"defaults": {"displayName": "${__field.labels.Deployment}", "unit": "reqps"}, "overrides": []}
    }
    panels = [{**panel, **named, "id": 1, "title": "Recorded"}, {**panel, "id": 2, "title": "Not recorded"}]
    file = tmp_path / "azure.json"
    file.write_text(json.dumps({"uid": "azure", "title": "Azure", "panels": panels, "templating": {"list": []}}))
    columns = [
        {"name": name, "type": kind} for name, kind in (("T", "time"), ("Deployment", "string"), ("Rate", "number"))
    ]
    rows = [[1_704_067_200_000, "blue", 1.5], [1_704_067_260_000, "blue", 2.5], [1_704_067_260_000, "green", 1.0]]
    recorded = {"panels": {"1": {"A": {"columns": columns, "rows": rows}}}}
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/azure.json").write_text(json.dumps(recorded))

    found = viewer.draw(Job([file], 1_704_067_200, 1_704_067_500, tmp_path / "out", rows=tmp_path / "rows"))

    (picture,) = found.pictures
    assert [(value.name, value.text) for value in picture.panel("Recorded").values] == [
        ("blue", "2.50 req/s"),
        ("green", "1 req/s"),
    ]
    assert picture.panel("Not recorded").state == "no rows recorded"


def size(png: Path) -> tuple[int, int]:
    """Width and height, which stand at the head of the file."""
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return width, height
