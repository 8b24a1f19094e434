"""Every rule of production with its cases and its mutants, and what has changed since the last full run."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from monitoring_kit.plan.objectives import rate_window
from monitoring_kit.testing.case import Case, Question
from monitoring_kit.testing.event_recording_cases import derive_events
from monitoring_kit.testing.recording_cases import RecordedCase, derive_recorded
from monitoring_kit.testing.rule_files import Rule, rules_by_alert, rules_of, title_of
from monitoring_kit.testing.runner import TEXT, MutantOutcome, Verdict, run_alert, run_recording
from tests.behaviour.alerts.proofs import alerts, derived, derived_alerts, hand_written, plan, rules, scope
from tests.behaviour.mutants.excused import EXCUSED, Excused
from tests.support.planting import PROJECT, shipped

# These cases notice most mutants; only what is left meets the others.
_FIRST = frozenset({Question.JUST_BAD, Question.JUST_GOOD, Question.HOLD})
_SECOND = frozenset({Question.GROUPS, Question.INSTANCES})
# What decides about every mutant alike: a change here means a new full run.
_MACHINERY = (
    *(
        f"monitoring_kit/testing/{name}.py"
        for name in ("runner", "equivalence", "mutants", "recording_cases", "event_recording_cases")
    ),
    "tests/behaviour/mutants/excused.py",
)


@dataclass(frozen=True)
class Run:
    """A rule, and the cases that its mutants meet, stage after stage; `recorded` is the case of a recording."""

    rule: str
    rules: Sequence[Rule] = field(hash=False)
    stages: Sequence[Sequence[Case]] = field(hash=False)
    recorded: RecordedCase | None = field(hash=False, default=None)

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return sum(map(len, self.stages)) if self.recorded is None else 1

    def verdicts(self) -> list[Verdict]:
        """The outcomes of all mutants, by promtool."""
        if self.recorded is not None:
            return run_recording(self.rules[0], self.recorded)
        return run_alert(self.rules, self.rule, self.stages, shipped().catalogue)

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


def runs() -> list[Run]:
    """All alerts with cases, and all recordings."""
    return [*map(alert_run, mutated_alerts()), *_recording_runs()]


def mutated_alerts() -> list[str]:
    """The alerts that have cases which promtool can run."""
    return [alert for alert in alerts() if alert in derived_alerts() or hand_written(alert)]


@cache
def alert_run(alert: str) -> Run:
    """An alert with its derived and its hand-written cases."""
    cases = derived(alert).cases if alert in derived_alerts() else ()
    stages = [
        [case for case in cases if _FIRST & {*case.answers}],
        [case for case in cases if _SECOND & {*case.answers}],
        [case for case in cases if not (_FIRST | _SECOND) & {*case.answers}],
    ]
    # Of the cases by hand those of a budget take hours each, and the derived ones leave nothing for them to notice.
    of_budget = any(rule.alert.threshold.burn_rates for rule in rules_by_alert(plan())[alert])
    return Run(alert, rules_of([alert], rules()), [*stages, () if of_budget else hand_written(alert)])


def _recording_runs() -> Iterator[Run]:
    prometheus = plan().environment.prometheus
    assert prometheus is not None
    evaluation, window = prometheus.evaluation_interval, rate_window(prometheus)
    cases = {planned.name: derive_recorded(planned, scope()) for planned in plan().recordings}
    for counted in plan().event_recordings:
        title = title_of({"record": counted.name, "labels": counted.labels})
        cases[title] = derive_events(counted, shipped().objectives, scope(), evaluation, window)
    for rule in rules():
        if "record" in rule:
            yield Run(title_of(rule), [rule], [], cases[title_of(rule)])


def machinery_digest() -> str:
    """Changes with the operators, the rules of equivalence and the excused mutants, not with comments."""
    code = "".join(_code(PROJECT / name) for name in _MACHINERY)
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def _code(file: Path) -> str:
    """What a Python file does."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for part in ast.walk(tree):
        if isinstance(part, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(part) is not None:
            part.body = part.body[1:]
    return ast.dump(tree)


def complaints(
    verdicts: Iterable[Verdict], rules: Iterable[str], excused: Sequence[Excused] = EXCUSED
) -> Iterator[str]:
    """What is wrong: survivors that nothing excuses, and excuses that are wrong or that no mutant needs.

    `rules` are those whose mutants were run.
    """
    unused = {one for one in excused if one.rule in set(rules)}
    for verdict in verdicts:
        excuse = excuse_of(verdict, excused)
        unused -= {excuse} if excuse is not None else set()
        if verdict.outcome is MutantOutcome.SURVIVED and excuse is None:
            yield f"survived, so a case is missing: {verdict}"
        elif verdict.outcome is MutantOutcome.REFUTED:
            yield f"is said to be equivalent ({verdict.reason}), and a case notices it: {verdict}"
        elif excuse is not None and verdict.outcome is not MutantOutcome.SURVIVED:
            yield f"is excused ({excuse.reason}), and is {verdict.outcome.value}: {verdict}"
    yield from (f"is excused, and there is no such mutant: {one}" for one in sorted(unused, key=str))


def excuse_of(verdict: Verdict, excused: Sequence[Excused] = EXCUSED) -> Excused | None:
    """The entry that excuses a mutant."""
    key = (verdict.rule, verdict.mutant.operator, verdict.mutant.place)
    return next((one for one in excused if (one.rule, one.operator, one.place) == key), None)


def _texts(rule: Rule) -> Mapping[str, str]:
    annotations = rule.get("annotations")
    return {TEXT: str(annotations[TEXT])} if isinstance(annotations, Mapping) else {}


SCORE = Path(PROJECT) / "build" / "mutants.md"
