"""Counting the events of objectives: a rate, and the counts of every window that an alert or a panel looks at.

A short count adds up the recorded rate, a long one adds up counts of 5 or 15 minutes: 30 days are 2880 samples of a
series, not 86400 of every pod. The counts that are added up lie side by side, so every event counts once. They begin
and end at multiples of their own length, so the whole lies up to that length, at most 1/48 of its own, in the past.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from types import MappingProxyType

from monitoring_kit.core.durations import Duration
from monitoring_kit.definitions import Definitions
from monitoring_kit.environment.model import Environment, PrometheusSettings
from monitoring_kit.model.budgets import OBJECTIVE_LABEL, OUTCOMES, EventSeries, Outcome
from monitoring_kit.model.objectives import STAGES, Objective, recorded_labels
from monitoring_kit.plan.model import EventRecording
from monitoring_kit.plan.scope import scoped
from monitoring_kit.promql.tree import Binary, Call, Expression, NumberLiteral, Selector, Subquery

GROUP = "slo"
# With fewer samples in a range one missed scrape leaves rate() without two of them.
SCRAPES_IN_A_RATE = 4
STEPS_IN_A_WINDOW = 48


def event_recordings(definitions: Definitions, environment: Environment) -> tuple[EventRecording, ...]:
    """The recording rules of the objectives, each after those that it reads; none without Prometheus."""
    prometheus = environment.prometheus
    if prometheus is None:
        return ()
    group, settings = f"{prometheus.workload}-{GROUP}", environment.settings()
    recordings: list[EventRecording] = []
    for series in dict.fromkeys(one.series for one in definitions.objectives):
        alike = [one for one in definitions.objectives if one.series == series]
        for one in alike:
            for outcome, expression in _rates(one, definitions, prometheus):
                recordings.append(
                    EventRecording(
                        name=series.rate(outcome),
                        group=group,
                        expression=scoped(expression, definitions.catalogue, settings),
                        labels=MappingProxyType({OBJECTIVE_LABEL: one.name}),
                        where=one.where,
                    )
                )
        for window in _recorded_windows(alike):
            for outcome in OUTCOMES:
                count = _count(series, outcome, window, prometheus.evaluation_interval)
                recordings.append(
                    EventRecording(
                        name=series.increase(outcome, window),
                        group=group,
                        expression=scoped(count, definitions.catalogue, settings),
                        labels=MappingProxyType({}),
                        where=alike[0].where,
                    )
                )
    return tuple(recordings)


def _rates(
    one: Objective, definitions: Definitions, prometheus: PrometheusSettings
) -> Iterator[tuple[Outcome, Expression]]:
    """Events per second, by everything that is recorded."""
    by, window = recorded_labels(one, definitions.catalogue), rate_window(prometheus)
    events = one.signal.prometheus
    bad = events.bad_per_second(by, window, one.slower_than) if events is not None else None
    if events is not None and bad is not None:  # else a finding of the checks
        yield "bad", bad
        yield "total", events.per_second(by, window)


def rate_window(prometheus: PrometheusSettings) -> Duration:
    """As short as a rate can be, so that an outage is seen early, and a multiple of the time between evaluations.

    Then the windows of all evaluations together cover every moment equally often.
    """
    step = prometheus.evaluation_interval.seconds
    return Duration(-(-SCRAPES_IN_A_RATE * prometheus.scrape_interval.seconds // step) * step)


def _recorded_windows(objectives: list[Objective]) -> list[Duration]:
    """The windows of the objectives and the stages that they are added up from, the shortest first."""
    windows = {window for one in objectives for window in one.windows}
    return sorted(windows | {stage for window in windows if (stage := _stage(window)) is not None})


def _stage(window: Duration) -> Duration | None:
    """The recorded window that `window` is added up from, None where that is the rate itself."""
    for stage in STAGES:
        steps, rest = divmod(window.seconds, stage.seconds)
        if rest == 0 and steps >= STEPS_IN_A_WINDOW:
            return stage
    return None


def _count(series: EventSeries, outcome: Outcome, window: Duration, evaluation: Duration) -> Expression:
    """How many events `window` holds. A time without samples counts as one without events."""
    stage = _stage(window)
    if stage is not None:
        return _sum_over_time(series.increase(outcome, stage), window, stage)
    seconds = NumberLiteral(Decimal(evaluation.seconds))
    return Binary("*", _sum_over_time(series.rate(outcome), window, evaluation), seconds)


def _sum_over_time(metric: str, window: Duration, step: Duration) -> Expression:
    """The sum of one sample each step: how often the rule was really evaluated makes no difference."""
    return Call("sum_over_time", (Subquery(Selector(metric), window, step),))
