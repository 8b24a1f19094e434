"""Runs the mutants of every rule, or of the named ones: `python -m tests.behaviour.mutants [RULE ...]`.

Without names the score is written to build/mutants.md, unless there is something to complain of. Exit status 1 where a
mutant is not noticed or an excuse is wrong, 2 for a rule that does not exist.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from monitoring_kit.core.findings import Refused
from monitoring_kit.testing.mutation import MutantRun, complaints, machinery_digest
from monitoring_kit.testing.runner import Verdict
from tests.behaviour.mutants.excused import EXCUSED
from tests.behaviour.mutants.runs import SCORE, runs
from tests.behaviour.mutants.score import written
from tests.support.progress import step

_PROCESSES = 2


def main(names: Sequence[str]) -> int:
    """Runs and reports."""
    started = time.monotonic()
    known = runs()
    unknown = sorted(set(names) - {run.rule for run in known})
    if unknown:
        sys.stderr.write(f"no such rule: {', '.join(unknown)}; known are {', '.join(run.rule for run in known)}\n")
        return 2
    chosen = [run for run in known if run.rule in names or not names]
    # promtool does the work, so that threads are enough; the longest first, that none is left alone at the end.
    with ThreadPoolExecutor(_PROCESSES) as pool:
        try:
            pending = [pool.submit(_verdicts, run) for run in sorted(chosen, key=lambda run: -run.cases)]
            results = []
            for number, done in enumerate(as_completed(pending), 1):
                run, verdicts = done.result()
                results.append((run, verdicts))
                sys.stderr.write(f"{step(number, len(chosen), run.rule)}: {len(verdicts)} mutants\n")
        except Refused as refused:
            sys.stderr.write(f"{refused}\n")
            return 1
    results.sort(key=lambda result: known.index(result[0]))
    every = [verdict for _, verdicts in results for verdict in verdicts]
    found = list(complaints(every, [run.rule for run in chosen], EXCUSED))
    sys.stderr.writelines(f"{complaint}\n" for complaint in found)
    spent = os.times()
    processor = spent.user + spent.system + spent.children_user + spent.children_system
    text = written("production", results, EXCUSED, machinery_digest(EXCUSED), time.monotonic() - started, processor)
    if not names and not found:
        SCORE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 1 if found else 0


def _verdicts(run: MutantRun) -> tuple[MutantRun, list[Verdict]]:
    return run, run.verdicts()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
