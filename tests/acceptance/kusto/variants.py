"""Every kind of environment in which Kusto is used: the shipped ones, and the guide's options made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from monitoring_kit.environment.model import Environment
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from tests.support.planting import shipped, shipped_environment

STAGING = "staging"
OPTION_B = "option-b"
OPTION_C = "production"


@cache
def variants() -> Mapping[str, Environment]:
    """The environments by name. Option A has no Azure, so no Kusto."""
    hybrid, staging = shipped_environment(OPTION_C), shipped_environment(STAGING)
    assert hybrid.azure is not None
    assert staging.azure is not None
    containers_alone = replace(hybrid.azure, managed_prometheus=None)
    with_endpoint = replace(
        hybrid.azure,
        online_endpoint=staging.azure.online_endpoint,
        application_insights=staging.azure.application_insights,
    )
    environments = (
        staging,
        hybrid,
        replace(hybrid, name=OPTION_B, prometheus=None, azure=containers_alone),
        # Both raise alerts here, because they are two services.
        replace(hybrid, name="cluster-and-endpoint", azure=replace(with_endpoint, repeat_prometheus_alerts=True)),
    )
    return {environment.name: environment for environment in environments}


@cache
def plan_of(name: str) -> Plan:
    """The plan of one of the variants."""
    plan = build_plan(shipped(), variants()[name])
    assert plan.findings == (), plan.findings
    return plan
