"""Alerts: the one place where a signal meets a threshold."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitoring_kit.core.findings import Location, here
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
