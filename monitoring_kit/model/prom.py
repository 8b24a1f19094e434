"""How series become the value of a signal: people write selectors, windows and aggregations come from here.

Selectors carry no scope (namespace, job, pods): it is added per metric when a query is rendered. `by` are the labels
that tell the results apart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.units import COUNT, RATIO, Quantity, Unit, plain
from monitoring_kit.model.metrics import bucket_label
from monitoring_kit.model.thresholds import Severity, Threshold
from monitoring_kit.model.views import View, ViewRequest
from monitoring_kit.promql.parser import PromqlError, parse
from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Expression,
    GrafanaInterval,
    Matcher,
    Matching,
    NumberLiteral,
    RangeSelector,
    Selector,
    StringLiteral,
    Window,
    transform,
)

Labels = tuple[str, ...]
ZERO = NumberLiteral(Decimal(0))


@dataclass(frozen=True, kw_only=True)
class Measure(ABC):
    """What each way to measure can be asked for."""

    where: Location = field(default_factory=here, compare=False)

    @abstractmethod
    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression | None:
        """The one number that an alert compares and a line shows, None if there is no single one.

        A duration has one only with `slower_than`: the share of events beyond it.
        """

    def number(self, by: Labels, window: Window) -> Expression | None:
        """How many events the window holds, None if what is measured is no event."""
        return None

    def judged_unit(self, shown: Unit) -> Unit:
        """The unit of the value that an alert compares, of a signal that is shown in `shown`."""
        return shown

    def condition(self, by: Labels, threshold: Threshold, severity: Severity, unit: Unit) -> Expression | None:
        """When the value is bad for `severity`: the comparison, with the guards that the threshold asks for.

        `unit` is the unit in which Prometheus measures. None if there is no value or no such level. Raises
        ValueError where the level is in another kind of unit.
        """
        value, level = self.value(by, threshold.window, threshold.slower_than), threshold.level(severity)
        if value is None or level is None:
            return None
        condition: Expression = Binary(threshold.comparison.promql, value, NumberLiteral(level.to(unit)))
        number = self.number(by, threshold.window)
        if threshold.min_events is not None and number is not None:
            enough = NumberLiteral(threshold.min_events.to(COUNT))
            condition = guarded(condition, Binary(">=", number, enough), by)
        if (earlier := threshold.earlier) is not None:
            before = self.value(by, earlier.window, threshold.slower_than)
            if before is not None:
                alive = NumberLiteral(earlier.value.to(unit))
                condition = guarded(condition, Binary(">", offset(before, earlier.ago), alive), by)
        return condition

    def plots(self, request: ViewRequest) -> Mapping[str, Expression]:
        """What a panel draws, by legend. Empty where its view cannot show what is measured."""
        value = self.value(request.by, request.window, request.slower_than) if request.view.judged else None
        return {} if value is None else {request.name: value}


@dataclass(frozen=True, kw_only=True)
class Ratio(Measure):
    """Bad events among all events, both selectors of one counter: a ratio whose two sides always match.

    >>> failed = prom.Ratio(bad='jobs_total{status="error"}', total="jobs_total")
    """

    bad: str
    total: str

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression:
        """The share of bad events: 0 where none has happened yet, no sample at all where nothing happened.

        Bad events without a series of their own count as 0 times the total, which keeps the labels. A division by zero
        would yield NaN, which compares as false, and spoils every average that it enters.
        """
        return over_positive(self.bad_per_second(by, window), self.per_second(by, window))

    @property
    def selectors(self) -> tuple[str, ...]:
        """The series whose events are counted."""
        return (self.bad, self.total)

    def bad_per_second(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression:
        """Bad events per second, 0 where none has happened yet."""
        bad = _sum(by, _rate(_selector(self.bad, self.where), window))
        return Binary("or", bad, Binary("*", ZERO, self.per_second(by, window)))

    def per_second(self, by: Labels, window: Window) -> Expression:
        """All events per second."""
        return _sum(by, _rate(_selector(self.total, self.where), window))

    def number(self, by: Labels, window: Window) -> Expression:
        """How many events the window holds."""
        return _sum(by, _increase(_selector(self.total, self.where), window))


@dataclass(frozen=True, kw_only=True)
class Rate(Measure):
    """Events per second of one counter.

    >>> jobs = prom.Rate(counter='jobs_total{status="error"}')
    """

    counter: str

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression:
        """Events per second."""
        return _sum(by, _rate(_selector(self.counter, self.where), window))


@dataclass(frozen=True, kw_only=True)
class Histogram(Measure):
    """A histogram of durations, named without `_bucket`. `only` holds matchers, if any, as `{status="success"}`.

    >>> durations = prom.Histogram(histogram="job_duration_seconds", only='{status="success"}')
    """

    histogram: str
    only: str = ""

    @property
    def selectors(self) -> tuple[str, ...]:
        """The series whose events are counted."""
        return (f"{self.histogram}_bucket{self.only}",)

    def judged_unit(self, shown: Unit) -> Unit:
        """That of a share, whatever durations are shown in."""
        return RATIO

    def plots(self, request: ViewRequest) -> Mapping[str, Expression]:
        """Quantiles, the buckets for a heatmap, or the share of slow events."""
        if request.view is View.QUANTILES:
            return {
                f"p{plain(rank * 100)} {request.name}": self.quantile(rank, request.by, GrafanaInterval.RATE_INTERVAL)
                for rank in request.quantiles
            }
        if request.view is View.HEATMAP:
            return {"{{le}}": self.buckets(GrafanaInterval.RATE_INTERVAL)}
        return super().plots(request)

    def quantile(self, quantile: Decimal, by: Labels, window: Window) -> Expression:
        """The quantile over all pods together: quantiles of single pods cannot be averaged."""
        buckets = _sum((*by, "le"), _rate(self._series("_bucket"), window))
        return Call("histogram_quantile", (NumberLiteral(quantile), buckets))

    def buckets(self, window: Window) -> Expression:
        """Events per second of each bucket, for a heatmap."""
        return _sum(("le",), _rate(self._series("_bucket"), window))

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression | None:
        """The share of events slower than `slower_than`, exact because it is one of the buckets; None without it."""
        if slower_than is None:
            return None
        quick, total = self._within(slower_than, by, window), self.per_second(by, window)
        return Binary("-", NumberLiteral(Decimal(1)), over_positive(quick, total))

    def bad_per_second(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression | None:
        """Events per second that were slower than `slower_than`, exact like `value`; None without a bound."""
        if slower_than is None:
            return None
        return Binary("-", self.per_second(by, window), self._within(slower_than, by, window))

    def per_second(self, by: Labels, window: Window) -> Expression:
        """All events per second."""
        return _sum(by, _rate(self._all(), window))

    def number(self, by: Labels, window: Window) -> Expression:
        """How many events the window holds."""
        return _sum(by, _increase(self._all(), window))

    def _within(self, bound: Quantity, by: Labels, window: Window) -> Expression:
        """Events per second that were no slower than `bound`."""
        buckets = self._series("_bucket")
        label = Matcher("le", "=", bucket_label(bound.value))
        return _sum(by, _rate(replace(buckets, matchers=(*buckets.matchers, label)), window))

    def _all(self) -> Selector:
        """The bucket that holds every event: one recording of the buckets serves the total too."""
        buckets = self._series("_bucket")
        return replace(buckets, matchers=(*buckets.matchers, Matcher("le", "=", "+Inf")))

    def _series(self, suffix: str) -> Selector:
        return _selector(f"{self.histogram}{suffix}{self.only}", self.where)


@dataclass(frozen=True, kw_only=True)
class Utilisation(Measure):
    """What is used of a resource that has a limit and a request.

    >>> cpu = prom.Utilisation(
    ...     used="container_cpu_usage_seconds_total",
    ...     used_is="counter",
    ...     limit='kube_pod_container_resource_limits{resource="cpu"}',
    ...     request='kube_pod_container_resource_requests{resource="cpu"}',
    ... )

    `used` is a counter (its rate is the usage) or a gauge; `limit` and `request` are gauges. Where no limit is set
    there is no value: a share of nothing is not zero.
    """

    used: str
    used_is: Literal["counter", "gauge"]
    limit: str
    request: str

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression:
        """The used share of the limit."""
        return Binary("/", self.used_amount(by, window), self.limit_amount(by), matching=Matching("on", by))

    def plots(self, request: ViewRequest) -> Mapping[str, Expression]:
        """The used share, or the amounts that it is made of."""
        if request.view is not View.AMOUNTS:
            return super().plots(request)
        return {
            f"used {request.name}": self.used_amount(request.by, request.window),
            f"request {request.name}": self.request_amount(request.by),
            f"limit {request.name}": self.limit_amount(request.by),
        }

    def used_amount(self, by: Labels, window: Window) -> Expression:
        """What is used, in the resource's own unit."""
        selector = _selector(self.used, self.where)
        if self.used_is == "counter":
            return _sum(by, _rate(selector, window))
        return Aggregation("max", selector, "by", by)

    def limit_amount(self, by: Labels) -> Expression:
        """The limit, in the resource's own unit."""
        return Aggregation("max", _selector(self.limit, self.where), "by", by)

    def request_amount(self, by: Labels) -> Expression:
        """The request, in the resource's own unit."""
        return Aggregation("max", _selector(self.request, self.where), "by", by)


