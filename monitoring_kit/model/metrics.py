"""The contract: every metric that a definition may name, with its type, labels, unit and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.units import COUNT, SECONDS, Unit
from monitoring_kit.core.words import NAME, Numbers, Words, checked_numbers, checked_words
from monitoring_kit.promql.parser import PromqlError, parse_selector

SCOPE_SETTINGS = ("namespace", "service", "workload", "pods")
"""The settings that every environment with Prometheus has (see `Environment.settings`)."""

_SCOPE = (
    """write a selector such as {namespace="$namespace", pod=~"$pods"}, each value a text or one of """
    + ", ".join(f"${name}" for name in SCOPE_SETTINGS)
)


_LABEL = re.compile(rf"{NAME.pattern}(=[^|,;\s]+(\|[^|,;\s]+)*)?")
_LABELS = ("queue", "status=success|error")


class MetricType(Enum):
    """Prometheus's metric types, as far as they decide what may be done with a series."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Source:
    """Where series come from.

    `adds` are the labels that the scrape puts on every series, `scope` is a PromQL selector without a metric name that
    picks this service's series out of all others. A matcher value `$name` stands for the environment's setting `name`
    (see `Environment.settings`); it is filled in, escaped, when a query is rendered.
    """

    name: str
    adds: frozenset[str]
    scope: str


@dataclass(frozen=True)
class Metric:
    """A metric family as its exporter declares it.

    `labels` are the exporter's own labels, `closed` gives the values of those whose set is fixed, `buckets` the upper
    bounds of a histogram in its unit (without +Inf).
    """

    name: str
    type: MetricType
    labels: frozenset[str]
    source: Source
    unit: Unit
    help: str
    closed: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    buckets: tuple[Decimal, ...] = ()
    where: Location = field(default_factory=here, compare=False)


@dataclass(frozen=True)
class SeriesShape:
    """What a series carries: the type that decides which functions apply, its labels, the closed label values."""

    metric: Metric
    type: MetricType
    labels: frozenset[str]
    closed: Mapping[str, frozenset[str]] = field(hash=False)


def source(name: str, *, adds: Words, scope: str) -> Source:
    """A source of series; `adds` are the labels that the scrape puts on them.

    >>> WORKERS = source("the workers' /metrics", adds="namespace pod job", scope='{namespace="$namespace"}')

    Raises Refused for a scope that is no selector, or that names a setting which no environment has.
    """
    subject = f"source {name}"
    try:
        matchers = parse_selector(scope)
    except PromqlError as error:
        raise Refused(Finding(here(), subject, f"its scope is no selector: {error}", _SCOPE, "scope")) from None
    for matcher in matchers:
        if "$" in matcher.value and matcher.value.removeprefix("$") not in SCOPE_SETTINGS:
            problem = f"its scope matches {matcher.label} with {matcher.value!r}, which is no setting"
            raise Refused(Finding(here(), subject, problem, _SCOPE, "scope"))
    return Source(name, frozenset(checked_words("adds", adds, like=("namespace", "pod", "job"))), scope)


def counter(name: str, *, labels: Words, source: Source, help: str, unit: Unit = COUNT) -> Metric:
    """A counter. In `labels`, `status=success|error` closes a label's set of values.

    >>> WORKERS = source("the workers' /metrics", adds="namespace pod job", scope='{namespace="$namespace"}')
    >>> JOBS = counter("jobs_total", labels="queue status=success|error", source=WORKERS, help="Jobs done.")
    """
    names, closed = _labels(labels)
    return Metric(name, MetricType.COUNTER, names, source, unit, help, closed)


def gauge(name: str, *, labels: Words, source: Source, help: str, unit: Unit = COUNT) -> Metric:
    """A gauge. `labels` as for `counter`.

    >>> WORKERS = source("the workers' /metrics", adds="namespace pod job", scope='{namespace="$namespace"}')
    >>> QUEUE = gauge("queue_length", labels="queue", source=WORKERS, help="Jobs that wait.")
    """
    names, closed = _labels(labels)
    return Metric(name, MetricType.GAUGE, names, source, unit, help, closed)


def histogram(name: str, *, labels: Words, source: Source, help: str, buckets: Numbers, unit: Unit = SECONDS) -> Metric:
    """A classic histogram. `buckets` are the finite upper bounds, the lowest first.

    >>> WORKERS = source("the workers' /metrics", adds="namespace pod job", scope='{namespace="$namespace"}')
    >>> DURATION = histogram(
    ...     "job_duration_seconds", labels="queue", source=WORKERS, buckets="0.1 0.5 1 5", help="How long jobs take."
    ... )
    """
    names, closed = _labels(labels)
    bounds = checked_numbers("buckets", buckets, like=(0.1, 0.5, 1))
    if list(bounds) != sorted(set(bounds)):
        problem = f"{' '.join(map(str, bounds))} do not rise"
        raise Refused(Finding(here(), "buckets=", problem, "write the bounds from the lowest to the highest", "words"))
    return Metric(name, MetricType.HISTOGRAM, names, source, unit, help, closed, bounds)


def _labels(given: Words) -> tuple[frozenset[str], Mapping[str, frozenset[str]]]:
    parts = [part.partition("=") for part in checked_words("labels", given, form=_LABEL, like=_LABELS)]
    closed = {name: frozenset(values.split("|")) for name, _, values in parts if values}
    return frozenset(name for name, _, _ in parts), MappingProxyType(closed)


def bucket_label(bound: Decimal) -> str:
    """The `le` value of a bucket as the Python client prints it: `1` is "1.0"."""
    return repr(float(bound))


@dataclass(frozen=True)
class MetricCatalogue:
    """All metrics of the contract, by name."""

    metrics: Mapping[str, Metric] = field(hash=False)

    def shape(self, series: str) -> SeriesShape | None:
        """The shape of the series called `series`, None if no metric of the contract exports it.

        A histogram `h` exports `h_bucket` (with the closed label `le`), `h_sum` and `h_count`, all counters.
        """
        metric = self.metrics.get(series)
        if metric is not None and metric.type is not MetricType.HISTOGRAM:
            return SeriesShape(metric, metric.type, metric.labels | metric.source.adds, metric.closed)
        for suffix in ("_bucket", "_sum", "_count"):
            family = self.metrics.get(series.removesuffix(suffix)) if series.endswith(suffix) else None
            if family is None or family.type is not MetricType.HISTOGRAM:
                continue
            labels = family.labels | family.source.adds
            if suffix != "_bucket":
                return SeriesShape(family, MetricType.COUNTER, labels, family.closed)
            bounds = frozenset(bucket_label(bound) for bound in family.buckets) | {"+Inf"}
            closed = MappingProxyType({**family.closed, "le": bounds})
            return SeriesShape(family, MetricType.COUNTER, labels | {"le"}, closed)
        return None
