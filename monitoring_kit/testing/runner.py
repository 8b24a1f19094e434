"""Runs mutants: many in one promtool process, each under a name of its own, against the cases of its rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding, Location, Refused
from monitoring_kit.model.metrics import MetricCatalogue
from monitoring_kit.programs import promtool
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line, quote
from monitoring_kit.testing.case import Case
from monitoring_kit.testing.equivalence import why_equivalent, why_same_value
from monitoring_kit.testing.mutant_operators import Mutant, rule_mutants
from monitoring_kit.testing.recording_cases import ROUNDING, RecordedCase
from monitoring_kit.testing.rule_files import Rule, title_of, write_rules, write_tests

# Mutants keep one text, which shows the value: texts are built anew at every evaluation, which is most of the time.
TEXT = "description"
_FAILED = re.compile(r"^alert (?P<name>\S+) at |^expression .*\b(?P<record>m\d{5})\b")
_BROKEN = re.compile(r"rule: (?P<name>\S+), time: .*err: ")


class MutantOutcome(Enum):
    """What became of a mutant: a case noticed it, Prometheus cannot evaluate it, or neither.

    One that is said to behave like its rule is EQUIVALENT where no case notices it, and REFUTED where one does.
    """

    KILLED = "killed"
    BROKEN = "broken"
    EQUIVALENT = "equivalent"
    SURVIVED = "survived"
    REFUTED = "refuted"


@dataclass(frozen=True)
class Verdict:
    """A mutant of a rule and its outcome. `reason` is why it is said to behave like its rule, "" for others.

    `rule` names the alert or the recording; `severity` is "" for a recording.
    """

    rule: str
    severity: str
    mutant: Mutant = field(hash=False)
    outcome: MutantOutcome
    reason: str = ""

    def __str__(self) -> str:
        change = self.mutant.change
        what = "" if change is None else f": {one_line(change.was)} becomes {one_line(change.now)}"
        return f"{self.rule} {self.severity} | {self.mutant.operator} | {self.mutant.place}{what}"


def run_alert(
    rules: Sequence[Rule], alert: str, stages: Sequence[Sequence[Case]], catalogue: MetricCatalogue
) -> list[Verdict]:
    """The outcome of every mutant of `alert`; `rules` hold its rules and the recordings that these read.

    Stages run one after the other, each with the mutants that are left: put the cases first that kill most. Raises
    Refused where a rule as it is does not pass its cases.
    """
    recordings = [rule for rule in rules if "record" in rule]
    originals: dict[str, tuple[str, Rule]] = {}
    mutants: dict[str, _Candidate] = {}
    for rule in (rule for rule in rules if rule.get("alert") == alert):
        original = f"M{len(originals)}"
        originals[original] = (_severity(rule), rule)
        for candidate in _candidates(rule, catalogue):
            mutants[f"{original}x{len(mutants):05}"] = candidate
    left = {name: (candidate.severity, candidate.mutant.rule) for name, candidate in mutants.items()}
    outcomes: dict[str, MutantOutcome] = {}
    for cases in stages:
        if not left or not cases:
            continue
        noticed = _run(recordings, {**originals, **left}, cases)
        _refuse_failing(alert, [originals[name][0] for name in originals if name in noticed])
        outcomes |= noticed
        left = {name: candidate for name, candidate in left.items() if name not in noticed}
    return [
        Verdict(
            alert,
            candidate.severity,
            candidate.mutant,
            _outcome(outcomes.get(name), candidate.reason),
            candidate.reason,
        )
        for name, candidate in mutants.items()
    ]


def run_recording(rule: Rule, case: RecordedCase) -> list[Verdict]:
    """The outcome of every mutant of a recording rule. Raises Refused where the rule itself does not pass its case."""
    mutants = {f"m{number:05}": mutant for number, mutant in enumerate(rule_mutants(rule), start=1)}
    records: dict[str, Rule] = {"m00000": rule, **{name: mutant.rule for name, mutant in mutants.items()}}
    outcomes: dict[str, MutantOutcome] = {}
    with TemporaryDirectory() as folder:
        while set(records) - set(outcomes):
            left = {name: record for name, record in records.items() if name not in outcomes}
            rules = [{**record, "record": name} for name, record in left.items()]
            rule_file = write_rules(Path(folder) / "rules.json", rules)
            asserted = [_expected_rates(name, time, rates) for name in left for time, rates in case.at.items()]
            test = Path(folder) / "test.json"
            write_tests(test, rule_file, case.inputs, [], asserted, case.interval, case.evaluation)
            broken, failed = _noticed(promtool.unit_test_results([test]))
            outcomes |= dict.fromkeys(broken, MutantOutcome.BROKEN)
            if not broken:
                outcomes |= dict.fromkeys(failed, MutantOutcome.KILLED)
                break
    name = title_of(rule)
    if "m00000" in outcomes:
        raise Refused(Finding(Location(name), f"recording {name}", "does not record what it should"))
    verdicts = []
    for record, mutant in mutants.items():
        reason = (mutant.change and why_same_value(parse(str(rule["expr"])), mutant.change)) or ""
        verdicts.append(Verdict(name, "", mutant, _outcome(outcomes.get(record), reason), reason))
    return verdicts


@dataclass(frozen=True)
class _Candidate:
    severity: str
    mutant: Mutant
    reason: str


def _candidates(rule: Rule, catalogue: MetricCatalogue) -> Iterator[_Candidate]:
    expression, shown = parse(str(rule["expr"])), "$value" in str(rule.get("annotations"))
    for mutant in rule_mutants(rule):
        reason = mutant.change and why_equivalent(expression, mutant.change, catalogue, value_shown=shown)
        yield _Candidate(_severity(rule), mutant, reason or "")


def _outcome(noticed: MutantOutcome | None, reason: str) -> MutantOutcome:
    if reason:
        return MutantOutcome.EQUIVALENT if noticed is None else MutantOutcome.REFUTED
    return noticed or MutantOutcome.SURVIVED


def _run(
    recordings: Sequence[Rule], rules: Mapping[str, tuple[str, Rule]], cases: Sequence[Case]
) -> dict[str, MutantOutcome]:
    """The rules that some case notices. One whose evaluation fails ends its test, so that the rest runs again."""
    outcomes: dict[str, MutantOutcome] = {}
    with TemporaryDirectory() as folder:
        while True:
            left = {name: rule for name, rule in rules.items() if outcomes.get(name) is not MutantOutcome.BROKEN}
            renamed = [{**rule, "alert": name, **_one_text(rule)} for name, (_, rule) in left.items()]
            rule_file = write_rules(Path(folder) / "rules.json", [*recordings, *renamed])
            files = [
                write_tests(Path(folder) / f"{number:03}.json", rule_file, case.inputs, _expected(left, case), [])
                for number, case in enumerate(cases)
            ]
            broken, failed = _noticed(promtool.unit_test_results(files))
            outcomes |= dict.fromkeys(failed, MutantOutcome.KILLED)
            outcomes |= dict.fromkeys(broken, MutantOutcome.BROKEN)
            if not broken:
                return outcomes


def _expected(rules: Mapping[str, tuple[str, Rule]], case: Case) -> list[Mapping[str, object]]:
    """What each rule under its own name is expected to do: what its severity does."""
    expected: list[Mapping[str, object]] = []
    for time, firings in case.at.items():
        by_severity: dict[str, list[Mapping[str, object]]] = {}
        for firing in firings:
            shown = {"exp_labels": dict(firing.labels), "exp_annotations": {TEXT: firing.annotations[TEXT]}}
            by_severity.setdefault(firing.severity.value, []).append(shown)
        expected += [
            {"eval_time": time, "alertname": name, "exp_alerts": by_severity.get(severity, [])}
            for name, (severity, _) in rules.items()
        ]
    return expected


def _expected_rates(record: str, time: int, rates: Mapping[tuple[tuple[str, str], ...], int]) -> Mapping[str, object]:
    samples = [
        {"labels": "{" + ",".join(f"{label}={quote(value)}" for label, value in group) + "}", "value": rate}
        for group, rate in rates.items()
    ]
    expression = f"round({record} * {ROUNDING})"
    return {"expr": expression, "eval_time": Duration(time).prometheus(), "exp_samples": samples}


def _noticed(results: Iterable[promtool.UnitTestResult]) -> tuple[set[str], set[str]]:
    """The names whose evaluation failed, and those that did otherwise than expected."""
    broken: set[str] = set()
    failed: set[str] = set()
    for finding in (finding for result in results for finding in result.failures):
        if (found := _FAILED.search(finding.subject)) is not None:
            failed.add(found["name"] or found["record"])
        elif (found := _BROKEN.search(finding.problem)) is not None:
            broken.add(found["name"])
        else:
            raise Refused(finding)
    return broken, failed


def _refuse_failing(alert: str, severities: Sequence[str]) -> None:
    """Raises Refused where a rule without a mistake is noticed: then its mutants prove nothing."""
    if severities:
        problem = f"does not pass its own cases: {', '.join(severities)}"
        raise Refused(Finding(Location(alert), f"alert {alert}", problem))


def _one_text(rule: Rule) -> Mapping[str, object]:
    annotations = rule["annotations"]
    return {"annotations": {TEXT: annotations[TEXT]}} if isinstance(annotations, Mapping) else {}


def _severity(rule: Rule) -> str:
    labels = rule["labels"]
    return str(labels.get("severity", "")) if isinstance(labels, Mapping) else ""
