"""Alerts: the one place where a signal meets a threshold."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitoring_kit.core.findings import Location, here
from monitoring_kit.core.units import UNITS, require_unit
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.signals import Signal
from monitoring_kit.model.thresholds import Threshold


@dataclass(frozen=True)
class Alert:
    """The team is told when `signal` is worse than `threshold`.

    >>> error_ratio = Ratio(
    ...     title="Error ratio",
    ...     description="Share of jobs that failed.",
    ...     by="namespace",
    ...     prometheus=prom.Ratio(bad='jobs_total{status="error"}', total="jobs_total"),
    ... )
    >>> JobErrorsHigh = Alert(
    ...     error_ratio,
    ...     above(critical=0.05 * RATIO, for_="5m", because="at 5% callers notice"),
    ...     team="jobs",
    ...     summary="fails {value} of its jobs",
    ... )

    `team` is the team, `summary` a predicate whose subject comes from the signal's labels: "fails {value} of its
    requests" becomes "Model churn in production fails 6.1 % of its requests". `{value}`, `{threshold}`,
    `{window}` and `{slower_than}` are filled in, with their units. `prometheus_only` is the reason why Azure cannot
    raise it though it measures the signal. The loader fills in `name`: the name of the variable that holds the alert.
    """

    signal: Signal
    threshold: Threshold
    team: str = field(kw_only=True)
    summary: str = field(kw_only=True)
    prometheus_only: str = field(default="", kw_only=True)
    name: str = field(default="", kw_only=True)
    where: Location = field(default_factory=here, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses a level without a unit: which one it has to be follows from the signal."""
        if not isinstance(self.signal, Signal) or not isinstance(self.threshold, Threshold):
            return  # the type of a field is told like that of any other
        units = [measure.judged_unit(self.signal.unit) for measure in map(self.signal.measure, Backend) if measure]
        for severity, level in self.threshold.levels:
            require_unit(severity.value, level, *(units[:1] or UNITS), where=self.threshold.where)
