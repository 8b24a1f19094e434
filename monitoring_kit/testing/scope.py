"""What a proof stands on: the contract of metrics and one environment's scope, and series that keep to both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.metrics import MetricCatalogue, SeriesShape
from monitoring_kit.model.recordings import Recording
from monitoring_kit.plan.model import Plan
from monitoring_kit.plan.scope import scoped
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.tree import Expression, Matcher, Selector
from monitoring_kit.testing.series import accepts


class CannotDerive(ValueError):
    """No series can be made for an alert by itself; the message says why. Such an alert has its cases by hand."""


@dataclass(frozen=True)
class Scope:
    """The metrics, the environment's settings and the recordings that rules may read: what a proof stands on."""

    catalogue: MetricCatalogue
    settings: Mapping[str, str] = field(hash=False)
    recordings: Mapping[str, Recording] = field(hash=False)
    _expressions: dict[str, Expression] = field(default_factory=dict, init=False, compare=False, repr=False)

    def selector(self, text: str) -> Selector:
        """The selector that a definition writes, narrowed to the environment. Raises CannotDerive for more than one."""
        expression = self.expression(text)
        if not isinstance(expression, Selector):
            raise CannotDerive(f"{text} is an expression, not a selector")
        return expression

    def expression(self, text: str) -> Expression:
        """The expression, narrowed to the environment."""
        if text not in self._expressions:
            self._expressions[text] = scoped(parse(text), self.catalogue, self.settings)
        return self._expressions[text]

    def shape(self, selector: Selector) -> SeriesShape:
        """What the contract says of the series. Raises CannotDerive where it does not know them."""
        shape = self.catalogue.shape(selector.metric)
        if shape is None:
            raise CannotDerive(f"{selector.metric} is not in the contract")
        return shape

    def group(self, by: Sequence[str], selectors: Sequence[Selector], number: int = 0) -> dict[str, str] | None:
        """Values for the labels `by` of one group. Group 0 is the first, each other differs from it in one label.

        None where there are not so many: the scope pins the other labels.
        """
        values = {label: self._allowed(label, selectors, 0) for label in by}
        varying = [label for label in by if len(self._all_allowed(label, selectors)) > 1]
        if number > len(varying):
            return None
        if number:
            values[varying[number - 1]] = self._allowed(varying[number - 1], selectors, 1)
        return values

    def groups(self, by: Sequence[str], selectors: Sequence[Selector]) -> Iterator[dict[str, str]]:
        """Every group that there is: the first, and one for each label that may differ."""
        number = 0
        while (group := self.group(by, selectors, number)) is not None:
            yield group
            number += 1

    def labels(
        self,
        match: Sequence[Selector],
        group: Mapping[str, str],
        number: int,
        avoid: Sequence[Selector] = (),
    ) -> dict[str, str]:
        """All labels of a series that every selector of `match` picks and none of `avoid`, as instance `number`.

        Raises CannotDerive where no values that could be thought of do that.
        """
        shape = self.shape(match[0])
        values = {label: group.get(label, _thought_up(label, number)) for label in sorted(shape.labels)}
        matched = {matcher.label for selector in (*match, *avoid) for matcher in selector.matchers}
        free = sorted((matched | shape.closed.keys()) & shape.labels - group.keys())
        choices = [self._candidates(label, (*match, *avoid), shape, number) for label in free]
        for chosen in product(*choices):
            found = {**values, **dict(zip(free, chosen, strict=True))}
            if all(_takes(selector, found) for selector in match) and not any(
                _takes(selector, found) for selector in avoid
            ):
                return found
        raise CannotDerive(f"no labels could be found for {' and '.join(selector.metric for selector in match)}")

    def foreign_labels(
        self, labels: Mapping[str, str], selector: Selector, number: int = 1
    ) -> Iterator[dict[str, str]]:
        """The labels changed so that one matcher of `selector` does not take them any more, all others still do.

        Foreign series of another `number` have other values, where the label's values are not a closed set.
        """
        shape = self.shape(selector)
        for matcher in dict.fromkeys(selector.matchers):
            others = [other for other in selector.matchers if other != matcher]
            for value in self._foreign_values(matcher, shape, number):
                changed = {**labels, matcher.label: value}
                if not _takes(Selector(selector.metric, (matcher,)), changed) and _takes(
                    replace(selector, matchers=tuple(others)), changed
                ):
                    yield changed

    def recorded(self, metric: str) -> Iterator[tuple[Recording, Selector]]:
        """The recordings of the counter `metric`, each with the selector of its own series in the environment."""
        for recording in self.recordings.values():
            if recording.counter == metric:
                selector = scoped(Selector(recording.name), self.catalogue, self.settings)
                if isinstance(selector, Selector):
                    yield recording, selector

    def _allowed(self, label: str, selectors: Sequence[Selector], number: int) -> str:
        values = self._all_allowed(label, selectors)
        if not values:
            raise CannotDerive(f"no value could be found for the label {label}")
        return values[min(number, len(values) - 1)]

    def _all_allowed(self, label: str, selectors: Sequence[Selector]) -> list[str]:
        """Values of `label` that every selector takes, two at least where it is free."""
        candidates: list[str] = []
        for selector in selectors:
            shape = self.shape(selector)
            candidates += self._candidates(label, selectors, shape, 1)
        if not any(label in self.shape(selector).closed for selector in selectors):
            candidates += [*self._pods(label, 2), _thought_up(label, 2)]
        return [
            value
            for value in dict.fromkeys(candidates)
            if all(_takes(replace(selector, matchers=_on(label, selector)), {label: value}) for selector in selectors)
        ]

    def _candidates(self, label: str, selectors: Sequence[Selector], shape: SeriesShape, number: int) -> list[str]:
        """Values worth a try, the likeliest first."""
        if label in shape.closed:
            return sorted(shape.closed[label])
        named = [value for selector in selectors for m in _on(label, selector) for value in _written(m)]
        return [*self._pods(label, number), *named, _thought_up(label, number)]

    def _pods(self, label: str, number: int) -> list[str]:
        """The name of a pod of the workload, as Kubernetes gives it to those of a Deployment."""
        workload = self.settings.get("workload")
        return [f"{workload}-7c9d8b6f5d-{number:05}"] if label == "pod" and workload else []

    def _foreign_values(self, matcher: Matcher, shape: SeriesShape, number: int) -> list[str]:
        """Values that a series of somebody else can have where `matcher` stands."""
        if matcher.label in shape.closed:
            return sorted(shape.closed[matcher.label])
        if matcher.operator in ("!=", "!~"):
            return [matcher.value]
        workload = self.settings.get("workload", "")
        begin_alike = [f"{workload}er-6b7c8d9f4-{number:05}", f"{workload}-canary-5f6d7c8b9-{number:05}"]
        return (
            begin_alike if matcher.operator == "=~" and matcher.label == "pod" else [f"{matcher.value}-other{number}"]
        )


def scope_of(definitions: Definitions, plan: Plan) -> Scope:
    """The scope of one environment's plan."""
    return Scope(definitions.catalogue, plan.environment.settings(), definitions.recordings)


def _takes(selector: Selector, labels: Mapping[str, str]) -> bool:
    return all(accepts(matcher, labels.get(matcher.label, "")) for matcher in selector.matchers)


def _on(label: str, selector: Selector) -> tuple[Matcher, ...]:
    return tuple(matcher for matcher in selector.matchers if matcher.label == label)


def _written(matcher: Matcher) -> list[str]:
    """The values that a matcher spells out."""
    if matcher.operator == "=~":
        return matcher.value.split("|")
    return [matcher.value] if matcher.operator == "=" else []


def _thought_up(label: str, number: int) -> str:
    return f"{label}-{number}"
