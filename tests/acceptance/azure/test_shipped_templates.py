"""The templates of the shipped environments, held against Microsoft's models and the rules of the template language."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from monitoring_kit.checks.azure import azure_findings
from monitoring_kit.plan.build import build_plan
from monitoring_kit.render.azure.alerts import render_azure
from tests.acceptance.azure.arm_models import problems
from tests.support.planting import shipped, shipped_environment

ENVIRONMENTS = ("production", "staging")
TEMPLATES = (
    ("staging", "alerts"),
    ("production", "alerts"),
    ("production", "prometheus-rule-groups"),
)


@cache
def files(environment: str) -> dict[str, str]:
    return dict(render_azure(build_plan(shipped(), shipped_environment(environment))))


def template(environment: str, name: str) -> dict[str, Any]:
    return dict(json.loads(files(environment)[f"azure/{name}.json"]))


def with_nested(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A template and those of its nested deployments."""
    yield document
    for resource in document["resources"]:
        if resource["type"] == "Microsoft.Resources/deployments":
            yield from with_nested(resource["properties"]["template"])


def resource_of(kind: str) -> dict[str, Any]:
    """The first shipped resource of a type, to be broken."""
    resources = (
        resource
        for environment, name in TEMPLATES
        for document in with_nested(template(environment, name))
        for resource in document["resources"]
    )
    return copy.deepcopy(next(resource for resource in resources if resource["type"].endswith(kind)))


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from strings(item)
        case list():
            for item in value:
                yield from strings(item)


def expressions(document: dict[str, Any]) -> str:
    """All expressions of a template, without those of its nested templates, which have parameters of their own."""
    own = copy.deepcopy(document)
    for resource in own["resources"]:
        resource["properties"].pop("template", None)
    return "\n".join(text for text in strings(own) if text.startswith("[") and not text.startswith("[["))


@pytest.mark.parametrize(("environment", "name"), TEMPLATES)
def test_every_resource_is_as_microsofts_models_describe_it(environment: str, name: str) -> None:
    resources = [
        resource for document in with_nested(template(environment, name)) for resource in document["resources"]
    ]
    assert resources
    assert [problem for resource in resources for problem in problems(resource)] == []


@pytest.mark.parametrize(("environment", "name"), TEMPLATES)
def test_parameters_are_those_that_are_used(environment: str, name: str) -> None:
    for document in with_nested(template(environment, name)):
        assert set(re.findall(r"parameters\('(\w+)'\)", expressions(document))) == set(document["parameters"])


@pytest.mark.parametrize(("environment", "name"), TEMPLATES)
def test_every_parameter_has_a_value_unless_it_is_a_secret(environment: str, name: str) -> None:
    declared = template(environment, name)["parameters"]
    given = json.loads(files(environment)[f"azure/{name}.parameters.json"])["parameters"]
    assert set(given) == {parameter for parameter in declared if declared[parameter]["type"] != "secureString"}


@pytest.mark.parametrize(("environment", "name"), TEMPLATES)
def test_a_template_names_no_resource_of_the_environment(environment: str, name: str) -> None:
    text = files(environment)[f"azure/{name}.json"]
    assert "/subscriptions/" not in text
    assert "00000000-0000" not in text


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_second_rendering_is_the_same(environment: str) -> None:
    again = render_azure(build_plan(shipped(), shipped_environment(environment)))
    assert dict(again) == files(environment)
    for text in again.values():
        assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_shipped_is_beyond_azures_limits(environment: str) -> None:
    assert azure_findings(build_plan(shipped(), shipped_environment(environment))) == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_planned_alert_is_deployed_and_named_in_the_outputs(environment: str) -> None:
    plan = build_plan(shipped(), shipped_environment(environment))
    document = template(environment, "alerts")
    for kind, output, alerts in (
        ("Microsoft.Insights/scheduledQueryRules", "logAlerts", plan.log_alerts),
        ("Microsoft.Insights/metricAlerts", "metricAlerts", plan.metric_alerts),
    ):
        names = [resource["name"] for resource in document["resources"] if resource["type"] == kind]
        assert len(set(names)) == len(alerts)
        assert document["outputs"][output]["value"] == sorted(names)


