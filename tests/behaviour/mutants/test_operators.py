"""Which mistakes are made in a rule."""

from __future__ import annotations

import pytest

from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line
from monitoring_kit.testing.mutant_operators import changes, rule_mutants


@pytest.mark.parametrize(
    ("text", "operator", "mutant"),
    [
        ("up > 0.5", "> to >=", "up >= 0.5"),
        ("up > 0.5", "> to <", "up < 0.5"),
        ("up > 0.5", "number x0.9", "up > 0.45"),
        ("up > 0.5", "number x2", "up > 1"),
        ("up > 0", "number 0 to -1", "up > -1"),
        ("up > 0.5", "comparison dropped", "up"),
        ("up > 0.5", "bool added", "up > bool 0.5"),
        ("rate(x[5m]) > 1", "window x0.2", "rate(x[1m]) > 1"),
        ("rate(x[5m]) > 1", "window x12", "rate(x[1h]) > 1"),
        ("rate(x[5m]) > 1", "rate to increase", "increase(x[5m]) > 1"),
        ('up{job="a"} > 1', "matcher job dropped", "up > 1"),
        ('up{job="a"} > 1', "matcher job negated", 'up{job!="a"} > 1'),
        ('up{job="a"} > 1', "matcher job loosened", 'up{job=~".+"} > 1'),
        ('up{a!="", a!="b"} > 1', 'matcher a!="b" dropped', 'up{a!=""} > 1'),
        ("sum by (a, b) (up) > 1", "by label b dropped", "sum by (a) (up) > 1"),
        ("sum by (a, b) (up) > 1", "sum to max", "max by (a, b) (up) > 1"),
        ("sum by (a, b) (up) > 1", "aggregation dropped", "up > 1"),
        ("a / on (x, y) b > 1", "on label y dropped", "a / on (x) b > 1"),
        ("a / on (x) b > 1", "matching dropped", "a / b > 1"),
        ("a / b > 1", "operands swapped", "b / a > 1"),
        ("a / b > 1", "left operand dropped", "b > 1"),
        ("a > 1 and b > 2", "guard dropped", "a > 1"),
        ("a > 1 and b > 2", "and to unless", "a > 1 unless b > 2"),
        ("a > 1 unless b > 2", "unless to and", "a > 1 and b > 2"),
        ("(a or b) > 1", "or to and", "(a and b) > 1"),
        ("up offset 1h > 1", "offset dropped", "up > 1"),
        ("absent(up) >= 1", "absent dropped", "up >= 1"),
        ("-sum(up) < -1", "sum to avg", "-avg(up) < -1"),
        ("sum_over_time(x[1h:30s])", "sum_over_time to avg_over_time", "avg_over_time(x[1h:30s])"),
        ("sum_over_time(x[1h:30s])", "window x0.5", "sum_over_time(x[30m:30s])"),
        ("sum_over_time(x[1h:30s])", "step x2", "sum_over_time(x[1h:1m])"),
        ("max_over_time(sum(up)[5m:] offset 1h) > 1", "offset dropped", "max_over_time(sum(up)[5m:]) > 1"),
    ],
)
def test_mistakes_in_an_expression(text: str, operator: str, mutant: str) -> None:
    assert one_line(parse(mutant)) in [
        one_line(change.expression) for change in changes(parse(text)) if change.operator == operator
    ]


def test_mistakes_in_the_rest_of_an_alert() -> None:
    rule = {"alert": "A", "expr": "up > 1", "for": "10m", "labels": {"severity": "critical", "team": "a"}}
    made = {mutant.operator: mutant.rule for mutant in rule_mutants(rule) if mutant.change is None}
    assert {operator: made[operator]["for"] for operator in made if operator.startswith("for")} == {
        "for removed": "0s",
        "for x0.5": "5m",
        "for x2": "20m",
    }
    assert made["rule label team dropped"]["labels"] == {"severity": "critical"}
    at_once = {name: value for name, value in rule.items() if name != "for"}
    assert "for added" in [mutant.operator for mutant in rule_mutants(at_once)]


def test_mistakes_in_the_rest_of_a_recording() -> None:
    rule = {"record": "a:b", "expr": "x", "labels": {"slo": "availability"}}
    (made,) = [mutant for mutant in rule_mutants(rule) if mutant.change is None]
    assert (made.operator, made.rule["labels"]) == ("rule label slo dropped", {})


def test_no_mutant_is_the_rule_itself_comes_twice_or_is_refused_by_prometheus() -> None:
    text = '(sum by (a) (rate(x{b="c"}[5m])) or 0 * sum by (a) (rate(x[5m]))) / (sum by (a) (rate(x[5m])) > 0) > 0.5'
    made = [one_line(change.expression) for change in changes(parse(text))]
    assert len(made) == len(set(made))
    assert one_line(parse(text)) not in made
    assert [one for one in made if one_line(parse(one)) != one] == []


def test_an_operator_and_its_place_name_one_mutant_and_survive_a_change_elsewhere() -> None:
    def keys(text: str) -> set[tuple[str, str]]:
        return {(change.operator, change.place) for change in changes(parse(text))}

    text = 'sum by (a) (rate(x{b="c"}[5m])) / sum by (a) (rate(x[5m])) > 0.5'
    assert len(keys(text)) == len(list(changes(parse(text))))
    assert keys(text) == keys(text.replace("0.5", "0.7").replace("5m", "10m"))
