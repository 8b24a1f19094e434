"""`python -m benchmarks.model_server_counts [requests]`: 100,000 requests over 4 workers, one killed half-way.

Half-way, all workers are in the middle of a prediction when one of them gets SIGKILL. At the end the counters must
equal what was answered, exactly, and no scrape in between may have seen a counter go back. Exit status 1 otherwise.
Takes 30 to 60 seconds on two processors, which is why the tests do the same with fewer requests.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.pack.model_server.server import GOOD_BODY, STATUS_OF_CODE, Load, Scrapes, faults_on, running, total

WORKERS = 4
BODIES = (GOOD_BODY, GOOD_BODY, GOOD_BODY, b"not JSON")
SECONDS_BETWEEN_SCRAPES = 0.1


def main(requests: int) -> int:
    """Run it and print what was answered, what was counted and what the scrapes saw."""
    with tempfile.TemporaryDirectory() as folder:
        faults_file = Path(folder) / "faults"
        with running(Path(folder), WORKERS, faults_on(faults_file)) as server:
            faults_file.write_text("error_ratio=0.05")
            scrapes = Scrapes(server, pause=SECONDS_BETWEEN_SCRAPES)
            start = time.monotonic()
            answers = [Load(server.score_port, BODIES, requests // 2).answers()]
            faults_file.write_text("added_seconds=2")
            busy = Load(server.score_port, [GOOD_BODY], WORKERS, threads=WORKERS)
            time.sleep(1)
            os.kill(server.workers()[0], signal.SIGKILL)
            answers.append(busy.answers())
            faults_file.write_text("error_ratio=0.05")
            answers.append(Load(server.score_port, BODIES, requests - requests // 2 - WORKERS).answers())
            seconds = time.monotonic() - start
            scrapes.stop()
            series = server.scrape()

    exact = True
    for status in STATUS_OF_CODE.values():
        answered = sum(each.by_status[status] for each in answers)
        counted = total(series, "model_predictions_total", "status", status)
        exact &= answered == counted
        print(f"{status:9} answered {answered:7}  counted {counted:9.0f}")
    unanswered = sum(each.unanswered for each in answers)
    print(
        f"{unanswered} of {requests} requests unanswered, {seconds:.1f} s, {requests / seconds:.0f} requests a second"
    )
    print(f"{scrapes.scrapes} scrapes, {len(scrapes.problems)} problems", *scrapes.problems[:10], sep="\n  ")
    return 0 if exact and not scrapes.problems else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
