"""The template language: a literal stays a literal, an expression is evaluated, parameters are those that are used."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring_kit.render.azure.arm_template import (
    Expression,
    Parameter,
    Resource,
    Template,
    Value,
    call,
    nested_deployment,
    parameters_json,
    template_json,
    value_of,
)

WORKSPACE = Parameter("workspaceId", "The workspace.", value="/subscriptions/0/x")
URL = Parameter("url", "A secret.", "secureString")


def template_of(**properties: Value) -> Template:
    return Template("For a test.", (Resource("T/t", "2020-01-01", "r", properties),))


def written(**properties: Value) -> dict[str, Any]:
    document = json.loads(template_json(template_of(**properties)))
    return dict(document["resources"][0]["properties"])


def as_azure_reads(text: str) -> str | None:
    """The literal that Azure Resource Manager takes a string for, None where it evaluates an expression."""
    if text.startswith("[") and text.endswith("]"):
        return text[1:] if text.startswith("[[") else None
    return text


@pytest.mark.parametrize(
    ("literal", "in_the_file"),
    [
        ("plain", "plain"),
        ("[reference('x')]", "[[reference('x')]"),
        ("[[twice]", "[[[twice]"),
        ("[a] and b", "[a] and b"),
        ("[", "["),
        ("[]", "[[]"),
        ("]", "]"),
        ("", ""),
    ],
)
def test_a_literal_in_brackets_is_escaped_and_only_that(literal: str, in_the_file: str) -> None:
    assert written(text=literal) == {"text": in_the_file}


@given(st.text(alphabet="[]'\\\"{}$ab\n"))
def test_no_literal_is_evaluated(text: str) -> None:
    assert as_azure_reads(written(text=text)["text"]) == text


@pytest.mark.parametrize("depth", [lambda value: [value], lambda value: {"a": value}, lambda value: [{"a": [value]}]])
def test_literals_are_escaped_at_any_depth(depth: Any) -> None:
    assert json.dumps(written(x=depth("[resourceGroup().id]"))["x"]) == json.dumps(depth("[[resourceGroup().id]"))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (value_of(WORKSPACE), "[parameters('workspaceId')]"),
        (call("concat", value_of(WORKSPACE), "/x"), "[concat(parameters('workspaceId'), '/x')]"),
        (call("concat", "it's"), "[concat('it''s')]"),
        (call("concat", "'), reference('x"), "[concat('''), reference(''x')]"),
    ],
)
def test_an_expression_is_written_in_brackets_with_its_literals_quoted(expression: Expression, text: str) -> None:
    assert written(value=expression) == {"value": text}


def test_numbers_and_truth_values_stay_what_they_are() -> None:
    assert written(a=Decimal("0.05"), b=Decimal(80), c=True, d=3) == {"a": 0.05, "b": 80, "c": True, "d": 3}
    assert '"b": 80' in template_json(template_of(b=Decimal("80.0")))


def test_a_template_has_the_parameters_that_it_uses() -> None:
    template = template_of(scopes=[value_of(WORKSPACE)], deep={"url": call("concat", value_of(URL))})
    assert template.parameters == (URL, WORKSPACE)
    document = json.loads(template_json(template))
    assert {name: given["type"] for name, given in document["parameters"].items()} == {
        "url": "secureString",
        "workspaceId": "string",
    }


def test_the_parameters_file_leaves_out_what_is_secret() -> None:
    template = template_of(a=value_of(WORKSPACE), b=value_of(URL))
    assert json.loads(parameters_json(template))["parameters"] == {"workspaceId": {"value": "/subscriptions/0/x"}}


def test_a_secret_cannot_be_given_a_value() -> None:
    with pytest.raises(ValueError, match="secure parameter token"):
        Parameter("token", "A secret.", "secureString", "hunter2")


def test_two_parameters_cannot_share_a_name() -> None:
    template = template_of(a=value_of(WORKSPACE), b=value_of(Parameter("WORKSPACEID", "Another.")))
    with pytest.raises(ValueError, match="two parameters have one name"):
        template_json(template)


def test_a_nested_deployment_goes_to_the_group_of_the_resource_and_has_parameters_of_its_own() -> None:
    inner_url = Parameter("inner", "Only inside.")
    inner = template_of(workspace=value_of(inner_url))
    outer = Template(
        "Outer.", (nested_deployment("n", inner, beside=WORKSPACE, arguments={inner_url: value_of(WORKSPACE)}),)
    )
    document = json.loads(template_json(outer))
    (deployment,) = document["resources"]
    assert list(document["parameters"]) == ["workspaceId"]
    assert deployment["resourceGroup"] == "[split(parameters('workspaceId'), '/')[4]]"
    assert deployment["subscriptionId"] == "[split(parameters('workspaceId'), '/')[2]]"
    properties = deployment["properties"]
    assert properties["expressionEvaluationOptions"] == {"scope": "Inner"}
    assert properties["parameters"] == {"inner": {"value": "[parameters('workspaceId')]"}}
    assert list(properties["template"]["parameters"]) == ["inner"]


def test_a_nested_deployment_needs_every_parameter_of_its_template() -> None:
    with pytest.raises(ValueError, match="nested deployment n"):
        nested_deployment("n", template_of(url=value_of(URL)), beside=WORKSPACE, arguments={})
