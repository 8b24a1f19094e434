"""Narrowing an expression to one service: the matchers that people do not write by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from monitoring_kit.model.metrics import MetricCatalogue
from monitoring_kit.promql.parser import parse_selector
from monitoring_kit.promql.tree import Expression, Matcher, Selector, transform


def scoped(
    expression: Expression,
    catalogue: MetricCatalogue,
    settings: Mapping[str, str],
    variables: frozenset[str] = frozenset(),
) -> Expression:
    """The expression with every selector narrowed by the scope of its metric's source.

    `$name` in a scope becomes the environment's setting. A label of `variables` is the reader's to choose on a
    dashboard: every series that has it gets `label=~"$label"`, in place of a scope that names one value, beside a scope
    that is a pattern. Where the environment has one value to begin with, the reader chooses one value as well and it is
    matched with `=`, which is also what `absent` takes its labels from. A metric outside the contract is left as it is.
    """

    def narrowed(part: Expression) -> Expression:
        shape = catalogue.shape(part.metric) if isinstance(part, Selector) else None
        if not isinstance(part, Selector) or shape is None:
            return part
        scope = parse_selector(shape.metric.source.scope)
        fixed = [_filled(m, settings) for m in scope if m.operator != "=" or m.label not in variables]
        chosen = [
            Matcher(label, "=" if label in settings else "=~", f"${label}")
            for label in sorted(variables & shape.labels)
        ]
        return replace(part, matchers=(*fixed, *chosen, *part.matchers))

    return transform(expression, narrowed)


def _filled(matcher: Matcher, settings: Mapping[str, str]) -> Matcher:
    return replace(matcher, value=settings[matcher.value[1:]]) if matcher.value.startswith("$") else matcher
