"""The recorded counts of 30 days, in a real Prometheus: how exact they are, how little they cost, whom they alert.

A month of the counters of two models at 30 seconds is written as blocks. The shipped recording rules are put into each
other, so that one query computes from these counters what the rules would have recorded, with their own windows.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import pi, sin
from pathlib import Path

import pytest

from monitoring_kit.core.durations import Duration
from monitoring_kit.plan.model import Plan, PrometheusRecording
from monitoring_kit.programs.prometheus import fetch, query, serve
from monitoring_kit.programs.tools import find
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line
from monitoring_kit.promql.tree import Expression, Selector, Subquery, transform
from tests.behaviour.alerts.series import predictions
from tests.behaviour.objectives.incident import SHIPPED_INTERVAL, SLOW_INTERVAL, plan_evaluated_every

HOUR, DAY = 3600, 86400
PERIOD = 30 * DAY
SCRAPE = 30
# Rules are evaluated a few seconds after a scrape, and so long before the next moment at which their result is read.
BEFORE_READ = 23
# The middle of a quiet day, while a busy one leaves the window; the month before it, and two hours to look back on.
END = 1_790_000_000 - 1_790_000_000 % DAY + DAY + 15 * HOUR
START = END - PERIOD - 2 * HOUR
OBJECTIVE = "availability"
BUDGET = 0.005
# One model has busy days and outages, the other fails 0.9 times as much as it may, all the time.
EVENTFUL, STEADY = "churn", "fraud"
WINDOWS = tuple(Duration(seconds) for seconds in (300, 1800, HOUR, 2 * HOUR, 6 * HOUR, DAY, 3 * DAY, PERIOD))


@dataclass(frozen=True)
class Month:
    """A Prometheus that knows the month, and what the counters stood at."""

    address: str
    counters: Mapping[str, list[int]]

    def increase(self, status: str, end: int) -> int:
        """The events of the 30 days before `end`."""
        counter = self.counters[status]
        return counter[(end - START) // SCRAPE] - counter[(end - PERIOD - START) // SCRAPE]

    def ratio(self, end: int) -> float:
        """The share of bad events of the 30 days before `end`."""
        bad = self.increase("error", end)
        return bad / (bad + self.increase("success", end))


def requests_at(time: int) -> tuple[int, int]:
    """Successful and failed requests between two scrapes: busy days, quiet weekends, nights with next to nothing.

    Twice all requests fail for half an hour. In every fourth night half of the few requests fail, which a mean of
    ratios counts as much as any busy hour.
    """
    hour, day = time % DAY / HOUR, time // DAY
    if hour < 8:
        asked = 2 if time % HOUR < SCRAPE else 0
        return (1, 1) if asked and day % 4 == 0 else (asked, 0)
    asked = int((400 if day % 7 < 5 else 90) * sin(pi * (hour - 8) / 16)) + 20
    if day % 15 == 7 and 12 <= hour < 12.5:
        return 0, asked
    return asked - (1 if time % 300 < SCRAPE else 0), 1 if time % 300 < SCRAPE else 0


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    times = range(START, END + HOUR, SCRAPE)
    counters: dict[str, list[int]] = {"success": [0], "error": [0]}
    for time in times[1:]:
        for status, number in zip(counters, requests_at(time), strict=True):
            counters[status].append(counters[status][-1] + number)
    failed = [int(0.9 * BUDGET * 300 * number) for number in range(len(times))]
    steady = {"success": [300 * number - bad for number, bad in enumerate(failed)], "error": failed}
    lines = ["# TYPE model_predictions counter"]
    for model, of_model in ((EVENTFUL, counters), (STEADY, steady)):
        for status, values in of_model.items():
            # promtool's reader of OpenMetrics takes no blanks between labels.
            name = predictions(status, model=model).name.replace(", ", ",")
            lines += [f"{name} {value} {time}" for time, value in zip(times, values, strict=True)]
    folder = tmp_path_factory.mktemp("month")
    write_blocks("\n".join([*lines, *recorded_lines(), "# EOF", ""]), folder)
    with serve(folder / "blocks") as address:
        yield Month(address, counters)


def recorded_lines() -> Iterator[str]:
    """What the rules have recorded so far, as far as the next evaluation reads it: of the cost alone, so all 1."""
    labels = f'{{namespace="production",job="ml-inference-metrics",model_name="{EVENTFUL}",slo="{OBJECTIVE}"}}'
    for outcome in ("bad", "total"):
        for name, step, length in (
            ("rate", SCRAPE, 2 * HOUR),
            ("increase5m", 300, 6 * HOUR),
            ("increase15m", 900, PERIOD),
        ):
            metric = f"model_name_slo:{outcome}_events:{name}"
            yield f"# TYPE {metric} gauge"
            yield from (f"{metric}{labels} 1 {time}" for time in range(END - length, END + 1, step))


def write_blocks(openmetrics: str, folder: Path) -> None:
    source = folder / "samples.txt"
    source.write_text(openmetrics, encoding="utf-8")
    command = [str(find("promtool")), "tsdb", "create-blocks-from", "--max-block-duration=720h", "openmetrics"]
    done = subprocess.run([*command, str(source), str(folder / "blocks")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_evaluated_every(SHIPPED_INTERVAL)


@pytest.mark.parametrize("after", [0, 14 * 60], ids=["when a quarter of an hour begins", "when it ends"])
def test_the_recorded_ratio_of_30_days_is_that_of_the_counters(month: Month, plan: Plan, after: int) -> None:
    end = END + after
    bad, total = (counted(month, plan, outcome, end + SCRAPE) for outcome in ("bad", "total"))
    assert bad / total == pytest.approx(month.ratio(end), rel=0.001)
    assert total == pytest.approx(month.increase("error", end) + month.increase("success", end), rel=0.003)


def test_a_mean_of_ratios_would_be_far_off(month: Month) -> None:
    """What other generators record, and the reason for recording counts."""
    bad = f'sum(rate(model_predictions_total{{model_name="{EVENTFUL}", status="error"}}[5m]))'
    total = f'sum(rate(model_predictions_total{{model_name="{EVENTFUL}"}}[5m]))'
    mean = f"avg_over_time(({bad} / ({total} > 0))[30d:5m])"
    (sample,) = query(month.address, mean, END)
    assert sample.value / month.ratio(END) > 2


def test_an_evaluation_reads_far_less_than_one_of_the_counters(month: Month, plan: Plan) -> None:
    """Measured: 297,234 samples against 7,635 for one pod, and against 7,860 for ten."""
    staged = sum(samples_read(month, one_line(rule.expression)) for rule in own_rules(plan))
    naive = sum(
        samples_read(month, f"sum by (namespace, model_name) (increase(model_predictions_total{selected}[{window}]))")
        for selected in ('{status="error"}', '{status!="rejected"}')
        for window in WINDOWS
    )
    # Of 10 pods the counters are 10 times as many; of the rules only the rates read more.
    rates = sum(samples_read(month, one_line(rule.expression)) for rule in own_rules(plan) if rule.labels)
    assert naive / staged > 30
    assert 10 * naive / (staged + 9 * rates) > 300


def test_what_the_objective_allows_is_silent_for_30_days(month: Month) -> None:
    plan = plan_evaluated_every(SLOW_INTERVAL)
    rules = [rule for rule in plan.prometheus_alerts if rule.alert.name == "ModelErrorBudgetBurn"]
    assert [fired(month, rule.condition, plan) for rule in rules] == [{EVENTFUL}, {EVENTFUL}]


def fired(month: Month, condition: Expression, plan: Plan) -> set[str]:
    """The models for which the condition holds at any time of the month, looked at every 5 minutes."""
    asked = {
        "query": one_line(inlined(condition, own_rules(plan))),
        "start": END - PERIOD,
        "end": END,
        "step": 300,
    }
    data = fetch(month.address, "/api/v1/query_range", asked, "POST")
    return {series["metric"]["model_name"] for series in data["result"]}


def own_rules(plan: Plan) -> list[PrometheusRecording]:
    """Without those of gaps, which the month does not have."""
    rules = [rule for rule in plan.event_recordings if not rule.name.endswith("_gap")]
    return [rule for rule in rules if rule.labels.get("slo", OBJECTIVE) == OBJECTIVE]


def samples_read(month: Month, promql: str) -> int:
    """The samples that Prometheus looks at for one evaluation."""
    data = fetch(month.address, "/api/v1/query", {"query": promql, "time": END, "stats": "all"})
    assert data["result"], promql
    return int(data["stats"]["samples"]["totalQueryableSamples"])


def counted(month: Month, plan: Plan, outcome: str, time: int) -> float:
    """What the rules would have recorded at `time`, computed from the counters."""
    expression = inlined(parse(f"model_name_slo:{outcome}_events:increase30d"), own_rules(plan))
    values = {sample.labels["model_name"]: sample.value for sample in query(month.address, one_line(expression), time)}
    return values[EVENTFUL]


def inlined(expression: Expression, rules: list[PrometheusRecording]) -> Expression:
    """The expression with the rules in place of the series that they record, as of their last evaluation."""
    by_name = {rule.name: rule.expression for rule in rules}

    def evaluated(part: Expression) -> Expression:
        if isinstance(part, Subquery) or (isinstance(part, Selector) and part.metric not in by_name):
            return replace(part, offset=part.offset + BEFORE_READ)
        return part

    def read(part: Expression) -> Expression:
        if isinstance(part, Selector) and part.metric in by_name:
            return inlined(transform(by_name[part.metric], evaluated), rules)
        return part

    return transform(expression, read)
