"""The metrics of several workers are added up right, whatever state a worker left its file in."""

from __future__ import annotations

import functools
import operator
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from instrumentation import worker_registry
from prometheus_client.exposition import generate_latest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from tests.pack.model_server.server import EXAMPLE, Series, total, values

WORKER = """
from instrumentation import Instrumentation
instrumentation = Instrumentation("machine-failure", "1.4.0", "python")
for _ in range({successes}):
    instrumentation.succeeded(0.3)
instrumentation.failed(0.6, TimeoutError())
"""


def work(directory: Path, successes: int) -> None:
    subprocess.run(
        [sys.executable, "-c", WORKER.format(successes=successes)],
        cwd=EXAMPLE,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(directory), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )


def scrape(directory: Path) -> dict[Series, float]:
    return values(generate_latest(worker_registry(directory)).decode())


@pytest.fixture(scope="module")
def two_dead_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("workers")
    work(directory, successes=3)
    work(directory, successes=4)
    return directory


def test_counters_and_histograms_of_workers_add_up_also_after_their_death(two_dead_workers: Path) -> None:
    series = scrape(two_dead_workers)
    assert total(series, "model_predictions_total", "status", "success") == 7
    assert total(series, "model_predictions_total", "status", "error") == 2
    assert total(series, "model_errors_total", "error_type", "timeout") == 2
    assert total(series, "model_prediction_duration_seconds_bucket", "le", "0.5") == 7
    assert total(series, "model_prediction_duration_seconds_bucket", "le", "+Inf") == 9
    assert total(series, "model_prediction_duration_seconds_count") == 9


def test_the_model_is_there_once_however_many_workers_serve_it(two_dead_workers: Path) -> None:
    labels = {"model_name": "machine-failure", "model_version": "1.4.0", "framework": "python"}
    info = {series: value for series, value in scrape(two_dead_workers).items() if series[0] == "model_info"}
    assert info == {("model_info", frozenset(labels.items())): 1.0}


def test_a_worker_killed_while_it_created_its_file_does_not_break_the_scrape(two_dead_workers: Path) -> None:
    before = scrape(two_dead_workers)
    empty, unused = two_dead_workers / "counter_1.db", two_dead_workers / "counter_2.db"
    empty.touch()
    unused.write_bytes(bytes(1 << 16))
    try:
        assert scrape(two_dead_workers) == before
    finally:
        empty.unlink()
        unused.unlink()


def test_before_the_first_worker_there_is_nothing(tmp_path: Path) -> None:
    assert scrape(tmp_path) == {}


def added_up(numbers: Iterable[float]) -> float:
    """As the collector adds: from Python 3.12 on `sum` itself evens rounding out."""
    return functools.reduce(operator.add, numbers)


def test_the_sum_of_fractions_is_the_same_whatever_order_the_file_system_lists_the_files_in(tmp_path: Path) -> None:
    seconds = {worker: 10 ** (worker % 7) / worker for worker in range(20, 40)}
    assert added_up(seconds.values()) != added_up(reversed(seconds.values()))  # so that order does matter
    for worker in reversed(seconds):
        file = MmapedDict(str(tmp_path / f"histogram_{worker}.db"))  # type: ignore[no-untyped-call]  # untyped
        key = mmap_key("duration", "duration_sum", [], [], "help")
        file.write_value(key, seconds[worker], 0.0)  # type: ignore[no-untyped-call]  # untyped
        file.close()  # type: ignore[no-untyped-call]  # untyped
    assert scrape(tmp_path)[("duration_sum", frozenset())] == added_up(seconds.values())
