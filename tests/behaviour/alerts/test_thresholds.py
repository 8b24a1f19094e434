"""Nobody loosens what wakes people without a test that fails.

Cases that are derived from a definition follow it wherever it goes; this table does not, and neither do the cases by
hand in `tests/behaviour/alerts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import COUNT, Quantity
from monitoring_kit.model import azure, kql
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.signals import Measure
from monitoring_kit.model.thresholds import BurnRate, Comparison, Severity, Threshold
from tests.behaviour.alerts.facts import facts
from tests.behaviour.alerts.golden import ALERTS, OBJECTIVES
from tests.support.planting import shipped

# Why a number is right may be put better at any time; where it stands is of no concern.
NO_NUMBERS = {"because", "immediate_because", "where"}


def test_every_alert_wakes_people_as_the_table_says() -> None:
    assert {name: facts(alert) for name, alert in shipped().alerts.items()} == ALERTS


def test_every_objective_promises_what_the_table_says() -> None:
    assert {objective.name: str(objective) for objective in shipped().objectives} == OBJECTIVES


@pytest.mark.parametrize("name", shipped().alerts)
def test_every_change_of_an_alert_shows(name: str) -> None:
    alert = shipped().alerts[name]
    unseen = [what for what, changed in changed_alerts(alert) if facts(changed) == ALERTS[name]]
    assert unseen == []


def test_every_field_of_a_threshold_is_changed_above() -> None:
    alerts = shipped().alerts.values()
    changed = {what for alert in alerts for what, _ in changed_thresholds(alert.threshold)}
    assert {field.name for field in fields(Threshold)} - NO_NUMBERS == changed


def changed_alerts(alert: Alert) -> Iterator[tuple[str, Alert]]:
    """The alert with one thing changed, and what."""
    for what, threshold in changed_thresholds(alert.threshold):
        yield what, replace(alert, threshold=threshold)
    yield "team", replace(alert, team="nobody")
    for label in alert.signal.labels:
        by = " ".join(one for one in alert.signal.labels if one != label)
        yield "per", replace(alert, signal=replace(alert.signal, by=by))
    for backend in Backend:
        measure = alert.signal.measure(backend)
        if isinstance(measure, azure.Metric):
            if measure.by:
                yield f"{backend.value} of all", _measuring(alert, backend, replace(measure, by=""))
            if measure.only:
                yield f"{backend.value} of whatever", _measuring(alert, backend, replace(measure, only={}))
            other = replace(measure, metric=replace(measure.metric, name="DiskUtilization"))
            yield f"{backend.value} metric", _measuring(alert, backend, other)
            yield f"{backend.value} aggregation", _measuring(alert, backend, replace(measure, aggregation="Minimum"))
        elif isinstance(measure, kql.Ratio | kql.Durations | kql.Query) and measure.by:
            yield f"{backend.value} of all", _measuring(alert, backend, replace(measure, by=""))


def _measuring(alert: Alert, backend: Backend, measure: Measure) -> Alert:
    """The alert, its signal measured otherwise in one place."""
    return replace(alert, signal=replace(alert.signal, **{backend.value: measure}))  # type: ignore[arg-type] # a place is a field


def changed_thresholds(threshold: Threshold) -> Iterator[tuple[str, Threshold]]:
    """The threshold with one field loosened, and the field's name."""
    for comparison in Comparison:
        # What a budget is compared by is always "above".
        if comparison is not threshold.comparison and not threshold.burn_rates:
            yield "comparison", replace(threshold, comparison=comparison)
    levels = threshold.levels
    if not threshold.burn_rates:
        for number, (severity, level) in enumerate(levels):
            rest = (*levels[:number], *levels[number + 1 :])
            yield "levels", replace(threshold, levels=rest)
            yield "levels", replace(threshold, levels=(*rest, (severity, _more(level))))
            other = Severity.WARNING if severity is Severity.INFO else Severity.INFO
            yield "levels", replace(threshold, levels=(*rest, (other, level)))
        yield "window", replace(threshold, window=_longer(threshold.window))
    yield "for_", replace(threshold, for_=_longer(threshold.for_))
    yield "min_events", replace(threshold, min_events=_more(threshold.min_events or 0 * COUNT))
    yield "min_bad_events", replace(threshold, min_bad_events=_more(threshold.min_bad_events or 0 * COUNT))
    if threshold.slower_than is not None:
        yield "slower_than", replace(threshold, slower_than=_more(threshold.slower_than))
    if (earlier := threshold.earlier) is not None:
        yield "earlier", replace(threshold, earlier=None)
        yield "earlier", replace(threshold, earlier=replace(earlier, value=_more(earlier.value)))
        yield "earlier", replace(threshold, earlier=replace(earlier, window=_longer(earlier.window)))
        yield "earlier", replace(threshold, earlier=replace(earlier, ago=_longer(earlier.ago)))
    for number, rate in enumerate(threshold.burn_rates):
        rates = threshold.burn_rates
        for changed in _changed_rates(rate):
            yield "burn_rates", replace(threshold, burn_rates=(*rates[:number], *changed, *rates[number + 1 :]))


def _changed_rates(rate: BurnRate) -> Iterator[tuple[BurnRate, ...]]:
    yield ()
    yield (replace(rate, severity=Severity.INFO),)
    yield (replace(rate, factor=_more(rate.factor)),)
    yield (replace(rate, long=_longer(rate.long)),)
    yield (replace(rate, short=_longer(rate.short)),)


def _more(quantity: Quantity) -> Quantity:
    return Quantity(quantity.value * 101 / 100 if quantity.value else quantity.value + 1, quantity.unit)


def _longer(duration: Duration) -> Duration:
    return Duration(duration.seconds + 30)
