"""What is known of the series that an expression returns, and of those that a selector picks."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitoring_kit.analysis.problems import Problem, listed
from monitoring_kit.model.metrics import MetricCatalogue, SeriesShape
from monitoring_kit.promql.printer import one_line, quote
from monitoring_kit.promql.tree import Matcher, Selector

METRIC_NAME_LABEL = "__name__"


@dataclass(frozen=True)
class LabelSet:
    """Labels that every series of a result carries; where `open`, it may carry further labels that we do not know."""

    labels: frozenset[str]
    open: bool = False

    def __str__(self) -> str:
        return f"{{{', '.join([*sorted(self.labels), *(['...'] if self.open else [])])}}}"


@dataclass(frozen=True)
class SeriesForm:
    """One possible form of the series of a vector.

    `labels` are on every series; where `open`, further labels that we do not know may be, too. `several` are labels
    that certainly take more than one value while all others stay the same. `fixed` are label values that a matcher
    pins. The metric's name is not counted as a label.
    """

    labels: frozenset[str]
    open: bool = False
    several: frozenset[str] = frozenset()
    fixed: frozenset[tuple[str, str]] = frozenset()

    def reduced(self, labels: frozenset[str], open: bool) -> SeriesForm:
        """These series with only `labels` left of them."""
        fixed = frozenset(pair for pair in self.fixed if pair[0] in labels)
        return SeriesForm(labels, open, self.several & labels, fixed)

    def filtered(self) -> SeriesForm:
        """Some of these series: which ones depends on values, so that nothing certain is known of their number."""
        return SeriesForm(self.labels, self.open, frozenset(), self.fixed)

    def with_label(self, label: str) -> SeriesForm:
        """These series with a new value for `label`."""
        without = self.without_label(label)
        return SeriesForm(self.labels | {label}, self.open, without.several, without.fixed)

    def without_label(self, label: str) -> SeriesForm:
        """These series without `label`."""
        return self.reduced(self.labels - {label}, self.open)

    def label_set(self) -> LabelSet:
        """What is said of them to others."""
        return LabelSet(self.labels, self.open)

    def __str__(self) -> str:
        return str(self.label_set())


UNKNOWN_SERIES = SeriesForm(frozenset(), open=True)


def series_name(selector: Selector) -> str | None:
    """The name of the series that `selector` picks, None where it does not fix one."""
    if selector.metric:
        return selector.metric
    names = [m.value for m in selector.matchers if m.label == METRIC_NAME_LABEL and m.operator == "="]
    return names[0] if len(names) == 1 else None


def selected(selector: Selector, shape: SeriesShape) -> tuple[SeriesForm | None, list[Problem]]:
    """The series of `shape` that `selector` picks, None where no series can match, and what is wrong with its matchers.

    A matcher on a label that the metric does not have is a mistake even where it matches (`!=`, `!~`, a pattern that
    matches the empty value): it filters nothing although somebody thought that it does. Only `label=""` says openly
    that the label is expected to be absent. A value with a `$` is filled in later, so nothing is said about it.
    """
    problems: list[Problem] = []
    labels = set(shape.labels)
    possible = {label: set(values) for label, values in shape.closed.items()}
    fixed: dict[str, str] = {}
    matches = True
    for matcher in selector.matchers:
        if matcher.label == METRIC_NAME_LABEL or (matcher.operator, matcher.value) == ("=", ""):
            labels.discard(matcher.label)
            continue
        if matcher.label not in shape.labels:
            problems.append(_unknown_label(selector, matcher, shape))
            matches = matches and _accepts(matcher, "") is not False
            continue
        if matcher.operator == "=":
            fixed[matcher.label] = matcher.value
        if (values := possible.get(matcher.label)) is not None:
            left = {value for value in values if _accepts(matcher, value) is not False}
            if values and not left:
                problems.append(_unknown_value(selector, matcher, shape))
                matches = False
            if any(_accepts(matcher, value) is None for value in values):
                left = set()  # some of them, but how many is not known
            possible[matcher.label] = left
    if not matches:
        return None, problems
    several = frozenset(label for label, values in possible.items() if len(values) > 1 and label in labels)
    pinned = frozenset((label, value) for label, value in fixed.items() if label in labels)
    return SeriesForm(frozenset(labels), False, several, pinned), problems


def unknown_metric(selector: Selector, name: str, catalogue: MetricCatalogue) -> Problem:
    """The problem of a selector whose series no metric of the catalogue exports."""
    if name in catalogue.metrics:  # a histogram, which exports no series of its own name
        remedy = f"name one of its series: {name}_bucket, {name}_sum or {name}_count"
    elif near := difflib.get_close_matches(name, _series_names(catalogue), n=3, cutoff=0.75):
        remedy = f"write {' or '.join(near)}, or add the metric to the contract"
    else:
        remedy = "add the metric to the contract, or correct its name"
    return Problem("unknown-metric", f"`{one_line(selector)}`: no metric of the contract exports {name}", remedy)


def _series_names(catalogue: MetricCatalogue) -> Iterator[str]:
    for name in catalogue.metrics:
        for series in (name, f"{name}_bucket", f"{name}_sum", f"{name}_count"):
            if catalogue.shape(series) is not None:
                yield series


def _accepts(matcher: Matcher, value: str) -> bool | None:
    """Whether the matcher takes `value`; None where only a filled-in setting or RE2's own syntax can tell."""
    if "$" in matcher.value:
        return None
    if matcher.operator in ("=", "!="):
        return (matcher.value == value) == (matcher.operator == "=")
    try:
        found = re.fullmatch(matcher.value, value) is not None
    except re.error:
        return None
    return found == (matcher.operator == "=~")


def _unknown_label(selector: Selector, matcher: Matcher, shape: SeriesShape) -> Problem:
    effect = "selects nothing" if _accepts(matcher, "") is False else "has no effect"
    near = difflib.get_close_matches(matcher.label, shape.labels, n=1)
    return Problem(
        "unknown-label",
        f"`{one_line(selector)}`: no label {matcher.label} on {series_name(selector)}, so that the matcher {effect}; "
        f"its labels are {listed(shape.labels)}",
        f"write {near[0]}" if near else "match a label that it has, or remove the matcher",
    )


def _unknown_value(selector: Selector, matcher: Matcher, shape: SeriesShape) -> Problem:
    values = shape.closed[matcher.label]
    near = difflib.get_close_matches(matcher.value, values, n=1, cutoff=0.5)
    return Problem(
        "unknown-label-value",
        f"`{one_line(selector)}` selects nothing: {matcher.label}{matcher.operator}{quote(matcher.value)} leaves none "
        f"of the values {listed(values)}",
        f"write {matcher.label}={quote(near[0])}" if near else f"use one of the values {listed(values)}",
    )
