"""Units of measurement, and quantities that carry one, so that 5 is never mistaken for 5 % or 500 ms for 500 s."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from monitoring_kit.core.findings import Finding, Location, Refused, here
from monitoring_kit.core.shown import shown


@dataclass(frozen=True)
class Unit:
    """A unit.

    `dimension` groups the units that can be converted into each other, `scale` is how many of the dimension's base unit
    one of this unit is (a millisecond is 0.001 s), `grafana` is Grafana's id of the unit and `template` is the Go
    template with which Prometheus prints `$value` in it.
    """

    name: str
    dimension: str
    scale: Decimal
    symbol: str
    grafana: str
    template: str

    def __rmul__(self, number: int | float) -> Quantity:
        """`5 * SECONDS`. Raises Refused for a number that is infinite, as 1e400 is in Python, or none at all."""
        if isinstance(number, bool) or not isinstance(number, int | float):
            return NotImplemented
        if not math.isfinite(number):
            remedy = "write a number that a value can reach"
            raise Refused(Finding(here(), "quantity", f"{number} is no finite number", remedy, "number"))
        return Quantity(Decimal(str(number)), self)

    @property
    def constant(self) -> str:
        """The name by which a definition imports the unit: PER_SECOND."""
        return self.name.upper().replace(" ", "_")

    def __str__(self) -> str:
        return self.name


def _unit(name: str, dimension: str, scale: str, symbol: str, grafana: str, template: str) -> Unit:
    return Unit(name, dimension, Decimal(scale), symbol, grafana, template)


RATIO = _unit("ratio", "share", "1", "", "percentunit", "{{ $value | humanizePercentage }}")
PERCENT = _unit("percent", "share", "0.01", "%", "percent", '{{ $value | printf "%.4g" }}%')
SECONDS = _unit("seconds", "time", "1", " s", "s", "{{ $value | humanizeDuration }}")
MILLISECONDS = _unit("milliseconds", "time", "0.001", " ms", "ms", '{{ $value | printf "%.4g" }} ms')
BYTES = _unit("bytes", "memory", "1", " B", "bytes", "{{ $value | humanize1024 }}B")
CORES = _unit("cores", "processor", "1", " cores", "none", '{{ $value | printf "%.3g" }} cores')
COUNT = _unit("count", "number", "1", "", "short", '{{ $value | printf "%.0f" }}')
FACTOR = _unit("factor", "factor", "1", "x", "none", '{{ $value | printf "%.3g" }}x')
PER_SECOND = _unit("per second", "frequency", "1", "/s", "reqps", "{{ $value | humanize }}/s")

LARGEST = Decimal(10) ** 15  # beyond it a float, in which Prometheus and Azure count, has no fractions left

UNITS = (RATIO, PERCENT, SECONDS, MILLISECONDS, BYTES, CORES, COUNT, FACTOR, PER_SECOND)


@dataclass(frozen=True)
class Quantity:
    """A number with its unit. Decimal, because 0.1 has to print as 0.1 in a rule."""

    value: Decimal
    unit: Unit

    def to(self, unit: Unit) -> Decimal:
        """The number of `unit`s that this quantity is. Raises ValueError where the two measure different things."""
        if unit.dimension != self.unit.dimension:
            raise ValueError(f"{self} is in {self.unit}, which cannot be turned into {unit}")
        return self.value * self.unit.scale / unit.scale

    def __str__(self) -> str:
        """As a person writes it: a ratio as a percentage, a short time in milliseconds."""
        if self.unit == RATIO:
            return f"{plain(self.to(PERCENT))}%"
        if self.unit == SECONDS and 0 < self.value < 1:
            return f"{plain(self.to(MILLISECONDS))} ms"
        return f"{plain(self.value)}{self.unit.symbol}"


def require_unit(field: str, value: object, *units: Unit, where: Location | None = None) -> None:
    """Raises Refused if `value`, which a definition gives for `field`, is not a quantity but a bare number.

    `units` are those that it may be written in, `where` is the definition, if not the line that is being read.
    """
    if not isinstance(value, Quantity):
        number = value if isinstance(value, int | float) else 1
        remedy = f"write {' or '.join(f'{number} * {unit.constant}' for unit in units)}"
        raise Refused(Finding(where or here(), "number", f"{field}={value!r} has no unit", remedy, "unit"))


def plain(number: Decimal) -> str:
    """`number` in decimal notation, without an exponent and without trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


_WRITTEN = re.compile(r"\s*(?P<number>[0-9]+(\.[0-9]+)?)\s*(?P<unit>%|ms|s|/s|GiB|MiB|KiB|B|cores)?\s*")
_SYMBOLS = {
    "%": (Decimal("0.01"), RATIO),
    "ms": (Decimal("0.001"), SECONDS),
    "s": (Decimal(1), SECONDS),
    "/s": (Decimal(1), PER_SECOND),
    "B": (Decimal(1), BYTES),
    "KiB": (Decimal(2**10), BYTES),
    "MiB": (Decimal(2**20), BYTES),
    "GiB": (Decimal(2**30), BYTES),
    "cores": (Decimal(1), CORES),
}


def parse_quantity(text: str, unit: Unit) -> Quantity:
    """The quantity that a person wrote, in `unit`: "10%", "500ms", "0.1/s", "3".

    A bare number is taken in `unit` itself. Raises ValueError where the text is no number, has another
    dimension or is more than `LARGEST`.
    """
    matched = _WRITTEN.fullmatch(text)
    if matched is None:
        raise ValueError(f"{shown(text)} is not a number with a unit")
    number = Decimal(matched["number"])
    if number > LARGEST:
        raise ValueError(f"{shown(text)} is more than any value can be")
    scale, written = _SYMBOLS.get(matched["unit"] or "", (Decimal(1), unit))
    if written.dimension != unit.dimension:
        raise ValueError(f"{shown(text)} is in {written}, not in {unit}")
    return Quantity(Quantity(number * scale, written).to(unit), unit)
