"""Views: how a panel shows a signal, and what it asks a measure for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from monitoring_kit.core.units import Quantity
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.promql.tree import Window


class View(Enum):
    """How a panel shows a signal."""

    TIMESERIES = "timeseries"
    STAT = "stat"
    HEATMAP = "heatmap"
    QUANTILES = "quantiles"
    SLOW_SHARE = "slow share"
    AMOUNTS = "amounts"
    BURN_RATE = "burn rate"
    LIST = "list"
    STATES = "states"
    COLUMNS = "columns"

    @property
    def judged(self) -> bool:
        """Whether it shows the very value that an alert compares."""
        return self in (View.TIMESERIES, View.STAT, View.SLOW_SHARE, View.BURN_RATE, View.STATES)

    @property
    def plots(self) -> bool:
        """Whether it shows the judged value as it was over time."""
        return self.judged and self is not View.STAT


@dataclass(frozen=True, kw_only=True)
class ViewRequest:
    """What a panel asks a measure for.

    `by` are the labels to tell series apart by; for logs, those that the panel adds to the measure's own. `name` is
    what a legend calls such a series. `window` is the one that an alert judges, Grafana's interval where none does.
    An event is slow beyond `slower_than`. `quantiles` and `severity` are set by the views that show some.
    """

    view: View
    by: tuple[str, ...]
    name: str
    window: Window
    slower_than: Quantity | None = None
    quantiles: tuple[Decimal, ...] = ()
    severity: Severity | None = None
