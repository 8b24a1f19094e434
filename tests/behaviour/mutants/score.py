"""The score of the last full run, as a table that a person reads and the tests hold against the rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitoring_kit.testing.mutation import Excused, MutantRun, excuse_of
from monitoring_kit.testing.runner import MutantOutcome, Verdict

_HEADS = ("rule", "cases", "mutants", "killed", "cannot be evaluated", "equivalent", "excused", "not noticed", "digest")
_ROW = re.compile(r"^\| `(?P<rule>[^`]+)` \|.*\| `(?P<digest>[0-9a-f]{16})` \|$", re.MULTILINE)
_MACHINERY = re.compile(r"^Machinery: `([0-9a-f]{16})`", re.MULTILINE)
_NOT_NOTICED = re.compile(r"^(\d+) not noticed", re.MULTILINE)


@dataclass(frozen=True)
class Score:
    """The digests of the last full run, and how many mutants nobody noticed."""

    machinery: str
    digests: Mapping[str, str] = field(hash=False)
    not_noticed: int


def written(
    environment: str,
    results: Sequence[tuple[MutantRun, Sequence[Verdict]]],
    excused: Sequence[Excused],
    machinery: str,
    seconds: float,
    processor_seconds: float,
) -> str:
    """The score as Markdown."""
    rows = [_row(run, verdicts, excused) for run, verdicts in results]
    totals = [sum(row) for row in zip(*(row[1] for row in rows), strict=True)]
    cases, mutants, killed, broken, equivalent, left_out, missed = totals
    noticed = (killed + broken) / (mutants - equivalent - left_out)
    lines = [
        f"# Mutants of the rules of {environment}",
        "",
        "Written by `make mutants`. A mutant is a rule with one mistake in it, such as another comparison, window,",
        "threshold, grouping or matcher. A case has to notice it; an *equivalent* one behaves like its rule, for a",
        "reason in `monitoring_kit/testing/equivalence.py`, an *excused* one for a reason in",
        "`tests/behaviour/mutants/excused.py`. Those are run as well: one that a case notices fails the run.",
        "",
        f"{missed} not noticed. {mutants} mutants of {len(rows)} rules against {cases} cases:",
        f"{killed + broken} noticed ({100 * noticed:.0f}% of those that can be), {equivalent} equivalent, {left_out}",
        f"excused; {seconds:.0f} s, {processor_seconds:.0f} s of processor time.",
        "",
        f"Machinery: `{machinery}`. A test fails when a digest is not that of the rule and its cases any more.",
        "",
        f"| {' | '.join(_HEADS)} |",
        f"|{'---|' * len(_HEADS)}",
        *(f"| `{name}` | {' | '.join(map(str, numbers))} | `{digest}` |" for name, numbers, digest in rows),
    ]
    return "\n".join(lines) + "\n"


def read(text: str) -> Score:
    """The score that `written` wrote."""
    machinery, missed = _MACHINERY.search(text), _NOT_NOTICED.search(text)
    digests = {row["rule"]: row["digest"] for row in _ROW.finditer(text)}
    return Score(machinery[1] if machinery else "", digests, int(missed[1]) if missed else -1)


def _row(run: MutantRun, verdicts: Sequence[Verdict], excuses: Sequence[Excused]) -> tuple[str, list[int], str]:
    excused = sum(
        verdict.outcome is MutantOutcome.SURVIVED and excuse_of(verdict, excuses) is not None for verdict in verdicts
    )
    count = {outcome: sum(verdict.outcome is outcome for verdict in verdicts) for outcome in MutantOutcome}
    missed = count[MutantOutcome.SURVIVED] - excused
    killed = count[MutantOutcome.KILLED] + count[MutantOutcome.REFUTED]
    numbers = [
        run.cases,
        len(verdicts),
        killed,
        count[MutantOutcome.BROKEN],
        count[MutantOutcome.EQUIVALENT],
        excused,
        missed,
    ]
    return run.rule, numbers, run.digest()
