"""Runs cases against the rules of an environment, in promtool's own engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from monitoring_kit.plan.model import Plan
from monitoring_kit.programs import promtool
from monitoring_kit.testing.case import Case, Specification
from monitoring_kit.testing.rule_files import Rule, rules_of, shipped_rules, write_case, write_rules


def run_cases(plan: Plan, specifications: Iterable[Specification]) -> list[str]:
    """What alerts of `plan` do otherwise than their cases say, as a text for each case that does not hold.

    A case that proves nothing does not hold either. Raises Refused if promtool cannot read a file.
    """
    rules = shipped_rules(plan)
    return [
        failure
        for specification in specifications
        for failure in failures(rules, [specification.alert], specification.cases)
    ]


def failures(rules: Sequence[Rule], alerts: Collection[str], cases: Sequence[Case]) -> list[str]:
    """What `alerts` do otherwise than `cases` say; all that a case does not name at a time has to be silent then.

    `rules` are all rules of an environment, of which those that `alerts` need are run.
    """
    with TemporaryDirectory() as folder:
        files = write_cases(Path(folder), rules, alerts, cases)
        found = [str(finding) for finding in promtool.find_vacuous(list(files))]
        found += [
            f"{files[result.file].name}\n  {finding.subject} {finding.problem}"
            for result in promtool.unit_test_results(list(files))
            for finding in result.failures
        ]
    return [f"{', '.join(sorted(alerts)) if len(alerts) == 1 else 'all alerts'}: {failure}" for failure in found]


def write_cases(
    folder: Path, rules: Sequence[Rule], alerts: Collection[str], cases: Sequence[Case]
) -> dict[Path, Case]:
    """A test file for each case in `folder`, so that a failure of the file is the failure of the case."""
    rule_file = write_rules(folder / "rules.json", rules_of(alerts, rules))
    return {
        write_case(folder / f"{number:03d}.json", rule_file, alerts, case): case
        for number, case in enumerate(cases, start=1)
    }
