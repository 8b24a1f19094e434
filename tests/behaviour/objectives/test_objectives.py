"""What an objective turns into, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from monitoring_kit.checks.objectives import objective_findings
from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Location, Refused
from monitoring_kit.core.units import COUNT, FACTOR, RATIO, SECONDS, Quantity
from monitoring_kit.environment.model import AlertOverride
from monitoring_kit.model.objectives import BudgetSpent, Objective, objective, page, ticket
from monitoring_kit.model.signals import Latency, Ratio
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.promql.printer import print_promql
from rules.slo import ALERTING, AVAILABILITY, LATENCY, MIN_BAD_EVENTS
from tests.support.planting import findings_of, shipped, shipped_environment


@pytest.fixture(scope="module")
def plan() -> Plan:
    return build_plan(shipped(), shipped_environment("production"))


def planted(
    name: str = "planted",
    *,
    signal: Ratio | Latency = AVAILABILITY.signal,
    target: Quantity = 0.995 * RATIO,
    period: str = "30d",
    alerting: tuple[BudgetSpent, ...] = ALERTING,
    slower_than: Quantity | None = None,
    because: str = "it is planted",
) -> Objective:
    return objective(
        name,
        signal,
        title="Planted",
        target=target,
        period=period,
        alerting=alerting,
        min_bad_events=MIN_BAD_EVENTS,
        slower_than=slower_than,
        because=because,
    )


@pytest.mark.parametrize(
    ("period", "factors"),
    [("30d", ["14.4", "6", "3", "1"]), ("28d", ["13.44", "5.6", "2.8", "0.9333"])],
)
def test_factors_follow_from_the_share_of_the_budget_and_the_period(period: str, factors: list[str]) -> None:
    rates = planted(period=period).threshold.burn_rates
    assert [rate.factor.to(FACTOR) for rate in rates] == list(map(Decimal, factors))


def test_a_severity_is_one_alert_that_judges_two_windows_at_once_or_two_others(plan: Plan) -> None:
    conditions = {
        rule.severity: print_promql(rule.condition)
        for rule in plan.prometheus_alerts
        if rule.alert.signal is AVAILABILITY.burn_rate
    }
    assert set(conditions) == {Severity.CRITICAL, Severity.WARNING}
    for severity, windows in ((Severity.CRITICAL, "1h 5m 6h 30m"), (Severity.WARNING, "1d 2h 3d 6h")):
        assert all(f"bad_events:increase{window}{{" in conditions[severity] for window in windows.split())


def test_thresholds_are_printed_as_decimals(plan: Plan) -> None:
    numbers = {
        line.strip()
        for rule in plan.prometheus_alerts
        if rule.alert.threshold.burn_rates
        for line in print_promql(rule.condition).splitlines()
        if line.strip().startswith((">", "/ 0"))
    }
    assert numbers == {"> 0", "> 14.4", "> 6", "> 3", "> 1", "/ 0.005", "/ 0.05", "/ 0.01", "> 4.1"}


def test_long_windows_are_added_up_from_shorter_ones(plan: Plan) -> None:
    text = {rule.name: print_promql(rule.expression) for rule in plan.event_recordings}
    steps = {
        "5m": "[4m59s999ms:30s]",
        "15m": "[14m59s999ms:30s]",
        "1h": "[59m59s999ms:30s]",
        "2h": "[1h59m59s999ms:30s]",
        "6h": "[5h59m59s999ms:5m]",
        "3d": "[2d23h59m59s999ms:15m]",
    }
    assert {
        window: steps[window] in text[f"model_name_slo:bad_events:increase{window}"] for window in steps
    } == dict.fromkeys(steps, True)
    assert "[29d23h59m59s999ms:15m]" in text["model_name_slo:total_events:increase30d"]
    assert all(" / " not in recorded for recorded in text.values()), "a recorded ratio cannot be added up"


@pytest.mark.parametrize(
    ("scrape", "evaluation", "window"), [(30, 30, "2m"), (15, 15, "1m"), (60, 30, "4m"), (30, 300, "5m")]
)
def test_the_rates_cover_every_moment_whatever_the_intervals(scrape: int, evaluation: int, window: str) -> None:
    environment = shipped_environment("production")
    assert environment.prometheus is not None
    prometheus = replace(
        environment.prometheus, scrape_interval=Duration(scrape), evaluation_interval=Duration(evaluation)
    )
    rules = build_plan(shipped(), replace(environment, prometheus=prometheus)).event_recordings
    rates = [print_promql(rule.expression) for rule in rules if rule.name.endswith("_events:rate")]
    assert rates
    assert all(f"[{window}]" in rate for rate in rates)


@pytest.mark.parametrize("planted_objective", shipped().objectives, ids=lambda one: one.name)
def test_nothing_is_wrong_with_the_shipped_objectives(planted_objective: Objective) -> None:
    assert findings(planted_objective) == {}


@pytest.mark.parametrize(
    ("wrong", "check", "says"),
    [
        (planted(target=0.9 * RATIO), "unsatisfiable", "14.4x the budget of 10% is 144% of all events"),
        (planted(target=1 * RATIO), "target", "target is 100%, which is not between 0% and 100%"),
        (planted(target=0 * RATIO), "target", "target is 0%, which is not between 0% and 100%"),
        (planted(target=99.5 * RATIO), "target", "target is 9950%, which is not between"),
        (
            planted(signal=LATENCY.signal, slower_than=0.6 * SECONDS),
            "bucket-bound",
            "slower_than is 600 ms, which is no bucket bound of model_prediction_duration_seconds",
        ),
        (planted(signal=LATENCY.signal), "bucket-bound", "does not say from when on an event of latency is slow"),
        (planted(slower_than=0.5 * SECONDS), "bucket-bound", "but error_ratio is no latency"),
        (planted(signal=LATENCY.signal, slower_than=1 * COUNT), "unit", "slower_than is 1, which is no time"),
        (planted(signal=replace(AVAILABILITY.signal, prometheus=None)), "unmeasured", "Prometheus does not measure"),
        (planted(period="2d"), "window", "the windows 3d and 6h do not fit into each other and the period 2d"),
        (
            planted(alerting=(page(0.02 * RATIO, long="5m", short="1h"),)),
            "window",
            "the windows 5m and 1h do not fit into each other",
        ),
        (planted(alerting=(ticket(0.01 * RATIO, long="3d", short="6h"),)), "factor", "at 0.1x"),
        (planted(alerting=()), "no-level", "says for no burn rate whom to tell"),
        (planted(because=" "), "reason", "does not say why"),
        (planted("Planted-1"), "name", "is not named in snake_case"),
    ],
)
def test_an_objective_that_cannot_work_is_refused(wrong: Objective, check: str, says: str) -> None:
    assert says in findings(wrong).get(check, "nothing")


def test_two_objectives_of_one_name_are_refused() -> None:
    twice = replace(shipped(), objectives=(AVAILABILITY, planted("availability")))
    found = [str(finding) for finding in objective_findings(twice) if finding.check == "name"]
    assert len(found) == 2
    assert "the name 'availability' is taken: rules/slo.py:" in found[1] + found[0]


def test_a_target_in_another_unit_is_refused_at_once() -> None:
    with pytest.raises(Refused, match="write target and the shares of the budget in RATIO"):
        planted(target=0.5 * SECONDS)


def test_a_period_that_is_no_duration_is_refused_at_once() -> None:
    with pytest.raises(Refused, match="'a month' is not a duration"):
        planted(period="a month")


def test_an_environment_can_switch_the_alert_off_and_keeps_its_panels() -> None:
    override = AlertOverride("ModelErrorBudgetBurn", {}, None, "There is no objective yet.", Location("here", 1))
    assert overridden_findings(override) == {}


def test_an_environment_cannot_change_the_levels_of_a_burn_rate() -> None:
    override = AlertOverride("ModelErrorBudgetBurn", {"critical": "10"}, None, None, Location("here", 1))
    assert "the levels of ModelErrorBudgetBurn follow from its objective" in overridden_findings(override)["override"]


def overridden_findings(override: AlertOverride) -> dict[str, str]:
    environment = shipped_environment("production")
    return findings_of(shipped(), replace(environment, overrides={override.alert: override}))


def findings(one: Objective) -> dict[str, str]:
    return {finding.check: str(finding) for finding in objective_findings(replace(shipped(), objectives=(one,)))}
