"""What an alert is meant to judge: the values around its thresholds, and how long each has to last to be judged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from monitoring_kit.core.units import COUNT, RATIO, Unit
from monitoring_kit.model import prom
from monitoring_kit.model.thresholds import Comparison, Threshold
from monitoring_kit.plan.model import PrometheusAlert
from monitoring_kit.testing.scope import CannotDerive
from monitoring_kit.testing.series import EVALUATION_SECONDS, For, Profile
from monitoring_kit.testing.series_builder import DerivableMeasure

# How far beyond a threshold, or short of it, a value is "just" so: less than any mutant of a threshold moves it.
JUST = 0.04
# Long enough for what is a rate: two scrapes, and one more step to stay off the edge.
SETTLED_MINUTES = 1.5


@dataclass(frozen=True)
class BoundaryValues:
    """The values around the thresholds of one alert, whose rules (one a severity) these are.

    Values are in `unit`, times in minutes.
    """

    rules: tuple[PrometheusAlert, ...]
    measure: DerivableMeasure

    @property
    def threshold(self) -> Threshold:
        """What the alert is judged by."""
        return self.rules[0].alert.threshold

    @property
    def unit(self) -> Unit:
        """The unit in which the value is measured."""
        return self.measure.judged_unit(self.rules[0].alert.signal.unit)

    @cached_property
    def bad_for_all(self) -> float:
        """The nearest value that is bad for every severity."""
        return self.neighbours(self._by_badness[-1])[0]

    @cached_property
    def good_for_all(self) -> float:
        """The nearest value that is bad for no severity."""
        return self.neighbours(self._by_badness[0])[1]

    def neighbours(self, rule: PrometheusAlert) -> tuple[float, float]:
        """The nearest value that is bad for a severity, and the nearest that is not.

        Raises CannotDerive for a threshold that no value passes, or every one.
        """
        bound, comparison = self._bound(rule), self.threshold.comparison
        if self._whole:
            return _whole_neighbours(bound, comparison)
        step = abs(bound) * JUST or self._smallest
        high, low = bound + step, max(0.0, bound - step)
        if self.unit == RATIO:
            high = min(high, (1 + bound) / 2)
        if bound == 0:
            low = bound
        if (comparison is Comparison.BELOW and bound == 0) or (comparison is Comparison.AT_LEAST and bound == 0):
            raise CannotDerive(f"a value is never {comparison.words.removeprefix('at ')} than 0, or always")
        return (high, low) if comparison.worse_is_higher else (low, high)

    @property
    def _by_badness(self) -> list[PrometheusAlert]:
        """The mildest severity first."""
        higher = self.threshold.comparison.worse_is_higher
        return sorted(self.rules, key=lambda rule: self._bound(rule) if higher else -self._bound(rule))

    def _bound(self, rule: PrometheusAlert) -> float:
        return float(dict(self.threshold.levels)[rule.severity].to(self.unit))

    @property
    def _smallest(self) -> float:
        """A value above 0 that is small: one event in the window."""
        return 1.0 if isinstance(self.measure, prom.Increase) else 1.0 / self.threshold.window.seconds

    @property
    def healthy(self) -> float:
        """A value that nobody minds."""
        good = self.good_for_all
        if self.threshold.earlier is not None:
            return max(good, 10 * float(self.threshold.earlier.value.to(self.unit)))
        if isinstance(self.measure, prom.Absent):
            return 0.0
        if self.threshold.comparison.worse_is_higher:
            return good if self._whole else good / 2
        return good * 2

    @property
    def _whole(self) -> bool:
        """Whether the value is a whole number."""
        return isinstance(self.measure, prom.Gauge | prom.Absent) and self.unit == COUNT

    @property
    def very_bad(self) -> float:
        """A value far beyond every threshold, as far as there is one."""
        bad = self.bad_for_all
        if not self.threshold.comparison.worse_is_higher:
            return 0.0
        if isinstance(self.measure, prom.Absent):
            return 1.0
        worse = bad * 6 if not self._whole else bad + 1
        return (
            min(worse, 1.0) if self.unit == RATIO and isinstance(self.measure, prom.Ratio | prom.Histogram) else worse
        )

    @property
    def lead_minutes(self) -> float:
        """How long a value has to be healthy before it may be judged."""
        earlier = self.threshold.earlier
        return earlier.ago.seconds / 60 if earlier else 0.0

    @property
    def window_minutes(self) -> float:
        """How long the value is measured over, 0 where it is taken as it stands."""
        return self.threshold.window.seconds / 60 if self.rules[0].window else 0.0

    @property
    def hold_minutes(self) -> float:
        """How long it has to be bad, in whole evaluations."""
        return math.ceil(self.threshold.for_.seconds / EVALUATION_SECONDS) * EVALUATION_SECONDS / 60

    @property
    def steady_minutes(self) -> float:
        """How long a value has to stay the same until nothing changes any more."""
        return self.lead_minutes + self.window_minutes + self.hold_minutes + SETTLED_MINUTES

    def steady(self, value: float) -> Profile:
        """`value` until nothing changes any more."""
        lead = (For(self.lead_minutes, self.healthy),) if self.lead_minutes else ()
        return (*lead, For(self.steady_minutes - self.lead_minutes, value))

    def incident(self) -> Profile:
        """Healthy for longer than a window, just bad until everything fires, healthy until it is over."""
        before = self.lead_minutes + self.window_minutes + SETTLED_MINUTES
        bad = self.window_minutes + self.hold_minutes + SETTLED_MINUTES
        over = self.window_minutes + SETTLED_MINUTES
        healthy = self.healthy
        return (For(before, healthy), For(bad, self.bad_for_all), For(over, healthy))


def _whole_neighbours(bound: float, comparison: Comparison) -> tuple[float, float]:
    """The whole numbers on the bad and on the good side of `bound` that are nearest to it."""
    match comparison:
        case Comparison.ABOVE:
            return math.floor(bound) + 1.0, float(math.floor(bound))
        case Comparison.AT_LEAST:
            return float(math.ceil(bound)), math.ceil(bound) - 1.0
        case Comparison.BELOW:
            return math.ceil(bound) - 1.0, float(math.ceil(bound))
        case Comparison.AT_MOST:
            return float(math.floor(bound)), math.floor(bound) + 1.0
