"""The one wrapper around promtool: it checks rule files and runs unit tests of rules that cannot pass in vain.

promtool 2.42 accepts `tests: []`, a test without assertions, a pattern in `rule_files` that matches nothing, a test of
an alert that no rule defines, and a rule file without rules. Here each of these is a finding.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from monitoring_kit.core.findings import Finding, Location, Refused, shown_path
from monitoring_kit.programs import tools

TIMEOUT_SECONDS = 300.0

# promtool does one thing after the other and leaves little alive: collecting garbage on a second core, as often as Go
# does of itself, takes a third of its time from whatever else runs there. The rules of a hundred environments are read
# in one go, and then it keeps within the memory of the build.
_GARBAGE_COLLECTION = {"check": "200", "test": "400"}
# It flushes a database to disk for every test, which takes as long as a short test does. Linux keeps files in memory
# here; a test of several days needs 0.5 GiB.
_MEMORY = Path("/dev/shm")  # noqa: S108, the folders in it have names that nobody can guess
_MEMORY_NEEDED = 4 * 2**30
_AT_LINE = re.compile(r"(?:yaml: (?:unmarshal errors: )?line )?(\d+):(?:\d+:)? ")
_IN_RULE = re.compile(r'group "(?P<group>[^"]*)", rule (?P<number>\d+), "(?P<rule>[^"]*)": (?P<problem>.*)', re.DOTALL)
_CHECKING = "Checking "
_ANSWER = re.compile(r"^  (?:SUCCESS$|FAILED:)", re.MULTILINE)
_HEADING = re.compile(r"^Unit Testing: .*$", re.MULTILINE)
_ALERT_CASE = re.compile(r"alertname: (?P<alert>.*?), time: (?P<time>[^,]+),")
_EXPRESSION_CASE = re.compile(r'expr: (?P<expression>".*?"), time: (?P<time>[^,]+),\s*(?P<rest>.*)', re.DOTALL)
_EXPECTED_AND_GOT = re.compile(r"exp:\s*\[(?P<expected>.*)\],\s*got:\s*\[(?P<got>.*)\]", re.DOTALL)


@dataclass(frozen=True)
class UnitTestResult:
    """What promtool said of one test file: nothing, or one finding for each case that failed."""

    file: Path
    failures: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether every case of the file held."""
        return not self.failures


@dataclass(frozen=True, order=True)
class AlertCases:
    """How often unit tests expect one alerting rule to fire and to be silent. `severity` is empty where it has none."""

    alert: str
    severity: str
    firing: int
    silent: int


@dataclass(frozen=True)
class _AlertRule:
    alert: str
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def severity(self) -> str:
        return self.labels.get("severity", "")


@dataclass(frozen=True)
class _RuleFile:
    rules: int
    alerts: tuple[_AlertRule, ...]


@dataclass(frozen=True)
class _AlertCase:
    alert: str
    time: str
    expected: tuple[dict[str, Any], ...]

    @property
    def subject(self) -> str:
        return f"alert {self.alert} at {self.time}"


@dataclass(frozen=True)
class _TestFile:
    rule_files: tuple[str, ...]
    groups: int
    groups_without_cases: tuple[int, ...]  # numbers from 1
    cases: tuple[_AlertCase, ...]


def check_rules(files: Sequence[Path]) -> int:
    """Let promtool check rule files with every lint, and return the number of rules in them.

    Raises `Refused` with what promtool says, for no files, and for a file without rules; `ToolMissing` without
    promtool.
    """
    if not files:
        raise Refused(_nothing_to_do("check rules", "no rule files"))
    done = _run(["check", "rules", "--lint=all", "--lint-fatal"], files)
    findings: list[Finding] = []
    rules = 0
    blocks = _blocks(done.stdout, files)
    for file, text in blocks.items():
        accepted = re.search(r"^  SUCCESS: (\d+) rules found$", text, re.MULTILINE)
        if accepted is None:
            findings.extend(_rule_errors(file, text))
        elif accepted[1] == "0":
            findings.append(_no_rules(file))
        else:
            rules += int(accepted[1])
    if done.returncode != 0 and not findings:
        findings.append(_unexpected("check rules", done))
    if findings:
        raise Refused(findings)
    return rules


