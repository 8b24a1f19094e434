"""Long work says what it does and how much of it is done."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.planting import PROJECT
from tests.support.progress import phase_of, step

TESTS = {
    "tests/unit/core/test_a.py": "def test_1(): pass\ndef test_2(): pass\n",
    "tests/behaviour/alerts/test_b.py": "def test_3(): assert False\n",
    "tests/acceptance/azure/test_c.py": "import pytest\n@pytest.mark.skip\ndef test_4(): pass\n",
}


def test_a_step_says_which_of_how_many() -> None:
    assert step(3, 18, "error burst") == "[ 3 of 18] error burst"


@pytest.mark.parametrize(
    ("nodeid", "phase"),
    [
        ("tests/unit/core/test_units.py::test_sum[a/b]", "tests/unit"),
        ("tests/pack/test_readme.py::test_links", "tests/pack"),
        ("tests/behaviour/alerts/test_cases.py::test_case", "tests/behaviour/alerts"),
        ("tests/acceptance/azure/test_limits.py::test_limit", "tests/acceptance/azure"),
        ("tests/benchmarks/test_benchmarks.py::test_run", "tests/benchmarks"),
        ("test_alone.py::test_x", "tests"),
    ],
)
def test_tests_are_told_by_folder(nodeid: str, phase: str) -> None:
    assert phase_of(nodeid) == phase


@pytest.mark.parametrize("workers", [(), ("--numprocesses", "2", "--dist", "worksteal")], ids=["alone", "workers"])
def test_a_run_names_each_folder_when_it_is_done_and_each_failure(tmp_path: Path, workers: tuple[str, ...]) -> None:
    for path, text in TESTS.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text)
    plugin = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    options = (
        "-q",
        "-p",
        "tests.support.progress",
        "--rootdir",
        tmp_path,
        "--import-mode",
        "importlib",
        "-c",
        "/dev/null",
    )
    done = subprocess.run(
        [sys.executable, "-c", plugin, *map(str, options), *workers, "tests"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout.partition("= FAILURES =")[0]
    assert done.returncode == 1, done.stdout + done.stderr
    assert sorted(re.findall(r"^\[\d of 4\] (\S+): done$", told, re.MULTILINE)) == [
        "tests/acceptance/azure",
        "tests/behaviour/alerts",
        "tests/unit",
    ]
    assert "[4 of 4] " in told
    assert "FAILED tests/behaviour/alerts/test_b.py::test_3" in told
    assert not re.search(r"^[.FEsx]+( |$)", told, re.MULTILINE), told
    assert "1 failed, 2 passed, 1 skipped" in done.stdout
