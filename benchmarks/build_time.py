"""How long a build takes and how much memory it needs, start-up included, for 1 to 100 environments in one call.

.venv/bin/python -m benchmarks.build_time
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from monitoring_kit.core.text_table import table
from tests.support.planting import REFERENCE

PROJECT = Path(__file__).parents[1]
SIZES = (1, 2, 10, 50, 100)
RUNS = 3


def main() -> None:
    rows: list[list[object]] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            environments = Path(folder) / "environments"
            _write_environments(environments, size)
            first, first_memory = _build(environments, Path(folder) / "build")
            again = [_build(environments, Path(folder) / "build") for _ in range(RUNS)]
            seconds = statistics.median(run[0] for run in again)
            memory = max([first_memory, *(run[1] for run in again)])
            rows.append([size, f"{first:.2f}", f"{seconds:.2f}", f"{1000 * seconds / size:.0f}", f"{memory:.0f}"])
    heads = ["environments", "first build, s", f"again, s (median of {RUNS})", "ms per environment", "peak memory, MiB"]
    sys.stdout.write(table(heads, rows) + "\n")


def _write_environments(folder: Path, number: int) -> None:
    """Alternately a copy of production and of staging."""
    folder.mkdir()
    shipped = [(REFERENCE / f"{name}.yaml").read_text() for name in ("production", "staging")]
    for index in range(number):
        (folder / f"site-{index:03}.yaml").write_text(shipped[index % 2])


def _build(environments: Path, output: Path) -> tuple[float, float]:
    """Wall time in seconds and peak memory in MiB of one build in a process of its own."""
    command = [sys.executable, "generate.py", "build", "--environments", str(environments), "--output", str(output)]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"the build failed with status {process.returncode}")
    return seconds, usage.ru_maxrss / 1024  # kibibytes on Linux


if __name__ == "__main__":
    main()
