"""What decides whether somebody is woken, in words, to be held against a table that never follows."""

from __future__ import annotations

from toolkit.alerts import Alert
from toolkit.thresholds import Threshold


def facts(alert: Alert) -> str:
    """The alert's severities, levels, guards, times, labels and owner."""
    return "; ".join([*_levels(alert.threshold), *_times(alert.threshold), _addressed(alert)])


def _levels(threshold: Threshold) -> list[str]:
    if threshold.burn_rates:
        return [
            f"{rate.severity.value} {threshold.comparison.promql} {rate.factor} over {rate.long} and {rate.short}"
            for rate in threshold.burn_rates
        ]
    levels = [f"{severity.value} {threshold.comparison.promql} {level}" for severity, level in threshold.levels]
    return [", ".join(levels), f"over {threshold.window}"]


def _times(threshold: Threshold) -> list[str]:
    found = [f"for {threshold.hold}"]
    if threshold.slower_than is not None:
        found.append(f"slower than {threshold.slower_than}")
    if threshold.min_events is not None:
        found.append(f"from {threshold.min_events} events")
    if threshold.min_bad_events is not None:
        found.append(f"from {threshold.min_bad_events} bad events")
    if (earlier := threshold.earlier) is not None:
        found.append(f"was above {earlier.value} over {earlier.window} {earlier.ago} ago")
    return found


def _addressed(alert: Alert) -> str:
    return f"of each {' '.join(alert.signal.labels) or 'service'}, to {alert.owner}"
