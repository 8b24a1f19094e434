"""Checks on objectives: numbers that no alert could ever reach, windows that do not fit, bounds that are a guess."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from monitoring_kit.checks.buckets import Finder, bucket_findings
from monitoring_kit.checks.registry import Check, Group
from monitoring_kit.core.findings import Finding
from monitoring_kit.core.units import FACTOR, RATIO, plain
from monitoring_kit.model import prom
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.metrics import MetricCatalogue, MetricType
from monitoring_kit.model.objectives import Objective, counters_of
from monitoring_kit.model.thresholds import BurnRate

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def objective_findings(definitions: Definitions) -> list[Finding]:
    """Everything that is wrong with the objectives."""
    findings: list[Finding] = []
    taken = Counter(objective.name for objective in definitions.objectives)
    for objective in definitions.objectives:
        finding = _finder(objective)
        if taken[objective.name] > 1:
            others = ", ".join(
                str(other.where)
                for other in definitions.objectives
                if other is not objective and other.name == objective.name
            )
            findings.append(
                finding("name", f"the name {objective.name!r} is taken: {others}", "name each promise once")
            )
        findings += [
            *_text_findings(objective, finding),
            *_target_findings(objective, finding),
            *_window_findings(objective, finding),
            *_measure_findings(objective, definitions.catalogue, finding),
        ]
    return findings


def _finder(objective: Objective) -> Finder:
    return lambda check, problem, remedy: Finding(
        objective.where, f"objective {objective.name}", problem, remedy, check
    )


def _text_findings(objective: Objective, finding: Finder) -> Iterator[Finding]:
    if not _NAME.fullmatch(objective.name):
        yield finding("name", "is not named in snake_case", 'write "availability": it becomes a label and a signal')
    if not objective.because.strip():
        yield finding("reason", "does not say why", "write because='...': what the promise is worth to a caller")


def _target_findings(objective: Objective, finding: Finder) -> Iterator[Finding]:
    """A target outside 0 and 1 leaves no budget or promises nothing; a low one leaves more than an alert can see."""
    if not 0 < objective.target.to(RATIO) < 1:
        problem = f"target is {objective.target}, which is not between 0% and 100%"
        yield finding("target", problem, "write the good share: 0.995 * RATIO leaves 0.5% of the events to fail")
        return
    for rate in objective.threshold.burn_rates:
        factor = rate.factor.to(FACTOR)
        if factor * objective.budget >= 1:
            problem = (
                f"can never be {rate.severity.value} over {rate.long.words()}: {rate.factor} the budget of "
                f"{plain(objective.budget * 100)}% is {plain(factor * objective.budget * 100)}% of all events, and "
                "more than all of them cannot be bad"
            )
            least = plain(round((1 - 1 / factor) * 100, 2))
            remedy = f"promise more than {least}%, or let the alert sound at a smaller share of the budget"
            yield finding("unsatisfiable", problem, remedy)


def _window_findings(objective: Objective, finding: Finder) -> Iterator[Finding]:
    if not objective.threshold.burn_rates:
        yield finding("no-level", "says for no burn rate whom to tell", "write alerting=(page(...), ticket(...))")
    if objective.period.seconds == 0:
        yield finding("window", "has a period of no time", 'write period="30d"')
    for rate in objective.threshold.burn_rates:
        if not 0 < rate.short.seconds < rate.long.seconds < objective.period.seconds:
            problem = (
                f"the windows {rate.long} and {rate.short} do not fit into each other and the period {objective.period}"
            )
            yield finding("window", problem, "write short < long < period: page(0.02 * RATIO, long='1h', short='5m')")
        elif rate.factor.to(FACTOR) < 1:
            yield finding(
                "factor", _too_slow(objective, rate), "ask for a larger share of the budget, or a shorter window"
            )


def _too_slow(objective: Objective, rate: BurnRate) -> str:
    return (
        f"would be {rate.severity.value} over {rate.long.words()} at {rate.factor}, where the budget lasts for longer "
        f"than {objective.period.words()}"
    )


def _measure_findings(objective: Objective, catalogue: MetricCatalogue, finding: Finder) -> Iterator[Finding]:
    """What is counted: bad events of a ratio, or events slower than a bound of a latency's own histogram."""
    match objective.signal.prometheus:
        case None:
            problem = f"counts events of {objective.signal.name}, which Prometheus does not measure"
            yield finding("unmeasured", problem, "give the signal prometheus=: Azure has no rules that count events")
        case prom.Ratio() if objective.slower_than is not None:
            problem = f"slower_than is {objective.slower_than}, but {objective.signal.name} is no latency"
            yield finding("bucket-bound", problem, "leave it out: a ratio says itself which events are bad")
        case prom.Histogram() if objective.slower_than is None:
            problem = f"does not say from when on an event of {objective.signal.name} is slow"
            yield finding("bucket-bound", problem, "write slower_than=0.5 * SECONDS")
        case prom.Histogram():
            yield from _bound_findings(objective, catalogue, finding)


def _bound_findings(objective: Objective, catalogue: MetricCatalogue, finding: Finder) -> Iterator[Finding]:
    families = [catalogue.metrics.get(counter.removesuffix("_bucket")) for counter in counters_of(objective)]
    for metric in families:
        if metric is None or metric.type is not MetricType.HISTOGRAM or objective.slower_than is None:
            continue  # the contract's own check reports it
        if objective.slower_than.unit.dimension != metric.unit.dimension:
            yield finding("unit", f"slower_than is {objective.slower_than}, which is no time", "write it in SECONDS")
        else:
            yield from bucket_findings(objective.slower_than, metric, finding)


GROUP = Group(
    title="Objectives",
    checks=(
        Check(
            "target",
            "A target lies between 0% and 100%, without either: the rest is the error budget.",
            "objective planted: target is 100%, which is not between 0% and 100%",
        ),
        Check(
            "window",
            "The windows of a burn rate fit into each other and into the period: short < long < period.",
            "objective planted: the windows 3d and 6h do not fit into each other and the period 2d",
        ),
        Check(
            "factor",
            "A burn rate below 1 means that the budget outlasts its period, which is no reason to alert.",
            "objective planted: would be warning over 1 day at 0.2x, where the budget lasts for longer than 2 days",
        ),
        Check(
            "unsatisfiable",
            "The burn rate asks for more bad events than there are events, so it can never be reached.",
            "objective planted: can never be critical over 1 hour: 14.4x the budget of 10% is 144% of all "
            "events, and more than all of them cannot be bad",
        ),
    ),
    definitions=objective_findings,
)
