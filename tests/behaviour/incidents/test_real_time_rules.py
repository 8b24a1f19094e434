"""The rules at another speed: every time is divided, nothing else is touched, and promtool accepts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.demo.faster import faster, faster_expression, shortened
from examples.demo.stack import FACTOR, plan_of
from monitoring_kit.core.durations import Duration
from monitoring_kit.plan.model import Plan
from monitoring_kit.programs.promtool import check_rules
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.tree import Binary, NumberLiteral, walk
from monitoring_kit.render.prometheus import render_prometheus
from tests.support.planting import REFERENCE

# Longer than every time in a rule: divided by it, all of them are one second.
FOR_EVER = 10**9


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(REFERENCE / "production.yaml")


@pytest.mark.parametrize(
    ("normal", "quick"),
    [
        ("rate(x_total[5m])", "rate(x_total[10s])"),
        ("rate(x_total[1h] offset 1h)", "rate(x_total[2m] offset 2m)"),
        ("x offset -1m", "x offset -2s"),
        ("max_over_time(rate(x_total[5m])[1h:1m] offset 30m)", "max_over_time(rate(x_total[10s])[2m:2s] offset 1m)"),
        ('x{le="300"} * 300 > 5 and on (a) y @ 600', 'x{le="300"} * 300 > 5 and on (a) y @ 600'),
        ("rate(x_total[$__rate_interval])", "rate(x_total[$__rate_interval])"),
        ("rate(x_total[45s])", "rate(x_total[2s])"),
    ],
)
def test_times_of_an_expression_are_divided(normal: str, quick: str) -> None:
    assert faster_expression(parse(normal), 30) == parse(quick)


@pytest.mark.parametrize(("seconds", "quick"), [(0, 0), (1, 1), (30, 1), (31, 2), (3600, 120)])
def test_only_nothing_becomes_nothing(seconds: int, quick: int) -> None:
    assert shortened(Duration(seconds), 30) == Duration(quick)


def test_a_factor_of_one_changes_nothing(plan: Plan) -> None:
    assert render_prometheus(faster(plan, 1)) == render_prometheus(plan)


def test_promtool_accepts_as_many_rules_as_there_are(plan: Plan, tmp_path: Path) -> None:
    files = []
    for name, text in render_prometheus(faster(plan, FACTOR)).items():
        files.append(tmp_path / Path(name).name)
        files[-1].write_text(text)
    assert check_rules(files) == len(plan.prometheus_alerts) + len(plan.recordings)


def test_quick_rules_differ_from_those_of_production_in_times_alone(plan: Plan) -> None:
    assert render_prometheus(faster(faster(plan, FACTOR), FOR_EVER)) == render_prometheus(faster(plan, FOR_EVER))


def test_a_count_from_a_recorded_rate_is_one_of_the_shorter_window() -> None:
    normal = "sum by (a) (x:rate5m) * 300 > 300 and x:rate5m * 300 and sum by (a) (y:rate5m) * 300"
    quick = "sum by (a) (x:rate5m) * 10 > 300 and x:rate5m * 300 and sum by (a) (y:rate5m) * 300"
    assert faster_expression(parse(normal), 30, {"x:rate5m": Duration(300), "y:rate5m": Duration(60)}) == parse(quick)


def test_no_count_of_the_shipped_rules_keeps_the_longer_window(plan: Plan) -> None:
    windows = {rule.window.seconds for rule in plan.recordings}
    quick = faster(plan, FACTOR)
    factors = [
        part.right.value
        for rule in quick.prometheus_alerts
        for part in walk(rule.condition)
        if isinstance(part, Binary) and part.operator == "*" and isinstance(part.right, NumberLiteral)
    ]
    assert factors
    assert [factor for factor in factors if factor in windows] == []
