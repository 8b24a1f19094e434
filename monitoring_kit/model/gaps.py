"""Counting through a gap: the events that a counter counted while it was not scraped.

`rate` cannot see them, because its window never holds a sample from both sides of the gap. So the last value is noted
when a series goes missing, kept while its target is still known, and compared with the first value after the gap. The
difference is added to the rates for as long as a rate would show it. While nothing is missing nothing is recorded,
and an empty recording costs nothing to read.

What stays lost: the events of targets that were replaced in the gap, and those before a restart in the gap. Gaps
shorter than 1.5 rate windows count in part, never too much.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from monitoring_kit.core.durations import Duration
from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Expression,
    Matcher,
    Matching,
    NumberLiteral,
    RangeSelector,
    Selector,
    StringLiteral,
)

LEVEL = "instance"
UP = "up"
"""1 or 0 for every target that is known, whether or not its scrapes succeed: Prometheus itself writes it."""

# Prometheus shows a series for 5 minutes without a new sample; a note survives a break in its own evaluation as long.
# A longer look back could bring back the note of an older gap.
_KEPT = 300
_DIFFERENCE = "gap"


@dataclass(frozen=True)
class GapWindows:
    """The times that the recordings of a gap look back: `rate` is the window of rates, `evaluation` that of rules.

    >>> GapWindows(rate=Duration(120), evaluation=Duration(30)).missing
    Duration(seconds=60, milliseconds=0)
    """

    rate: Duration
    evaluation: Duration

    @property
    def missing(self) -> Duration:
        """A series without a sample for so long is missing: half a rate window, at least two scrapes."""
        return Duration(self.rate.seconds // 2)

    @property
    def noted(self) -> Duration:
        """Samples so much older are looked at for the last value, at two evaluations at least."""
        return Duration(max(self.missing.seconds, 2 * self.evaluation.seconds))

    @property
    def kept(self) -> Duration:
        """A note so old is still kept."""
        return Duration(max(_KEPT, 2 * self.evaluation.seconds))

    @property
    def read(self) -> Duration:
        """How old a note may be when it is compared: the first value after the gap is shown for a rate window."""
        return Duration(2 * self.rate.seconds)


@dataclass(frozen=True)
class Gap:
    """The recorded series that carry `counter` across a gap, as much of it as `matchers` select.

    `target` are the labels by which a series and the `up` of its target find each other.
    """

    counter: str
    matchers: tuple[Matcher, ...]
    target: tuple[str, ...]

    @property
    def before(self) -> str:
        """The last value before the gap, while there is a gap."""
        return self._name("before_gap")

    @property
    def after(self) -> str:
        """The first value after the gap, for the length of a rate window."""
        return self._name("after_gap")

    @property
    def across(self) -> str:
        """The events of the gap, as a rate for the length of a rate window."""
        return self._name("across_gap")

    @property
    def names(self) -> tuple[str, str, str]:
        """Its three recordings."""
        return (self.before, self.after, self.across)

    def recordings(self, windows: GapWindows) -> tuple[tuple[str, Expression], ...]:
        """The names and expressions in the order in which they have to be evaluated, without a scope."""
        return (
            (self.before, self._before(windows)),
            (self.after, self._after(windows)),
            (self.across, self._across(windows)),
        )

    def with_gap(self, rate: Expression, selector: Selector) -> Expression:
        """The rates of `selector` together with the events of gaps.

        A label of its own keeps both series of one counter, the rate after the gap and the events in it. The sum
        around them drops it.
        """
        across = replace(selector, metric=self.across)
        empty = StringLiteral("")
        marked = Call("label_replace", (across, StringLiteral(_DIFFERENCE), StringLiteral("1"), empty, empty))
        return Binary("or", rate, marked)

    def _name(self, operation: str) -> str:
        return f"{LEVEL}:{self.counter.removesuffix('_total')}:{operation}"

    def _before(self, windows: GapWindows) -> Expression:
        """The newest value from before the series was missing. `up` ends the notes of targets that were replaced."""
        noted = _last(replace(self._series(self.counter), offset=windows.missing.seconds), windows.noted)
        kept = _last(self._series(self.before), windows.kept)
        known = Binary("and", kept, Selector(UP), matching=Matching("on", self.target))
        return Binary("unless", Binary("or", noted, known), _last(self._series(self.counter), windows.missing))

    def _after(self, windows: GapWindows) -> Expression:
        """The lowest value of a rate window, where no value just before it lets `rate` see the difference by itself.

        That of a series that is new on a target with a gap counts as well: it was born in the gap.
        """
        first = Call("min_over_time", (RangeSelector(self._series(self.counter), windows.rate),))
        seen = _last(replace(self._series(self.counter), offset=windows.rate.seconds), windows.missing)
        noted = _last(self._series(self.before), windows.read)
        return Binary("and", Binary("unless", first, seen), noted, matching=Matching("on", self.target))

    def _across(self, windows: GapWindows) -> Expression:
        """The difference; after a restart in the gap all that was counted since; of a new series everything.

        The newest value tells a restart from a series that was scraped, missed and scraped again, whose first value
        can be older than the note.
        """
        after, note = self._series(self.after), _last(self._series(self.before), windows.read)
        grown = Binary(">=", Binary("-", after, note), NumberLiteral(Decimal(0)))
        restarted = Binary("and", after, Binary("<", self._series(self.counter), note))
        born = Binary("unless", after, note)
        events = Binary("or", Binary("or", grown, restarted), born)
        return Binary("/", events, NumberLiteral(Decimal(windows.rate.seconds)))

    def _series(self, metric: str) -> Selector:
        return Selector(metric, self.matchers)


def across_gaps(expression: Expression, gaps: Iterable[Gap]) -> Expression:
    """The expression with the events of gaps in every rate of a sum. What is multiplied by 0 stays as it is."""
    by_counter = {gap.counter: gap for gap in gaps}

    def bridged(part: Expression) -> Expression:
        match part:
            case Binary(operator="*", left=NumberLiteral(value=value)) if not value:
                return part
            case Binary(left=left, right=right):
                return replace(part, left=bridged(left), right=bridged(right))
            case Aggregation(operator="sum", argument=Call(function="rate", arguments=(RangeSelector(selector=read),))):
                gap = by_counter.get(read.metric)
                return part if gap is None else replace(part, argument=gap.with_gap(part.argument, read))
            case _:
                return part

    return bridged(expression)


def _last(selector: Selector, window: Duration) -> Expression:
    return Call("last_over_time", (RangeSelector(selector, window),))
