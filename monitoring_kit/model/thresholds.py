"""Thresholds: the numbers that decide whether an alert fires, each with its unit, its time and its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Required, TypedDict, Unpack

from monitoring_kit.core.durations import Duration, parse_duration
from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.units import COUNT, FACTOR, MILLISECONDS, SECONDS, UNITS, Quantity, require_unit


class Severity(Enum):
    """Who hears of it: critical pages now, warning opens a ticket, info is context beside another alert.

    >>> severity = Severity.CRITICAL
    """

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

    `levels` maps severities to values of one unit. A value has to stay bad for `for_` before the alert fires, and
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
        """The burn rates that `severity` is judged by, none if this threshold judges something else."""
        return tuple(rate for rate in self.burn_rates if rate.severity is severity)

    def level(self, severity: Severity) -> Quantity | None:
        """The value at which `severity` is reached, None if this threshold does not use it."""
        return dict(self.levels).get(severity)


def earlier(value: Quantity, *, window: str, ago: str) -> Earlier:
    """The guard "was above `value` over `window`, `ago` before now".

    >>> TRAFFIC_STOPPED = at_most(
    ...     critical=0 * PER_SECOND,
    ...     for_="15m",
    ...     earlier=earlier(0.1 * PER_SECOND, window="1h", ago="1h"),
    ...     because="whoever asked an hour ago has not gone home",
    ... )
    """
    require_unit("value", value, *UNITS)
    return Earlier(value, parse_duration(window), parse_duration(ago))


class Numbers(TypedDict, total=False):
    """What every threshold may be given: levels, times and guards, as `Threshold` explains them."""

    because: Required[str]
    for_: Required[str]
    window: str
    critical: Quantity | None
    warning: Quantity | None
    info: Quantity | None
    min_events: Quantity | None
    slower_than: Quantity | None
    earlier: Earlier | None
    immediate_because: str


def above(**numbers: Unpack[Numbers]) -> Threshold:
    """Bad while greater than the level.

    >>> ERROR_RATIO = above(
    ...     warning=0.02 * RATIO,
    ...     critical=0.05 * RATIO,
    ...     for_="5m",
    ...     min_events=20 * COUNT,
    ...     because="at 5% callers notice; below 20 requests one failure proves nothing",
    ... )

    The level has a unit, the time for which it has to be bad a reason. `window` is what a rate is taken over, 5 minutes
    where none is given. Raises Refused for a time that is none.
    """
    return _threshold(Comparison.ABOVE, **numbers)


def at_least(**numbers: Unpack[Numbers]) -> Threshold:
    """Bad while equal to the level or greater.

    >>> RESTARTS = at_least(
    ...     warning=4 * COUNT,
    ...     window="1h",
    ...     for_="0s",
    ...     because="a single restart heals itself; 4 in an hour are a pattern",
    ...     immediate_because="the window already spans an hour",
    ... )

    Otherwise as `above`.
    """
    return _threshold(Comparison.AT_LEAST, **numbers)


def below(**numbers: Unpack[Numbers]) -> Threshold:
    """Bad while less than the level.

    >>> NO_WORKER = below(critical=1 * COUNT, for_="2m", because="nobody works; 2 minutes let a restart pass")

    Otherwise as `above`.
    """
    return _threshold(Comparison.BELOW, **numbers)


def at_most(**numbers: Unpack[Numbers]) -> Threshold:
    """Bad while equal to the level or less.

    >>> NO_TARGET = at_most(critical=0 * COUNT, for_="3m", because="without a scrape every other alert is blind")

    Otherwise as `above`.
    """
    return _threshold(Comparison.AT_MOST, **numbers)


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
    if min_events is not None:
        require_unit("min_events", min_events, COUNT)
    if slower_than is not None:
        require_unit("slower_than", slower_than, SECONDS, MILLISECONDS)
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