@dataclass(frozen=True, kw_only=True)
class Share(Measure):
    """One gauge as a share of another, such as the replicas that answer of those that are wanted.

    >>> answering = prom.Share(part="workers_ready", whole="workers_wanted")

    Where the whole is 0 there is no share: the quotient is no number, and no comparison with it holds.
    """

    part: str
    whole: str

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression:
        """The part, divided by the whole."""
        part, whole = (Aggregation("max", _selector(text, self.where), "by", by) for text in (self.part, self.whole))
        return Binary("/", part, whole)


@dataclass(frozen=True, kw_only=True)
class Unless:
    """What makes a bad state right: nothing is measured where `condition` holds for the same values of the labels `on`.

    >>> closed = prom.Unless(condition="workers_wanted == 0", on="namespace")
    """

    condition: str
    on: str

    @property
    def labels(self) -> Labels:
        """The labels of `on`."""
        return tuple(self.on.split())


@dataclass(frozen=True, kw_only=True)
class Increase(Measure):
    """How often a counter moved in the window. `only_while` is a condition with the same labels, such as `x == 1`.

    >>> restarts = prom.Increase(counter="worker_restarts_total")
    """

    counter: str
    only_while: str = ""

    def plots(self, request: ViewRequest) -> Mapping[str, Expression]:
        """The number, 0 where the condition does not hold: a counter that is there proves that nothing happened."""
        plots = super().plots(request)
        if not self.only_while:
            return plots
        return {name: _or_zero(value, _selector(self.counter, self.where), request.by) for name, value in plots.items()}

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression:
        """The number of increments in the window."""
        number = _sum(by, _increase(_selector(self.counter, self.where), window))
        return _while(number, self.only_while, by, self.where)


