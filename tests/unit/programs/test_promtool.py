"""What promtool says is passed on readably, and what promtool would let pass in vain is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring_kit.core.findings import Finding, Location, Refused
from monitoring_kit.programs import promtool
from monitoring_kit.programs.promtool import AlertCases

RULES = """\
groups:
- name: targets
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
  - alert: TargetDown
    expr: up < 1
    labels: {severity: critical, team: ml}
    annotations: {summary: "{{ $labels.job }} is down"}
"""
FIRING = """\
  - eval_time: 5m
    alertname: TargetDown
    exp_alerts:
    - exp_labels: {severity: critical, team: ml, job: a}
      exp_annotations: {summary: a is down}
"""
SILENT = """\
  - eval_time: 1m
    alertname: TargetDown
    exp_alerts: []
"""
TESTS = f"""\
rule_files: [rules.yaml]
tests:
- interval: 1m
  input_series: [{{series: 'up{{job="a"}}', values: '1x2 0x5'}}]
  alert_rule_test:
{FIRING}{SILENT}"""
FIRED = 'Labels:{alertname="TargetDown", job="a", severity="critical", team="ml"} Annotations:{summary="a is down"}'


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return write(tmp_path / "rules.yaml", RULES)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def one_finding(refused: pytest.ExceptionInfo[Refused]) -> Finding:
    (finding,) = refused.value.findings
    return finding


def test_good_rules_are_counted(rules: Path) -> None:
    assert promtool.check_rules([rules]) == 2


@pytest.mark.parametrize(
    ("text", "line", "subject", "problem"),
    [
        (
            replaced(RULES, "expr: up < 1", "expr: up < < 1"),
            7,
            "rule TargetDown of group targets",
            "could not parse expression: 1:6: parse error: unexpected <op:<>",
        ),
        (
            replaced(RULES, "$labels.job }}", "$labels.job"),
            0,
            "rule TargetDown of group targets",
            'annotation "summary": template: __alert_TargetDown:1: function "is" not defined',
        ),
        (replaced(RULES, "labels:", "lables:"), 8, "rule file", "field lables not found"),
        (replaced(RULES, "severity: critical", "severity: ["), 7, "rule file", "did not find expected node content"),
        (RULES + RULES.partition("\n")[2], 10, "rule file", 'groupname: "targets" is repeated in the same file'),
        (
            RULES + RULES[RULES.index("  - record") : RULES.index("  - alert")],
            0,
            "rule file",
            "lint error 1 duplicate rule(s) found. Metric: job:up:sum",
        ),
        ("groups: []\n", 0, "rule file", "has no rules"),
        ("groups: [{name: empty, rules: []}]\n", 0, "rule file", "has no rules"),
    ],
)
def test_a_rule_file_that_promtool_should_not_pass_is_refused(
    tmp_path: Path, text: str, line: int, subject: str, problem: str
) -> None:
    bad = write(tmp_path / "bad.yaml", text)
    with pytest.raises(Refused) as refused:
        promtool.check_rules([bad])
    finding = one_finding(refused)
    assert (finding.where, finding.subject) == (Location(str(bad), line), subject)
    assert problem in finding.problem


def test_every_file_that_is_wrong_is_reported_in_one_run(tmp_path: Path, rules: Path) -> None:
    empty = write(tmp_path / "empty.yaml", "groups: []\n")
    broken = write(tmp_path / "broken.yaml", replaced(RULES, "expr: up < 1", "expr: up <"))
    with pytest.raises(Refused) as refused:
        promtool.check_rules([rules, empty, broken])
    assert [finding.where.file for finding in refused.value.findings] == [str(broken), str(empty)]


def test_no_files_and_missing_files_are_refused(tmp_path: Path) -> None:
    for command in (promtool.check_rules, promtool.unit_test_rules, promtool.unit_test_results):
        with pytest.raises(Refused, match="it would pass without a check"):
            command([])
        with pytest.raises(Refused, match=r"missing\.yaml"):
            command([tmp_path / "missing.yaml"])


def test_unit_tests_that_hold_are_counted(tmp_path: Path, rules: Path) -> None:
    assert promtool.unit_test_rules([write(tmp_path / "test.yaml", TESTS)]) == 2


@pytest.mark.parametrize(
    ("text", "subject", "problem"),
    [
        (
            replaced(TESTS, "eval_time: 1m", "eval_time: 4m"),
            "alert TargetDown at 4m",
            f"is expected to be silent and fires: {FIRED}",
        ),
        (
            replaced(TESTS, "eval_time: 5m", "eval_time: 2m"),
            "alert TargetDown at 2m",
            f"is silent and is expected to fire: {FIRED}",
        ),
        (
            replaced(TESTS, "summary: a is down", "summary: b is down"),
            "alert TargetDown at 5m",
            "fires otherwise than expected\n    expected: Labels:",
        ),
        (
            TESTS
            + "  promql_expr_test:\n  - {expr: job:up:sum, eval_time: 1m, exp_samples: [{labels: x, value: 2}]}\n",
            'expression "job:up:sum" at 1m',
            'got: {__name__="job:up:sum", job="a"} 1E+00',
        ),
        (replaced(TESTS, "interval: 1m", "intervall: 1m"), "unit test", "field intervall not found"),
    ],
)
def test_a_case_that_fails_is_named_with_what_was_expected_and_what_came(
    tmp_path: Path, rules: Path, text: str, subject: str, problem: str
) -> None:
    with pytest.raises(Refused) as refused:
        promtool.unit_test_rules([write(tmp_path / "test.yaml", text)])
    finding = one_finding(refused)
    assert finding.subject == subject
    assert problem in finding.problem


def test_results_tell_apart_the_files_that_passed_and_those_that_failed(tmp_path: Path, rules: Path) -> None:
    good = write(tmp_path / "good.yaml", TESTS)
    bad = write(tmp_path / "bad.yaml", replaced(replaced(TESTS, "5m", "2m"), "1m\n    alertname", "6m\n    alertname"))
    results = promtool.unit_test_results([bad, good])
    assert [(result.file, result.passed, len(result.failures)) for result in results] == [
        (bad, False, 2),
        (good, True, 0),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rule_files: [rules.yaml]\ntests: []\n", "tests: is empty"),
        (TESTS[: TESTS.index("  alert_rule_test")], "test 1: asserts nothing"),
        (TESTS + "- interval: 1m\n  alert_rule_test: []\n  promql_expr_test: []\n", "test 2: asserts nothing"),
        (replaced(TESTS, "[rules.yaml]", "[rules.yaml, 'rule_*.yaml']"), "rule_files: rule_*.yaml matches no file"),
        (replaced(TESTS, "[rules.yaml]", "[rules.yaml, /nowhere/*.yaml]"), "/nowhere/*.yaml matches no file"),
        (replaced(TESTS, "rule_files: [rules.yaml]\n", ""), "rule_files: names no rule file"),
        (replaced(TESTS, "[rules.yaml]", "[rules.yaml, empty.yaml]"), "rule file: has no rules"),
        (
            replaced(TESTS, SILENT, replaced(SILENT, "TargetDown", "TargetDwon")),
            "alert TargetDwon at 1m: no rule of the rule files defines this alert",
        ),
        (replaced(TESTS, "      exp_annotations: {summary: a is down}\n", ""), "does not assert annotation summary"),
        (replaced(TESTS, "team: ml, ", ""), "does not assert label team"),
    ],
)
def test_a_unit_test_that_would_pass_in_vain_is_refused(tmp_path: Path, rules: Path, text: str, problem: str) -> None:
    write(tmp_path / "empty.yaml", "groups: []\n")
    with pytest.raises(Refused) as refused:
        promtool.unit_test_rules([write(tmp_path / "test.yaml", text)])
    assert problem in str(refused.value)


def test_rule_files_are_found_from_where_the_test_file_lies(tmp_path: Path, rules: Path) -> None:
    (tmp_path / "tests").mkdir()
    for number, pattern in enumerate(("../rules.yaml", "../r*.yaml", str(rules))):
        text = replaced(TESTS, "[rules.yaml]", f"['{pattern}']")
        assert promtool.unit_test_rules([write(tmp_path / f"tests/{number}.yaml", text)]) == 2


def test_coverage_counts_firing_and_silent_cases_of_each_severity(tmp_path: Path) -> None:
    levels = replaced(RULES, "up < 1", "up < 2") + RULES[RULES.index("  - alert") :]
    levels = levels.replace("severity: critical", "severity: warning", 1)
    untested = "  - alert: Untested\n    expr: up > 7\n"
    rules = write(tmp_path / "rules.yaml", levels + untested)
    warning_only = FIRING.replace("5m", "2m").replace("critical", "warning")
    test = write(tmp_path / "test.yaml", TESTS.replace(FIRING, warning_only + FIRING))
    assert promtool.coverage([test], [rules]) == (
        AlertCases("TargetDown", "critical", firing=1, silent=2),
        AlertCases("TargetDown", "warning", firing=1, silent=2),
        AlertCases("Untested", "", firing=0, silent=0),
    )


def test_promtool_that_hangs_is_ended(tmp_path: Path, rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promtool, "TIMEOUT_SECONDS", 0.001)
    with pytest.raises(Refused, match="promtool check rules: did not end within"):
        promtool.check_rules([rules])
