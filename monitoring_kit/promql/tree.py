"""PromQL as an immutable tree. Parentheses are not part of it: the shape of the tree says what they would say."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

from monitoring_kit.core.durations import Duration

NOT_A_NUMBER = Decimal("NaN")

_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# Words that the grammar never reads as a metric name; others, such as `sum` and `offset`, can be one.
_RESERVED = frozenset({"atan2", "bool", "group_left", "group_right", "ignoring", "inf", "nan", "on"})


class GrafanaInterval(Enum):
    """A window that Grafana fills in from the panel's time range and resolution."""

    RATE_INTERVAL = "$__rate_interval"
    INTERVAL = "$__interval"
    RANGE = "$__range"


Window = Duration | GrafanaInterval


class QueryEdge(Enum):
    """The start or the end of the queried range, for the `@` modifier."""

    START = "start()"
    END = "end()"


At = Decimal | QueryEdge
"""What `@` names: seconds since 1970, or an edge of the queried range."""

MatchOperator = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True)
class NumberLiteral:
    """A scalar, rounded to the nearest 64-bit float because Prometheus computes with those."""

    value: Decimal

    def __post_init__(self) -> None:
        """Rounds; one object stands for every NaN, so that equal trees compare equal."""
        rounded = NOT_A_NUMBER if self.value.is_nan() else Decimal(repr(float(self.value)))
        object.__setattr__(self, "value", rounded)


@dataclass(frozen=True)
class StringLiteral:
    """A string argument, unescaped."""

    value: str


@dataclass(frozen=True)
class Matcher:
    """One condition on a label. An absent label has the value ""; a regular expression matches the whole value."""

    label: str
    operator: MatchOperator
    value: str

    def __post_init__(self) -> None:
        """Raises ValueError for a label name that PromQL cannot write."""
        if _LABEL_NAME.fullmatch(self.label) is None:
            raise ValueError(f"{self.label!r} is not a label name")


@dataclass(frozen=True)
class Selector:
    """An instant vector: the newest sample of each series that matches.

    `metric` is "" where only matchers select. `offset` is in seconds, negative for a look into the future.
    """

    metric: str
    matchers: tuple[Matcher, ...] = ()
    offset: int = 0
    at: At | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a metric name that PromQL cannot write."""
        if self.metric and (_METRIC_NAME.fullmatch(self.metric) is None or self.metric.lower() in _RESERVED):
            raise ValueError(f'{self.metric!r} is not a metric name: write a matcher, {{__name__="..."}}')


@dataclass(frozen=True)
class RangeSelector:
    """The samples of the last `window` of each series."""

    selector: Selector
    window: Window


@dataclass(frozen=True)
class Subquery:
    """An expression evaluated at every `step` of the last `window`; without a step, at every evaluation interval."""

    argument: Expression
    window: Window
    step: Window | None = None
    offset: int = 0
    at: At | None = None


@dataclass(frozen=True)
class Call:
    """A function call."""

    function: str
    arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Aggregation:
    """An aggregation over `argument`; `parameter` is the k of topk, the quantile, the label of count_values."""

    operator: str
    argument: Expression
    grouping: Literal["by", "without"] | None = None
    labels: tuple[str, ...] = ()
    parameter: Expression | None = None


@dataclass(frozen=True)
class Matching:
    """How the two sides of a binary operation find each other.

    `group` names the side that may have several series for one of the other ("left" is `group_left`), `include` the
    labels that the result takes from the other side.
    """

    kind: Literal["on", "ignoring"]
    labels: tuple[str, ...] = ()
    group: Literal["left", "right"] | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True)
class Binary:
    """An operation of two sides. `return_bool` makes a comparison answer 0 or 1 instead of filtering."""

    operator: str
    left: Expression
    right: Expression
    return_bool: bool = False
    matching: Matching | None = None


@dataclass(frozen=True)
class Negation:
    """Unary minus."""

    argument: Expression


Expression = (
    NumberLiteral | StringLiteral | Selector | RangeSelector | Subquery | Call | Aggregation | Binary | Negation
)


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression, in the order in which they are written."""
    match expression:
        case RangeSelector(selector=selector):
            return (selector,)
        case Call(arguments=arguments):
            return arguments
        case Aggregation(parameter=parameter, argument=argument):
            return (argument,) if parameter is None else (parameter, argument)
        case Binary(left=left, right=right):
            return (left, right)
        case Subquery(argument=argument) | Negation(argument=argument):
            return (argument,)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it, outermost first, left to right."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def transform(expression: Expression, function: Callable[[Expression], Expression]) -> Expression:
    """The expression with `function` applied to every part, innermost first.

    `function` returns its argument where nothing is to change. Raises TypeError when it turns the selector of a range
    into something else.
    """
    rebuilt: Expression
    match expression:
        case RangeSelector(selector=inner):
            selector = function(inner)
            if not isinstance(selector, Selector):
                raise TypeError(f"a range needs a selector, not a {type(selector).__name__}")
            rebuilt = _with_parts(expression, selector=selector)
        case Call(arguments=arguments):
            transformed = tuple(transform(argument, function) for argument in arguments)
            same = all(map(operator.is_, transformed, arguments))
            rebuilt = expression if same else replace(expression, arguments=transformed)
        case Aggregation(parameter=parameter, argument=argument):
            rebuilt = _with_parts(
                expression,
                parameter=None if parameter is None else transform(parameter, function),
                argument=transform(argument, function),
            )
        case Binary(left=left, right=right):
            rebuilt = _with_parts(expression, left=transform(left, function), right=transform(right, function))
        case Subquery(argument=argument) | Negation(argument=argument):
            rebuilt = _with_parts(expression, argument=transform(argument, function))
        case _:
            rebuilt = expression
    return function(rebuilt)


def _with_parts(expression: Expression, **parts: Any) -> Expression:
    """The expression with other parts, and itself where they are the same: most of a tree stays as it is."""
    same = all(getattr(expression, name) is part for name, part in parts.items())
    return expression if same else replace(expression, **parts)
