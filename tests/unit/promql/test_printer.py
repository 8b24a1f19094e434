from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal

import pytest

from monitoring_kit.core.durations import Duration
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line, print_matchers, print_promql
from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Expression,
    Matcher,
    Negation,
    NumberLiteral,
    Selector,
    Subquery,
)

RATIO = """\
  (
    sum by (model) (rate(requests_total{status="error"}[5m]))
    or 0 * sum by (model) (rate(requests_total[5m]))
  )
  / (sum by (model) (rate(requests_total[5m])) > 0)
> 0.05"""

QUANTILE = """\
histogram_quantile(
  0.95,
  sum by (namespace, model, le) (
    rate(duration_seconds_bucket{pod="$pod"}[$__rate_interval])
  )
)"""

LONG_SELECTOR = """\
max_over_time(
  kube_pod_container_status_waiting_reason{
    namespace="production",
    reason="CrashLoopBackOff",
  }[5m]
)"""

JOIN = """\
sum by (namespace, pod) (rate(container_cpu_usage_seconds_total[5m]))
* on (namespace, pod) group_left (owner)
  max by (namespace, pod, owner) (kube_pod_owner_information)"""


@pytest.mark.parametrize("text", [RATIO, QUANTILE, LONG_SELECTOR, JOIN])
def test_what_does_not_fit_is_broken_as_a_person_would(text: str) -> None:
    assert print_promql(parse(text), width=72) == text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("(a + b) * c", "(a + b) * c"),
        ("((a * b)) + c", "a * b + c"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("(a ^ b) ^ c", "(a ^ b) ^ c"),
        ("a ^ (b ^ c)", "a ^ b ^ c"),
        ("(-a) ^ b", "(-a) ^ b"),
        ("-(a ^ b)", "-a ^ b"),
        ("-(a * b)", "-(a * b)"),
        ("(-1) ^ 2", "(-1) ^ 2"),
        ("(a or b) and c", "(a or b) and c"),
        ("a or (b and c)", "a or b and c"),
        ("(a == b) > c", "a == b > c"),
        ("max_over_time((a + b)[5m:1m])", "max_over_time((a + b)[5m:1m])"),
        ("max_over_time((a offset 1m)[5m:] offset 2m)", "max_over_time((a offset 1m)[5m:] offset 2m)"),
        ("sum(a)by(b,c)", "sum by (b, c) (a)"),
        ("a>bool on(b)group_left(c)d", "a > bool on (b) group_left (c) d"),
        (r'a{b="\"\\\n\u0007é"}', r'a{b="\"\\\n\u0007é"}'),
    ],
)
def test_parentheses_and_escapes_are_those_that_are_needed(text: str, printed: str) -> None:
    assert one_line(parse(text)) == printed


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("0.05", "0.05"),
        ("0.005", "0.005"),
        ("1e-7", "0.0000001"),
        ("1e21", "1000000000000000000000"),
        ("100", "100"),
        ("2.50", "2.5"),
        ("-0", "0"),
        ("0.1000000000000000055", "0.1"),
        ("Infinity", "Inf"),
        ("-Infinity", "-Inf"),
        ("NaN", "NaN"),
    ],
)
def test_numbers_are_plain_decimals(value: str, printed: str) -> None:
    assert one_line(NumberLiteral(Decimal(value))) == printed


def test_matchers_alone_print_as_a_selector() -> None:
    assert print_matchers((Matcher("a", "=", 'b"'), Matcher("c", "!~", "d"))) == r'{a="b\"", c!~"d"}'


def calls_to_print(expression: Expression) -> int:
    """How many Python functions are called while the expression is printed over as many lines as it can be."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        print_promql(expression, width=1)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    "nested",
    [
        lambda inner: Binary("/", Binary("*", inner, Selector("a")), Selector("b")),
        lambda inner: Binary("-", Selector("a"), Binary("*", Selector("b"), inner)),
        lambda inner: Aggregation("max", Call("clamp_min", (inner, NumberLiteral(Decimal(0)))), "by", ("pod",)),
        lambda inner: Negation(Subquery(inner, Duration(3600))),
    ],
    ids=["left of an operator", "right of an operator", "argument", "subquery"],
)
def test_work_doubles_where_the_depth_doubles(nested: Callable[[Expression], Expression]) -> None:
    def deep(levels: int) -> Expression:
        expression: Expression = Selector("c", (Matcher("d", "=", "e"),))
        for _ in range(levels):
            expression = nested(expression)
        return expression

    assert calls_to_print(deep(12)) <= 2.5 * calls_to_print(deep(6))
