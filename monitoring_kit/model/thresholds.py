"""Thresholds: the numbers that decide whether somebody is woken, each with its unit, its time and its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import partial

from monitoring_kit.core.durations import Duration, parse_duration
from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.units import FACTOR, Quantity


class Severity(Enum):
    """Who hears of it: critical pages now, warning opens a ticket, info is context beside another alert."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Comparison(Enum):
    """How a value is held against a threshold, as PromQL and Azure write it and as a sentence says it."""

    ABOVE = (">", "GreaterThan", "more than")
    AT_LEAST = (">=", "GreaterThanOrEqual", "at least")
    BELOW = ("<", "LessThan", "less than")
    AT_MOST = ("<=", "LessThanOrEqual", "at most")

    def __init__(self, promql: str, azure: str, words: str) -> None:
        self.promql = promql
        self.azure = azure
        self.words = words

    @property
    def worse_is_higher(self) -> bool:
        """Whether a value gets worse by growing."""
        return self in (Comparison.ABOVE, Comparison.AT_LEAST)


@dataclass(frozen=True)
class Earlier:
    """A guard that looks back: the signal was above `value`, measured over `window`, `ago` before now."""

    value: Quantity
    window: Duration
    ago: Duration


@dataclass(frozen=True)
class BurnRate:
    """An error budget is spent `factor` times as fast as it may be.

    It has to be so over `long`, which shows that it matters, and over `short`, which shows that it still goes on.
    """

    severity: Severity
    factor: Quantity
    long: Duration
    short: Duration


@dataclass(frozen=True)
class Threshold:
    """When a signal is bad.

    `levels` maps severities to values of one unit. A value has to stay bad for `for_` before somebody hears of it, and
    is measured over `window`. `min_events` is the number of events in the window below which a ratio means nothing;
    `slower_than` is the bound of a duration histogram beyond which an event counts as slow; `earlier` asks that the
    signal was alive before. `because` is the reason for the numbers, `immediate_because` for a `for_` of zero.
    `burn_rates` are the factors and windows by which an error budget is judged, each severity by its own: its level is
    the lowest of their factors. They are judged only where the long window holds `min_bad_events`.
    """

    comparison: Comparison
    levels: tuple[tuple[Severity, Quantity], ...]
    for_: Duration
    window: Duration
    because: str
    min_events: Quantity | None = None
    slower_than: Quantity | None = None
    earlier: Earlier | None = None
    immediate_because: str = ""
    burn_rates: tuple[BurnRate, ...] = ()
    min_bad_events: Quantity | None = None
    where: Location = field(default_factory=here, compare=False)

    def burns(self, severity: Severity) -> tuple[BurnRate, ...]:
        """The burn rates that `severity` is judged by, none where this threshold judges something else."""
        return tuple(rate for rate in self.burn_rates if rate.severity is severity)

    def level(self, severity: Severity) -> Quantity | None:
        """The value at which `severity` is reached, None where this threshold does not use it."""
        return dict(self.levels).get(severity)


def earlier(value: Quantity, *, window: str, ago: str) -> Earlier:
    """The guard "was above `value` over `window`, `ago` before now"."""
    return Earlier(value, parse_duration(window), parse_duration(ago))


def _threshold(
    comparison: Comparison,
    *,
    because: str,
    for_: str,
    window: str = "5m",
    critical: Quantity | None = None,
    warning: Quantity | None = None,
    info: Quantity | None = None,
    min_events: Quantity | None = None,
    slower_than: Quantity | None = None,
    earlier: Earlier | None = None,
    immediate_because: str = "",
) -> Threshold:
    given = ((Severity.CRITICAL, critical), (Severity.WARNING, warning), (Severity.INFO, info))
    return Threshold(
        comparison=comparison,
        levels=tuple((severity, value) for severity, value in given if value is not None),
        for_=_time(for_),
        window=_time(window),
        because=because,
        min_events=min_events,
        slower_than=slower_than,
        earlier=earlier,
        immediate_because=immediate_because,
    )


above = partial(_threshold, Comparison.ABOVE)
"""Bad while greater than the level."""

at_least = partial(_threshold, Comparison.AT_LEAST)
"""Bad while equal to the level or greater."""

below = partial(_threshold, Comparison.BELOW)
"""Bad while less than the level."""

at_most = partial(_threshold, Comparison.AT_MOST)
"""Bad while equal to the level or less."""


def burning(burn_rates: tuple[BurnRate, ...], *, min_bad_events: Quantity, because: str) -> Threshold:
    """Bad while an error budget burns faster than one of `burn_rates` says."""
    factors = [
        (severity, [rate.factor.to(FACTOR) for rate in burn_rates if rate.severity is severity])
        for severity in Severity
    ]
    return Threshold(
        comparison=Comparison.ABOVE,
        levels=tuple((severity, Quantity(min(several), FACTOR)) for severity, several in factors if several),
        for_=Duration(0),
        window=min((rate.long for rate in burn_rates), default=Duration(0)),
        because=because,
        immediate_because="the windows are the time that it has lasted",
        burn_rates=burn_rates,
        min_bad_events=min_bad_events,
    )


def _time(text: str) -> Duration:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refused(Finding(here(), "threshold", str(error), check="duration")) from None
