"""`python -m benchmarks.query_cost [--pods 200] [--hours 24] [--ranges 1 24 168]`: what is asked of Prometheus.

Samples that Prometheus looks at for each load of a dashboard over 1, 24 and 168 hours, beside what the guide's own
queries touch for the same questions; and how long each rule group takes of its interval, and the samples that it looks
at. Both with and without the recording rules of rates; those of the objectives are there in both. A window that is
longer than the recorded time holds only what is there: a count of 30 days looks at more samples than are told here.

Ranges up to `--hours` are measured on the whole fleet. Longer ones are extrapolated: samples grow with the pods in a
straight line, which is drawn through two small fleets that are recorded for the whole time, and held against everything
that was measured. Takes 3 to 4 minutes on two processors. Exit status 1 where the panels touch more than a tenth of the
guide's samples over 24 hours, or the rules take more than 1 % of their interval.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.fleet import SCRAPE_SECONDS, Fleet, write_fleet
from monitoring_kit.core.text_table import table
from monitoring_kit.model.views import View
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import (
    Plan,
    PrometheusAlert,
    PrometheusQuery,
    PrometheusRule,
)
from monitoring_kit.programs.prometheus import serve
from monitoring_kit.programs.tools import find
from monitoring_kit.project import Project
from monitoring_kit.promql.printer import print_promql
from monitoring_kit.promql.tree import Expression, Selector, walk
from monitoring_kit.render.grafana import render_dashboard
from monitoring_kit.render.prometheus import rule_groups
from monitoring_kit.render.yaml_text import yaml_text
from tests.behaviour.panels import grafana
from tests.behaviour.panels.grafana import Json, TimeRange
from tests.support.planting import shipped_environment

PROJECT = Path(__file__).parents[1]
RANGES = (1, 24, 168)
# The range that is judged, or the longest where this one is not measured.
JUDGED_RANGE = 24
MOST_OF_THE_GUIDES_SAMPLES = 0.1
MOST_OF_AN_INTERVAL = 0.01
# The fleet's last scrape: any time will do, as long as it is the same for every run.
END = 1_792_800_000
TIMES = 5

AS_BUILT = "as built"
GUIDE = "guide"


class Key(NamedTuple):
    """Whose query it is, which panel or question, and over how many hours."""

    whose: str
    what: str
    hours: int


Costs = Mapping[Key, int]


class RuleCost(NamedTuple):
    """One evaluation of a rule: how long it takes, and how many samples it looks at."""

    seconds: float
    samples: int


# Of every rule of a group, by group.
RuleCosts = Mapping[str, Sequence[RuleCost]]


@dataclass(frozen=True)
class Measured:
    """What was measured of each plan: its panels and the guide's queries, and its rules."""

    plans: Mapping[str, Plan]
    panels: Costs
    rules: Mapping[str, RuleCosts]


@dataclass(frozen=True)
class Question:
    """What the guide asks with its own queries, and the panel of ours that answers it."""

    text: str
    guide: tuple[str, ...]
    dashboard: str
    signal: str
    view: View
    by: str = ""


_PODS = 'namespace="production",pod=~"ml-inference.*"'
QUESTIONS = (
    Question(
        "requests by status",
        ("sum(rate(model_predictions_total[5m])) by (status)",),
        "service",
        "request_rate",
        View.TIMESERIES,
        "status",
    ),
    Question(
        "latency p50, p95, p99",
        tuple(
            f"histogram_quantile({rank}, rate(model_prediction_duration_seconds_bucket[5m]))"
            for rank in ("0.50", "0.95", "0.99")
        ),
        "service",
        "latency",
        View.QUANTILES,
    ),
    Question(
        "error rate",
        ("sum(rate(model_errors_total[5m])) / sum(rate(model_predictions_total[5m])) * 100",),
        "service",
        "error_ratio",
        View.TIMESERIES,
    ),
    Question(
        "CPU of each pod",
        (f"sum(rate(container_cpu_usage_seconds_total{{{_PODS}}}[5m])) by (pod)",),
        "service",
        "cpu_utilisation",
        View.TIMESERIES,
    ),
    Question(
        "memory of each pod",
        (f"sum(container_memory_working_set_bytes{{{_PODS}}}) by (pod)",),
        "service",
        "memory_utilisation",
        View.TIMESERIES,
    ),
)


