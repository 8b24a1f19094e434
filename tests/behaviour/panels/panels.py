"""What is wrong with what a dashboard shows: every panel and variable of its file, run as Grafana runs it.

A verdict names the definition to mend: the signal's file and line, the panel, the dashboard and the query.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from monitoring_kit.core.findings import Finding
from monitoring_kit.model import prom
from monitoring_kit.model.signals import BudgetLeft, BurnRates
from monitoring_kit.plan.model import PlannedDashboard, PlannedPanel
from monitoring_kit.render.grafana.thresholds import GOOD, NEUTRAL
from tests.behaviour.panels.grafana import (
    ALL,
    LEGEND_LABEL,
    DashboardVariable,
    GrafanaError,
    Json,
    PanelLine,
    QueryResult,
    TimeRange,
    Variables,
    panels_of,
    reads_prometheus,
    resolve,
    run,
)
from tests.support.planting import shipped

# The least and the most that a value can be, by Grafana's unit. Nothing that is measured here can be negative.
_LIMITS = {"percentunit": (0.0, 1.0), "percent": (0.0, 100.0)}
_ANY_AMOUNT = (0.0, math.inf)
_ROUNDING = 1e-9
# A line so many times higher than what is typical of a good day is in another unit. A right one is above that, and one
# in milliseconds or kilobytes 1000 times above the right one, one in requests a minute 60 times. Of what is normally
# nought, such as restarts, no value tells how far away its line may be.
_OUT_OF_REACH = {"s": 1000, "ms": 1000, "bytes": 1000, "none": 50, "reqps": 50}

QueryResults = tuple[QueryResult, ...]


@dataclass(frozen=True)
class ShownDashboard:
    """A dashboard with its variables and what each panel shows over a time range."""

    dashboard: Json
    planned: PlannedDashboard
    time_range: TimeRange
    variables: Variables
    answers: Mapping[int, QueryResults]


def show(
    dashboard: Json, planned: PlannedDashboard, address: str, time_range: TimeRange
) -> tuple[ShownDashboard, list[Finding]]:
    """Runs the dashboard; the findings are what could not be run, and variables without a value to choose."""
    where, findings = planned.dashboard.where, []
    variables: Variables = {}
    try:
        variables = resolve(dashboard, address, time_range)
    except GrafanaError as error:
        findings.append(Finding(where, f"dashboard {dashboard['uid']}", str(error), check="live-variable"))
    for variable in variables.values():
        findings += _without_value(variable, planned)
    answers: dict[int, QueryResults] = {}
    for panel in panels_of(dashboard) if not findings else ():
        if reads_prometheus(panel):
            try:
                answers[panel["id"]] = tuple(run(panel, variables, address, time_range))
            except GrafanaError as error:
                findings.append(_Verdicts(panel, planned, time_range).error(error))
    return ShownDashboard(dashboard, planned, time_range, variables, answers), findings


def check_values(shown: ShownDashboard) -> Iterator[Finding]:
    """What holds whatever happens: legends tell the series apart, values are what their unit allows."""
    for panel, answers in _panels(shown):
        verdicts = _Verdicts(panel, shown.planned, shown.time_range)
        for answer in answers:
            yield from _legend(verdicts, answer)
            yield from _amounts(verdicts, answer)
            yield from _table(verdicts, answer)
        yield from _same_names(verdicts, answers)


def check_healthy(shown: ShownDashboard, empty: Mapping[str, str]) -> Iterator[Finding]:
    """What holds on a good day: panels show something, but for the signals of `empty`; lines are near, not crossed."""
    for panel, answers in _panels(shown):
        verdicts = _Verdicts(panel, shown.planned, shown.time_range)
        for answer in answers:
            drawn = any(series.values for series in answer.series)
            if drawn == (verdicts.signal in empty):
                yield verdicts.empty(answer, drawn)
        yield from _lines(verdicts, answers)


def check_narrowing(shown: ShownDashboard, address: str) -> Iterator[Finding]:
    """Each value of a variable that takes several has to leave just the series with that value; all of them, the same.

    Panels whose series do not carry the variable's label have no reason to change.
    """
    for name, variable in shown.variables.items():
        if not variable.is_several:
            continue
        for values in (*((option,) for option in variable.options), variable.options):
            chosen = {**shown.variables, name: DashboardVariable(variable.definition, variable.options, values)}
            for panel, everything in _panels(shown):
                verdicts = _Verdicts(panel, shown.planned, shown.time_range)
                try:
                    narrowed = tuple(run(panel, chosen, address, shown.time_range))
                except GrafanaError as error:
                    yield verdicts.error(error)
                    continue
                for before, after in zip(everything, narrowed, strict=True):
                    yield from _narrowed(verdicts, name, values, before, after)


def _panels(shown: ShownDashboard) -> Iterator[tuple[Json, QueryResults]]:
    for panel in panels_of(shown.dashboard):
        if panel["id"] in shown.answers:
            yield panel, shown.answers[panel["id"]]


def _without_value(variable: DashboardVariable, planned: PlannedDashboard) -> Iterator[Finding]:
    subject = f"dashboard {planned.uid}, variable ${variable.name}"
    default = (variable.definition.get("current") or {}).get("value")
    if not variable.options:
        problem = f"has no value to choose: {variable.definition['query']}"
        yield Finding(planned.dashboard.where, subject, problem, check="live-variable")
    elif default and ALL not in default and default not in variable.options:
        problem = f"opens with {default!r}, which is none of its values: {', '.join(variable.options)}"
        yield Finding(planned.dashboard.where, subject, problem, check="live-variable")


@dataclass(frozen=True)
class _Verdicts:
    """What can be said of one panel, with the definition that it comes from."""

    panel: Json
    planned: PlannedDashboard
    time_range: TimeRange

    @property
    def plan(self) -> PlannedPanel:
        return next(panel for panel in self.planned.panels if panel.id == self.panel["id"])

    @property
    def signal(self) -> str:
        return self.plan.panel.signal.name

    @property
    def unit(self) -> str:
        return str(self.panel["fieldConfig"]["defaults"].get("unit", ""))

    def finding(self, check: str, problem: str, query: str = "", remedy: str = "") -> Finding:
        at = f"panel {self.panel['title']!r} of {self.planned.uid} ({self.plan.panel.where})"
        asked = f"; query: {' '.join(query.split())}" if query else ""
        text = f"{at} over {self.time_range.seconds / 3600:g} h: {problem}{asked}"
        return Finding(self.plan.panel.signal.where, f"signal {self.signal}", text, remedy, check)

    def error(self, error: GrafanaError) -> Finding:
        return self.finding("live-error", str(error), " | ".join(target["expr"] for target in self.panel["targets"]))

    def empty(self, answer: QueryResult, drawn: bool) -> Finding:
        if drawn:
            remedy = "take the signal off the list of those that are empty on a good day"
            return self.finding("live-not-empty", "shows data, but is said to be empty on healthy data", "", remedy)
        what = "only NaN" if answer.series else "nothing"
        remedy = "mend the query, or say why it is empty on a good day"
        return self.finding("live-empty", f"shows {what} on healthy data", answer.query, remedy)


# Values


def _legend(verdicts: _Verdicts, answer: QueryResult) -> Iterator[Finding]:
    legend = answer.target.get("legendFormat") or ""
    for label in LEGEND_LABEL.findall(legend):
        lacking = [series for series in answer.series if label not in series.labels]
        if lacking:
            has = ", ".join(sorted(lacking[0].labels)) or "no label at all"
            problem = f"its legend {legend!r} names the label {label!r}, which a series lacks (it has {has})"
            yield verdicts.finding("live-legend", problem, answer.query)


def _same_names(verdicts: _Verdicts, answers: QueryResults) -> Iterator[Finding]:
    if verdicts.panel["type"] == "table":
        return
    for legend, number in Counter(series.legend for answer in answers for series in answer.series).items():
        if number > 1:
            problem = f"{number} series are called {legend!r}, so nobody can tell them apart"
            yield verdicts.finding("live-legend", problem, " | ".join(answer.query for answer in answers))


def _amounts(verdicts: _Verdicts, answer: QueryResult) -> Iterator[Finding]:
    unit, is_budget = verdicts.unit, isinstance(verdicts.plan.panel.signal, BudgetLeft)
    if verdicts.plan.columns:  # each query is a column with a unit of its own
        column = verdicts.plan.columns[verdicts.panel["targets"].index(answer.target)]
        unit, is_budget = column.unit.grafana, column.is_budget
    least, most = _LIMITS.get(unit, _ANY_AMOUNT)
    if is_budget:
        least = -math.inf  # what is left of a budget goes below nought when more than all of it is spent
    for series in answer.series:
        outside = [value for value in series.values if not least - _ROUNDING <= value <= most + _ROUNDING]
        outside += [value for _, value in series.points if math.isinf(value)]
        if outside:
            allowed = f"{least:g} to {most:g}" if most < math.inf else f"{least:g} and more"
            problem = f"{series.legend!r} is {outside[0]:g}; {unit or 'its unit'} allows {allowed}"
            yield verdicts.finding("live-value", problem, answer.query)
            return
    yield from _top_bucket(verdicts, answer)


def _top_bucket(verdicts: _Verdicts, answer: QueryResult) -> Iterator[Finding]:
    """A quantile beyond the last bucket is reported as that bucket's bound, however slow the events are."""
    measure = verdicts.plan.panel.signal.prometheus
    if not isinstance(measure, prom.Histogram) or "histogram_quantile" not in answer.query:
        return
    top = _highest_bound(measure.histogram)
    for series in answer.series:
        if any(value >= top for value in series.values):
            problem = f"{series.legend!r} is stuck at the highest bucket, {top:g} s"
            yield verdicts.finding("live-value", problem, answer.query)
            return


