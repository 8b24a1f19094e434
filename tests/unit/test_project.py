"""A project: which modules it holds, whose they are, and what is refused about their names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from monitoring_kit.core.findings import Refused
from monitoring_kit.project import Project
from tests.support.planting import PROJECT

SIGNAL = """
from monitoring_kit.model import prom
from monitoring_kit.model.signals import State

{name} = State(title="Queue", description="Waiting.", by="namespace", prometheus=prom.Gauge(gauge="queue_length"))
"""


@pytest.fixture(autouse=True)
def _no_byte_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit within one second would meet the byte code of what stood there before."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def pack(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def refusal(project: Project) -> str:
    with pytest.raises(Refused) as refused:
        _ = project.definitions
    return str(refused.value)


def test_a_project_reads_its_own_modules_and_leaves_those_of_others_alone(tmp_path: Path) -> None:
    import queries.errors as shipped

    own = pack(tmp_path, {"queries/errors.py": SIGNAL.format(name="waiting_jobs")})
    definitions = Project(own, packs=()).definitions
    assert list(definitions.signals) == ["waiting_jobs"]
    assert str(definitions.signals["waiting_jobs"].where) == "queries/errors.py:5"
    assert definitions.signals["waiting_jobs"].where.path == own / "queries/errors.py"
    assert sys.modules["queries.errors"] is shipped


def test_an_edit_is_seen_by_the_next_project(tmp_path: Path) -> None:
    for name in ("waiting_jobs", "stuck_jobs"):
        pack(tmp_path, {"queries/jobs.py": SIGNAL.format(name=name)})
        assert list(Project(tmp_path, packs=()).definitions.signals) == [name]


def test_own_definitions_stand_beside_those_of_the_pack(tmp_path: Path) -> None:
    text = "from queries.errors import error_ratio\n" + SIGNAL.format(name="waiting_jobs")
    signals = Project(pack(tmp_path, {"queries/jobs.py": text})).definitions.signals
    shipped = Project(PROJECT).definitions.signals
    assert signals.keys() - shipped.keys() == {"waiting_jobs"}
    assert signals["error_ratio"] == shipped["error_ratio"]


@pytest.mark.parametrize("path", ["queries/errors.py", "rules/runbooks/ModelTargetDown.md"])
def test_what_hides_a_part_of_the_pack_is_refused_unless_it_is_meant(tmp_path: Path, path: str) -> None:
    name = path if path.endswith(".md") else "queries.errors"
    own = pack(tmp_path, {path: (PROJECT / path).read_text()})
    said = refusal(Project(own))
    assert f"{path}: {name}: hides {path} [hides]" in said
    assert f'replaces = ["{name}"]' in said
    pack(own, {"pyproject.toml": f'[tool.monitoring-kit]\nreplaces = ["{name}"]\n'})
    held = Project(own).definitions
    assert held.signals["error_ratio"].where.path.is_relative_to(own) or held.runbooks[
        "ModelTargetDown"
    ].where.path.is_relative_to(own)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('replaces = ["queries.drift"]', "replaces names queries.drift, which the project and its packs do not both"),
        ('pack = ["x"]', "there is no setting 'pack'"),
        ('packs = "model_serving"', "packs is no list of texts"),
        ('packs = ["training"]', "there is no pack 'training'"),
        ("packs = [", "settings"),
    ],
)
def test_settings_that_say_nothing_are_refused(tmp_path: Path, settings: str, said: str) -> None:
    own = pack(tmp_path, {"pyproject.toml": f"[tool.monitoring-kit]\n{settings}\n"})
    assert said in refusal(Project(own))


ALERT = 'Model{name}High = Alert({signal}, above(warning=1 * COUNT, for_="5m", because="x"), team="a", summary="b")\n'
IMPORTS = """
from monitoring_kit.core.units import COUNT
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.thresholds import above
from queries.jobs import waiting_jobs
"""


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"queries/jobs.py": SIGNAL.format(name="waiting_jobs") * 2},
            "queries/jobs.py:10: waiting_jobs: defined twice: lines 5 and 10",
        ),
        (
            {name: SIGNAL.format(name="waiting_jobs") for name in ("queries/jobs.py", "queries/queue.py")},
            "waiting_jobs: defined twice: queries/jobs.py:5 and queries/queue.py:5",
        ),
        (
            {
                "queries/jobs.py": SIGNAL.format(name="waiting_jobs"),
                "rules/alerts.py": IMPORTS + 2 * ALERT.format(name="Queue", signal="waiting_jobs"),
            },
            "rules/alerts.py:7: ModelQueueHigh: defined twice: lines 6 and 7",
        ),
        (
            {
                "queries/jobs.py": "from monitoring_kit.model.metrics import gauge, source\n"
                'SOURCE = source("jobs", adds="", scope="{}")\n'
                + "".join(
                    f'{name} = gauge("queue_length", labels="", source=SOURCE, help="Jobs.")\n' for name in ("A", "B")
                )
            },
            "metric queue_length: defined twice: lines 3 and 4",
        ),
        (
            {"queries/jobs.py": SIGNAL.format(name="waiting_jobs") + "jobs = waiting_jobs\n"},
            "queries/jobs.py:5: jobs: has two names: waiting_jobs and jobs",
        ),
    ],
    ids=["within a module", "across modules", "alert", "metric of two variables", "alias"],
)
def test_a_name_given_twice_is_refused_with_both_places(tmp_path: Path, files: dict[str, str], said: str) -> None:
    assert said in refusal(Project(pack(tmp_path, files), packs=()))


def test_a_private_alias_names_nothing(tmp_path: Path) -> None:
    files = {"queries/jobs.py": SIGNAL.format(name="waiting_jobs") + "_hidden = waiting_jobs\n"}
    assert list(Project(pack(tmp_path, files), packs=()).definitions.signals) == ["waiting_jobs"]


def test_a_signal_that_a_function_of_another_module_made_belongs_to_the_module_that_names_it(tmp_path: Path) -> None:
    lines = SIGNAL.format(name="return").replace("return =", "    return").splitlines()
    made = "\n".join([*lines[:3], "", "def queue_of(kind: str) -> State:", *lines[4:], ""])
    files = {
        "queries/made.py": made,
        "queries/jobs.py": 'from queries.made import queue_of\nwaiting_jobs = queue_of("x")\n',
    }
    definitions = Project(pack(tmp_path, files), packs=()).definitions
    assert dict(definitions.subjects) == {"waiting_jobs": "jobs"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ny = z\n", "queries/jobs.py:2: module queries.jobs: NameError: name 'z' is not defined"),
        ("x = (\n", "queries/jobs.py:1: module queries.jobs: SyntaxError: '(' was never closed"),
        ("from monitoring_kit.model.signals import Raito\n", "queries/jobs.py:1: module queries.jobs: ImportError"),
    ],
)
def test_a_module_that_python_cannot_run_is_refused_at_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(Project(pack(tmp_path, {"queries/jobs.py": text}), packs=()))
