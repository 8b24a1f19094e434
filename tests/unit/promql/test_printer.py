from __future__ import annotations

import time
from decimal import Decimal

import pytest

from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line, print_matchers, print_promql
from monitoring_kit.promql.tree import Matcher, NumberLiteral

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


def test_a_thousand_expressions_print_in_a_second() -> None:
    expression = parse(RATIO)
    began = time.perf_counter()
    for _ in range(1000):
        print_promql(expression, width=72)
    assert time.perf_counter() - began < 1