@cache
def _highest_bound(histogram: str) -> Decimal:
    return shipped().catalogue.metrics[histogram].buckets[-1]


def _table(verdicts: _Verdicts, answer: QueryResult) -> Iterator[Finding]:
    for step in verdicts.panel.get("transformations", []) if answer.series else []:
        named = {*step["options"].get("renameByName", {}), *step["options"].get("indexByName", {})}
        columns = {"Time", "Value", f"Value #{answer.target['refId']}", "__name__"}
        columns |= {label for series in answer.series for label in series.labels}
        missing = sorted(column for column in named - columns if not column.startswith("Value"))
        if missing:
            problem = f"shows the columns {', '.join(missing)}, which no row has"
            yield verdicts.finding("live-column", problem, answer.query)


# Threshold lines


def _lines(verdicts: _Verdicts, answers: QueryResults) -> Iterator[Finding]:
    """A good day is on the good side of the lines, and the lines are drawn in the unit of the values."""
    steps = _steps(verdicts.panel)
    values = [value for answer in answers for series in answer.series for value in series.values]
    if len(steps) < 2 or not values:
        return
    query = " | ".join(answer.query for answer in answers)
    least, most = _LIMITS.get(verdicts.unit, _ANY_AMOUNT)
    # A burn rate is nought on a good day, however far away the line is.
    near = verdicts.unit in _OUT_OF_REACH and not isinstance(verdicts.plan.panel.signal, BurnRates)
    typical = statistics.median(values)
    reach = typical * _OUT_OF_REACH[verdicts.unit] if near and typical else math.inf
    for bound, _ in steps[1:]:
        if not least <= bound <= most + _ROUNDING or bound > reach:
            problem = f"its line at {bound:g} is out of reach in {verdicts.unit}: typical is {typical:.3g}"
            yield verdicts.finding("live-threshold", problem, query, _SAME_UNIT)
    if not _is_good(steps, typical):
        problem = f"the typical value of a good day, {typical:.3g}, is beyond its line"
        yield verdicts.finding("live-threshold", problem, query, _SAME_UNIT)


