"""Every rule of production with its cases and its mutants, and where the score of the last full run stands."""

from __future__ import annotations

from functools import cache

from monitoring_kit.testing.mutation import MutantRun, mutant_runs
from tests.behaviour.alerts.cases import SPECIFICATIONS
from tests.behaviour.alerts.proofs import plan
from tests.support.planting import PROJECT, shipped

SCORE = PROJECT / "build" / "mutants.md"


@cache
def runs() -> tuple[MutantRun, ...]:
    """All alerts with cases, and all recordings."""
    return tuple(mutant_runs(plan(), shipped(), SPECIFICATIONS))


def run_of(rule: str) -> MutantRun:
    """The run of one alert or recording."""
    return next(run for run in runs() if run.rule == rule)
