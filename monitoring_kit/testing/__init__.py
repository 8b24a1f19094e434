"""What whoever writes a pack proves it with: cases, derived or written by hand, their runner, and mutants.

    plan = build_plan(definitions, environment)
    derived = derived_cases(plan, definitions)      # one Specification for each alert, from its definition
    assert run_cases(plan, derived) == []           # promtool's own engine: every case holds
    assert mutants(plan, definitions) == []         # and no mistake in a rule goes unnoticed

Cases by hand are literals, see `monitoring_kit.testing.case`; series are written as in `monitoring_kit.testing.series`.
"""

from __future__ import annotations

from monitoring_kit.testing.case import SILENT, Case, Firing, Question, Specification, specification
from monitoring_kit.testing.completeness import gaps
from monitoring_kit.testing.derive import derived_cases
from monitoring_kit.testing.mutation import Excused, mutants
from monitoring_kit.testing.scope import CannotDerive
from monitoring_kit.testing.series import GONE, RESET, For, Series, counter, gauge
from monitoring_kit.testing.unit_tests import run_cases

__all__ = [
    "GONE",
    "RESET",
    "SILENT",
    "CannotDerive",
    "Case",
    "Excused",
    "Firing",
    "For",
    "Question",
    "Series",
    "Specification",
    "counter",
    "derived_cases",
    "gaps",
    "gauge",
    "mutants",
    "run_cases",
    "specification",
]