def unit_test_rules(test_files: Sequence[Path]) -> int:
    """Run unit tests of rules and return the number of alert cases that held.

    Raises `Refused` with every case that fails, and with everything that would let a test pass in vain (see
    `find_vacuous`); `ToolMissing` without promtool.
    """
    vacuous = find_vacuous(test_files)
    if vacuous:
        raise Refused(vacuous)
    failures = [finding for result in unit_test_results(test_files) for finding in result.failures]
    if failures:
        raise Refused(failures)
    return sum(len(_read_tests(file).cases) for file in test_files)


def unit_test_results(test_files: Sequence[Path]) -> tuple[UnitTestResult, ...]:
    """What promtool says of each file, in one process and without the search for tests that pass in vain.

    For runs in which failing is the point, such as mutation. Raises `Refused` for no files or an answer of promtool
    that does not speak of every file.
    """
    if not test_files:
        raise Refused(_nothing_to_do("test rules", "no test files"))
    done = _run(["test", "rules"], test_files)
    texts = _answers(done.stdout, test_files)
    results = tuple(
        UnitTestResult(file, tuple(_test_failures(file, text))) for file, text in zip(test_files, texts, strict=True)
    )
    if all(result.passed for result in results) != (done.returncode == 0):
        raise Refused(_unexpected("test rules", done))
    return results


def find_vacuous(test_files: Sequence[Path]) -> list[Finding]:
    """Everything in `test_files` that promtool accepts although it proves less than it seems to.

    These are: no files; no tests in a file; a test without a case; a pattern in `rule_files` without a match; a rule
    file without rules; a case for an alert that no rule of the file's own rule files defines; a firing case that does
    not assert every label and annotation that its rule sets.
    """
    if not test_files:
        return [_nothing_to_do("test rules", "no test files")]
    return [finding for file in test_files for finding in _vacuous_in(file)]


def coverage(test_files: Sequence[Path], rule_files: Sequence[Path]) -> tuple[AlertCases, ...]:
    """The firing and silent cases of every alerting rule in `rule_files`, sorted; zeros where nothing tests it.

    promtool compares all alerts of a name at once, so a case that expects only the warning is also one in which the
    critical rule of the same name is silent.
    """
    alerts = {(rule.alert, rule.severity) for file in rule_files for rule in _read_rules(file).alerts}
    firing = dict.fromkeys(alerts, 0)
    silent = dict.fromkeys(alerts, 0)
    for case in (case for file in test_files for case in _read_tests(file).cases):
        severities = {str(_mapping(alert.get("exp_labels")).get("severity", "")) for alert in case.expected}
        for key in (key for key in alerts if key[0] == case.alert):
            counted = firing if key[1] in severities else silent
            counted[key] += 1
    return tuple(AlertCases(*key, firing[key], silent[key]) for key in sorted(alerts))


