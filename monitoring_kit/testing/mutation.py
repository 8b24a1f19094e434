"""Whether the cases of a plan notice every mistake in its rules: each rule with its cases and its mutants.

problems = mutants(plan, definitions, hand_written)     # empty: every mutant is noticed, equivalent or excused
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.metrics import MetricCatalogue
from monitoring_kit.plan.model import Plan
from monitoring_kit.plan.objectives import rate_window
from monitoring_kit.testing import (
    equivalence,
    event_recording_cases,
    gap_recording_cases,
    mutant_operators,
    recording_cases,
    runner,
)
from monitoring_kit.testing.case import Case, Question, Specification
from monitoring_kit.testing.derive import derived_cases
from monitoring_kit.testing.event_recording_cases import derive_events
from monitoring_kit.testing.recording_cases import RecordedCase, derive_recorded
from monitoring_kit.testing.rule_files import Rule, rules_by_alert, rules_of, shipped_rules, title_of
from monitoring_kit.testing.runner import TEXT, MutantOutcome, Verdict, run_alert, run_recording
from monitoring_kit.testing.scope import scope_of

# These cases notice most mutants; only what is left meets the others.
_FIRST = frozenset({Question.JUST_BAD, Question.JUST_GOOD, Question.HOLD})
_SECOND = frozenset({Question.GROUPS, Question.INSTANCES})
# What decides about every mutant alike: a change here means a new full run.
_MACHINERY = (runner, equivalence, mutant_operators, recording_cases, event_recording_cases, gap_recording_cases)


@dataclass(frozen=True)
class Excused:
    """The mutant of `rule` (an alert or a recording, whatever the severity) and why nothing can notice it.

    `operator` and `place` are as the list of survivors prints them.
    """

    rule: str
    operator: str
    place: str
    reason: str


@dataclass(frozen=True)
class MutantRun:
    """A rule, and the cases that its mutants meet, stage after stage; `recorded` is the case of a recording."""

    rule: str
    rules: Sequence[Rule] = field(hash=False)
    stages: Sequence[Sequence[Case]] = field(hash=False)
    catalogue: MetricCatalogue = field(hash=False, compare=False)
    recorded: RecordedCase | None = field(hash=False, default=None)

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return sum(map(len, self.stages)) if self.recorded is None else 1

    def verdicts(self) -> list[Verdict]:
        """The outcomes of all mutants, by promtool. Raises Refused if the rule itself does not pass its cases."""
        if self.recorded is not None:
            return run_recording(self.rules[0], self.recorded)
        return run_alert(self.rules, self.rule, self.stages, self.catalogue)

    def digest(self) -> str:
        """Changes with everything that can change an outcome, and not with links, owners' texts and the like."""
        rules = [{**rule, "annotations": _texts(rule)} for rule in self.rules]
        at = [
            [
                case.inputs,
                [
                    [time, [[dict(firing.labels), firing.annotations[TEXT]] for firing in firings]]
                    for time, firings in case.at.items()
                ],
            ]
            for stage in self.stages
            for case in stage
        ]
        recorded = (
            []
            if self.recorded is None
            else [
                [self.recorded.inputs, self.recorded.interval, self.recorded.evaluation],
                [[time, sorted(values.items())] for time, values in self.recorded.at.items()],
            ]
        )
        return hashlib.sha256(json.dumps([rules, at, recorded]).encode()).hexdigest()[:16]


def mutants(
    plan: Plan,
    definitions: Definitions,
    hand_written: Sequence[Specification] = (),
    excused: Sequence[Excused] = (),
) -> list[str]:
    """What is wrong with the proof of the rules of `plan`: mutants that no case notices, excuses that do not hold.

    Raises Refused if a rule itself does not pass its cases, CannotDerive for a recording without a case.
    """
    runs = mutant_runs(plan, definitions, hand_written)
    verdicts = [verdict for run in runs for verdict in run.verdicts()]
    return list(complaints(verdicts, [run.rule for run in runs], excused))


