"""Lengths of time as Prometheus ("5m"), Azure ("PT5M") and people ("5 minutes") write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitoring_kit.core.shown import shown

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_LARGEST_FIRST = ("d", "h", "m", "s")
_WRITTEN = re.compile(r"(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")
_WORDS = {"d": "day", "h": "hour", "m": "minute", "s": "second"}


@dataclass(frozen=True, order=True)
class Duration:
    """A number of seconds, zero or more, and milliseconds (0 to 999), which only windows of PromQL have."""

    seconds: int
    milliseconds: int = 0

    def prometheus(self) -> str:
        """In the largest unit that divides it: 90 minutes are "90m", a day is "1d", nothing is "0s".

        With milliseconds in several units: "4m59s999ms".
        """
        if self.milliseconds:
            rest, words = self.seconds, []
            for unit in _LARGEST_FIRST:
                number, rest = divmod(rest, _UNITS[unit])
                words += [f"{number}{unit}"] if number else []
            return f"{''.join(words)}{self.milliseconds}ms"
        unit = next(u for u in _LARGEST_FIRST if self.seconds % _UNITS[u] == 0 and (self.seconds or u == "s"))
        return f"{self.seconds // _UNITS[unit]}{unit}"

    def iso8601(self) -> str:
        """As Azure Resource Manager writes it: "PT5M", "PT1H30M", "P1D"; nothing is "PT0S"."""
        days, rest = divmod(self.seconds, 86400)
        hours, rest = divmod(rest, 3600)
        minutes, seconds = divmod(rest, 60)
        date = f"{days}D" if days else ""
        clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        if not date and not clock:
            return "PT0S"
        return f"P{date}T{clock}" if clock else f"P{date}"

    def words(self) -> str:
        """As a sentence says it: "5 minutes", "1 hour"."""
        text = self.prometheus()
        number, unit = text[:-1], _WORDS[text[-1]]
        return f"{number} {unit}" if number == "1" else f"{number} {unit}s"

    def __str__(self) -> str:
        return self.prometheus()


def parse_duration(text: str) -> Duration:
    """The duration that Prometheus reads in `text`: "30s", "5m", "1h30m". Raises ValueError where it reads none."""
    matched = _WRITTEN.fullmatch(str(text))
    if not text or matched is None:
        raise ValueError(f"{shown(str(text))} is not a duration: write for example 30s, 5m, 1h30m or 1d")
    return Duration(sum(int(n) * size for n, size in zip(matched.groups(), _UNITS.values(), strict=True) if n))
