"""Error budgets in PromQL: bad and total events of an objective, counted over windows that are recorded.

What is recorded are numbers of events, never a ratio. The ratio of a window is then that of its own events, however
unevenly they are spread: a mean of ratios would give a quiet night the weight of a busy day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Literal

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import COUNT, FACTOR, Quantity, Unit
from monitoring_kit.model.prom import Labels, Measure, guarded, over_positive
from monitoring_kit.model.thresholds import BurnRate, Severity, Threshold
from monitoring_kit.model.views import View, ViewRequest
from monitoring_kit.promql.tree import Aggregation, Binary, Expression, Matcher, NumberLiteral, Selector, Window

# A count of n events that spread over the steps of a window is n, never more. It is less where a counter rises from 0,
# by up to a quarter of an event each, because a rate does not extrapolate below 0. So "at least 5 bad events" is asked
# as "more than 4.1": four never reach it, five do with up to three such counters among them. This holds if scrapes come
# as often as evaluations.
SHORT_OF_A_WHOLE_EVENT = Decimal("0.9")

OBJECTIVE_LABEL = "slo"
"""The label by which the recorded series of one objective are told from those of the next."""

Outcome = Literal["bad", "total"]
OUTCOMES: tuple[Outcome, ...] = ("bad", "total")


@dataclass(frozen=True)
class EventSeries:
    """The names of the recorded series of all objectives whose values are told apart by the same labels."""

    level: str

    def rate(self, outcome: Outcome) -> str:
        """Events per second, over the shortest time that a rate can be taken of."""
        return f"{self.level}:{outcome}_events:rate"

    def increase(self, outcome: Outcome, window: Duration) -> str:
        """Events in `window`."""
        return f"{self.level}:{outcome}_events:increase{window}"


@dataclass(frozen=True, kw_only=True)
class ErrorBudget(Measure):
    """The budget of an objective: the share `budget` of its events may be bad.

    `rates` are the burn rates that alert, if the long window holds at least `min_bad_events`.
    """

    objective: str
    series: EventSeries
    budget: Decimal
    rates: tuple[BurnRate, ...]
    min_bad_events: Quantity

    def value(self, by: Labels, window: Window, slower_than: Quantity | None = None) -> Expression | None:
        """The burn rate over a window that is recorded, None over any that a reader may choose."""
        return self.burn_rate(by, window) if isinstance(window, Duration) else None

    def condition(self, by: Labels, threshold: Threshold, severity: Severity, unit: Unit) -> Expression:
        """When the budget burns too fast for `severity`: over two windows at once, each rate by its own factor."""
        return self.burns(by, severity)

    def plots(self, request: ViewRequest) -> Mapping[str, Expression]:
        """The burn rate over each window that decides about a severity: one window alone decides nothing."""
        if request.view is not View.BURN_RATE or request.severity is None:
            return {}
        return {
            f"{request.name} over {window.words()}, against {rate.factor}": self.burn_rate(request.by, window)
            for rate in self.rates_of(request.severity)
            for window in (rate.long, rate.short)
        }

    def events(self, outcome: Outcome, by: Labels, window: Duration) -> Expression:
        """How many events the window holds."""
        own = Matcher(OBJECTIVE_LABEL, "=", self.objective)
        return Aggregation("sum", Selector(self.series.increase(outcome, window), (own,)), "by", by)

    def burn_rate(self, by: Labels, window: Duration) -> Expression:
        """How many times as fast as it may be the budget was spent: 1 spends it within exactly its period.

        0 where nothing was bad, no sample at all where nothing happened.
        """
        ratio = over_positive(self.events("bad", by, window), self.events("total", by, window))
        return Binary("/", ratio, NumberLiteral(self.budget))

    def left(self, by: Labels, period: Duration) -> Expression:
        """The share of the budget that is left: 1 is untouched, 0 is spent, below 0 the objective is missed."""
        return Binary("-", NumberLiteral(Decimal(1)), self.burn_rate(by, period))

    @property
    def enough(self) -> Decimal:
        """More recorded bad events than this are at least `min_bad_events` that happened."""
        return self.min_bad_events.to(COUNT) - SHORT_OF_A_WHOLE_EVENT

    def rates_of(self, severity: Severity) -> tuple[BurnRate, ...]:
        """The burn rates that decide about `severity`."""
        return tuple(rate for rate in self.rates if rate.severity is severity)

    def burns(self, by: Labels, severity: Severity) -> Expression:
        """Where the budget burns faster than one of the rates of `severity`: the burn rate over its long window.

        The guard asks for bad events in the long window rather than for events. At the factor itself both mean the
        same, `min_bad_events / (factor x budget)` events; a service that is asked less often and fails always is
        noticed as well.
        """
        first, *others = (self._burns(by, rate) for rate in self.rates_of(severity))
        return reduce(lambda either, other: Binary("or", either, other), others, first)

    def _burns(self, by: Labels, rate: BurnRate) -> Expression:
        factor = NumberLiteral(rate.factor.to(FACTOR))
        long, short = (Binary(">", self.burn_rate(by, window), factor) for window in (rate.long, rate.short))
        bad = Binary(">", self.events("bad", by, rate.long), NumberLiteral(self.enough))
        return guarded(guarded(long, short, by), bad, by)