def mutant_runs(plan: Plan, definitions: Definitions, hand_written: Sequence[Specification] = ()) -> list[MutantRun]:
    """All alerts of `plan` that have cases, derived or hand-written, and all recordings."""
    rules = shipped_rules(plan)
    derived = {specification.alert: specification.cases for specification in derived_cases(plan, definitions)}
    found = []
    for alert, planned in rules_by_alert(plan).items():
        cases = derived.get(alert, ())
        # Cases of a budget by hand take hours each, and the derived ones leave nothing for them to notice.
        of_budget = cases and any(rule.alert.threshold.burn_rates for rule in planned)
        by_hand = [case for written in hand_written if written.alert == alert for case in written.cases]
        stages = [*stages_of(cases), [] if of_budget else by_hand]
        if any(stages):
            found.append(MutantRun(alert, rules_of([alert], rules), stages, definitions.catalogue))
    return [*found, *_recording_runs(plan, definitions, rules)]


def stages_of(cases: Sequence[Case]) -> list[list[Case]]:
    """The cases of an alert in the order in which mutants meet them: those first that notice most."""
    return [
        [case for case in cases if _FIRST & {*case.answers}],
        [case for case in cases if _SECOND & {*case.answers}],
        [case for case in cases if not (_FIRST | _SECOND) & {*case.answers}],
    ]


def _recording_runs(plan: Plan, definitions: Definitions, rules: Sequence[Rule]) -> Iterator[MutantRun]:
    prometheus = plan.environment.prometheus
    if prometheus is None:
        return
    scope = scope_of(definitions, plan)
    evaluation, window = prometheus.evaluation_interval, rate_window(prometheus)
    cases = {planned.name: derive_recorded(planned, scope) for planned in plan.recordings}
    for counted in plan.event_recordings:
        title = title_of({"record": counted.name, "labels": counted.labels})
        cases[title] = derive_events(counted, definitions.objectives, scope, evaluation, window)
    for rule in rules:
        if "record" in rule:
            yield MutantRun(title_of(rule), [rule], [], definitions.catalogue, cases[title_of(rule)])


def machinery_digest(excused: Sequence[Excused] = ()) -> str:
    """Changes with the operators, the rules of equivalence and the excused mutants, not with comments."""
    code = "".join(_code(Path(str(module.__file__))) for module in _MACHINERY)
    return hashlib.sha256(f"{code}{list(excused)}".encode()).hexdigest()[:16]


def _code(file: Path) -> str:
    """What a Python file does."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for part in ast.walk(tree):
        if isinstance(part, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(part) is not None:
            part.body = part.body[1:]
    return ast.dump(tree)


def complaints(verdicts: Iterable[Verdict], rules: Iterable[str], excused: Sequence[Excused] = ()) -> Iterator[str]:
    """What is wrong: survivors that nothing excuses, and excuses that are wrong or that no mutant needs.

    `rules` are those whose mutants were run.
    """
    unused = {excuse for excuse in excused if excuse.rule in set(rules)}
    for verdict in verdicts:
        excuse = excuse_of(verdict, excused)
        unused -= {excuse} if excuse is not None else set()
        if verdict.outcome is MutantOutcome.SURVIVED and excuse is None:
            yield f"survived, so a case is missing: {verdict}"
        elif verdict.outcome is MutantOutcome.REFUTED:
            yield f"is said to be equivalent ({verdict.reason}), and a case notices it: {verdict}"
        elif excuse is not None and verdict.outcome is not MutantOutcome.SURVIVED:
            yield f"is excused ({excuse.reason}), and is {verdict.outcome.value}: {verdict}"
    yield from (f"is excused, and there is no such mutant: {excuse}" for excuse in sorted(unused, key=str))


def excuse_of(verdict: Verdict, excused: Sequence[Excused] = ()) -> Excused | None:
    """The entry that excuses a mutant."""
    key = (verdict.rule, verdict.mutant.operator, verdict.mutant.place)
    return next((excuse for excuse in excused if (excuse.rule, excuse.operator, excuse.place) == key), None)


def _texts(rule: Rule) -> Mapping[str, str]:
    annotations = rule.get("annotations")
    return {TEXT: str(annotations[TEXT])} if isinstance(annotations, Mapping) else {}
