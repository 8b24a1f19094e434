"""Service level objectives: how many events have to be good within a period, and how fast they may fail to be.

An objective turns a ratio or a latency into an error budget: a target of 99.5 % leaves 0.5 % of the events of the
period. The burn rate says how many times as fast as it may be the budget is spent. An alert judges it over two windows
at once: the long one shows that a known part of the budget is gone, the short one that it still goes on. The method is
that of the SRE workbook ("Alerting on SLOs", multiwindow, multi-burn-rate alerts).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

from monitoring_kit.core.durations import Duration, parse_duration
from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.units import COUNT, FACTOR, PER_SECOND, PERCENT, RATIO, SECONDS, Quantity, Unit, require_unit
from monitoring_kit.model import prom
from monitoring_kit.model.budgets import OBJECTIVE_LABEL, OUTCOMES, ErrorBudget, EventSeries
from monitoring_kit.model.gaps import UP, Gap
from monitoring_kit.model.metrics import Metric, MetricCatalogue, MetricType, Source, bucket_label, gauge
from monitoring_kit.model.signals import BudgetLeft, BurnRates, Latency, Query, Ratio, Signal, Unwatched
from monitoring_kit.model.thresholds import BurnRate, Severity, Threshold, burning
from monitoring_kit.promql.parser import PromqlError, parse, parse_selector
from monitoring_kit.promql.printer import one_line, print_matchers
from monitoring_kit.promql.tree import Matcher, Selector


@dataclass(frozen=True)
class BudgetSpent:
    """The team is told when `share` of the budget is spent within `long`, and `short` shows that it still goes on.

    The factor follows from it: spending 2 % of 30 days' budget in an hour is 0.02 x 720 h / 1 h = 14.4 times too fast.
    """

    severity: Severity
    share: Quantity
    long: Duration
    short: Duration

    def burn_rate(self, period: Duration) -> BurnRate:
        """The burn rate that spends the share in the long window, in decimal and to four places."""
        factor = (
            round(self.share.to(RATIO) * period.seconds / self.long.seconds, 4) if self.long.seconds else Decimal(0)
        )
        return BurnRate(self.severity, Quantity(factor, FACTOR), self.long, self.short)


@dataclass(frozen=True)
class Objective:
    """A promise: of the events of `signal` within `period`, the share `target` is good.

    A ratio's own bad events are bad; of a latency those slower than `slower_than`, a bound of its histogram. The
    signals of an objective are what a dashboard shows and an alert judges, `threshold` is what the alert judges by.
    """

    name: str
    title: str
    signal: Ratio | Latency
    target: Quantity
    period: Duration
    because: str
    slower_than: Quantity | None
    threshold: Threshold
    burn_rate: BurnRates
    budget_left: BudgetLeft
    events: Query
    bad_events: Query
    where: Location = field(default_factory=here, compare=False)

    @property
    def budget(self) -> Decimal:
        """The share of the events that may be bad."""
        return 1 - self.target.to(RATIO)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """What can be shown of it."""
        return (self.burn_rate, self.budget_left, self.events, self.bad_events)

    @property
    def series(self) -> EventSeries:
        """Its recorded series, shared by all objectives whose signals have the same labels."""
        return event_series(self.signal)

    @property
    def windows(self) -> tuple[Duration, ...]:
        """Every time that its events are counted over, the shortest first."""
        windows = {window for rate in self.threshold.burn_rates for window in (rate.long, rate.short)}
        return tuple(sorted(windows | {self.period}))

    def __str__(self) -> str:
        """The promise in words: "99% within 2.5 s over 30 days"."""
        bound = f" within {self.slower_than}" if self.slower_than else ""
        return f"{self.target}{bound} over {self.period.words()}"


def page(share: Quantity, *, long: str, short: str) -> BudgetSpent:
    """The engineer on call is paged when this share of the budget is spent within `long`.

    >>> hour = page(0.02 * RATIO, long="1h", short="5m")
    """
    require_unit("share", share, RATIO, PERCENT)
    return BudgetSpent(Severity.CRITICAL, share, _time(long), _time(short))


def ticket(share: Quantity, *, long: str, short: str) -> BudgetSpent:
    """A ticket is opened when this share of the budget is spent within `long`.

    >>> day = ticket(0.1 * RATIO, long="1d", short="2h")
    """
    require_unit("share", share, RATIO, PERCENT)
    return BudgetSpent(Severity.WARNING, share, _time(long), _time(short))


def objective(
    name: str,
    signal: Ratio | Latency,
    *,
    title: str,
    target: Quantity,
    period: str,
    alerting: tuple[BudgetSpent, ...],
    min_bad_events: Quantity,
    because: str,
    slower_than: Quantity | None = None,
) -> Objective:
    """An objective. `name` is its value of the label `slo` and begins the names of its signals.

    >>> error_ratio = Ratio(
    ...     title="Error ratio",
    ...     description="Share of jobs that failed.",
    ...     by="namespace",
    ...     prometheus=prom.Ratio(bad='jobs_total{status="error"}', total="jobs_total"),
    ... )
    >>> JOBS_WORK = objective(
    ...     "jobs",
    ...     error_ratio,
    ...     title="Jobs",
    ...     target=0.99 * RATIO,
    ...     period="30d",
    ...     alerting=(page(0.02 * RATIO, long="1h", short="5m"), ticket(0.1 * RATIO, long="1d", short="2h")),
    ...     min_bad_events=5 * COUNT,
    ...     because="a job that fails is tried again once",
    ... )

    `alerting` says when whom to tell, `min_bad_events` how many bad events the long window of an alert has to hold.
    Raises Refused for a text that is no duration and for a number in another unit than a share, a factor or a count.
    """
    length, where = _time(period), here()
    require_unit("target", target, RATIO, PERCENT)
    require_unit("min_bad_events", min_bad_events, COUNT)
    if slower_than is not None:
        require_unit("slower_than", slower_than, SECONDS)
    try:
        budget = 1 - target.to(RATIO)
        rates = tuple(spent.burn_rate(length) for spent in alerting)
        min_bad_events.to(COUNT)
    except ValueError as error:
        remedy = "write target and the shares of the budget in RATIO or PERCENT, min_bad_events in COUNT"
        raise Refused(Finding(where, f"objective {name}", str(error), remedy, "unit")) from None
    spends = ErrorBudget(
        objective=name,
        series=event_series(signal),
        budget=budget,
        rates=rates,
        min_bad_events=min_bad_events,
    )
    by, allowed = signal.labels, f"{Quantity(budget, RATIO)} of the events within {length.words()}"
    bad = f"slower than {slower_than}" if slower_than else "bad"
    promise = f"{target} within {slower_than}" if slower_than else str(target)
    return Objective(
        name=name,
        title=title,
        signal=signal,
        target=target,
        period=length,
        because=because,
        slower_than=slower_than,
        threshold=burning(
            rates,
            min_bad_events=min_bad_events,
            because=f"the objective is {promise} over {length.words()}; {because}",
        ),
        burn_rate=BurnRates(
            title=f"{title} burn rate",
            description=f"How many times as fast as it may be the error budget is spent. The budget is {allowed}, "
            f"which may be {bad}; at 1 it lasts for exactly that time.",
            by=signal.by,
            prometheus=spends,
            when_empty="No traffic",
            name=f"{name}_burn_rate",
        ),
        budget_left=BudgetLeft(
            title=f"{title} budget left",
            description=f"Share of the error budget of the last {length.words()} that is left. The "
            f"budget is {allowed}, which may be {bad}; below 0 the objective is missed.",
            by=signal.by,
            prometheus=prom.Query(text=one_line(spends.left(by, length))),
            unwatched=Unwatched("the alert on the burn rate sounds while there is still budget to save"),
            when_empty="No traffic",
            name=f"{name}_budget_left",
        ),
        events=Query(
            title=f"{title} events",
            description=f"Events of the last {length.words()} that the objective counts.",
            by=signal.by,
            prometheus=prom.Query(text=one_line(spends.events("total", by, length))),
            unwatched=Unwatched("what the budget is a share of; the alert on the burn rate judges both"),
            when_empty="No traffic",
            name=f"{name}_events",
        ),
        bad_events=Query(
            title=f"{title} bad events",
            description=f"Events of the last {length.words()} that were {bad}.",
            by=signal.by,
            prometheus=prom.Query(text=one_line(spends.events("bad", by, length))),
            unwatched=Unwatched("what was spent of the budget; the alert on the burn rate judges both"),
            when_empty="No traffic",
            name=f"{name}_bad_events",
        ),
        where=where,
    )


def event_series(signal: Signal) -> EventSeries:
    """The recorded series of objectives on `signal`."""
    return EventSeries("_".join((*(label for label in signal.labels if label != "namespace"), OBJECTIVE_LABEL)))


def counters_of(objective: Objective) -> tuple[str, ...]:
    """The counters whose events the objective counts."""
    measure = objective.signal.prometheus
    try:
        selectors = [parse(text) for text in measure.selectors] if measure is not None else []
    except PromqlError:
        return ()  # the check of the signal's own expression reports it
    return tuple(dict.fromkeys(selector.metric for selector in selectors if isinstance(selector, Selector)))


def counters_behind(selector: Selector, objectives: Iterable[Objective]) -> tuple[str, ...]:
    """The counters behind the recorded series that `selector` picks, none if it picks something else."""
    named = {matcher.value for matcher in selector.matchers if matcher.label == OBJECTIVE_LABEL}
    found = [
        counter
        for objective in objectives
        if objective.name in named and selector.metric.startswith(f"{objective.series.level}:")
        for counter in counters_of(objective)
    ]
    return tuple(dict.fromkeys(found))


def gaps_of(objectives: Iterable[Objective], catalogue: MetricCatalogue) -> tuple[Gap, ...]:
    """How each counter of the objectives is carried across the gaps between its scrapes, one gap a counter.

    A gap reads as few series as will do: of the matchers of a counter those that all of its selectors imply, of a
    histogram only the buckets that are counted.
    """
    read: dict[str, dict[Selector, None]] = {}
    for objective in objectives:
        for selector in _counted(objective):
            read.setdefault(selector.metric, {})[selector] = None
    gaps = []
    for counter, selectors in read.items():
        shape = catalogue.shape(counter)
        if shape is None or shape.type is not MetricType.COUNTER:
            continue  # the check of the signal's own expression reports it
        bounds = dict.fromkeys(m.value for selector in selectors for m in selector.matchers if m.label == "le")
        buckets = (Matcher("le", "=~", "|".join(map(_literally, bounds))),) if bounds else ()
        pinned = {m.label for m in parse_selector(shape.metric.source.scope) if m.operator == "="}
        target = tuple(sorted(shape.metric.source.adds - pinned))
        gaps.append(Gap(counter, (*_implied_by_all(selectors), *buckets), target))
    return tuple(gaps)


def _counted(objective: Objective) -> tuple[Selector, ...]:
    """The selectors of the counters whose rates the objective adds up."""
    measure = objective.signal.prometheus
    if not isinstance(measure, prom.Ratio | prom.Histogram):
        return ()
    try:
        selectors = [selector for selector in map(parse, measure.selectors) if isinstance(selector, Selector)]
    except PromqlError:
        return ()
    if isinstance(measure, prom.Ratio) or objective.slower_than is None:
        return tuple(selectors)
    return tuple(
        replace(selector, matchers=(*selector.matchers, Matcher("le", "=", bound)))
        for selector in selectors
        for bound in (bucket_label(objective.slower_than.value), "+Inf")
    )


def _implied_by_all(selectors: Collection[Selector]) -> tuple[Matcher, ...]:
    """The matchers that take every series which any of the selectors takes."""
    matchers = dict.fromkeys(matcher for selector in selectors for matcher in selector.matchers)

    def implied(by: Selector, matcher: Matcher) -> bool:
        return any(own == matcher or _refuses(own, matcher) for own in by.matchers)

    return tuple(matcher for matcher in matchers if all(implied(selector, matcher) for selector in selectors))


def _refuses(own: Matcher, matcher: Matcher) -> bool:
    """Whether `own` takes one value only, and another one than `matcher` refuses."""
    operators = (own.operator, matcher.operator)
    return operators == ("=", "!=") and own.label == matcher.label and own.value != matcher.value


def _literally(text: str) -> str:
    """A regular expression that matches `text` alone, without a backslash, which a PromQL string would double."""
    return "".join(sign if sign.isalnum() else f"[{sign}]" for sign in text)


def recorded_labels(objective: Objective, catalogue: MetricCatalogue) -> tuple[str, ...]:
    """What its events are recorded by: the labels of the signal, and those that pick out this service."""
    scope = [matcher.label for matcher in parse_selector(_scope(objective, catalogue))]
    return tuple(dict.fromkeys((*objective.signal.labels, *scope)))


def with_events(catalogue: MetricCatalogue, objectives: tuple[Objective, ...]) -> MetricCatalogue:
    """The contract with the recorded series of the objectives in it."""
    recorded = {
        metric.name: metric for objective in objectives for metric in _recorded(objective, objectives, catalogue)
    }
    gaps = {metric.name: metric for gap in gaps_of(objectives, catalogue) for metric in _gap_metrics(gap, catalogue)}
    return MetricCatalogue(
        {**gaps, **catalogue.metrics, **recorded, **{name: gaps[name] for name in gaps if name != UP}}
    )


def _gap_metrics(gap: Gap, catalogue: MetricCatalogue) -> Iterator[Metric]:
    """The recorded series of a gap, and `up` in case the contract lacks it."""
    shape = catalogue.shape(gap.counter)
    if shape is None:
        raise ValueError(f"{gap.counter} is not in the contract")
    scope = shape.metric.source.scope
    for name, unit, help in (
        (gap.before, COUNT, f"Last value of {gap.counter} before it was not scraped."),
        (gap.after, COUNT, f"First value of {gap.counter} after it was not scraped."),
        (gap.across, PER_SECOND, f"Events of {gap.counter} while it was not scraped, as a rate."),
    ):
        yield Metric(
            name=name,
            type=MetricType.GAUGE,
            labels=shape.labels,
            source=Source("recording rules of the objectives", frozenset(), scope),
            unit=unit,
            help=help,
            closed=shape.closed,
            where=shape.metric.where,
        )
    yield gauge(UP, labels="", source=shape.metric.source, help="1 if the last scrape of a target succeeded, else 0.")


def _recorded(objective: Objective, objectives: tuple[Objective, ...], catalogue: MetricCatalogue) -> Iterator[Metric]:
    alike = [other for other in objectives if other.series == objective.series]
    windows = dict.fromkeys(window for other in alike for window in (*STAGES, *other.windows))

    def metric(name: str, unit: Unit, help: str) -> Metric:
        return Metric(
            name=name,
            type=MetricType.GAUGE,
            labels=frozenset({*recorded_labels(objective, catalogue), OBJECTIVE_LABEL}),
            source=Source("recording rules of the objectives", frozenset(), _scope(objective, catalogue)),
            unit=unit,
            help=help,
            closed=MappingProxyType({OBJECTIVE_LABEL: frozenset(other.name for other in alike)}),
            where=objective.where,
        )

    for outcome in OUTCOMES:
        yield metric(objective.series.rate(outcome), PER_SECOND, f"{outcome.capitalize()} events per second.")
        for window in windows:
            name = objective.series.increase(outcome, window)
            yield metric(name, COUNT, f"{outcome.capitalize()} events within {window.words()}.")


def _scope(objective: Objective, catalogue: MetricCatalogue) -> str:
    """The part of the counters' scope that a recording can keep: labels with one value in an environment."""
    shapes = [catalogue.shape(counter) for counter in counters_of(objective)]
    scope = next((shape.metric.source.scope for shape in shapes if shape is not None), "{}")
    return print_matchers([matcher for matcher in parse_selector(scope) if matcher.operator == "="])


STAGES = (Duration(900), Duration(300))
"""Windows whose counts longer ones are added up from, the longest first."""


def _time(text: str) -> Duration:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refused(Finding(here(), "objective", str(error), check="duration")) from None
