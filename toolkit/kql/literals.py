"""Values as Kusto literals."""

from __future__ import annotations

from decimal import Decimal

from toolkit.durations import Duration
from toolkit.units import plain

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def kql_string(text: str) -> str:
    """`text` as a Kusto string literal.

    A dollar sign is written as an escape, because Grafana would take `$name` for a variable of the dashboard.
    """
    inner = "".join(_ESCAPES.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 32 or c == "$" else c) for c in text)
    return f'"{inner}"'


def kql_number(number: Decimal) -> str:
    """`number` as a Kusto number: an integer stays one, everything else is in plain decimal notation."""
    return plain(number)


def kql_timespan(duration: Duration) -> str:
    """`duration` as a Kusto timespan literal: 5m, 1h, 1d."""
    return duration.prometheus()