@dataclass(frozen=True, kw_only=True)
class Gauge(Measure):
    """A gauge as it stands. `combine` says how series that share the labels become one.

    >>> ready = prom.Gauge(gauge="workers_ready", combine="min", or_missing=True)

    `highest_in_window` looks at the highest value of the window instead of the newest, which bridges the moments in
    which a state that keeps coming back is gone. `only_while` is a condition with the same labels. `or_missing` counts
    "no series left" as 0, so that the last target that vanishes is noticed like one that stops answering. `unless` says
    when there is nothing to measure.

    A state that has no series while it does not hold leaves it open whether there is anything to measure at all:
    `zero_beside` names a series that is there all the time, and beside it a panel shows 0.
    """

    gauge: str
    combine: Literal["sum", "max", "min", "count"] = "max"
    highest_in_window: bool = False
    only_while: str = ""
    or_missing: bool = False
    zero_beside: str = ""
    unless: Unless | None = None

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression:
        """The gauge's value; with `or_missing`, 0 where no series is left."""
        selector = _selector(self.gauge, self.where)
        newest: Expression = selector
        if self.highest_in_window:
            newest = Call("max_over_time", (RangeSelector(selector, window),))
        level = _while(Aggregation(self.combine, newest, "by", by), self.only_while, by, self.where)
        if self.or_missing:
            level = Binary("or", level, Binary("*", ZERO, Call("absent", (selector,))))
        return _unless(level, self.unless, self.where)

    def plots(self, request: ViewRequest) -> Mapping[str, Expression]:
        """The value, as a line or as rows to read."""
        if request.view is View.LIST:
            return {"": self.value(request.by, GrafanaInterval.RATE_INTERVAL)}
        plots = super().plots(request)
        if not self.zero_beside:
            return plots
        beside = _selector(self.zero_beside, self.where)
        return {name: _or_zero(value, beside, request.by) for name, value in plots.items()}


