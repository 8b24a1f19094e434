"""Mutants that behave like their rule, and why: no test can tell them apart, and none should have to.

Each function here is one reason, and is tested as such. What rests on knowledge that is not in the definitions stands
in the table of excused mutants instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from monitoring_kit.analysis.labels import infer
from monitoring_kit.core.units import COUNT
from monitoring_kit.model.metrics import MetricCatalogue, MetricType
from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Expression,
    Matcher,
    Negation,
    NumberLiteral,
    RangeSelector,
    Selector,
    StringLiteral,
    Subquery,
    children,
)
from monitoring_kit.testing.mutant_operators import Change
from monitoring_kit.testing.oracle import COMPARED

_KEEPS_LABELS = frozenset(
    {"rate", "irate", "increase", "max_over_time", "min_over_time", "avg_over_time", "last_over_time"}
)
_SAME_FOR_ONE = frozenset({"sum", "avg", "max", "min"})
# Changes of what is computed, not of the series that it is computed from nor of the labels that are kept.
_OTHER_VALUES = frozenset(
    {"sum to avg", "sum to max", "sum to count", "rate to increase", "rate to irate", "increase to rate"}
)
# Beyond the largest bound by this many, whole numbers are all on the same side.
_BEYOND = 3


def why_equivalent(
    expression: Expression, change: Change, catalogue: MetricCatalogue, *, value_shown: bool
) -> str | None:
    """Why the changed expression gives an alert the same result, None where it may not.

    `value_shown` says whether the alert's text shows the value, so that another value is another alert.
    """
    ways = (
        why_same_value(expression, change),
        _zero_times_anything(expression, change),
        _not_a_number_compares_as_false(expression, change),
        _no_whole_number_between(expression, change, catalogue),
        _never_exactly_the_bound(change, catalogue),
        _pinned_on_both_sides(change),
        _matched_on_all_labels(change, catalogue),
        _one_series_each(expression, change, catalogue),
        _only_counted(expression, change),
        _all_zero_together(expression, change, catalogue, value_shown),
    )
    return next((reason for reason in ways if reason is not None), None)


def why_same_value(expression: Expression, change: Change) -> str | None:
    """Why the changed expression has the same value always and with the same labels, None where it may not."""
    ways = (_same_matcher(change), _zero_times_any_value(expression, change), _implied_by_the_join(expression, change))
    return next((reason for reason in ways if reason is not None), None)


def _same_matcher(change: Change) -> str | None:
    """`label!=""` and `label=~".+"` are two spellings."""
    match change.was, change.now:
        case Selector(matchers=was), Selector(matchers=now):
            gone, come = set(was) - set(now), set(now) - set(was)
            if any(
                {Matcher(matcher.label, "!=", "")} == gone and {Matcher(matcher.label, "=~", ".+")} == come
                for matcher in gone
            ):
                return "both matchers take every value but the empty one"
    return None


def _zero_times_any_value(expression: Expression, change: Change) -> str | None:
    """In `0 * b` another aggregation or another kind of rate of the same series is the same 0."""
    for depth, part in _on_the_way(expression, change.steps):
        if _is_zero_times(part) and change.steps[depth] == 1 and change.operator in _OTHER_VALUES:
            return "0 times any number is 0"
    return None


def _zero_times_anything(expression: Expression, change: Change) -> str | None:
    """In `(a or 0 * b) / c > bound` with a bound of 0 or more, no value at all and 0 of any labels give no alert."""
    for depth, part in [*_on_the_way(expression, change.steps), (len(change.steps), change.was)]:
        if not (isinstance(part, Binary) and part.operator == "or" and _is_zero_times(part.right)):
            continue
        inside = change.steps[depth:]
        harmless = (
            inside[:2] == (1, 1)
            or (inside == () and change.operator in ("guard dropped", "or to and"))
            or (inside == (1, 0) and change.operator == "number 0 to -1")
        )
        if harmless and _judges_zero_as_good(expression, change.steps[:depth]):
            return "what is not there counts as 0, and 0, less and nothing are all on the good side of the threshold"
    return None


def _not_a_number_compares_as_false(expression: Expression, change: Change) -> str | None:
    """In `a / (b > 0) > bound`, `b > 0` could let 0 through: a part of nothing over nothing is NaN."""
    for depth, part in _on_the_way(expression, change.steps):
        inside = change.steps[depth + 1 :]
        if (
            isinstance(part, Binary)
            and part.operator == "/"
            and change.steps[depth : depth + 1] == (1,)
            and isinstance(part.right, Binary)
            and (part.right.operator, part.right.right) == (">", NumberLiteral(Decimal(0)))
            and (inside, change.operator) in ((((), "comparison dropped")), ((), "> to >="), ((1,), "number 0 to -1"))
            and _is_compared(expression, change.steps[:depth])
        ):
            return "a part of nothing over nothing is NaN, which the comparison drops as well"
    return None


def _no_whole_number_between(expression: Expression, change: Change, catalogue: MetricCatalogue) -> str | None:
    """A bound may move, and a comparison change, as long as it judges every possible whole number as before."""
    if change.operator.startswith("number") and change.steps:
        comparison, moved = _at(expression, change.steps[:-1]), change.now
        if not isinstance(comparison, Binary) or change.steps[-1] != 1 or not isinstance(moved, NumberLiteral):
            return None
        was, now = comparison, Binary(comparison.operator, comparison.left, moved)
    elif isinstance(change.was, Binary) and isinstance(change.now, Binary):
        was, now = change.was, change.now
    elif isinstance(change.was, Binary) and change.operator == "comparison dropped":
        was, now = change.was, None
    else:
        return None
    if was.operator not in COMPARED or not isinstance(was.right, NumberLiteral):
        return None
    possible = _whole_numbers(was.left, catalogue)
    if possible is None or (now is not None and not isinstance(now.right, NumberLiteral)):
        return None
    if now is None or now.return_bool:
        same = possible == (1,) and _holds(was, 1)
        return "the value is 1 wherever there is one, which the comparison lets through" if same else None
    bounds = [float(comparison.right.value) for comparison in (was, now) if isinstance(comparison.right, NumberLiteral)]
    numbers = possible or tuple(range(int(max(bounds)) + _BEYOND))
    if now.operator in COMPARED and all(_holds(was, number) == _holds(now, number) for number in numbers):
        return "the value is a whole number, and none lies between the two bounds"
    return None


def _never_exactly_the_bound(change: Change, catalogue: MetricCatalogue) -> str | None:
    """`>` and `>=` differ at the bound alone, which a measured rate or share meets by chance only."""
    pairs = {"> to >=", ">= to >", "< to <=", "<= to <"}
    match change.was:
        case Binary(left=left, right=NumberLiteral(value=bound)) if change.operator in pairs and bound:
            if _whole_numbers(left, catalogue) is None:
                return "a measured rate or share equals the bound to the last bit by chance only"
    return None


def _implied_by_the_join(expression: Expression, change: Change) -> str | None:
    """A matcher may go where what its series are joined with is narrowed by the same matcher, on a joined label."""
    if not isinstance(change.was, Selector) or not change.operator.endswith(("dropped", "loosened")):
        return None
    gone = [matcher for matcher in change.was.matchers if matcher not in getattr(change.now, "matchers", ())]
    if len(gone) != 1:
        return None
    matcher = gone[0]
    for depth, part in reversed([*_on_the_way(expression, change.steps)]):
        match part:
            case Aggregation(grouping="by", labels=labels) if matcher.label not in labels:
                return None
            case Aggregation(grouping="without", labels=labels) if matcher.label in labels:
                return None
            case Aggregation(grouping=None) | Call(function="absent"):
                return None
            case Binary(operator=operator, left=left, right=right):
                side = change.steps[depth]
                other = right if side == 0 else left
                joins = operator != "or" and not (operator == "unless" and side == 0)
                if joins and _matches_on(part, matcher.label) and matcher in _narrowed(other):
                    return "the other side of the join is narrowed by the same matcher"
    return None


def _pinned_on_both_sides(change: Change) -> str | None:
    """A label may be left out of a guard's match where both sides have the same single value of it.

    The result of an arithmetic match has only the labels that are matched on, so that there it would be missed.
    """
    match change.was, change.now:
        case Binary(operator="and" | "unless", left=left, right=right, matching=was), Binary(matching=now) if (
            was and now and was.kind == "on"
        ):
            gone = set(was.labels) - set(now.labels)
            pinned = {matcher.label for matcher in _narrowed(left) & _narrowed(right) if matcher.operator == "="}
            if gone and gone <= pinned:
                return "the scope gives both sides the same single value of the label"
    return None


def _matched_on_all_labels(change: Change, catalogue: MetricCatalogue) -> str | None:
    """`on (...)` may be left out where it names all labels that both sides have."""
    match change.was:
        case Binary(left=left, right=right, matching=matching) if matching and change.operator == "matching dropped":
            named = frozenset(matching.labels)
            sides = [infer(side, catalogue).labels or () for side in (left, right)]
            if all(side and all(series.labels == named and not series.open for series in side) for side in sides):
                return "both sides have exactly the labels that they are matched on"
    return None


def _one_series_each(expression: Expression, change: Change, catalogue: MetricCatalogue) -> str | None:
    """Sum, average, highest and lowest are the same where every group has one series, and may then be left out.

    Left out they leave all labels of that series: none more than before, or on the right of a guard, where only the
    labels that are matched on count.
    """
    match change.was:
        case Aggregation(operator=operator, grouping="by", labels=labels, argument=argument):
            inner = infer(argument, catalogue).labels or ()
            if operator not in _SAME_FOR_ONE or not inner or any(series.open for series in inner):
                return None
            pinned = {matcher.label for matcher in _narrowed(argument) if matcher.operator == "="}
            one_each = all(series.labels - pinned <= set(labels) for series in inner)
            same_labels = all(series.labels <= set(labels) for series in inner)
            now = change.now
            combined = isinstance(now, Aggregation) and now.operator in _SAME_FOR_ONE and now.labels == labels
            left_out = change.operator == "aggregation dropped" and (same_labels or _guards(expression, change.steps))
            if one_each and (combined or left_out):
                return "every group has one series, so that it does not matter how series are combined"
    return None


def _guards(expression: Expression, steps: tuple[int, ...]) -> bool:
    """Whether the place that `steps` lead to is on the right of a guard, with only numbers in between."""
    for depth, part in reversed([*_on_the_way(expression, steps)]):
        match part:
            case Binary(operator="and" | "unless", matching=matching) if matching and matching.kind == "on":
                return steps[depth] == 1
            case Binary(right=NumberLiteral()) | Binary(left=NumberLiteral()):
                continue
            case _:
                return False
    return False


def _only_counted(expression: Expression, change: Change) -> str | None:
    """`count` asks how many series there are, not for their values."""
    around = _at(expression, change.steps[:-1]) if change.steps else None
    match around, change.was, change.now:
        case Aggregation(operator="count"), Aggregation(labels=was), Aggregation(labels=now) if was == now:
            return "only the number of series counts, not their values"
    return None


def _all_zero_together(
    expression: Expression, change: Change, catalogue: MetricCatalogue, value_shown: bool
) -> str | None:
    """Sum, average and highest of values that are never negative are 0 together, above 0 together."""
    together = {"sum", "avg", "max"}
    match change.was, change.now:
        case Aggregation(operator=was, argument=argument), Aggregation(operator=now):
            same_groups = change.operator == f"{was} to {now}"
            if not (same_groups and {was, now} <= together and _never_negative(argument, catalogue)):
                return None
        case _:
            return None
    for depth, part in reversed([*_on_the_way(expression, change.steps)]):
        match part:
            case Binary(operator="or" | "and") if change.steps[depth] == 0:
                continue
            case Binary(operator="<=", right=NumberLiteral(value=bound)) if change.steps[depth] == 0 and not bound:
                return "values that are never negative have a sum, an average and a highest of 0 together"
            case Binary(operator="<" | ">=" as operator, left=left, right=NumberLiteral(value=bound)) if (
                change.steps[depth] == 0 and bound == 1 and _whole_numbers(left, catalogue) is not None
            ):
                # Of whole numbers, "less than 1" is 0; "at least 1" tells no more than that unless the value is shown.
                if "avg" in (was, now) or (operator == ">=" and value_shown):
                    return None
                return "whole numbers that are never negative have a sum and a highest of 0 together"
            case _:
                return None
    return None


def _never_negative(part: Expression, catalogue: MetricCatalogue) -> bool:
    match part:
        case Call(function="rate" | "irate" | "increase"):
            return True
        case Selector(metric=metric):
            shape = catalogue.shape(metric)
            return shape is not None and (shape.metric.unit == COUNT or shape.type is MetricType.COUNTER)
        case _:
            return _whole_numbers(part, catalogue) is not None


def _on_the_way(expression: Expression, steps: tuple[int, ...]) -> Iterator[tuple[int, Expression]]:
    """The parts around the place that `steps` lead to, outermost first, each with its depth."""
    for depth, step in enumerate(steps):
        yield depth, expression
        expression = children(expression)[step]


def _at(expression: Expression, steps: tuple[int, ...]) -> Expression:
    for step in steps:
        expression = children(expression)[step]
    return expression


def _is_zero_times(part: Expression) -> bool:
    return isinstance(part, Binary) and part.operator == "*" and part.left == NumberLiteral(Decimal(0))


def _judges_zero_as_good(expression: Expression, steps: tuple[int, ...]) -> bool:
    """Whether 0 at the place that `steps` lead to never passes the comparison around it."""
    judged = False
    for depth, part in _on_the_way(expression, steps):
        match part:
            case Binary(operator=">", right=NumberLiteral(value=bound)) if steps[depth] == 0 and bound >= 0:
                judged = True
            case Binary(operator="and" | "/") if steps[depth] == 0:
                pass
            case _:
                return False
    return judged


def _is_compared(expression: Expression, steps: tuple[int, ...]) -> bool:
    """Whether NaN at the place that `steps` lead to comes to a comparison that drops it."""
    for depth, part in reversed([*_on_the_way(expression, steps)]):
        match part:
            case Binary(operator=">" | ">=" | "<" | "<=", right=NumberLiteral(), return_bool=False):
                return steps[depth] == 0
            case Binary(operator="-" | "*" | "/"):
                continue
            case _:
                return False
    return False


def _whole_numbers(part: Expression, catalogue: MetricCatalogue) -> tuple[int, ...] | None:
    """The whole numbers that `part` can be, () for all from 0 on, None where it can be something between them."""
    match part:
        case Call(function="absent"):
            return (1,)
        case Aggregation(operator="count"):
            return ()
        case Aggregation(operator="sum" | "max" | "min", argument=argument):
            inner = _whole_numbers(argument, catalogue)
            return None if inner is None else ()
        case Call(
            function="max_over_time" | "min_over_time" | "last_over_time", arguments=(RangeSelector() as inside,)
        ):
            return _whole_numbers(inside.selector, catalogue)
        case Binary(operator="and" | "unless", left=left):
            return _whole_numbers(left, catalogue)
        case Binary(operator="or", left=left, right=right):
            sides = (_whole_numbers(left, catalogue), _whole_numbers(right, catalogue))
            return None if None in sides else ()
        case Binary(operator="*") if _is_zero_times(part):
            return ()
        case Selector(metric=metric):
            shape = catalogue.shape(metric)
            counts = shape is not None and shape.type is MetricType.GAUGE and shape.metric.unit == COUNT
            is_recorded = shape is not None and shape.metric.source.name.startswith("recording rule")
            return () if counts and not is_recorded else None
        case _:
            return None


def _holds(comparison: Binary, number: int) -> bool:
    bound = comparison.right
    return isinstance(bound, NumberLiteral) and COMPARED[comparison.operator](number, float(bound.value))


def _matches_on(part: Binary, label: str) -> bool:
    if part.matching is None:
        return True
    return (label in part.matching.labels) == (part.matching.kind == "on")


def _narrowed(part: Expression) -> frozenset[Matcher]:
    """Matchers that every series of the result satisfies."""
    match part:
        case Selector(matchers=matchers):
            return frozenset(matchers)
        case RangeSelector(selector=selector):
            return _narrowed(selector)
        case Subquery(argument=argument) | Negation(argument=argument):
            return _narrowed(argument)
        case Aggregation(grouping="by", labels=labels, argument=argument):
            return frozenset(matcher for matcher in _narrowed(argument) if matcher.label in labels)
        case Call(function="absent", arguments=(argument,)):
            return frozenset(matcher for matcher in _narrowed(argument) if matcher.operator == "=")
        case Call(function="label_replace", arguments=(argument, StringLiteral(value=label), *_)):
            return frozenset(matcher for matcher in _narrowed(argument) if matcher.label != label)
        case Call(function=function, arguments=(argument, *_)) if function in _KEEPS_LABELS:
            return _narrowed(argument)
        case Binary(operator="or", left=left, right=right):
            return _narrowed(left) & _narrowed(right)
        case Binary(operator="and", left=left, right=right):
            return _narrowed(left) | {matcher for matcher in _narrowed(right) if _matches_on(part, matcher.label)}
        case Binary(operator="unless", left=left) | Binary(left=left, right=NumberLiteral()):
            return _narrowed(left)
        case Binary(left=NumberLiteral(), right=right):
            return _narrowed(right)
        case Binary(left=left, right=right):
            return frozenset(
                matcher for matcher in _narrowed(left) | _narrowed(right) if _matches_on(part, matcher.label)
            )
        case _:
            return frozenset()
