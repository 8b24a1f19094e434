"""Mutants: a rule with one mistake in it. A test that does not notice the mistake does not protect the rule.

The operators follow what goes wrong in alerting rules; those for grouping, joining and guards have no counterpart in
the tools for ordinary code. Texts that a parser refuses and texts that print alike are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from monitoring_kit.core.durations import Duration, parse_duration
from monitoring_kit.promql.parser import PromqlError, parse
from monitoring_kit.promql.printer import one_line, quote
from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Expression,
    Matcher,
    MatchOperator,
    Negation,
    NumberLiteral,
    RangeSelector,
    Selector,
    Subquery,
    children,
)

_COMPARISONS = {">": (">=", "<"), ">=": (">", "<="), "<": ("<=", ">"), "<=": ("<", ">="), "==": ("!=",), "!=": ("==",)}
_SETS = {"and": ("or", "unless"), "or": ("and",), "unless": ("and",)}
_AGGREGATIONS = {
    "sum": ("avg", "max", "count"),
    "avg": ("sum", "max"),
    "max": ("min", "sum"),
    "min": ("max",),
    "count": ("sum",),
}
_FUNCTIONS = {
    "rate": ("increase", "irate"),
    "increase": ("rate",),
    "irate": ("rate",),
    "avg_over_time": ("max_over_time", "last_over_time"),
    "max_over_time": ("avg_over_time", "min_over_time", "last_over_time"),
    "min_over_time": ("max_over_time",),
    "sum_over_time": ("avg_over_time", "max_over_time", "count_over_time"),
}
_NEGATED: Mapping[str, MatchOperator] = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_NUMBER_FACTORS = (Decimal("0.5"), Decimal("0.9"), Decimal("1.1"), Decimal(2))
_WINDOW_FACTORS = (0.2, 0.5, 2.0, 12.0)
_STEP_FACTORS = (0.5, 2.0)
# A rate over less than two scrapes has no value at all.
_SHORTEST_WINDOW_SECONDS = 60
_HOLD_ADDED_SECONDS = 300


@dataclass(frozen=True)
class Change:
    """One mistake in an expression.

    `operator` names what was done, `place` where: the operations around it, from the outside in. Neither changes when
    another part of the rule does. `was` and `now` are the part before and after; `steps` lead
    to it, as numbers of children.
    """

    operator: str
    place: str
    was: Expression
    now: Expression
    steps: tuple[int, ...]
    expression: Expression


@dataclass(frozen=True)
class Mutant:
    """A rule with one mistake; `change` is None where the mistake is not in its expression."""

    operator: str
    place: str
    rule: Mapping[str, object] = field(hash=False)
    change: Change | None = None


def rule_mutants(rule: Mapping[str, object]) -> Iterator[Mutant]:
    """Every mutant of an alerting or recording rule."""
    for change in changes(parse(str(rule["expr"]))):
        yield Mutant(change.operator, change.place, {**rule, "expr": one_line(change.expression)}, change)
    if "alert" in rule:
        for_ = parse_duration(str(rule.get("for", "0s"))).seconds
        times = {"for removed": 0, "for x0.5": for_ // 2, "for x2": 2 * for_} if for_ else {}
        for operator, seconds in (times or {"for added": _HOLD_ADDED_SECONDS}).items():
            yield Mutant(operator, "for", {**rule, "for": Duration(seconds).prometheus()})
    labels = rule.get("labels")
    if isinstance(labels, dict):
        for label in labels:
            kept = {name: value for name, value in labels.items() if name != label}
            yield Mutant(f"rule label {label} dropped", "labels", {**rule, "labels": kept})


def changes(expression: Expression) -> Iterator[Change]:
    """Every change of `expression`, each text once."""
    seen = {one_line(expression)}
    for place, steps, part, inside in _parts(expression):
        for operator, now in _candidates(part, inside):
            changed = _put(expression, steps, now)
            text = one_line(changed)
            if text not in seen and _is_valid(text):
                seen.add(text)
                yield Change(operator, " > ".join(place) or "the whole", part, now, steps, changed)


def _parts(
    expression: Expression, place: tuple[str, ...] = (), steps: tuple[int, ...] = (), inside: Expression | None = None
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...], Expression, Expression | None]]:
    yield (*place, *_own_name(expression)), steps, expression, inside
    for number, child in enumerate(children(expression)):
        step = _step(expression, number)
        yield from _parts(child, (*place, *step), (*steps, number), expression)


def _step(parent: Expression, number: int) -> tuple[str, ...]:
    match parent:
        case Binary(operator=operator):
            return (f"{'left' if number == 0 else 'right'} of {operator}",)
        case Aggregation(operator=operator):
            return (operator,)
        case Call(function=function):
            return (function,)
        case _:
            return ()


def _own_name(part: Expression) -> tuple[str, ...]:
    match part:
        case Binary(operator=operator):
            return (operator,)
        case Aggregation(operator=operator):
            return (operator,)
        case Call(function=function):
            return (function,)
        case Selector(metric=metric):
            return (metric,)
        case _:
            return ()


def _candidates(part: Expression, inside: Expression | None) -> Iterator[tuple[str, Expression]]:
    match part:
        case Binary():
            yield from _binary(part)
        case NumberLiteral(value=value) if inside is not None:
            if not value:
                yield from ((f"number 0 to {n}", NumberLiteral(Decimal(n))) for n in (-1, 1))
            else:
                yield from ((f"number x{factor}", NumberLiteral(value * factor)) for factor in _NUMBER_FACTORS)
        case Aggregation():
            yield from _aggregation(part)
        case Call(function=function, arguments=arguments):
            for other in _FUNCTIONS.get(function, ()):
                yield f"{function} to {other}", replace(part, function=other)
            if function == "absent":
                yield "absent dropped", arguments[0]
        case RangeSelector(window=Duration(seconds=seconds)):
            yield from (
                (f"window x{factor:g}", replace(part, window=_window(seconds, factor))) for factor in _WINDOW_FACTORS
            )
        case Selector():
            yield from _selector(part)
        case Subquery():
            yield from _subquery(part)
        case _:
            return


def _binary(part: Binary) -> Iterator[tuple[str, Expression]]:
    operator, left, right = part.operator, part.left, part.right
    for other in (*_COMPARISONS.get(operator, ()), *_SETS.get(operator, ())):
        yield f"{operator} to {other}", replace(part, operator=other)
    if operator in ("+", "-", "*", "/"):
        yield "left operand dropped", right
        yield "right operand dropped", left
    if operator in ("-", "/"):
        yield "operands swapped", replace(part, left=right, right=left)
    if operator in _SETS:
        yield "guard dropped", left
    if operator == "or":
        yield "left operand dropped", right
    if operator in _COMPARISONS:
        yield "bool added", replace(part, return_bool=not part.return_bool)
        yield "comparison dropped", left
    if part.matching is not None:
        yield "matching dropped", replace(part, matching=None)
        for label in part.matching.labels:
            rest = tuple(other for other in part.matching.labels if other != label)
            matching = replace(part.matching, labels=rest)
            yield f"{matching.kind} label {label} dropped", replace(part, matching=matching)


def _aggregation(part: Aggregation) -> Iterator[tuple[str, Expression]]:
    for other in _AGGREGATIONS.get(part.operator, ()):
        yield f"{part.operator} to {other}", replace(part, operator=other)
    for label in part.labels:
        rest = tuple(other for other in part.labels if other != label)
        yield f"{part.grouping} label {label} dropped", replace(part, labels=rest)
    if part.operator in _AGGREGATIONS:
        yield "aggregation dropped", part.argument


def _selector(part: Selector) -> Iterator[tuple[str, Expression]]:
    for number, matcher in enumerate(part.matchers):
        negated = replace(matcher, operator=_NEGATED[matcher.operator])
        loosened = Matcher(matcher.label, "=~", ".+")
        for what, now in (("dropped", ()), ("negated", (negated,)), ("loosened", (loosened,))):
            matchers = (*part.matchers[:number], *now, *part.matchers[number + 1 :])
            yield f"matcher {_name(matcher, part)} {what}", replace(part, matchers=matchers)
    if part.offset:
        yield "offset dropped", replace(part, offset=0)


def _subquery(part: Subquery) -> Iterator[tuple[str, Expression]]:
    if isinstance(part.window, Duration):
        for factor in _WINDOW_FACTORS:
            yield f"window x{factor:g}", replace(part, window=_window(part.window.seconds, factor))
    if isinstance(part.step, Duration):
        for factor in _STEP_FACTORS:
            yield f"step x{factor:g}", replace(part, step=Duration(int(part.step.seconds * factor)))
    if part.offset:
        yield "offset dropped", replace(part, offset=0)


def _window(seconds: int, factor: float) -> Duration:
    return Duration(max(_SHORTEST_WINDOW_SECONDS, int(seconds * factor) // 60 * 60))


def _name(matcher: Matcher, selector: Selector) -> str:
    """The matcher's label, and all of the matcher where the selector has several on that label."""
    alone = sum(other.label == matcher.label for other in selector.matchers) == 1
    return matcher.label if alone else f"{matcher.label}{matcher.operator}{quote(matcher.value)}"


def _put(expression: Expression, steps: tuple[int, ...], part: Expression) -> Expression:
    """The expression with `part` where `steps` lead."""
    if not steps:
        return part
    number, rest = steps[0], steps[1:]
    changed = _put(children(expression)[number], rest, part)
    match expression:
        case RangeSelector() if isinstance(changed, Selector):
            return replace(expression, selector=changed)
        case Call(arguments=arguments):
            return replace(expression, arguments=(*arguments[:number], changed, *arguments[number + 1 :]))
        case Aggregation(parameter=parameter):
            is_parameter = parameter is not None and number == 0
            return replace(expression, parameter=changed) if is_parameter else replace(expression, argument=changed)
        case Binary():
            return replace(expression, left=changed) if number == 0 else replace(expression, right=changed)
        case Subquery() | Negation():
            return replace(expression, argument=changed)
        case _:
            raise TypeError(f"{type(expression).__name__} has no part that {type(changed).__name__} could replace")


def _is_valid(text: str) -> bool:
    """Whether Prometheus would load the text: what it refuses is noticed without a test."""
    try:
        parse(text)
    except PromqlError:
        return False
    return True
