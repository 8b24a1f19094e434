"""Recording rules: rates that are computed once and read many times, in place of the counters that they come from.

A recording holds a rate of events, never a ratio: rates of parts can be added up, and both sides of a ratio stay there.
Definitions do not name recordings. Whatever sums the rate of a recorded counter over the recorded window reads the
recording instead, on panels and in alerts alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

from monitoring_kit.core.durations import Duration, parse_duration
from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.words import Words, checked_words
from monitoring_kit.model.metrics import Metric, MetricCatalogue, MetricType, Source
from monitoring_kit.promql.parser import parse_selector
from monitoring_kit.promql.printer import print_matchers
from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Expression,
    GrafanaInterval,
    NumberLiteral,
    RangeSelector,
    Selector,
    transform,
)


@dataclass(frozen=True)
class Recording:
    """The rate of a counter over `window`, summed by the labels `by`, under a name `level:metric:operation`."""

    name: str
    counter: str
    by: tuple[str, ...]
    window: Duration
    where: Location = field(default_factory=here, compare=False)

    def expression(self) -> Expression:
        """What is recorded, without a scope."""
        rate = Call("rate", (RangeSelector(Selector(self.counter), self.window),))
        return Aggregation("sum", rate, "by", self.by)

    def metric(self, catalogue: MetricCatalogue) -> Metric:
        """The recorded series as a metric of the contract. Raises Refused where the counter is not in `catalogue`."""
        shape = catalogue.shape(self.counter)
        if shape is None or shape.type is not MetricType.COUNTER:
            problem = f"records {self.counter}, which is no counter of the contract"
            raise Refused(Finding(self.where, f"recording {self.name}", problem, "record a counter", "recording"))
        kept = [matcher for matcher in parse_selector(shape.metric.source.scope) if matcher.label in self.by]
        return Metric(
            name=self.name,
            type=MetricType.GAUGE,
            labels=frozenset(self.by),
            source=Source(f"recording rule {self.name}", frozenset(), print_matchers(kept)),
            unit=shape.metric.unit,
            help=f"Rate of {self.counter} over {self.window.words()}.",
            closed=MappingProxyType({label: values for label, values in shape.closed.items() if label in self.by}),
            where=self.where,
        )


def recording(name: str, *, counter: str, by: Words, window: str) -> Recording:
    """A recording rule; `by` are the labels that it keeps.

    >>> JOBS = recording("queue_status:jobs:rate5m", counter="jobs_total", by="namespace queue status", window="5m")

    Raises Refused for a name that says something else than what is recorded: `level:metric:rate<window>`.
    """
    length = parse_duration(window)
    level, _, rest = name.partition(":")
    says = f"{counter.removesuffix('_total')}:rate{length}"
    if rest != says:
        problem = f"records the rate of {counter} over {length}, and its name says otherwise"
        raise Refused(Finding(here(), f"recording {name}", problem, f'write "{level}:{says}"', "name"))
    return Recording(name, counter, checked_words("by", by), length)


def with_recorded(catalogue: MetricCatalogue, recordings: Iterable[Recording]) -> MetricCatalogue:
    """The contract with the recorded series in it."""
    recorded = {recording.name: recording.metric(catalogue) for recording in recordings}
    return MetricCatalogue({**catalogue.metrics, **recorded})


def from_recordings(expression: Expression, recordings: Mapping[str, Recording]) -> Expression:
    """The expression with every sum of a rate read from a recording, where one holds it.

    That is so where the recording keeps every label that the sum groups or selects by. A window that Grafana fills in
    becomes the average of the recorded rates over it. An increase is the recorded rate times the window.
    """

    def replaced(part: Expression) -> Expression:
        if not isinstance(part, Aggregation):
            return part
        for recording in recordings.values():
            found = _read_from(part, recording)
            if found is not None:
                return found
        return part

    return transform(expression, replaced)


def _read_from(part: Aggregation, recording: Recording) -> Expression | None:
    match part:
        case Aggregation(
            operator="sum",
            grouping="by",
            labels=labels,
            argument=Call(
                function=("rate" | "increase") as function,
                arguments=(RangeSelector(selector=Selector(metric=metric) as selector, window=window),),
            ),
        ) if metric == recording.counter and {*labels, *(m.label for m in selector.matchers)} <= {*recording.by}:
            recorded: Expression = replace(selector, metric=recording.name)
        case _:
            return None
    if window is GrafanaInterval.RATE_INTERVAL and function == "rate":
        return replace(
            part, argument=Call("avg_over_time", (RangeSelector(replace(selector, metric=recording.name), window),))
        )
    if window != recording.window:
        return None
    summed = replace(part, argument=recorded)
    if function == "rate":
        return summed
    return Binary("*", summed, NumberLiteral(Decimal(recording.window.seconds)))
