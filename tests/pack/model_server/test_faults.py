"""Faults are off unless they are asked for, twice, and then happen as they were ordered."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import faults
import pytest
from instrumentation import ERROR_TYPES

from tests.pack.model_server.server import EXAMPLE


def echo(data: bytes) -> object:
    return data


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "faults"


@pytest.mark.parametrize("environment", [{}, {"FAULTS": ""}, {"FAULTS": "off"}, {"FAULTS_FILE": "faults"}])
def test_without_a_switch_the_model_is_left_alone(environment: dict[str, str]) -> None:
    assert faults.with_faults(echo, environment) is echo


def test_the_switch_alone_is_refused() -> None:
    with pytest.raises(faults.BadFault, match="FAULTS=on needs FAULTS_FILE"):
        faults.with_faults(echo, {"FAULTS": "on"})


def test_switched_on_nothing_happens_before_faults_are_ordered(file: Path) -> None:
    run = faults.with_faults(echo, {"FAULTS": "on", "FAULTS_FILE": str(file)})
    assert [run(b"1"), run(b"2")] == [b"1", b"2"]


@pytest.mark.parametrize(("ratio", "failures"), [("0", 0), ("0.05", 5), ("0.3", 30), ("1", 100)])
def test_the_ordered_share_of_predictions_fails(file: Path, ratio: str, failures: int) -> None:
    run = faults.with_faults(echo, {"FAULTS": "on", "FAULTS_FILE": str(file)})
    faults.write(f"error_ratio={ratio}", file)
    failed = 0
    for _ in range(100):
        try:
            run(b"")
        except ArithmeticError:
            failed += 1
    assert failed == failures


@pytest.mark.parametrize("error_type", ERROR_TYPES)
def test_every_error_type_can_be_ordered(file: Path, error_type: str) -> None:
    run = faults.with_faults(echo, {"FAULTS": "on", "FAULTS_FILE": str(file)})
    faults.write(f"error_ratio=1 error_type={error_type}", file)
    with pytest.raises(faults.RAISED[error_type], match="injected fault"):
        run(b"")


def test_latency_can_be_ordered_and_called_off(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    run = faults.with_faults(echo, {"FAULTS": "on", "FAULTS_FILE": str(file)})
    faults.write("added_seconds=0.05", file)
    run(b"")
    assert slept == [0.05]
    faults.write("off", file)
    run(b"")
    assert sum(slept) == 0.05


def test_a_leak_grows_with_every_prediction_to_a_limit_and_ends_with_the_fault(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "MOST_LEAKED_BYTES", 5_000_000)
    run = faults.with_faults(echo, {"FAULTS": "on", "FAULTS_FILE": str(file)})
    faults.write("leak_bytes=1000000", file)
    tracemalloc.start()
    megabytes = []
    for _ in range(7):
        run(b"")
        megabytes.append(tracemalloc.get_traced_memory()[0] // 1_000_000)
    faults.write("off", file)
    run(b"")
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert megabytes == [1, 2, 3, 4, 5, 5, 5]
    assert left < 1_000_000


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ("error_rate=1", "'error_rate' is no fault; write off, or some of error_ratio=, error_type=, added_seconds=,"),
        ("error_ratio=2", "error_ratio is 2.0; it must be from 0 to 1"),
        ("error_ratio=nan", "error_ratio is nan; it must be from 0 to 1"),
        ("error_ratio=half", "'error_ratio=half': could not convert string to float: 'half'"),
        ("error_type=KeyError", "error_type is 'KeyError'; it must be one of model_error, timeout,"),
        ("added_seconds=-1", "added_seconds is -1.0; it must be 0 or more"),
        ("added_seconds=inf", "added_seconds is inf; it must be 0 or more"),
        ("leak_bytes=-1", "leak_bytes is -1; it must be 0 or more"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_and_changes_nothing(file: Path, order: str, problem: str) -> None:
    faults.write("added_seconds=0.5", file)
    with pytest.raises(faults.BadFault) as refused:
        faults.write(order, file)
    assert str(refused.value).startswith(problem)
    assert file.read_text() == "added_seconds=0.5"


def test_faults_are_ordered_from_the_command_line(file: Path) -> None:
    def order(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, EXAMPLE / "faults.py", *words],
            env={"FAULTS_FILE": str(file)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert order("error_ratio=0.2", "error_type=timeout").returncode == 0
    assert faults.parse(file.read_text()) == faults.Faults(error_ratio=0.2, error_type="timeout")
    assert order("off").returncode == 0
    assert faults.parse(file.read_text()) == faults.Faults()
    wrong = order("error_ratio=2")
    assert (wrong.returncode, wrong.stderr) == (2, "error_ratio is 2.0; it must be from 0 to 1\n")
    assert order().returncode == 2
