"""Counting the events of objectives: a rate, and the counts of every window that an alert or a panel looks at.

Events that happened while a counter was not scraped are added to the rate when it is scraped again (see
`monitoring_kit.model.gaps`): the windows know of no gap. A short count adds up the recorded rate, a long one adds up
counts of 5 or 15 minutes: 30 days are 2880 samples of a series, not 86400 of every pod. The counts that are added up
lie side by side, so every event counts once. They begin and end at multiples of their own length, so the whole lies up
to that length, at most 1/48 of its own, in the past.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from monitoring_kit.core.durations import Duration
from monitoring_kit.environment.model import Environment, PrometheusSettings
from monitoring_kit.model.budgets import OBJECTIVE_LABEL, OUTCOMES, EventSeries, Outcome
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.gaps import GapWindows, across_gaps
from monitoring_kit.model.objectives import STAGES, Objective, counters_of, gaps_of, recorded_labels
from monitoring_kit.plan.model import PrometheusRecording
from monitoring_kit.plan.scope import scoped
from monitoring_kit.promql.tree import Binary, Call, Expression, NumberLiteral, Selector, Subquery

GROUP = "slo"
# Counts that no alert reads, such as those of 30 days, are most of the samples and of the time. Prometheus shows a
# sample for 5 minutes; evaluated a little more often, an evaluation that comes late leaves no hole on a panel.
PERIOD_GROUP = "slo-period"
PERIOD_INTERVAL = Duration(240)
# With fewer samples in a range one missed scrape leaves rate() without two of them.
SCRAPES_IN_A_RATE = 4
STEPS_IN_A_WINDOW = 48


def event_recordings(definitions: Definitions, environment: Environment) -> tuple[PrometheusRecording, ...]:
    """The recording rules of the objectives, each after those that it reads; none without Prometheus."""
    prometheus = environment.prometheus
    if prometheus is None:
        return ()
    group, settings = f"{prometheus.workload}-{GROUP}", environment.settings()

    def recording(name: str, expression: Expression, window: Duration, objective: Objective) -> PrometheusRecording:
        narrowed = scoped(expression, definitions.catalogue, settings)
        return PrometheusRecording(name, group, narrowed, window, objective.where)

    gaps = gaps_of(definitions.objectives, definitions.catalogue)
    windows = GapWindows(rate_window(prometheus), prometheus.evaluation_interval)
    recordings: list[PrometheusRecording] = []
    for gap in gaps:
        origin = next(objective for objective in definitions.objectives if gap.counter in counters_of(objective))
        recordings += [
            recording(name, expression, windows.rate, origin) for name, expression in gap.recordings(windows)
        ]
    for series in dict.fromkeys(objective.series for objective in definitions.objectives):
        alike = [objective for objective in definitions.objectives if objective.series == series]
        for objective in alike:
            own = MappingProxyType({OBJECTIVE_LABEL: objective.name})
            for outcome, rate in _rates(objective, definitions, prometheus):
                recorded = recording(series.rate(outcome), across_gaps(rate, gaps), windows.rate, objective)
                recordings.append(replace(recorded, labels=own))
        rates = [rate for objective in alike for rate in objective.threshold.burn_rates]
        judged = {*STAGES, *(window for rate in rates for window in (rate.long, rate.short))}
        for window in _recorded_windows(alike):
            for outcome in OUTCOMES:
                count = _count(series, outcome, window, prometheus.evaluation_interval)
                counted = recording(series.increase(outcome, window), count, window, alike[0])
                if window not in judged:
                    interval = max(PERIOD_INTERVAL, prometheus.evaluation_interval)
                    counted = replace(counted, group=f"{prometheus.workload}-{PERIOD_GROUP}", interval=interval)
                recordings.append(counted)
    return tuple(recordings)


def _rates(
    objective: Objective, definitions: Definitions, prometheus: PrometheusSettings
) -> Iterator[tuple[Outcome, Expression]]:
    """Events per second, by everything that is recorded."""
    by, window = recorded_labels(objective, definitions.catalogue), rate_window(prometheus)
    events = objective.signal.prometheus
    bad = events.bad_per_second(by, window, objective.slower_than) if events is not None else None
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
    windows = {window for objective in objectives for window in objective.windows}
    return sorted(windows | {stage for window in windows if (stage := _stage(window)) is not None})


def _stage(window: Duration) -> Duration | None:
    """The recorded window that `window` is added up from, None if that is the rate itself."""
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
    """The sum of one sample each step: how often the rule was really evaluated makes no difference.

    Prometheus 2 counts both ends of a subquery in, Prometheus 3 only the later one. A window that is a millisecond
    shorter holds the same number of steps on both, wherever between two steps the rule is evaluated.
    """
    return Call("sum_over_time", (Subquery(Selector(metric), Duration(window.seconds - 1, 999), step),))
