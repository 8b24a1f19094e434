"""The testing kit proves a pack of whoever: its cases hold, and without one of them a mistake is noticed no more."""

from __future__ import annotations

from dataclasses import replace

from monitoring_kit.core.units import COUNT
from monitoring_kit.model import prom
from monitoring_kit.model.signals import State
from monitoring_kit.model.thresholds import below
from monitoring_kit.plan.build import build_plan
from monitoring_kit.testing import GONE, SILENT, Case, For, Specification, derived_cases, gauge, mutants, run_cases
from tests.support.planting import alone, shipped_environment

REPLICAS = State(
    title="Replicas",
    description="Replicas that can answer.",
    by="namespace deployment",
    prometheus=prom.Gauge(gauge="kube_deployment_status_replicas_available"),
)
FEW = below(warning=3 * COUNT, for_="4m", because="planted")
DEFINITIONS = alone(REPLICAS, FEW)
PLAN = build_plan(DEFINITIONS, shipped_environment("production"))
LABELS = {"namespace": "production", "deployment": "ml-inference", "job": "kube-state-metrics"}


def test_the_derived_cases_of_an_alert_hold() -> None:
    (derived,) = derived_cases(PLAN, DEFINITIONS)
    assert derived.alert == "PlantedSignalHigh"
    assert derived.cases
    assert run_cases(PLAN, [derived]) == []


def test_a_case_that_does_not_hold_is_told_by_its_name() -> None:
    gone = Case("over when it is gone", (gauge("up", {}, For(5, 1), GONE),), at={"10m": SILENT})
    few = gauge("kube_deployment_status_replicas_available", LABELS, 2)
    wrong = Case("silent with two of three", (few,), at={"10m": SILENT})
    (failure,) = run_cases(PLAN, [Specification("PlantedSignalHigh", (gone, wrong))])
    assert failure.startswith("PlantedSignalHigh: silent with two of three\n")
    assert "is expected to be silent and fires" in failure


def test_no_mutant_of_the_alert_goes_unnoticed() -> None:
    only = replace(DEFINITIONS, objectives=())
    plan = build_plan(only, shipped_environment("production"))
    assert [problem for problem in mutants(plan, only) if "PlantedSignalHigh" in problem] == []
