"""What decides whether somebody is woken, in words, to be held against a table that never follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitoring_kit.model import azure, kql
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.routing import Routing
from monitoring_kit.model.thresholds import Threshold
from rules.routing import ROUTING


def facts(alert: Alert) -> str:
    """The alert's severities, levels, guards, times, what it is raised for at each place, owner, and what mutes it."""
    found = [*_levels(alert.threshold), *_times(alert.threshold), *_split(alert)]
    muted = ", ".join(muted_by(alert.name)) if alert.signal.prometheus is not None else ""
    return "; ".join(found) + f", to {alert.team}" + (f"; muted by {muted}" if muted else "")


def muted_by(alert: str, routing: Routing = ROUTING) -> list[str]:
    """The alerts during which `alert` is not heard."""
    return [
        inhibition.source.name
        for inhibition in routing.inhibitions
        if re.fullmatch(inhibition.mutes, alert) and inhibition.source.name != alert
    ]


def _levels(threshold: Threshold) -> list[str]:
    if threshold.burn_rates:
        return [
            f"{rate.severity.value} {threshold.comparison.promql} {rate.factor} over {rate.long} and {rate.short}"
            for rate in threshold.burn_rates
        ]
    levels = [f"{severity.value} {threshold.comparison.promql} {level}" for severity, level in threshold.levels]
    return [", ".join(levels), f"over {threshold.window}"]


def _times(threshold: Threshold) -> list[str]:
    found = [f"for {threshold.for_}"]
    if threshold.slower_than is not None:
        found.append(f"slower than {threshold.slower_than}")
    if threshold.min_events is not None:
        found.append(f"from {threshold.min_events} events")
    if threshold.min_bad_events is not None:
        found.append(f"from {threshold.min_bad_events} bad events")
    if (earlier := threshold.earlier) is not None:
        found.append(f"was above {earlier.value} over {earlier.window} {earlier.ago} ago")
    return found


def _split(alert: Alert) -> Iterator[str]:
    """For each of what there is an alert of its own: labels on Prometheus, dimensions on Azure."""
    for backend in Backend:
        measure = alert.signal.measure(backend)
        if backend is Backend.PROMETHEUS and measure is not None:
            yield f"of each {' '.join(alert.signal.labels)}"
        elif isinstance(measure, azure.Metric):
            only = " and ".join(f"{name}={value}" for name, value in sorted(measure.only.items()))
            metric = f"{measure.aggregation} {measure.metric.name}{f' with {only}' if only else ''}"
            whole = "deployment" if measure.on_deployment else "endpoint"
            yield f"{backend.title}: {metric} of each {measure.by or whole}"
        elif isinstance(measure, kql.Ratio | kql.Rate | kql.Durations | kql.Query) and not alert.prometheus_only:
            yield f"{backend.title}: of each {measure.by or 'service'}"
