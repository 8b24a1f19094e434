"""Divisions whose result can be NaN because nothing keeps the divisor from being zero."""

from __future__ import annotations

from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Expression,
    Negation,
    NumberLiteral,
    Subquery,
)

_FILTERS_NAN = frozenset({"==", "<", "<=", ">", ">="})
_NEVER_ZERO_AGGREGATIONS = frozenset({"count", "group"})
_NEVER_NAN_CALLS = frozenset({"absent", "absent_over_time", "count_over_time", "present_over_time", "timestamp"})
_NEVER_ZERO_CALLS = frozenset(
    {"absent", "absent_over_time", "count_over_time", "present_over_time", "pi", "scalar", "time"}
)
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
# Its own NaN, of a histogram without observations, is not a division's.
_OWN_NAN_CALLS = frozenset({"histogram_quantile"})


def unguarded_division(expression: Expression) -> Binary | None:
    """A division in `expression` whose NaN reaches the result, None where there is none.

    A divisor is guarded where it is a scalar, a count, `clamp_min(..., positive)` or compared so that zero drops out.
    """
    match expression:
        case Binary(operator=operator, left=left, right=right, return_bool=False) if operator in _FILTERS_NAN:
            # NaN is in no order with anything, so that the comparison drops it.
            return None
        case Binary(operator="and" | "unless", left=left):
            return unguarded_division(left)
        case Binary(operator="/" | "%", left=left, right=right) if _can_be_zero(right):
            return expression
        case Binary(left=left, right=right):
            return unguarded_division(left) or unguarded_division(right)
        case Negation(argument=argument) | Subquery(argument=argument):
            return unguarded_division(argument)
        case Aggregation(operator=operator, argument=argument) if operator not in _NEVER_ZERO_AGGREGATIONS:
            return unguarded_division(argument)
        case Call(function=function, arguments=arguments) if function not in _NEVER_NAN_CALLS | _OWN_NAN_CALLS:
            return next((found for argument in arguments if (found := unguarded_division(argument))), None)
        case _:
            return None


def _can_be_zero(divisor: Expression) -> bool:
    match divisor:
        case NumberLiteral() | Call(function="vector", arguments=(NumberLiteral(),)):
            return False
        case Call(function="clamp_min", arguments=(_, NumberLiteral(value=least))):
            return least <= 0
        case Call(function=function):
            return function not in _NEVER_ZERO_CALLS
        case Aggregation(operator="sum" | "avg" | "min" | "max" | "topk" | "bottomk", argument=argument):
            return _can_be_zero(argument)
        case Aggregation(operator=operator):
            return operator not in _NEVER_ZERO_AGGREGATIONS
        case Binary(operator=operator, left=NumberLiteral(), right=right) if operator in _MIRRORED:
            return _can_be_zero(Binary(_MIRRORED[operator], right, divisor.left, divisor.return_bool))
        case Binary(operator=operator, right=NumberLiteral(value=bound), return_bool=False) if operator in _MIRRORED:
            zero_passes = {">": bound < 0, ">=": bound <= 0, "<": bound > 0, "<=": bound >= 0}
            return zero_passes.get(operator, (bound == 0) == (operator == "=="))
        case Binary(operator="and" | "unless" | "/", left=left):
            return _can_be_zero(left)
        case Binary(operator="*" | "or", left=left, right=right):
            return _can_be_zero(left) or _can_be_zero(right)
        case Negation(argument=argument):
            return _can_be_zero(argument)
        case _:
            return True
