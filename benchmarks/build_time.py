"""`python -m benchmarks.build_time [--sizes 1 10 100] [--runs 3]`: what a build costs, start-up included.

Processor time and memory of `generate.py build` for the two environments of the tests, and for 1 to 100 copies of the
full one, each with a namespace of its own so that no expression of one is an expression of another. Times are of the
processor, user and system, promtool's included: they grow little when the machine is busy with something else. Takes
half a minute.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from monitoring_kit.core.text_table import table
from monitoring_kit.plan.build import build_plan
from tests.support.planting import REFERENCE, shipped, shipped_environment

PROJECT = Path(__file__).parents[1]
SIZES = (1, 2, 10, 50, 100)
RUNS = 3
# The reference environment that has everything: the stack, Azure, and the rules in both.
FULL = "production"


@dataclass(frozen=True)
class Cost:
    """What one build took: processor time in seconds, and the memory in MiB of its largest process."""

    seconds: float
    memory: float


@dataclass(frozen=True)
class Measured:
    """Builds of one folder of environments: the first one, which writes `files`, and those that change nothing."""

    title: str
    environments: int
    files: int
    first: Cost
    again: Cost


def main(arguments: Sequence[str]) -> None:
    """Measures and prints a table, and what one more environment costs."""
    parser = argparse.ArgumentParser(description="What a build costs.")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of full environments")
    parser.add_argument("--runs", type=int, default=RUNS, help="builds of each, of which the middle one counts")
    options = parser.parse_args(arguments)
    both, *full = measure(sorted(options.sizes), options.runs)
    heads = ["environments", "files", "first build, s", "again, s", "peak memory, MiB"]
    cells = [
        [each.title, each.files, f"{each.first.seconds:.2f}", f"{each.again.seconds:.2f}", f"{each.again.memory:.0f}"]
        for each in (both, *full)
    ]
    sys.stdout.write(f"{table(heads, cells)}\n")
    few, many = full[0], full[-1]
    if further := many.environments - few.environments:
        milliseconds = 1000 * (many.again.seconds - few.again.seconds) / further
        each = f"{milliseconds:.0f} ms, {milliseconds / items():.2f} ms an item"
        sys.stdout.write(f"one more full environment ({items()} panels and rules): {each}\n")


def items() -> int:
    """How many panels and rules the full environment has."""
    plan = build_plan(shipped(), shipped_environment(FULL))
    rules = sum(map(len, plan.prometheus_groups.values())) + len(plan.log_alerts) + len(plan.metric_alerts)
    return rules + sum(len(dashboard.panels) for dashboard in plan.dashboards)


def measure(sizes: Sequence[int], runs: int) -> list[Measured]:
    """The builds of the two reference environments, then of each number of full ones."""
    with tempfile.TemporaryDirectory() as folder:
        # As on a machine that has built before: Python has compiled the modules, whatever this one's settings are.
        bytecode = {"PYTHONPYCACHEPREFIX": str(Path(folder) / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
        _build(REFERENCE, Path(folder) / "unmeasured", bytecode)
        rows = [_measured("production and staging", REFERENCE, Path(folder) / "both", runs, bytecode)]
        for size in sizes:
            environments = Path(folder) / f"{size}-environments"
            write_environments(environments, size)
            rows.append(_measured(f"{size} full", environments, Path(folder) / f"{size}-built", runs, bytecode))
    return rows


def write_environments(folder: Path, number: int) -> None:
    """Full environments that share neither their name nor their namespace."""
    folder.mkdir()
    text = (REFERENCE / f"{FULL}.yaml").read_text()
    for index in range(number):
        # Its own name is in the address of its runbooks, and the namespace is called the same.
        (folder / f"site-{index:03}.yaml").write_text(text.replace(FULL, f"site-{index:03}"))


def _measured(title: str, environments: Path, output: Path, runs: int, variables: dict[str, str]) -> Measured:
    first = _build(environments, output, variables)
    again = [_build(environments, output, variables) for _ in range(runs)]
    middle = Cost(statistics.median(cost.seconds for cost in again), max(cost.memory for cost in again))
    files = sum(file.is_file() for file in output.rglob("*"))
    return Measured(title, len(list(environments.glob("*.yaml"))), files, first, middle)


def _build(environments: Path, output: Path, variables: dict[str, str]) -> Cost:
    command = [sys.executable, "generate.py", "build", "--environments", str(environments), "--output", str(output)]
    process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **variables}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"the build failed with status {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)  # kibibytes on Linux


if __name__ == "__main__":
    main(sys.argv[1:])