def _run(command: Sequence[str], files: Sequence[Path]) -> subprocess.CompletedProcess[str]:
    program = tools.find("promtool")
    settings = {"GOGC": _GARBAGE_COLLECTION[command[0]], "GOMAXPROCS": "1"}
    with TemporaryDirectory(prefix="promtool-", dir=_databases()) as folder:
        try:
            return subprocess.run(  # noqa: S603, promtool as found by monitoring_kit.programs.tools; no shell reads the arguments
                [program, *command, *(str(file.resolve()) for file in files)],
                env={**os.environ, **settings, "TMPDIR": folder, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,  # the file's name goes to one stream, what is wrong with it to the other
                encoding="utf-8",
                errors="replace",
                check=False,
                timeout=TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            problem = f"did not end within {TIMEOUT_SECONDS:.0f} s"
            raise Refused(Finding(Location(str(program)), f"promtool {' '.join(command[:2])}", problem)) from None


def _databases() -> Path | None:
    """The folder for promtool's databases, None for the usual one."""
    if not (_MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)):
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free >= _MEMORY_NEEDED else None


def _blocks(output: str, files: Sequence[Path]) -> dict[Path, str]:
    """promtool's words for each rule file. Raises `Refused` where it is silent about one."""
    by_name = {str(file.resolve()): file for file in files}
    blocks: dict[Path, list[str]] = {}
    lines: list[str] = []
    for line in output.splitlines():
        name = line.removeprefix(_CHECKING).strip() if line.startswith(_CHECKING) else None
        if name in by_name:
            lines = blocks.setdefault(by_name[name], [])
        else:
            lines.append(line)
    missing = [file for file in files if file not in blocks]
    if missing:
        problem = f"did not read this file: {_in_one_line(output)}"
        raise Refused(Finding(Location(shown_path(file)), "promtool", problem) for file in missing)
    return {file: "\n".join(text) for file, text in blocks.items()}


def _answers(output: str, files: Sequence[Path]) -> list[str]:
    """promtool's words for each test file: one answer a file, in order. Release 3 does not say which file it is of.

    Raises `Refused` where there are more or fewer answers than files.
    """
    starts = [found.start() for found in _ANSWER.finditer(output)]
    if len(starts) != len(files):
        problem = f"gave {len(starts)} answers for {len(files)} files: {_in_one_line(output)}"
        raise Refused(Finding(Location(shown_path(files[0])), "promtool", problem))
    return [_HEADING.sub("", output[start:end]) for start, end in pairwise([*starts, len(output)])]


def _in_one_line(output: str) -> str:
    return "; ".join(output.split("\n")).strip("; ") or "nothing"


def _rule_errors(file: Path, text: str) -> Iterator[Finding]:
    """One finding for each error; promtool begins each with the file's name, a lint error with its own words."""
    body = text.partition("FAILED:")[2].strip()
    for error in re.split(rf"^{re.escape(str(file.resolve()))}: ", body, flags=re.MULTILINE):
        words = " ".join(line.strip() for line in error.splitlines() if line.strip())
        if not words:
            continue
        at_line = _AT_LINE.match(words)
        line, problem = (int(at_line[1]), words[at_line.end() :]) if at_line else (0, words)
        in_rule = _IN_RULE.fullmatch(problem)
        subject = "rule file"
        if in_rule is not None:
            subject = f"rule {in_rule['rule'] or in_rule['number']} of group {in_rule['group']}"
            problem = in_rule["problem"]
        yield Finding(Location(shown_path(file), line), subject, problem, check="promtool check rules")


def _test_failures(file: Path, text: str) -> Iterator[Finding]:
    if re.search(r"^  SUCCESS$", text, re.MULTILINE):
        return
    where = Location(shown_path(file))
    body = text.partition("FAILED:")[2].strip("\n")
    for case in re.split(r"^    (?=\S)", body, flags=re.MULTILINE):
        alert, expression = _ALERT_CASE.search(case), _EXPRESSION_CASE.search(case)
        if alert is not None:
            subject, problem = f"alert {alert['alert']} at {alert['time']}", _alert_difference(case)
        elif expression is not None:
            subject = f"expression {expression['expression']} at {expression['time']}"
            problem = _one_line(expression["rest"])
        elif case.strip() and not case.startswith("name:"):
            subject, problem = "unit test", _one_line(case)
        else:
            continue
        yield Finding(where, subject, problem, check="promtool test rules")


def _alert_difference(case: str) -> str:
    match = _EXPECTED_AND_GOT.search(case)
    if match is None:
        return _one_line(case)
    expected, got = (_one_line(re.sub(r"^\s*\d+:$", "", side, flags=re.MULTILINE)) for side in (match[1], match[2]))
    if not expected:
        return f"is expected to be silent and fires: {got}"
    if not got:
        return f"is silent and is expected to fire: {expected}"
    return f"fires otherwise than expected\n    expected: {expected}\n    got:      {got}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _vacuous_in(file: Path) -> Iterator[Finding]:
    where = Location(shown_path(file))
    try:
        tests = _read_tests(file)
    except (OSError, ValueError, yaml.YAMLError) as error:
        yield Finding(where, "test file", f"cannot be read: {_one_line(str(error))}")
        return
    rules: list[_AlertRule] = []
    if not tests.rule_files:
        yield Finding(where, "rule_files", "names no rule file")
    for pattern in tests.rule_files:
        matches = sorted(file.parent.glob(pattern)) if not Path(pattern).is_absolute() else _absolute(pattern)
        if not matches:
            yield Finding(where, "rule_files", f"{pattern} matches no file", "name an existing rule file")
        for rule_file in matches:
            try:
                read = _read_rules(rule_file)
            except (OSError, ValueError, yaml.YAMLError) as error:
                yield Finding(Location(shown_path(rule_file)), "rule file", f"cannot be read: {_one_line(str(error))}")
                continue
            if read.rules == 0:
                yield _no_rules(rule_file)
            rules.extend(read.alerts)
    if tests.groups == 0:
        yield Finding(where, "tests", "is empty: promtool would pass it without testing anything")
    for number in tests.groups_without_cases:
        yield Finding(where, f"test {number}", "asserts nothing", "give it an alert_rule_test or a promql_expr_test")
    for case in tests.cases:
        yield from _incomplete(where, case, rules)


def _incomplete(where: Location, case: _AlertCase, rules: Iterable[_AlertRule]) -> Iterator[Finding]:
    same_name = [rule for rule in rules if rule.alert == case.alert]
    if not same_name:
        yield Finding(where, case.subject, "no rule of the rule files defines this alert", "mend its name")
        return
    for expected in case.expected:
        labels, annotations = _mapping(expected.get("exp_labels")), _mapping(expected.get("exp_annotations"))
        for rule in same_name:
            if rule.severity != str(labels.get("severity", "")) and len(same_name) > 1:
                continue
            missing = [f"label {name}" for name in rule.labels if name not in labels]
            missing += [f"annotation {name}" for name in rule.annotations if name not in annotations]
            if missing:
                problem = f"the case does not assert {', '.join(missing)}"
                yield Finding(where, case.subject, problem, "expect every label and annotation with its value")


def _absolute(pattern: str) -> list[Path]:
    path = Path(pattern)
    return sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))


