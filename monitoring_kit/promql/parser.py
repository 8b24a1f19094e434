"""Reads PromQL into the tree of `promql.tree`. The grammar is promql-parser's; promtool stays the authority."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import promql_parser as grammar

from monitoring_kit.core.durations import Duration
from monitoring_kit.promql.printer import quote
from monitoring_kit.promql.tree import (
    Aggregation,
    At,
    Binary,
    Call,
    Expression,
    GrafanaInterval,
    Matcher,
    Matching,
    MatchOperator,
    Negation,
    NumberLiteral,
    QueryEdge,
    RangeSelector,
    Selector,
    StringLiteral,
    Subquery,
    Window,
)

# Prometheus 2 has it, promql-parser follows Prometheus 3 and knows only its new name.
grammar.register_extra_functions(
    [
        grammar.Function(
            "holt_winters",
            [grammar.ValueType.Matrix, grammar.ValueType.Scalar, grammar.ValueType.Scalar],
            grammar.ValueType.Vector,
        )
    ]
)

# The grammar has no Grafana variables. Each interval is passed through it as a few milliseconds, which no duration of
# ours can be (they are a second or longer, and the text is searched for others first).
_INTERVALS = {timedelta(milliseconds=n): interval for n, interval in enumerate(GrafanaInterval, start=1)}
_PLACEHOLDERS = {interval.value: f"{n}ms" for n, interval in enumerate(GrafanaInterval, start=1)}

_TOKEN = re.compile(
    r"""
    "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | \#[^\n]* | (?: [a-zA-Z_] | :(?!\s*\d) )[\w:]*  # pass unchanged
    | ` (?P<raw> [^`]* ) `
    | (?P<milliseconds> \d+ms\b )
    | \$ (?P<brace>\{)? (?P<interval> __rate_interval | __interval | __range ) (?(brace)\}|\b)
    | \d\w*
    """,
    re.VERBOSE | re.DOTALL,
)

_MATCH_OPERATORS: dict[str, MatchOperator] = {
    str(grammar.MatchOp.Equal): "=",
    str(grammar.MatchOp.NotEqual): "!=",
    str(grammar.MatchOp.Re): "=~",
    str(grammar.MatchOp.NotRe): "!~",
}


class PromqlError(ValueError):
    """Text that is not the PromQL it should be; the message names the text."""


@lru_cache(maxsize=1024)  # every environment reads the same texts; a tree never changes
def parse(text: str) -> Expression:
    """The expression that `text` writes. `$__rate_interval`, `$__interval` and `$__range` may stand as durations.

    Raises PromqlError for everything that is not one complete, correctly typed expression.
    """
    substituted = _TOKEN.sub(lambda found: _readable(found, text), text)
    try:
        parsed = grammar.parse(substituted)
    except ValueError as error:
        raise _error(text, str(error)) from error
    try:
        return _convert(parsed)
    except ValueError as error:
        raise _error(text, str(error)) from error


def parse_selector(text: str) -> tuple[Matcher, ...]:
    """The matchers of a selector without a metric name, such as `{job="kubelet", pod=~"$pods"}`.

    Raises PromqlError for everything else.
    """
    stripped = text.strip()
    if stripped.startswith("{"):
        # A name in front lets the grammar accept matchers that alone would select every series, such as `{}`.
        try:
            parsed = parse(f"any{stripped}")
        except PromqlError as error:
            reason = str(error.__cause__) if error.__cause__ else str(error)
            raise _error(text, reason) from error
        if isinstance(parsed, Selector) and not parsed.offset and parsed.at is None:
            return parsed.matchers
    raise _error(text, 'expected matchers in braces, for example {job="model-server", namespace="production"}')


def _error(text: str, reason: str) -> PromqlError:
    return PromqlError(f"not valid PromQL: {' '.join(text.split()) or 'empty text'}: {reason}")


def _readable(found: re.Match[str], text: str) -> str:
    if found["raw"] is not None:  # promql-parser wants valid escapes even where a string has none
        return quote(found["raw"])
    if found["milliseconds"]:
        raise _error(text, f"{found['milliseconds']} is less than a second")
    if found["interval"]:
        return _PLACEHOLDERS[f"${found['interval']}"]
    return found[0]


def _convert(node: object) -> Expression:
    match node:
        case grammar.ParenExpr():
            return _convert(node.expr)
        case grammar.NumberLiteral():
            return NumberLiteral(Decimal(repr(node.val)))
        case grammar.StringLiteral():
            return StringLiteral(node.val)
        case grammar.VectorSelector():
            return _selector(node)
        case grammar.MatrixSelector():
            return RangeSelector(_selector(node.vector_selector), _window(node.range))
        case grammar.SubqueryExpr():
            window = _window(node.range or timedelta())
            step = None if node.step is None else _window(node.step)
            return Subquery(_convert(node.expr), window, step, _offset(node.offset), _at(node.at))
        case grammar.Call():
            return Call(node.func.name, tuple(_convert(argument) for argument in node.args))
        case grammar.AggregateExpr():
            return _aggregation(node)
        case grammar.BinaryExpr():
            return _binary(node)
        case grammar.UnaryExpr():
            return Negation(_convert(node.expr))
        case _:
            raise ValueError(f"{type(node).__name__} is not supported")


def _selector(node: grammar.VectorSelector) -> Selector:
    if node.matchers.or_matchers:
        raise ValueError("`or` between matchers is not PromQL of Prometheus")
    matchers = tuple(
        Matcher(matcher.name, _MATCH_OPERATORS[str(matcher.op)], matcher.value) for matcher in node.matchers.matchers
    )
    return Selector(node.name or "", matchers, _offset(node.offset), _at(node.at))


def _aggregation(node: grammar.AggregateExpr) -> Aggregation:
    argument = _convert(node.expr)
    parameter = None if node.param is None else _convert(node.param)
    if node.modifier is None:
        return Aggregation(str(node.op).strip(), argument, parameter=parameter)
    grouping: Literal["by", "without"] = "by" if node.modifier.type == grammar.AggModifierType.By else "without"
    return Aggregation(str(node.op).strip(), argument, grouping, tuple(node.modifier.labels), parameter)


def _binary(node: grammar.BinaryExpr) -> Binary:
    operator, left, right = str(node.op).strip(), _convert(node.lhs), _convert(node.rhs)
    modifier = node.modifier
    if modifier is None:
        return Binary(operator, left, right)
    if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
        raise ValueError("fill() needs a newer Prometheus than this project supports")
    if modifier.matching is None:
        return Binary(operator, left, right, modifier.return_bool)
    kind: Literal["on", "ignoring"] = (
        "on" if modifier.matching.type == grammar.LabelModifierType.Include else "ignoring"
    )
    group: Literal["left", "right"] | None = None
    if modifier.card == grammar.VectorMatchCardinality.ManyToOne:
        group = "left"
    elif modifier.card == grammar.VectorMatchCardinality.OneToMany:
        group = "right"
    matching = Matching(kind, tuple(modifier.matching.labels), group, tuple(modifier.group_labels or ()))
    return Binary(operator, left, right, modifier.return_bool, matching)


def _window(length: timedelta) -> Window:
    interval = _INTERVALS.get(length)
    if interval is not None:
        return interval
    seconds, rest = divmod(length, timedelta(seconds=1))
    return Duration(seconds, rest // timedelta(milliseconds=1))


def _offset(length: timedelta | None) -> int:
    return 0 if length is None else _seconds(length)


def _seconds(length: timedelta) -> int:
    seconds, rest = divmod(length, timedelta(seconds=1))
    if rest:
        if length in _INTERVALS:
            raise ValueError("a Grafana interval cannot stand here: write a duration such as 5m")
        raise ValueError("an offset is a whole number of seconds: write a duration such as 5m")
    return seconds


def _at(node: grammar.AtModifier | None) -> At | None:
    if node is None:
        return None
    if node.at is None:
        return QueryEdge.START if node.type == grammar.AtModifierType.Start else QueryEdge.END
    milliseconds = (node.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return Decimal(milliseconds) / 1000
