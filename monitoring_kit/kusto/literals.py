"""Values as Kusto literals."""

from __future__ import annotations

import re
from decimal import Decimal

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import plain

_GRAFANA_VARIABLE = re.compile(r"\$[A-Za-z0-9_{]|\[\[")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def kql_string(text: str) -> str:
    """`text` as a Kusto string literal.

    Raises ValueError where no literal can hold it: a control character, or what Grafana would take for a variable of
    the dashboard (`$name`, `${name}`, `[[name]]`), which it replaces even inside quotes.
    """
    if _GRAFANA_VARIABLE.search(text) or any(ord(c) < 32 and c not in _ESCAPES for c in text):
        raise ValueError(
            f"{text!r} cannot stand in a query: Grafana would replace a part of it, or it cannot be written"
        )
    return '"' + "".join(_ESCAPES.get(c, c) for c in text) + '"'


def kql_number(number: Decimal) -> str:
    """`number` as a Kusto number: an integer stays one, everything else is in plain decimal notation."""
    return plain(number)


def kql_timespan(duration: Duration) -> str:
    """`duration` as a Kusto timespan literal: 5m, 1h, 1d."""
    return duration.prometheus()