def main(words: Sequence[str]) -> None:
    """Measures, prints the tables and exits with 1 where it is too dear."""
    arguments = _arguments(words)
    fleet, ranges = Fleet(arguments.pods, arguments.models, arguments.hours, END), tuple(arguments.ranges)
    share, busiest = report(measure(fleet, ranges), ranges)
    if share > MOST_OF_THE_GUIDES_SAMPLES or busiest > MOST_OF_AN_INTERVAL:
        raise SystemExit(f"too dear: at most {MOST_OF_THE_GUIDES_SAMPLES:.0%} and {MOST_OF_AN_INTERVAL:.0%} were meant")


def measure(fleet: Fleet, ranges: Sequence[int]) -> Measured:
    """Records the fleet and asks for everything over `ranges` (hours); those that are too long are extrapolated."""
    plans = _plans()
    _say(f"{fleet.pods} pods, {fleet.models} models, a scrape every {SCRAPE_SECONDS} s")
    within = [hours for hours in ranges if hours <= fleet.hours]
    with recorded(fleet, plans) as address:
        costs = dict(_measured(plans, address, within))
        rules = {name: _rule_costs(plan, address) for name, plan in plans.items()}
    if len(within) < len(ranges):
        small = {}
        for pods in (fleet.models, 2 * fleet.models):
            with recorded(replace(fleet, pods=pods, hours=max(ranges)), plans) as address:
                small[pods] = _measured(plans, address, ranges)
        drawn = _extrapolated(small, fleet.pods)
        worst = max((abs(drawn[key] - cost) / cost for key, cost in costs.items() if cost), default=0.0)
        _say(f"extrapolated to {fleet.pods} pods, what was measured is missed by {worst:.2%} at most")
        costs = {**drawn, **costs}
    return Measured(plans, costs, rules)


def report(measured: Measured, ranges: Sequence[int]) -> tuple[float, float]:
    """Prints the tables; gives our panels' share of the guide's samples, and the rules' share of their interval."""
    share = _report_questions(measured, ranges)
    _report_loads(measured, ranges)
    busiest = _report_rules(measured)
    _report_panels(measured, ranges)
    return share, busiest


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What dashboards and rules ask of Prometheus.")
    parser.add_argument("--pods", type=int, default=200)
    parser.add_argument("--models", type=int, default=5)
    parser.add_argument("--hours", type=int, default=24, help="how much of the whole fleet is recorded")
    parser.add_argument("--ranges", type=int, nargs="+", default=RANGES, help="time ranges of dashboards, in hours")
    return parser.parse_args(words)


def _judged(ranges: Sequence[int]) -> int:
    return JUDGED_RANGE if JUDGED_RANGE in ranges else max(ranges)


def _plans() -> Mapping[str, Plan]:
    """The plan of production as it is and, where it has recording rules, without them."""
    definitions = Project(PROJECT).definitions
    environment = shipped_environment("production")
    plans = {AS_BUILT: build_plan(definitions, environment)}
    if definitions.recordings:
        plans["without recording rules"] = build_plan(replace(definitions, recordings={}), environment)
    return plans


# Data

# Without compaction: it would rewrite the blocks while they are queried.
_FLAGS = ("--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h")


