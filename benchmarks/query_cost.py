"""`python -m benchmarks.query_cost [--pods 200] [--models 5] [--hours 24]`: what dashboards and rules ask of Prometheus.

Samples that Prometheus looks at for each load of a dashboard over 1, 24 and 168 hours, beside what the guide's own
queries touch for the same questions; and how long each rule group takes of its interval. Both with and without the
recording rules. Ranges up to `--hours` are measured on the whole fleet. Longer ones are extrapolated: samples grow with
the pods in a straight line, which is drawn through two small fleets that are recorded for the whole time, and held
against the whole fleet at the longest range that was measured. Takes 3 to 4 minutes on two processors.
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
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.fleet import SCRAPE_SECONDS, Fleet, write_fleet
from tests.live import grafana
from tests.live.grafana import Json, TimeRange
from toolkit.definitions import load_definitions
from toolkit.environment_file import read_environment
from toolkit.plan.build import build_plan
from toolkit.plan.model import Plan, PlannedPanel, PrometheusQuery, PrometheusRecording
from toolkit.promql.printer import print_promql
from toolkit.prometheus_server import serve
from toolkit.render.grafana import render_dashboard
from toolkit.render.prometheus import rule_groups
from toolkit.render.yaml_text import yaml_text
from toolkit.signals import View
from toolkit.text_table import table
from toolkit.tools import find

PROJECT = Path(__file__).parents[1]
RANGES = (1, 24, 168)
# The fleet's last scrape: any time will do, as long as it is the same for every run.
END = 1_792_800_000
TIMES = 5

Costs = Mapping[tuple[str, int], int]


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


def main() -> None:
    arguments = _arguments()
    fleet = Fleet(arguments.pods, arguments.models, arguments.hours, END)
    plans = _plans()
    _say(f"{fleet.pods} pods, {fleet.models} models, a scrape every {SCRAPE_SECONDS} s\n")
    measured = [hours for hours in RANGES if hours <= fleet.hours]
    beyond = [hours for hours in RANGES if hours > fleet.hours]
    costs: dict[str, dict[tuple[str, int], int]] = {}
    rules: dict[str, list[list[object]]] = {}
    with recorded(fleet, plans) as address:
        for name, plan in plans.items():
            costs[name] = _costs(plan, address, measured)
            rules[name] = _rule_times(plan, address)
    if beyond:
        small = _small_costs(fleet, plans, [*measured, *beyond])
        for name, known in costs.items():
            drawn = {key: _line(fleet, {pods: of[name][key] for pods, of in small.items()}) for key in _keys(small)}
            _say(f"{name}: straight lines through small fleets miss what was measured by {_worst(drawn, known):.2%}")
            known.update({key: cost for key, cost in drawn.items() if key[1] in beyond})
    for name, plan in plans.items():
        _report(name, plan, costs[name], rules[name])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What dashboards and rules ask of Prometheus.")
    parser.add_argument("--pods", type=int, default=200)
    parser.add_argument("--models", type=int, default=5)
    parser.add_argument("--hours", type=int, default=24, help="how much of the whole fleet is recorded")
    return parser.parse_args()


@cache
def _plans() -> Mapping[str, Plan]:
    """The plan of production as it is and, where it has recording rules, without them."""
    definitions = load_definitions()
    environment = read_environment(PROJECT / "environments" / "production.yaml")
    plans = {"as built": build_plan(definitions, environment)}
    if definitions.recordings:
        plans["without recording rules"] = build_plan(replace(definitions, recordings={}), environment)
    return plans


# Data


@contextmanager
def recorded(fleet: Fleet, plans: Mapping[str, Plan]) -> Iterator[str]:
    """The fleet with what the recording rules make of it, served; gives Prometheus's address."""
    with tempfile.TemporaryDirectory() as folder:
        blocks, rules = Path(folder) / "blocks", Path(folder) / "rules.yaml"
        blocks.mkdir()
        began = time.perf_counter()
        write_fleet(fleet, blocks)
        _say(f"{fleet.hours} h of {fleet.pods} pods written in {time.perf_counter() - began:.0f} s")
        groups = [group for group in rule_groups(plans["as built"]).values() if _records(group)]
        if groups:
            began = time.perf_counter()
            rules.write_text(yaml_text({"groups": [_only_recordings(group) for group in groups]}, "Recording rules."))
            with serve(blocks) as address:
                _record(address, rules, fleet, blocks)
            _say(f"recording rules evaluated over it in {time.perf_counter() - began:.0f} s")
        with serve(blocks) as address:
            yield address


def _record(address: str, rules: Path, fleet: Fleet, blocks: Path) -> None:
    command = [
        *(find("promtool"), "tsdb", "create-blocks-from", "rules"),
        *("--url", address, "--start", str(fleet.start), "--end", str(fleet.end)),
        *("--eval-interval", f"{SCRAPE_SECONDS}s", "--output-dir", blocks, rules),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"promtool did not evaluate the recording rules:\n{done.stdout}{done.stderr}")


def _records(group: Mapping[str, Any]) -> bool:
    return any("record" in rule for rule in group["rules"])


def _only_recordings(group: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**group, "rules": [rule for rule in group["rules"] if "record" in rule]}