def _read_rules(file: Path) -> _RuleFile:
    document = _document(file)
    rules = [rule for group in _mappings(document.get("groups")) for rule in _mappings(group.get("rules"))]
    alerts = (
        _AlertRule(str(rule["alert"]), _mapping(rule.get("labels")), _mapping(rule.get("annotations")))
        for rule in rules
        if "alert" in rule
    )
    return _RuleFile(len(rules), tuple(alerts))


def _read_tests(file: Path) -> _TestFile:
    document = _document(file)
    groups = _mappings(document.get("tests"))
    cases = [case for group in groups for case in _mappings(group.get("alert_rule_test"))]
    without = (
        number
        for number, group in enumerate(groups, start=1)
        if not group.get("alert_rule_test") and not group.get("promql_expr_test")
    )
    patterns = document.get("rule_files")
    return _TestFile(
        tuple(str(pattern) for pattern in patterns) if isinstance(patterns, list) else (),
        len(groups),
        tuple(without),
        tuple(
            _AlertCase(
                str(case.get("alertname", "")), str(case.get("eval_time", "")), tuple(_mappings(case.get("exp_alerts")))
            )
            for case in cases
        ),
    )


def _document(file: Path) -> dict[str, Any]:
    """What a file holds. JSON is YAML too, and much quicker to read as what it is."""
    text = file.read_text(encoding="utf-8")
    return _mapping(json.loads(text) if file.suffix == ".json" else yaml.load(text, Loader=yaml.CSafeLoader))


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _no_rules(file: Path) -> Finding:
    return Finding(Location(shown_path(file)), "rule file", "has no rules: promtool would pass it without a check")


def _nothing_to_do(command: str, problem: str) -> Finding:
    return Finding(Location("promtool"), command, f"{problem} to run it on: it would pass without a check")


def _unexpected(command: str, done: subprocess.CompletedProcess[str]) -> Finding:
    return Finding(Location("promtool"), command, f"ended with status {done.returncode}: {_one_line(done.stdout)}")
