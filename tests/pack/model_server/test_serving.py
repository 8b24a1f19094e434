"""The server as a whole, under load and with workers that die: what it counted is what it answered."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import faults
import pytest

from tests.pack.model_server.server import (
    EXAMPLE,
    GOOD_BODY,
    MODEL,
    Answers,
    Load,
    Scrapes,
    Series,
    Server,
    faults_on,
    post,
    running,
    total,
)

WORKERS = 4
REQUESTS = 3000
BODIES = (GOOD_BODY, GOOD_BODY, b"not JSON")


@pytest.fixture
def faults_file(tmp_path: Path) -> Path:
    return tmp_path / "faults"


@pytest.fixture
def server(tmp_path: Path, faults_file: Path) -> Iterator[Server]:
    with running(tmp_path, WORKERS, faults_on(faults_file)) as started:
        yield started


def counted(series: dict[Series, float]) -> dict[str, float]:
    statuses = ("success", "error", "rejected")
    return {status: total(series, "model_predictions_total", "status", status) for status in statuses}


def answered(*answers: Answers) -> dict[str, float]:
    statuses = ("success", "error", "rejected")
    return {status: sum(each.by_status[status] for each in answers) for status in statuses}


def wait_for_new_worker(server: Server, old: int) -> None:
    deadline = time.monotonic() + 10
    while old in (workers := server.workers()) or len(workers) < WORKERS:
        assert time.monotonic() < deadline, "no worker has taken the place of the one that was killed"
        time.sleep(0.02)


def test_a_worker_that_is_stopped_under_load_loses_no_answer_and_no_count(server: Server, faults_file: Path) -> None:
    faults.write("error_ratio=0.1", faults_file)
    scrapes, load = Scrapes(server), Load(server.score_port, BODIES, REQUESTS)
    load.wait_until_sent(REQUESTS // 2)
    stopped = server.workers()[0]
    os.kill(stopped, signal.SIGTERM)
    answers = load.answers()
    scrapes.stop()
    wait_for_new_worker(server, stopped)

    series = server.scrape()
    assert answers.unanswered == 0
    assert sum(answers.by_status.values()) == REQUESTS
    assert all(answers.by_status[status] for status in ("success", "error", "rejected"))
    assert counted(series) == answered(answers)
    assert total(series, "model_errors_total") == answers.by_status["error"]
    assert total(series, "model_prediction_duration_seconds_count") == REQUESTS - answers.by_status["rejected"]
    assert total(series, "model_info") == 1
    assert (scrapes.problems, scrapes.scrapes > 10) == ([], True)


def test_a_worker_killed_within_a_prediction_leaves_the_counts_equal_to_the_answers(
    server: Server, faults_file: Path
) -> None:
    scrapes = Scrapes(server)
    before = Load(server.score_port, BODIES, REQUESTS // 2).answers()

    faults.write("added_seconds=4", faults_file)
    busy = Load(server.score_port, [GOOD_BODY], requests=WORKERS, threads=WORKERS)
    time.sleep(1)  # every worker is in the middle of its prediction
    assert total(server.scrape(), "model_predictions_total") == REQUESTS // 2
    assert not busy.ended, "the scrape waited for a worker"
    killed = server.workers()[0]
    os.kill(killed, signal.SIGKILL)
    within = busy.answers()
    faults.write("off", faults_file)
    wait_for_new_worker(server, killed)

    after = Load(server.score_port, BODIES, REQUESTS // 2).answers()
    scrapes.stop()
    series = server.scrape()
    assert (before.unanswered, within.unanswered, after.unanswered) == (0, 1, 0)
    assert counted(series) == answered(before, within, after)
    valid = counted(series)["success"] + counted(series)["error"]
    assert total(series, "model_prediction_duration_seconds_count") == valid
    assert scrapes.problems == []


def test_a_worker_killed_at_any_moment_answers_nothing_uncounted_and_counts_one_answer_too_many_at_most(
    server: Server,
) -> None:
    scrapes, load = Scrapes(server), Load(server.score_port, [GOOD_BODY], REQUESTS)
    kills = 0
    for sent in range(500, REQUESTS, 500):
        load.wait_until_sent(sent)
        workers = server.workers()
        os.kill(workers[kills % len(workers)], signal.SIGKILL)
        kills += 1
    answers = load.answers()
    scrapes.stop()

    too_many = counted(server.scrape())["success"] - answers.by_status["success"]
    assert 0 <= too_many <= answers.unanswered <= kills
    assert scrapes.problems == []


def test_a_prediction_that_takes_too_long_is_answered_and_counted_as_a_timeout(tmp_path: Path) -> None:
    faults_file = tmp_path / "faults"
    settings = {**faults_on(faults_file), "GUNICORN_CMD_ARGS": "--timeout 1"}
    with running(tmp_path, workers=1, settings=settings) as server:
        faults.write("added_seconds=20", faults_file)
        assert post(server.score_port, GOOD_BODY) == 500
        series = server.scrape()
        assert counted(series) == {"success": 0, "error": 1, "rejected": 0}
        assert total(series, "model_errors_total", "error_type", "timeout") == 1
        assert total(series, "model_prediction_duration_seconds_count") == 1


def test_a_restart_counts_from_zero(tmp_path: Path) -> None:
    for _ in range(2):
        with running(tmp_path, workers=1) as server:
            assert post(server.score_port, GOOD_BODY) == 200
            assert counted(server.scrape()) == {"success": 1, "error": 0, "rejected": 0}


def test_a_reload_keeps_the_counts(tmp_path: Path) -> None:
    with running(tmp_path, workers=1) as server:
        assert post(server.score_port, GOOD_BODY) == 200
        (worker,) = server.workers()
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while worker in server.workers() or not server.workers():
            assert time.monotonic() < deadline, "the worker was not replaced"
            time.sleep(0.02)
        assert post(server.score_port, GOOD_BODY) == 200
        assert counted(server.scrape()) == {"success": 2, "error": 0, "rejected": 0}


def test_a_stop_lets_the_prediction_under_way_finish(tmp_path: Path) -> None:
    faults_file = tmp_path / "faults"
    with running(tmp_path, workers=1, settings=faults_on(faults_file)) as server:
        faults.write("added_seconds=0.5", faults_file)
        codes: list[int | None] = []
        caller = threading.Thread(target=lambda: codes.append(post(server.score_port, GOOD_BODY)))
        caller.start()
        time.sleep(0.2)
        server.process.terminate()
        caller.join()
        assert (codes, server.process.wait(10)) == ([200], 0)


def serve(command: Sequence[str], settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "serve.py", *command],
        cwd=EXAMPLE,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("command", "settings", "says"),
    [
        ((), MODEL, "usage: python serve.py gunicorn [arguments of gunicorn]\n"),
        (
            ("echo", "started"),
            {"MODEL_NAME": "machine-failure"},
            "MODEL_VERSION must be set, for instance MODEL_NAME=machine-failure MODEL_VERSION=1.4.0\n",
        ),
        (
            ("echo", "started"),
            {**MODEL, "MODEL_VERSION": "v" * 201},
            "MODEL_VERSION is 201 bytes long, and Prometheus would refuse every scrape of this server:"
            " a label's value has 200 bytes at most\n",
        ),
        (
            ("echo", "started"),
            {**MODEL, "METRICS_BIND": "5001"},
            "METRICS_BIND is '5001'; it must be an address and a port, such as 0.0.0.0:5001\n",
        ),
    ],
    ids=["no command", "no version", "a long version", "no address"],
)
def test_wrong_settings_are_explained_before_anything_starts(
    command: tuple[str, ...], settings: dict[str, str], says: str
) -> None:
    done = serve(command, settings)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", says)


def test_a_port_in_use_is_explained_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = serve(("echo", "started"), {**MODEL, "METRICS_BIND": f"127.0.0.1:{taken.getsockname()[1]}"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cannot serve: ") and "in use" in done.stderr


@pytest.mark.parametrize(
    ("code", "status"),
    [("raise SystemExit(3)", 3), ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137)],
    ids=["exit", "killed"],
)
def test_the_exit_status_is_that_of_the_server(code: str, status: int) -> None:
    assert serve((sys.executable, "-c", code), {**MODEL, "METRICS_BIND": "127.0.0.1:0"}).returncode == status


def test_gunicorn_without_serve_says_what_to_start_instead(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--check-config", "app:from_environment()"],
        cwd=EXAMPLE,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", **MODEL},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode != 0
    assert "start it with `python serve.py gunicorn ...`" in done.stderr
