from __future__ import annotations

from decimal import Decimal

import pytest

from monitoring_kit.core.durations import Duration
from monitoring_kit.promql.parser import PromqlError, parse, parse_selector
from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Expression,
    GrafanaInterval,
    Matcher,
    Matching,
    Negation,
    NumberLiteral,
    QueryEdge,
    RangeSelector,
    Selector,
    StringLiteral,
    Subquery,
    children,
    transform,
    walk,
)

UP = Selector("up")
ONE, TWO = NumberLiteral(Decimal(1)), NumberLiteral(Decimal(2))


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("up", UP),
        ("(up) # a comment", UP),
        ('{__name__="up"}', Selector("", (Matcher("__name__", "=", "up"),))),
        (
            r"""up{a="\"\\\n", b='x', c=~`\d`}""",
            Selector("up", (Matcher("a", "=", '"\\\n'), Matcher("b", "=", "x"), Matcher("c", "=~", "\\d"))),
        ),
        ("up offset -5m", Selector("up", offset=-300)),
        ("up @ 1600000000.5", Selector("up", at=Decimal("1600000000.5"))),
        ("up @ end() offset 1h", Selector("up", offset=3600, at=QueryEdge.END)),
        ("rate(up[1h30m])", Call("rate", (RangeSelector(UP, Duration(5400)),))),
        ("rate(up[$__rate_interval])", Call("rate", (RangeSelector(UP, GrafanaInterval.RATE_INTERVAL),))),
        ("rate(up[${__interval}])", Call("rate", (RangeSelector(UP, GrafanaInterval.INTERVAL),))),
        (
            "max_over_time(up[$__range:5m])",
            Call("max_over_time", (Subquery(UP, GrafanaInterval.RANGE, Duration(300)),)),
        ),
        ("max_over_time(up[1h:])", Call("max_over_time", (Subquery(UP, Duration(3600)),))),
        ('up{a=~"[$__interval]|1ms"}', Selector("up", (Matcher("a", "=~", "[$__interval]|1ms"),))),
        ('up{a=~"${pods:regex}"}', Selector("up", (Matcher("a", "=~", "${pods:regex}"),))),
        ("a_5ms", Selector("a_5ms")),
        ("-1", NumberLiteral(Decimal(-1))),
        ("-(1)", Negation(ONE)),
        ("-1 ^ 2", Negation(Binary("^", ONE, TWO))),
        ("1 - 2 - up", Binary("-", Binary("-", ONE, TWO), UP)),
        ("1 ^ 2 ^ up", Binary("^", ONE, Binary("^", TWO, UP))),
        ("sum(up) by (a)", Aggregation("sum", UP, "by", ("a",))),
        ("topk without (a) (2, up)", Aggregation("topk", UP, "without", ("a",), TWO)),
        ('count_values("v", up)', Aggregation("count_values", UP, parameter=StringLiteral("v"))),
        ("up > bool 1", Binary(">", UP, ONE, return_bool=True)),
        ("up / on (a) group_left (b) up", Binary("/", UP, UP, matching=Matching("on", ("a",), "left", ("b",)))),
        ("up * ignoring (a) group_right up", Binary("*", UP, UP, matching=Matching("ignoring", ("a",), "right"))),
        ("up unless on () up", Binary("unless", UP, UP, matching=Matching("on"))),
        (
            "holt_winters(up[5m], 1, 2)",
            Call("holt_winters", (RangeSelector(UP, Duration(300)), ONE, TWO)),
        ),
    ],
)
def test_text_becomes_a_tree(text: str, expression: Expression) -> None:
    assert parse(text) == expression


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty text: no expression found"),
        ("sum(", r"sum\(: unclosed left parenthesis"),
        ("up) or (up", "unexpected right parenthesis"),
        ("rate(up)", r"rate\(up\): expected type matrix"),
        ('up{a=~"["}', "illegal regex"),
        ("up offset 1s500ms", "an offset is a whole number of seconds"),
        ("up[500ms]", "500ms is less than a second"),
        ("up[5m:1ms]", "1ms is less than a second"),
        ("up offset $__interval", "a Grafana interval cannot stand here"),
        ("rate(up[$window])", r"rate\(up\[\$window\]\): unexpected character"),
        ('up{a="b" or c="d"}', "not PromQL of Prometheus"),
    ],
)
def test_other_text_is_refused_by_name_and_reason(text: str, reason: str) -> None:
    with pytest.raises(PromqlError, match=reason):
        parse(text)


def test_a_selector_without_a_metric_gives_its_matchers() -> None:
    assert parse_selector(' {job="kubelet", pod=~"$pods"} ') == (
        Matcher("job", "=", "kubelet"),
        Matcher("pod", "=~", "$pods"),
    )
    assert parse_selector("{}") == ()


@pytest.mark.parametrize("text", ["", "up", 'up{a="b"}', '{a="b"} or up', '{a="b"} offset 5m', '{a="b"', "{a}[5m]"])
def test_a_scope_that_is_more_or_less_than_matchers_is_refused(text: str) -> None:
    with pytest.raises(PromqlError, match="not valid PromQL"):
        parse_selector(text)


@pytest.mark.parametrize("metric", ["a-b", "1a", "nan", "on", "{a='b'}"])
def test_a_metric_name_that_cannot_be_written_is_refused(metric: str) -> None:
    with pytest.raises(ValueError, match="is not a metric name"):
        Selector(metric)


def test_a_label_name_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a label name"):
        Matcher('a="b",c', "=", "d")


def test_transform_rewrites_from_the_inside_out() -> None:
    expression = parse("sum(rate(a[5m])) / (b > 1) or topk(2, max_over_time((-c)[1h:]))")

    def renamed(part: Expression) -> Expression:
        return Selector(part.metric * 2) if isinstance(part, Selector) else part

    assert transform(expression, renamed) == parse("sum(rate(aa[5m])) / (bb > 1) or topk(2, max_over_time((-cc)[1h:]))")
    assert [part.metric for part in walk(expression) if isinstance(part, Selector)] == ["a", "b", "c"]
    assert children(parse("topk(2, a)")) == (TWO, Selector("a"))


def test_transform_refuses_a_range_over_anything_but_a_selector() -> None:
    with pytest.raises(TypeError, match="a range needs a selector"):
        transform(parse("rate(a[5m])"), lambda part: ONE if isinstance(part, Selector) else part)
