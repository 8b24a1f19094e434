"""Numbers as an alert's text shows them, without Go's templates: a second opinion on what a template prints.

Follows the functions of Prometheus's template language,
https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#numbers
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from monitoring_kit.core.units import (
    BYTES,
    CORES,
    COUNT,
    FACTOR,
    MILLISECONDS,
    PER_SECOND,
    PERCENT,
    RATIO,
    SECONDS,
    Unit,
)

_LARGE = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALL = ("", "m", "u", "n", "p", "f", "a", "z", "y")
_BINARY = ("", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")


def in_words(value: float, unit: Unit) -> str:
    """`value`, measured in `unit`, as an alert says it. Raises KeyError for a unit that no rule here prints."""
    return _PRINTED[unit.name](value)


def metric_prefix(value: float) -> str:
    """Four significant digits with a prefix of the decimal system: 1234 is "1.234k", 0.002 is "2m"."""
    if value == 0:
        return "0"
    if abs(value) >= 1:
        return _prefixed(value, 1000, _LARGE)
    number = 0
    while abs(value) < 1 and number < len(_SMALL) - 1:
        value, number = value * 1000, number + 1
    return f"{value:.4g}{_SMALL[number]}"


def duration(value: float) -> str:
    """A time: 0.25 is "250ms", 5.2 is "5.2s", 3661 is "1h 1m 1s"."""
    if value == 0:
        return "0s"
    if abs(value) < 1:
        return f"{metric_prefix(value)}s"
    sign, rest = ("-" if value < 0 else ""), abs(value)
    seconds, minutes, hours, days = (int(rest) % 60, int(rest) // 60 % 60, int(rest) // 3600 % 24, int(rest) // 86400)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    return f"{sign}{minutes}m {seconds}s" if minutes else f"{sign}{rest:.4g}s"


def _prefixed(value: float, base: int, prefixes: tuple[str, ...]) -> str:
    number = 0
    while abs(value) >= base and number < len(prefixes) - 1:
        value, number = value / base, number + 1
    return f"{value:.4g}{prefixes[number]}"


_PRINTED: Mapping[str, Callable[[float], str]] = {
    RATIO.name: lambda value: f"{value * 100:.4g}%",
    PERCENT.name: lambda value: f"{value:.4g}%",
    SECONDS.name: duration,
    MILLISECONDS.name: lambda value: f"{value:.4g} ms",
    BYTES.name: lambda value: f"{_prefixed(value, 1024, _BINARY)}B",
    CORES.name: lambda value: f"{value:.3g} cores",
    FACTOR.name: lambda value: f"{value:.3g}x",
    COUNT.name: lambda value: f"{value:.0f}",
    PER_SECOND.name: lambda value: f"{metric_prefix(value)}/s",
}