@contextmanager
def recorded(fleet: Fleet, plans: Mapping[str, Plan]) -> Iterator[str]:
    """The fleet with what the recording rules make of it, served; gives Prometheus's address."""
    with tempfile.TemporaryDirectory() as folder:
        blocks, rules = Path(folder) / "blocks", Path(folder) / "rules.yaml"
        blocks.mkdir()
        began = time.perf_counter()
        write_fleet(fleet, blocks)
        _say(f"{fleet.hours} h of {fleet.pods} pods written in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        for names in recorded_in_order(plans[AS_BUILT]):
            groups = [_only(group, names) for group in rule_groups(plans[AS_BUILT]).values()]
            rules.write_text(yaml_text({"groups": [group for group in groups if group["rules"]]}, "Recording rules."))
            with serve(blocks, flags=_FLAGS) as address:
                _record(address, rules, fleet, blocks)
        _say(f"recording rules evaluated over it in {time.perf_counter() - began:.0f} s")
        with serve(blocks, flags=_FLAGS) as address:
            yield address


def _record(address: str, rules: Path, fleet: Fleet, blocks: Path) -> None:
    command = [
        *(str(find("promtool")), "tsdb", "create-blocks-from", "rules"),
        *("--url", address, "--start", str(fleet.start), "--end", str(fleet.end)),
        *("--eval-interval", f"{SCRAPE_SECONDS}s", "--output-dir", str(blocks), str(rules)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"promtool did not evaluate the recording rules:\n{done.stdout}{done.stderr}")


def recorded_in_order(plan: Plan) -> list[frozenset[str]]:
    """The names of the recorded series, those first that others are made of.

    promtool evaluates a rule file against what Prometheus had before, so a rule that reads what another one records
    needs a run of its own.
    """
    reads: dict[str, set[str]] = {}
    for rules in plan.prometheus_groups.values():
        for rule in rules:
            if not isinstance(rule, PrometheusAlert):
                metrics = {part.metric for part in walk(rule.expression) if isinstance(part, Selector)}
                # A note of a gap keeps itself: what it was before is nothing to wait for.
                reads.setdefault(rule.name, set()).update(metrics - {rule.name})
    order: list[frozenset[str]] = []
    while reads:
        ready = frozenset(name for name, metrics in reads.items() if not metrics & reads.keys())
        if not ready:
            raise SystemExit(f"recording rules that read each other: {', '.join(sorted(reads))}")
        order.append(ready)
        reads = {name: metrics for name, metrics in reads.items() if name not in ready}
    return order


def _only(group: Mapping[str, Any], names: frozenset[str]) -> Mapping[str, Any]:
    return {**group, "rules": [rule for rule in group["rules"] if rule.get("record") in names]}


# Measuring


def _measured(plans: Mapping[str, Plan], address: str, ranges: Sequence[int]) -> Costs:
    """The samples of every panel of every plan, and of the guide's queries, over each range."""
    found: dict[Key, int] = {}
    for hours in ranges:
        time_range = TimeRange(END - hours * 3600, END)
        for question in QUESTIONS:
            found[Key(GUIDE, question.text, hours)] = _samples(_guide_panel(question), {}, address, time_range)
        for name, plan in plans.items():
            for dashboard in _prometheus_dashboards(plan):
                variables = grafana.resolve(dashboard, address, time_range)
                for panel in grafana.panels_of(dashboard):
                    key = Key(name, _panel_key(dashboard["uid"], panel["id"]), hours)
                    found[key] = _samples(panel, variables, address, time_range)
    return found


def _samples(panel: Json, variables: grafana.Variables, address: str, time_range: TimeRange) -> int:
    return sum(answer.samples for answer in grafana.run(panel, variables, address, time_range))


def _guide_panel(question: Question) -> Json:
    """The guide's queries on a graph as wide as ours, at the same shortest step."""
    return {
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "gridPos": {"w": 12},
        "targets": [{"expr": text, "interval": f"{SCRAPE_SECONDS}s"} for text in question.guide],
    }


def _prometheus_dashboards(plan: Plan) -> Iterator[Json]:
    for dashboard in plan.dashboards:
        if any(isinstance(query, PrometheusQuery) for panel in dashboard.panels for query in panel.queries):
            yield render_dashboard(dashboard, plan)


def _panel_key(uid: str, panel: int) -> str:
    return f"{uid}/{panel}"


def _rule_costs(plan: Plan, address: str) -> RuleCosts:
    return {
        name: [_rule_cost(print_promql(_expression(rule)), address) for rule in rules]
        for name, rules in plan.prometheus_groups.items()
    }


def _expression(rule: PrometheusRule) -> Expression:
    return rule.condition if isinstance(rule, PrometheusAlert) else rule.expression


def _rule_cost(query: str, address: str) -> RuleCost:
    """What Prometheus itself says of an evaluation, the middle one of several."""
    # The last scrape that every pod has had: a rule sees the newest samples.
    parameters = {"query": query, "time": str(END - SCRAPE_SECONDS), "stats": "all"}
    stats = [grafana.ask(address, "/api/v1/query", parameters)["stats"] for _ in range(TIMES)]
    seconds = statistics.median(float(each["timings"]["execTotalTime"]) for each in stats)
    return RuleCost(seconds, int(stats[0]["samples"]["totalQueryableSamples"]))


def _extrapolated(small: Mapping[int, Costs], pods: int) -> Costs:
    """The straight line through two fleets, at `pods`."""
    (few, cheap), (more, dear) = sorted(small.items())
    return {key: cheap[key] + (dear[key] - cheap[key]) * (pods - few) // (more - few) for key in cheap}


# Reporting


def _report_questions(measured: Measured, ranges: Sequence[int]) -> float:
    """Prints a table for each range; gives the share of the guide's samples that our panels touch, as built."""
    plans, costs = measured.plans, measured.panels
    shares = {}
    for hours in ranges:
        rows: list[list[object]] = []
        total = dict.fromkeys((GUIDE, *plans), 0)
        for question in QUESTIONS:
            ours = {name: costs[Key(name, _answer_key(question, plan), hours)] for name, plan in plans.items()}
            row = {GUIDE: costs[Key(GUIDE, question.text, hours)], **ours}
            rows.append([question.text, *_beside_guide(row)])
            total = {name: total[name] + row[name] for name in total}
        rows.append(["all of them", *_beside_guide(total)])
        shares[hours] = total[AS_BUILT] / total[GUIDE]
        heads = [f"samples over {hours} h", GUIDE, *(head for name in plans for head in (name, "of the guide's"))]
        _say(f"\n{table(heads, rows)}")
    return shares[_judged(ranges)]


def _beside_guide(samples: Mapping[str, int]) -> Iterator[object]:
    guide = samples[GUIDE]
    yield guide
    for name, ours in samples.items():
        if name != GUIDE:
            yield from (ours, f"{ours / guide:.1%}")


def _answer_key(question: Question, plan: Plan) -> str:
    for dashboard in plan.dashboards:
        for panel in dashboard.panels:
            asked = (question.dashboard, question.signal, question.view, question.by)
            if asked == (dashboard.dashboard.name, panel.panel.signal.name, panel.panel.view, panel.panel.by):
                return _panel_key(dashboard.uid, panel.id)
    raise SystemExit(f"no panel answers {question.text!r}: QUESTIONS has to follow the dashboards")


def _report_loads(measured: Measured, ranges: Sequence[int]) -> None:
    rows: list[list[object]] = []
    for name, plan in measured.plans.items():
        for dashboard in plan.dashboards:
            keys = [_panel_key(dashboard.uid, panel.id) for panel in dashboard.panels]
            loads = [sum(measured.panels.get(Key(name, key, hours), 0) for key in keys) for hours in ranges]
            if any(loads):
                rows.append([f"{dashboard.uid}, {name}", *loads])
    _say(f"\n{table(['samples of a load', *(f'{hours} h' for hours in ranges)], rows)}")


def _report_panels(measured: Measured, ranges: Sequence[int]) -> None:
    """Every panel, the dearest first."""
    plans, costs, hours = measured.plans, measured.panels, _judged(ranges)
    rows: list[list[object]] = []
    for dashboard in plans[AS_BUILT].dashboards:
        for panel in dashboard.panels:
            key = _panel_key(dashboard.uid, panel.id)
            if Key(AS_BUILT, key, hours) in costs:
                samples = [costs[Key(name, key, hours)] for name in plans]
                rows.append([dashboard.uid, panel.title, panel.panel.view.value, panel.panel.signal.name, *samples])
    rows.sort(key=lambda row: -int(str(row[4])))
    _say(f"\n{table([f'samples over {hours} h', 'panel', 'view', 'signal', *plans], rows)}")


def _report_rules(measured: Measured) -> float:
    """Prints what each group takes; gives the share of the interval that all of them take, as built."""
    rows: list[list[object]] = []
    busy = {}
    for name, plan in measured.plans.items():
        prometheus = plan.environment.prometheus
        assert prometheus is not None, "production has Prometheus"
        interval = prometheus.evaluation_interval.seconds
        for group, rules in measured.rules[name].items():
            rows.append([f"{group}, {name}", *_rules_row(rules, interval)])
        everything = [rule for rules in measured.rules[name].values() for rule in rules]
        rows.append([f"all of them, {name}", *_rules_row(everything, interval)])
        busy[name] = sum(rule.seconds for rule in everything) / interval
    _say(f"\n{table(['rule group', 'rules', 'samples', 'ms', 'of its interval'], rows)}")
    return busy[AS_BUILT]


def _rules_row(rules: Sequence[RuleCost], interval: int) -> Iterator[object]:
    seconds = sum(rule.seconds for rule in rules)
    yield from (len(rules), sum(rule.samples for rule in rules), f"{seconds * 1000:.1f}", f"{seconds / interval:.3%}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
