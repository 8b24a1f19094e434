"""The page of an alert, as an environment shows it, sends its reader only to alerts and panels of that environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from monitoring_kit.checks.all import check_plan
from monitoring_kit.checks.runbook_pages import runbook_page_findings
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.environment.model import AlertOverride, Environment
from monitoring_kit.model.definitions import Runbook
from monitoring_kit.plan.build import build_plan
from tests.acceptance.kusto.variants import OPTION_B, STAGING, variants
from tests.support.planting import shipped, shipped_environment

ALERT = "InferenceMemoryNearLimit"
FILE = f"rules/runbooks/{ALERT}.md"


def environments() -> Mapping[str, Environment]:
    """The shipped environments and what people make of them."""
    production, staging = shipped_environment("production"), shipped_environment(STAGING)
    assert production.azure is not None
    assert staging.azure is not None
    return {
        **variants(),
        "option-a": replace(production, azure=None),
        "managed Prometheus alone": replace(production, azure=replace(production.azure, container_insights=None)),
        "while migrating": replace(production, azure=replace(production.azure, repeat_prometheus_alerts=True)),
        "no Application Insights": replace(staging, azure=replace(staging.azure, application_insights=None)),
    }


def findings(environment: Environment, text: str) -> list[Finding]:
    """What is found where the runbook of `ALERT` is `text` and there is no other."""
    definitions = replace(shipped(), runbooks={ALERT: Runbook(text, Location(FILE, 1))})
    return runbook_page_findings(build_plan(definitions, environment))


@pytest.mark.parametrize("name", environments())
def test_the_shipped_pages_name_what_the_environment_has(name: str) -> None:
    assert runbook_page_findings(build_plan(shipped(), environments()[name])) == []


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("## Meaning\n\nSee InferenceOutOfMemory.", "names the alert InferenceOutOfMemory", 3),
        ("### On Azure\n\n`InferenceOutOfMemory`", "names the alert InferenceOutOfMemory", 3),
        ('### On Prometheus\n\nx\n\n### On Azure\n\nThe panel "Pods".', "names the panel 'Pods'", 7),
        ('The\nheatmap "Distribution\nof latency".', "names the panel 'Distribution of latency'", 2),
    ],
)
def test_what_staging_lacks_is_found_where_it_stands(text: str, problem: str, line: int) -> None:
    (finding,) = findings(variants()[STAGING], text)

    assert finding.problem == f"{problem}, which environment staging does not have"
    assert finding.where == Location(FILE, line)
    assert "### On Prometheus" in finding.remedy


@pytest.mark.parametrize(
    "text",
    [
        "See ModelErrorRatioHigh, and InferenceOutOfMemoryAtNight.",
        "### On Prometheus\n\nSee InferenceOutOfMemory.",
        'The panel "Memory used of\nthe limit".',
        '### With Application Insights\n\nThe panel "Exceptions by type".',
    ],
)
def test_what_staging_has_or_does_not_show_is_accepted(text: str) -> None:
    assert findings(variants()[STAGING], text) == []


def test_an_alert_that_the_environment_switched_off_may_be_named() -> None:
    where = Location("environments/option-b.yaml", 1)
    off = AlertOverride("InferenceErrorsLogged", {}, None, "The log is too noisy.", where)
    environment = replace(variants()[OPTION_B], overrides={"InferenceErrorsLogged": off})

    assert findings(environment, "See InferenceErrorsLogged.") == []


def test_the_build_finds_it() -> None:
    definitions = replace(
        shipped(), runbooks={ALERT: Runbook("## Meaning\n\nSee InferenceOutOfMemory.", Location(FILE, 1))}
    )
    plan = build_plan(definitions, variants()[STAGING])
    assert "runbook-page" in {finding.check for finding in check_plan(plan)}
