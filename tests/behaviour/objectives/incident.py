"""Incidents of hours and days, in promtool's own engine: one model, and the share of its requests that fail.

promtool evaluates every rule at every step, so a month at 30 seconds would take minutes. What takes days is simulated
with an evaluation every 5 minutes: the same rules as an environment with that interval gets them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from monitoring_kit.core.durations import Duration, parse_duration
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.programs import promtool
from monitoring_kit.testing.rule_files import rules_of, shipped_rules, write_rules, write_tests
from tests.behaviour.alerts.series import predictions
from tests.support.planting import shipped, shipped_environment

ALERT = "ModelErrorBudgetBurn"
PER_MINUTE = 600

SHIPPED_INTERVAL = Duration(30)
SLOW_INTERVAL = Duration(300)


@dataclass(frozen=True)
class Phase:
    """`time` during which `share` of so many requests a minute fail."""

    time: str
    share: float
    per_minute: float = PER_MINUTE


@dataclass(frozen=True)
class BudgetIncident:
    """A history and, at times from its beginning, the severities that then fire; `ever` are all that fire at all."""

    name: str
    phases: tuple[Phase, ...]
    firing: Mapping[str, Collection[str]] = field(hash=False)
    ever: Collection[str]
    interval: Duration = SHIPPED_INTERVAL


def failures_of(incident: BudgetIncident, folder: Path) -> list[str]:
    """What happens otherwise than the incident says."""
    rule_file = write_rules(
        folder / "rules.json", rules_of([ALERT], shipped_rules(plan_evaluated_every(incident.interval)))
    )
    end = sum(parse_duration(phase.time).seconds for phase in incident.phases)
    firing = f'ALERTS{{alertname="{ALERT}", alertstate="firing"}}'
    now = f"count by (severity) ({firing})"
    ever = f"count by (severity) (count_over_time({firing}[{end}s]))"
    step = min(incident.interval.seconds, 60)
    series = [
        (predictions(status, 0).name, counter(incident.phases, status == "error", step))
        for status in ("success", "error")
    ]
    asked = [(now, time, severities) for time, severities in incident.firing.items()]
    asked.append((ever, f"{end}s", incident.ever))
    expected = [
        {
            "expr": expression,
            "eval_time": time,
            "exp_samples": [{"labels": f'{{severity="{severity}"}}', "value": 1} for severity in sorted(severities)],
        }
        for expression, time, severities in asked
    ]
    cases = write_tests(folder / "cases.json", rule_file, series, [], expected, step, incident.interval.seconds)
    (result,) = promtool.unit_test_results([cases])
    return [f"{finding.subject} {finding.problem}" for finding in result.failures]


def counter(phases: Iterable[Phase], failed: bool, step: int) -> str:
    """The counter of failed or of successful requests, in promtool's notation."""
    total, words = 0.0, []
    for phase in phases:
        number = parse_duration(phase.time).seconds // step
        each = phase.per_minute * step / 60 * (phase.share if failed else 1 - phase.share)
        words.append(f"{total:.6f}+{each:.6f}x{number - 1}")
        total += each * number
    return " ".join(words)


def plan_evaluated_every(interval: Duration) -> Plan:
    """Production's plan, with rules that are evaluated every `interval`."""
    environment = shipped_environment("production")
    assert environment.prometheus is not None
    prometheus = environment.prometheus
    if interval != prometheus.evaluation_interval:
        prometheus = replace(prometheus, evaluation_interval=interval, scrape_interval=Duration(60))
    return build_plan(shipped(), replace(environment, prometheus=prometheus))