def put(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Sets what stands at `path` (steps with a slash between them; numbers are places in a list)."""

    def change(resource: dict[str, Any]) -> None:
        *steps, last = (int(step) if step.isdigit() else step for step in path.split("/"))
        target: Any = resource
        for step in steps:
            target = target[step]
        if value is None:
            del target[last]
        else:
            target[last] = value

    return change


CONDITION = "properties/criteria/allOf/0"


@pytest.mark.parametrize(
    ("kind", "change", "problem"),
    [
        ("metricAlerts", put("properties/windowSize", None), "/properties/windowSize: missing"),
        ("metricAlerts", put("properties/windowSize", "5m"), "'5m' is no ISO 8601 duration"),
        ("metricAlerts", put("properties/severity", "2"), "/properties/severity: '2' is no int"),
        ("metricAlerts", put("properties/severity", True), "/properties/severity: True is no int"),
        ("metricAlerts", put("properties/scopes", "x"), "/properties/scopes: 'x' is no list"),
        ("metricAlerts", put("properties/criteria/odata.type", "Single"), "/odata.type: 'Single' is none of"),
        ("metricAlerts", put(f"{CONDITION}/operator", "Above"), "'Above' is none of ['Equals', 'GreaterThan'"),
        ("metricAlerts", put(f"{CONDITION}/timeAggregation", "Sum"), "'Sum' is none of"),
        ("metricAlerts", put(f"{CONDITION}/metricName", None), "/metricName: missing"),
        ("metricAlerts", put(f"{CONDITION}/dimensions/0/values", None), "/values: missing"),
        ("metricAlerts", put("properties/action", []), "/properties/action: unknown property"),
        ("scheduledQueryRules", put("location", None), "/location: missing"),
        ("scheduledQueryRules", put(f"{CONDITION}/threshhold", 5), "/threshhold: unknown property"),
        ("scheduledQueryRules", put(f"{CONDITION}/threshold", "5"), "/threshold: '5' is no float"),
        ("scheduledQueryRules", put(f"{CONDITION}/failingPeriods/minimum", 1), "/minimum: unknown property"),
        ("scheduledQueryRules", put("identity/type", "System"), "/identity/type: 'System' is none of"),
        ("actionGroups", put("properties/emailReceivers/0/emailAddress", None), "/emailAddress: missing"),
        ("actionGroups", put("properties/groupShortname", "x"), "/properties/groupShortname: unknown property"),
        ("prometheusRuleGroups", put("properties/rules/0/expression", None), "/expression: missing"),
        ("prometheusRuleGroups", put("properties/rules/0/keep_firing_for", "5m"), "/keep_firing_for: unknown property"),
        ("prometheusRuleGroups", put("properties/interval", "30s"), "'30s' is no ISO 8601 duration"),
        ("prometheusRuleGroups", put("properties/rules/0/labels/team", 1), "/labels/team: 1 is no str"),
        ("diagnosticSettings", put("properties/copy/0/input/enabled", None), "/enabled: missing"),
        ("diagnosticSettings", put("properties/workspace", "x"), "/properties/workspace: unknown property"),
        ("roleAssignments", put("properties/principalId", None), "/properties/principalId: missing"),
    ],
)
def test_the_models_find_what_is_planted(kind: str, change: Callable[[dict[str, Any]], None], problem: str) -> None:
    resource = resource_of(kind)
    assert problems(resource) == []
    change(resource)
    (found,) = problems(resource)
    assert problem in found


def test_a_type_without_a_model_is_a_problem() -> None:
    assert problems({"type": "Microsoft.Insights/unheardOf", "name": "x"}) == [
        "no model of Microsoft.Insights/unheardOf"
    ]
