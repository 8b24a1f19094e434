"""Which labels the result of an expression has, and what of the expression cannot work, against the metric contract."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache

from monitoring_kit.analysis.guards import unguarded_division
from monitoring_kit.analysis.pairing import COMPARISONS, SET_OPERATORS, Alternatives, lacks, paired
from monitoring_kit.analysis.problems import Problem, listed
from monitoring_kit.analysis.series import (
    METRIC_NAME_LABEL,
    UNKNOWN_SERIES,
    LabelSet,
    SeriesForm,
    selected,
    series_name,
    unknown_metric,
)
from monitoring_kit.model.metrics import MetricCatalogue, MetricType
from monitoring_kit.promql.printer import one_line
from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Expression,
    Negation,
    NumberLiteral,
    RangeSelector,
    Selector,
    StringLiteral,
    Subquery,
    walk,
)

__all__ = ["NEEDS_COUNTER", "NEEDS_GAUGE", "Inference", "LabelSet", "Problem", "infer"]

NEEDS_COUNTER = frozenset({"rate", "irate", "increase", "resets"})
NEEDS_GAUGE = frozenset({"delta", "idelta", "deriv", "predict_linear"})
# What they answer does not depend on the values, only on whether there are some and when they change.
_IGNORES_VALUES = frozenset(
    {"absent", "absent_over_time", "changes", "count_over_time", "present_over_time", "timestamp"}
)
_KEEPS_VALUES = frozenset({"label_join", "label_replace", "last_over_time", "sort", "sort_desc", "sort_by_label"})
_KEEPS_SERIES = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_SCALARS = frozenset({"pi", "scalar", "time"})
_COUNTS_SERIES = frozenset({"count", "group"})
_REPLICA_LABELS = frozenset({"instance", "pod"})


@dataclass(frozen=True)
class Inference:
    """What an expression returns and what is wrong with it.

    `labels` is None for a scalar or a string, else the label sets that the series of the result can have: several
    where they differ between series (`a or b`), none where the expression can never return a series.
    """

    labels: tuple[LabelSet, ...] | None
    problems: tuple[Problem, ...]


@lru_cache(maxsize=512)  # an environment's checks ask of one condition again and again
def infer(expression: Expression, catalogue: MetricCatalogue) -> Inference:
    """The labels that `expression` returns and the problems in it, judged by the metrics of `catalogue`.

    Nothing is concluded from what is not known: series that a selector picks without naming a metric, and settings
    (`$name`) in matchers, can be anything. The metric's name is not counted as a label.
    """
    reader = _LabelReader(catalogue)
    value = reader.read(expression, _Use.VALUE)
    problems = tuple(dict.fromkeys(reader.problems))
    if value.series is None:
        return Inference(None, problems)
    return Inference(tuple(dict.fromkeys(s.label_set() for s in value.series)), problems)


class _Use(Enum):
    """What the surrounding expression does with a value, which decides whether a counter may stand there."""

    VALUE = auto()
    EXISTENCE = auto()
    CHANGE_OVER_TIME = auto()
    BUCKETS = auto()


class _Kind(Enum):
    """How a value behaves over time."""

    COUNTER = auto()
    AGGREGATED_COUNTER = auto()
    OTHER = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class _Value:
    series: Alternatives | None
    kind: _Kind = _Kind.OTHER


_SCALAR = _Value(None)


class _LabelReader:
    """Reads an expression from the inside out and collects the problems on the way."""

    def __init__(self, catalogue: MetricCatalogue) -> None:
        self.catalogue = catalogue
        self.problems: list[Problem] = []

    def read(self, expression: Expression, use: _Use) -> _Value:
        match expression:
            case NumberLiteral() | StringLiteral():
                return _SCALAR
            case Selector():
                return self._selector(expression, use)
            case RangeSelector(selector=selector):
                return self._selector(selector, use)
            case Subquery(argument=argument):
                return self.read(argument, use)
            case Negation(argument=argument):
                value = self.read(argument, use if use is _Use.EXISTENCE else _Use.VALUE)
                return _Value(value.series)
            case Call():
                return self._call(expression, use)
            case Aggregation():
                return self._aggregation(expression, use)
            case Binary():
                return self._binary(expression, use)

    def _say(self, check: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(check, message, remedy))

    def _selector(self, selector: Selector, use: _Use) -> _Value:
        name = series_name(selector)
        shape = None if name is None else self.catalogue.shape(name)
        if name is not None and shape is None:
            self.problems.append(unknown_metric(selector, name, self.catalogue))
        if shape is None:
            return _Value((UNKNOWN_SERIES,), _Kind.UNKNOWN)
        series, problems = selected(selector, shape)
        self.problems += problems
        counts = shape.type is MetricType.COUNTER
        if counts and use is _Use.BUCKETS and "le" in shape.labels:
            self._say(
                "bucket-without-rate",
                f"`{one_line(selector)}` counts since the process started, so that the quantile is of all its life",
                f"write rate({one_line(selector)}[...]) inside histogram_quantile",
            )
        elif counts and use in (_Use.VALUE, _Use.BUCKETS):
            self._say(
                "raw-counter",
                f"`{one_line(selector)}` is a counter: it grows until the process restarts, its value means nothing",
                f"write rate({one_line(selector)}[...]) or increase({one_line(selector)}[...])",
            )
        return _Value(() if series is None else (series,), _Kind.COUNTER if counts else _Kind.OTHER)

    def _aggregation(self, expression: Aggregation, use: _Use) -> _Value:
        if expression.parameter is not None:
            self.read(expression.parameter, _Use.VALUE)
        operator = expression.operator
        if operator in _COUNTS_SERIES:
            inner = _Use.EXISTENCE
        else:
            inner = use if operator in ("sum", "min", "max", "avg", "limitk", "limit_ratio") else _Use.VALUE
        value = self.read(expression.argument, inner)
        if operator in ("sum", "avg") and (division := unguarded_division(expression.argument)) is not None:
            self._say(
                "nan-in-sum",
                f"`{one_line(division)}` is NaN where the divisor is zero, and one NaN makes the whole {operator} NaN",
                f"write {one_line(Binary('>', division.right, NumberLiteral(Decimal(0))))} as the divisor",
            )
        series = value.series or ()
        self._check_grouping(expression, series)
        if operator in _KEEPS_SERIES:
            return _Value(tuple(s.filtered() for s in series), value.kind)
        kept = (_grouped(s, expression) for s in series)
        if operator == "count_values" and isinstance(expression.parameter, StringLiteral):
            label = frozenset({expression.parameter.value})
            kept = (SeriesForm(s.labels | label, s.open) for s in kept)
        sums = operator in ("sum", "min", "max", "avg") and value.kind in (_Kind.COUNTER, _Kind.AGGREGATED_COUNTER)
        unknown = operator in ("sum", "min", "max", "avg") and value.kind is _Kind.UNKNOWN
        kind = _Kind.AGGREGATED_COUNTER if sums else _Kind.UNKNOWN if unknown else _Kind.OTHER
        return _Value(tuple(dict.fromkeys(kept)), kind)

    def _check_grouping(self, expression: Aggregation, series: Alternatives) -> None:
        for label in expression.labels:
            if label != METRIC_NAME_LABEL and lacks(series, label):
                self._say(
                    "unknown-group-label",
                    f"`{one_line(expression)}`: {expression.grouping} names {label}, but what is aggregated has "
                    f"{' or '.join(dict.fromkeys(map(str, series)))}",
                    f"remove {label}, or keep it in the aggregation inside",
                )

    def _binary(self, expression: Binary, use: _Use) -> _Value:
        operator = expression.operator
        left_use, right_use = _operand_uses(expression, use)
        left, right = self.read(expression.left, left_use), self.read(expression.right, right_use)
        filters = operator in COMPARISONS and not expression.return_bool
        if left.series is None or right.series is None:
            series = right.series if left.series is None else left.series
            if series is None:
                return _SCALAR
            return _Value(tuple(s.filtered() for s in series) if filters else series)
        result, problems = paired(expression, left.series, right.series)
        self.problems += problems
        if operator == "or":
            return _Value(result, left.kind if left.kind is right.kind else _Kind.UNKNOWN)
        return _Value(result, left.kind if operator in SET_OPERATORS else _Kind.OTHER)

    def _call(self, call: Call, use: _Use) -> _Value:
        name = call.function
        inner = _argument_use(name, use)
        values = [self.read(argument, inner) for argument in call.arguments]
        if name in _SCALARS:
            return _SCALAR
        if name in ("absent", "absent_over_time"):
            return _Value((_absent(call.arguments[0]),))
        vector = next((v for v in values if v.series is not None), None)
        if vector is None or vector.series is None:  # vector(1), hour(): one series without labels
            return _Value((SeriesForm(frozenset()),))
        self._check_change_over_time(call, vector.kind)
        kind = vector.kind if name in _KEEPS_VALUES else _Kind.OTHER
        if name == "histogram_quantile":
            return _Value(self._quantile(call, vector.series))
        if name == "label_replace":
            return _Value(_distinct(t for s in vector.series for t in _label_replaced(s, call)), kind)
        if name == "label_join":
            return _Value(_distinct(_label_joined(s, call) for s in vector.series), kind)
        if name == "info":
            return _Value(_distinct(SeriesForm(s.labels, open=True) for s in vector.series))
        return _Value(vector.series, kind)

    def _check_change_over_time(self, call: Call, kind: _Kind) -> None:
        if call.function in NEEDS_COUNTER and kind is _Kind.OTHER:
            self._say(
                "rate-on-gauge",
                f"`{one_line(call)}`: {call.function} takes every fall for a restart, and its argument is no counter",
                "write delta(...) or deriv(...) for a gauge, or name the counter",
            )
        if call.function in NEEDS_COUNTER and kind is _Kind.AGGREGATED_COUNTER:
            self._say(
                "rate-of-sum",
                f"`{one_line(call)}`: a restart of one process looks like a fall of the aggregated counters, "
                f"which {call.function} takes for a restart of them all",
                f"write the {call.function} inside: sum({call.function}(...[5m]))",
            )
        if call.function in NEEDS_GAUGE and kind in (_Kind.COUNTER, _Kind.AGGREGATED_COUNTER):
            self._say(
                "delta-on-counter",
                f"`{one_line(call)}`: {call.function} does not know that a counter restarts at zero",
                "write increase(...) or rate(...)",
            )

    def _quantile(self, call: Call, series: Alternatives) -> Alternatives:
        argument = call.arguments[-1]
        names = [series_name(part) for part in walk(argument) if isinstance(part, Selector)]
        shapes = [None if name is None else self.catalogue.shape(name) for name in names]
        if series and not any(s.open or "le" in s.labels for s in series):
            if all(shape is not None and "le" not in shape.labels for shape in shapes):
                self._say(
                    "not-a-bucket",
                    f"`{one_line(call)}` takes no histogram's buckets: {listed(name for name in names if name)} "
                    "has no label le",
                    "name the histogram's series that end in _bucket",
                )
            else:
                self._say(
                    "le-lost",
                    f"`{one_line(call)}` never has a value: the label le is gone from its argument, which has "
                    f"{' or '.join(map(str, series))}",
                    f"keep le when aggregating: sum by ({', '.join(sorted(series[0].labels | {'le'}))}) (...)",
                )
            return ()
        buckets = [s for s in series if s.open or "le" in s.labels]
        raw = any(shape is not None and shape.type is MetricType.COUNTER and "le" in shape.labels for shape in shapes)
        if raw:
            self._check_replicas(call, buckets)
        return _distinct(s.reduced(s.labels - {"le"}, s.open) for s in buckets)

    def _check_replicas(self, call: Call, buckets: Iterable[SeriesForm]) -> None:
        replica = sorted({label for s in buckets for label in s.labels & _REPLICA_LABELS})
        parts = walk(call.arguments[-1])
        if replica or not any(isinstance(p, Aggregation) and p.operator not in _KEEPS_SERIES for p in parts):
            each = f"each {' and '.join(replica)}" if replica else "each series"
            self._say(
                "quantile-per-instance",
                f"`{one_line(call)}` is a quantile of {each}: quantiles cannot be averaged, and a quiet one is noise",
                "aggregate first: histogram_quantile(..., sum by (..., le) (rate(...))) without pod and instance",
            )


def _operand_uses(expression: Binary, use: _Use) -> tuple[_Use, _Use]:
    """What a binary operation does with its sides; multiplying with 0 keeps the labels and not the value."""
    operator = expression.operator
    if operator == "or":
        return use, use
    if operator in SET_OPERATORS:
        return use, _Use.EXISTENCE
    zero = [isinstance(side, NumberLiteral) and not side.value for side in (expression.left, expression.right)]
    if operator == "*" and any(zero):
        return _Use.EXISTENCE, _Use.EXISTENCE
    inner = use if use is _Use.EXISTENCE and operator not in COMPARISONS else _Use.VALUE
    return inner, inner


def _argument_use(function: str, use: _Use) -> _Use:
    if function in _IGNORES_VALUES:
        return _Use.EXISTENCE
    if function in NEEDS_COUNTER | NEEDS_GAUGE:
        return _Use.CHANGE_OVER_TIME
    if function == "histogram_quantile":
        return _Use.BUCKETS
    return use if function in _KEEPS_VALUES else _Use.VALUE


def _grouped(series: SeriesForm, expression: Aggregation) -> SeriesForm:
    named = frozenset(expression.labels)
    if expression.grouping == "without":
        return series.reduced(series.labels - named, series.open)
    unknown = series.open and not named <= series.labels
    return series.reduced(series.labels & named, unknown)


def _absent(argument: Expression) -> SeriesForm:
    """As `createLabelsForAbsentFunction` of Prometheus does it: equality matchers on labels matched only once."""
    selector = argument.selector if isinstance(argument, RangeSelector) else argument
    if not isinstance(selector, Selector):
        return SeriesForm(frozenset())
    values: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in selector.matchers:
        if matcher.label == METRIC_NAME_LABEL:
            continue
        if matcher.operator == "=" and matcher.label not in seen:
            values[matcher.label] = matcher.value
            seen.add(matcher.label)
        else:
            values.pop(matcher.label, None)
    kept = {label: value for label, value in values.items() if value}
    return SeriesForm(frozenset(kept), False, frozenset(), frozenset(kept.items()))


def _label_replaced(series: SeriesForm, call: Call) -> Iterable[SeriesForm]:
    """The forms of a series after label_replace: where the pattern matched, and where it did not.

    An empty replacement removes the label, and one that only quotes groups may turn out empty.
    """
    target, replacement, source, pattern = (
        part.value if isinstance(part, StringLiteral) else "" for part in call.arguments[1:]
    )
    present = source in series.labels
    always = pattern in ("(.*)", ".*") or (present and pattern in ("(.+)", ".+"))
    literal = re.sub(r"\$(?:\w+|\{\w+\})", "", replacement)
    filled = bool(literal) or (present and replacement in ("$1", "${1}") and pattern in ("(.*)", "(.+)"))
    if replacement:
        yield series.with_label(target)
    if not filled:
        yield series.without_label(target)
    if not always:
        yield series


def _label_joined(series: SeriesForm, call: Call) -> SeriesForm:
    target, separator, *sources = (part.value if isinstance(part, StringLiteral) else "" for part in call.arguments[1:])
    if (separator and len(sources) > 1) or any(source in series.labels for source in sources):
        return series.with_label(target)
    return series.without_label(target)


def _distinct(series: Iterable[SeriesForm]) -> Alternatives:
    return tuple(dict.fromkeys(series))