@dataclass(frozen=True, kw_only=True)
class Absent(Measure):
    """1 while no series matches, nothing otherwise. The result has the labels of the selector's equality matchers.

    >>> missing = prom.Absent(series="jobs_total")
    """

    series: str
    unless: Unless | None = None

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression:
        """1 while no series matches."""
        return _unless(Call("absent", (_selector(self.series, self.where),)), self.unless, self.where)


@dataclass(frozen=True, kw_only=True)
class FiringAlerts(Measure):
    """The alerts that fire, by the series that Prometheus itself writes of them; the value is for how many seconds.

    >>> firing = prom.FiringAlerts(alerts='active{alertstate="firing"}', since="active_since", subject="queue pod")

    `subject` are the labels, blank-separated, that say what an alert is about. Each alert has some of them; the label
    `of` of the result holds those that it has.
    """

    alerts: str
    since: str
    subject: str

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression:
        """Seconds since the condition of an alert that fires began to hold."""
        since = Aggregation("min", _selector(self.since, self.where), "by", by)
        fires = Aggregation("max", _selector(self.alerts, self.where), "by", by)
        lasts = Binary("-", Call("time", ()), guarded(since, fires, by))
        names = tuple(map(StringLiteral, ("of", " ", *self.subject.split())))
        return Call("label_join", (lasts, *names))

    def plots(self, request: ViewRequest) -> Mapping[str, Expression]:
        """The alerts, as rows to read."""
        return {"": self.value(request.by, request.window)} if request.view is View.LIST else {}


@dataclass(frozen=True, kw_only=True)
class Query(Measure):
    """An expression of one's own. Where the window goes it says `$__rate_interval`; an alert puts its own there.

    >>> growth = prom.Query(text="sum by (namespace) (deriv(queue_length[$__rate_interval]))")
    """

    text: str

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression:
        """The expression over `window`."""

        def windowed(part: Expression) -> Expression:
            if isinstance(part, RangeSelector) and part.window is GrafanaInterval.RATE_INTERVAL:
                return replace(part, window=window)
            return part

        return transform(_parsed(self.text, self.where), windowed)


def offset(expression: Expression, ago: Duration) -> Expression:
    """The expression as it was `ago`."""

    def shifted(part: Expression) -> Expression:
        return replace(part, offset=part.offset + ago.seconds) if isinstance(part, Selector) else part

    return transform(expression, shifted)


def guarded(expression: Expression, condition: Expression, by: Labels) -> Expression:
    """The expression, only where the condition holds for the same labels."""
    return Binary("and", expression, condition, matching=Matching("on", by))


def _while(expression: Expression, condition: str, by: Labels, where: Location) -> Expression:
    return guarded(expression, _parsed(condition, where), by) if condition else expression


def _unless(expression: Expression, unless: Unless | None, where: Location) -> Expression:
    if unless is None:
        return expression
    return Binary("unless", expression, _parsed(unless.condition, where), matching=Matching("on", unless.labels))


def _or_zero(value: Expression, beside: Selector, by: Labels) -> Expression:
    """The value, and 0 for those series of `beside` that have none."""
    return Binary("or", value, Binary("*", ZERO, Aggregation("max", beside, "by", by)))


def over_positive(numerator: Expression, denominator: Expression) -> Expression:
    """The quotient, no sample at all where the denominator is zero."""
    return Binary("/", numerator, Binary(">", denominator, ZERO))


def _sum(by: Labels, argument: Expression) -> Expression:
    return Aggregation("sum", argument, "by", by)


def _rate(selector: Selector, window: Window) -> Expression:
    return Call("rate", (RangeSelector(selector, window),))


def _increase(selector: Selector, window: Window) -> Expression:
    return Call("increase", (RangeSelector(selector, window),))


def _selector(text: str, where: Location) -> Selector:
    expression = _parsed(text, where)
    if not isinstance(expression, Selector):
        raise Refused(
            Finding(
                where,
                f"selector {text!r}",
                "is an expression, not a selector",
                'write a metric name, with matchers if need be: jobs_total{status="error"}',
                "selector",
            )
        )
    return expression


def _parsed(text: str, where: Location) -> Expression:
    try:
        return parse(text)
    except PromqlError as error:
        raise Refused(Finding(where, "PromQL", str(error), check="promql-syntax")) from None