_SAME_UNIT = "write the threshold in the unit that the query measures in"


def _steps(panel: Json) -> list[tuple[float, str]]:
    """From which value on which colour holds."""
    steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
    return [(-math.inf if index == 0 else float(step["value"]), step["color"]) for index, step in enumerate(steps)]


def lines_of(panel: Json) -> tuple[Decimal, ...]:
    """The values at which the panel draws a line."""
    return tuple(Decimal(str(bound)) for bound, _ in _steps(panel)[1:])


def colour_of(panel: Json, value: float) -> str:
    """The colour that a value has by the panel's thresholds."""
    return _colour(_steps(panel), value)


def _is_good(steps: list[tuple[float, str]], value: float) -> bool:
    """Whether the value, or one a hair away from it, has the colour of what is good."""
    hair = max(abs(value), 1.0) * 1e-6
    return any(_colour(steps, near) in (GOOD, NEUTRAL) for near in (value - hair, value + hair))


def _colour(steps: list[tuple[float, str]], value: float) -> str:
    return next(colour for bound, colour in reversed(steps) if value >= bound)


# Narrowing


def _narrowed(
    verdicts: _Verdicts, label: str, values: Collection[str], before: QueryResult, after: QueryResult
) -> Iterator[Finding]:
    if not any(label in series.labels for series in before.series):
        return
    wanted = {_key(series) for series in before.series if series.labels.get(label, "") in values}
    found = {_key(series) for series in after.series}
    if wanted != found:
        chosen = ", ".join(values)
        problem = f"with ${label} set to {chosen} it shows {len(found)} series in place of {len(wanted)}"
        yield verdicts.finding("live-filter", problem, after.query, f'select by {label}=~"${label}"')


def _key(series: PanelLine) -> frozenset[tuple[str, str]]:
    return frozenset(series.labels.items())
