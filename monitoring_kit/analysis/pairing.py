"""How the series of the two sides of a binary operation pair, and what comes out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from monitoring_kit.analysis.problems import Problem, listed
from monitoring_kit.analysis.series import METRIC_NAME_LABEL, SeriesForm
from monitoring_kit.promql.printer import one_line, quote
from monitoring_kit.promql.tree import Binary, Matching

SET_OPERATORS = frozenset({"and", "or", "unless"})
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})

Alternatives = tuple[SeriesForm, ...]


def paired(operation: Binary, left: Alternatives, right: Alternatives) -> tuple[Alternatives, list[Problem]]:
    """The series that `operation` returns where both sides are vectors; none where no series of the two can pair.

    Follows https://prometheus.io/docs/prometheus/latest/querying/operators/#vector-matching.
    """
    matching = operation.matching or Matching("ignoring")
    problems = list(_unknown_labels(operation, matching, left, right))
    if operation.operator == "or":
        return _distinct((*left, *(series.filtered() for series in right))), problems
    if not left or not right:
        return (left if operation.operator == "unless" else ()), problems
    pairs = [(here, there) for here in left for there in right if _can_pair(here, there, matching)]
    if not pairs:
        problems.append(_never_matches(operation, matching, left, right))
    if operation.operator == "unless":
        return tuple(series.filtered() for series in left), problems
    if operation.operator == "and":
        return _distinct(here.filtered() for here, _ in pairs), problems
    if pairs:
        problems += _many(operation, matching, left, right, pairs)
    return _distinct(_result(here, there, matching) for here, there in pairs), problems


def _key(series: SeriesForm, matching: Matching) -> frozenset[str]:
    labels = frozenset(matching.labels)
    return series.labels & labels if matching.kind == "on" else series.labels - labels


def _can_pair(left: SeriesForm, right: SeriesForm, matching: Matching) -> bool:
    left_key, right_key = _key(left, matching), _key(right, matching)
    if (left_key - right_key and not right.open) or (right_key - left_key and not left.open):
        return False
    return not _contradictions(left, right, matching)


def _contradictions(left: SeriesForm, right: SeriesForm, matching: Matching) -> list[tuple[str, str, str]]:
    """Labels that both sides match on and that matchers pin to different values."""
    shared = _key(left, matching) & _key(right, matching)
    values = dict(right.fixed)
    return sorted(
        (label, value, values[label])
        for label, value in left.fixed
        if label in shared and values.get(label, value) != value and "$" not in value + values[label]
    )


def _result(left: SeriesForm, right: SeriesForm, matching: Matching) -> SeriesForm:
    if matching.group is None:
        # Both sides have the same key, so that one closed side tells all of it.
        labels = _key(left, matching) | _key(right, matching)
        complete = matching.kind == "on" and labels >= frozenset(matching.labels)
        fixed = frozenset(pair for pair in left.fixed | right.fixed if pair[0] in labels)
        return SeriesForm(labels, left.open and right.open and not complete, frozenset(), fixed)
    many, one = (left, right) if matching.group == "left" else (right, left)
    included = frozenset(matching.include)
    labels = (many.labels - included) | (one.labels & included)
    fixed = frozenset(pair for pair in many.fixed if pair[0] not in included)
    fixed |= frozenset(pair for pair in one.fixed if pair[0] in included)
    return SeriesForm(labels, many.open or (one.open and not one.labels >= included), frozenset(), fixed)


def _never_matches(operation: Binary, matching: Matching, left: Alternatives, right: Alternatives) -> Problem:
    verdict = "removes nothing" if operation.operator == "unless" else "never has a value"
    sides = f"the left side has {_described(left)}, the right side {_described(right)}"
    for one, other in product(left, right):
        if contradictions := _contradictions(one, other, matching):
            label, here, there = contradictions[0]
            return Problem(
                "never-matches",
                f"`{one_line(operation)}` {verdict}: {sides}; {label} is {quote(here)} on the left and {quote(there)} "
                "on the right",
                f"leave {label} out of the match: aggregate it away on both sides, or write ignoring ({label})",
            )
    left_key, right_key = _key(left[0], matching), _key(right[0], matching)
    shared = listed(left_key & right_key)
    return Problem(
        "never-matches",
        f"`{one_line(operation)}` {verdict}: {sides}; only on the left: {listed(left_key - right_key)}; "
        f"only on the right: {listed(right_key - left_key)}",
        "aggregate both sides to the same labels"
        + (f", for example sum by ({shared}) (...)" if left_key & right_key else "")
        + ", or name the labels to match with on (...)",
    )


def _many(
    operation: Binary,
    matching: Matching,
    left: Alternatives,
    right: Alternatives,
    pairs: Iterable[tuple[SeriesForm, SeriesForm]],
) -> list[Problem]:
    """At most one problem: a side that must have one series for each match, and has or may have several."""
    # Of the "one" side Prometheus wants every series to be unique, of the other only those that find a partner.
    unique: list[tuple[str, SeriesForm]] = []
    if matching.group != "left":
        unique += [("left", series) for series in (left if matching.group else (here for here, _ in pairs))]
    if matching.group != "right":
        unique += [("right", series) for series in right]
    maybe: list[Problem] = []
    for side, series in unique:
        extra = series.labels - _key(series, matching) - {label for label, _ in series.fixed}
        if certain := extra & series.several:
            return [_several(operation, side, certain, "many-to-many", "has")]
        if extra:
            maybe.append(_several(operation, side, extra, "maybe-many-to-many", "may have"))
    for many in (here if matching.group == "left" else there for here, there in pairs):
        if overwritten := many.labels & frozenset(matching.include):
            maybe.append(
                Problem(
                    "maybe-many-to-many",
                    f"`{one_line(operation)}`: group_{matching.group} overwrites {listed(overwritten)}, which tells "
                    f"the series of the {matching.group} side apart",
                    f"do not include {listed(overwritten)}, or aggregate it away first",
                )
            )
    return maybe[:1]


def _several(operation: Binary, side: str, labels: frozenset[str], check: str, verb: str) -> Problem:
    return Problem(
        check,
        f"`{one_line(operation)}`: the {side} side {verb} several series for one match, "
        f"which differ in {listed(labels)}",
        f"aggregate {listed(labels)} away on the {side} side, or match on it too",
    )


def _unknown_labels(
    operation: Binary, matching: Matching, left: Alternatives, right: Alternatives
) -> Iterable[Problem]:
    one = right if matching.group == "left" else left
    for clause, labels, sides in (
        (matching.kind, matching.labels, (left, right)),
        (f"group_{matching.group}", matching.include, (one,)),
    ):
        for label in labels:
            if label != METRIC_NAME_LABEL and all(lacks(side, label) for side in sides):
                where = " and ".join(_described(side) for side in sides)
                yield Problem(
                    "unknown-group-label",
                    f"`{one_line(operation)}`: {clause} names {label}, but the labels to take it from are {where}",
                    f"name a label that is there, or keep {label} when aggregating",
                )


def lacks(side: Alternatives, label: str) -> bool:
    """Whether no series of `side` can have `label`; a side that returns nothing lacks nothing."""
    return bool(side) and not any(series.open or label in series.labels for series in side)


def _described(side: Alternatives) -> str:
    return " or ".join(dict.fromkeys(str(series) for series in side))


def _distinct(series: Iterable[SeriesForm]) -> Alternatives:
    return tuple(dict.fromkeys(series))
