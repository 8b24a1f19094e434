"""The template language of Azure Resource Manager: literals, expressions, parameters, resources.

A `str` is always a literal and an `Expression` is always evaluated, so no text of a definition or of an environment
can become an expression. A parameter is declared by being used: a template has those that its expressions name, no
more and no less.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

SCHEMAS = "https://schema.management.azure.com/schemas/2019-04-01"
CONTENT_VERSION = "1.0.0.0"


@dataclass(frozen=True)
class Parameter:
    """A value that is given when the template is deployed.

    `value` is what the parameters file gives. None leaves it to the person who deploys, whom Azure then asks; a secure
    string never has one. Raises ValueError for a secure string with a value.
    """

    name: str
    description: str
    type: Literal["string", "secureString", "bool", "array"] = "string"
    value: str | bool | tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuses a secret that would be written down."""
        if self.type == "secureString" and self.value is not None:
            raise ValueError(f"the secure parameter {self.name} cannot have a value in a file")


@dataclass(frozen=True)
class Expression:
    """A template expression without its brackets, and the parameters that it names."""

    text: str
    parameters: frozenset[Parameter] = frozenset()


Value: TypeAlias = "Expression | Template | str | bool | int | Decimal | Mapping[str, Value] | Sequence[Value]"
"""What can stand in a template. A `Template` is that of a nested deployment, with parameters of its own."""


@dataclass(frozen=True)
class Resource:
    """A resource of a template. What is None or empty is left out.

    `scope` is the id of the resource that an extension resource belongs to, `copies` how many of it are made: its name
    and its properties then use `copy_index()`. `subscription` and `resource_group` are for nested deployments.
    """

    type: str
    api_version: str
    name: str | Expression
    properties: Mapping[str, Value] = field(hash=False)
    location: str | Expression | None = None
    kind: str | None = None
    identity: Mapping[str, Value] | None = field(default=None, hash=False)
    scope: Expression | None = None
    condition: Expression | None = None
    copies: Expression | None = None
    depends_on: tuple[Expression, ...] = ()
    subscription: Expression | None = None
    resource_group: Expression | None = None

    def written(self) -> Mapping[str, Value]:
        """The resource as an object of the template."""
        optional: dict[str, Value | None] = {
            "location": self.location,
            "kind": self.kind,
            "identity": self.identity,
            "scope": self.scope,
            "condition": self.condition,
            "copy": {"name": "copies", "count": self.copies} if self.copies else None,
            "dependsOn": list(self.depends_on) or None,
            "subscriptionId": self.subscription,
            "resourceGroup": self.resource_group,
        }
        return {
            "type": self.type,
            "apiVersion": self.api_version,
            "name": self.name,
            "properties": self.properties,
            **{key: value for key, value in optional.items() if value is not None},
        }


@dataclass(frozen=True)
class Template:
    """A template of one resource group. `outputs` are arrays or strings by name."""

    description: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Value] = field(default_factory=dict, hash=False)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that the template uses, by name.

        Raises ValueError where two of them have the same name, which Azure compares without regard to case.
        """
        used = {parameter for expression in self._expressions() for parameter in expression.parameters}
        by_name = {parameter.name.lower(): parameter for parameter in used}
        if len(by_name) < len(used):
            raise ValueError(f"two parameters have one name: {sorted(parameter.name for parameter in used)}")
        return tuple(by_name[name] for name in sorted(by_name))

    def _expressions(self) -> Iterator[Expression]:
        for resource in self.resources:
            yield from _expressions(resource.written())
        yield from _expressions(self.outputs)


def value_of(parameter: Parameter) -> Expression:
    """The value of a parameter."""
    return Expression(f"parameters({_quoted(parameter.name)})", frozenset({parameter}))


def call(function: str, *arguments: Expression | str) -> Expression:
    """A call of a template function; a `str` argument is a literal."""
    texts = (argument.text if isinstance(argument, Expression) else _quoted(argument) for argument in arguments)
    named = [argument.parameters for argument in arguments if isinstance(argument, Expression)]
    return Expression(f"{function}({', '.join(texts)})", frozenset().union(*named))


def element(array: Expression, index: Expression | int) -> Expression:
    """The element of an array, counted from 0."""
    if isinstance(index, int):
        return Expression(f"{array.text}[{index}]", array.parameters)
    return Expression(f"{array.text}[{index.text}]", array.parameters | index.parameters)


def member(value: Expression, *names: str) -> Expression:
    """A member of an object, by the names on the way to it."""
    return Expression(".".join((value.text, *names)), value.parameters)


def copy_index(loop: str = "") -> Expression:
    """The number of the copy that is being made, from 0: of the resource, or of the elements of the list `loop`."""
    return Expression(f"copyIndex({_quoted(loop) if loop else ''})")


def resource_id(type: str, name: str) -> Expression:
    """The id of a resource of the resource group that is deployed to."""
    return call("resourceId", type, name)


def nested_deployment(
    name: str,
    template: Template,
    *,
    beside: Parameter,
    arguments: Mapping[Parameter, Value],
    condition: Expression | None = None,
    depends_on: tuple[Expression, ...] = (),
) -> Resource:
    """Deploys `template` to the resource group of the resource whose id the parameter `beside` holds.

    An extension resource has to be deployed to the group of the resource that it extends. Raises ValueError where
    `arguments` are not exactly the parameters of `template`.
    """
    if set(arguments) != set(template.parameters):
        raise ValueError(f"the nested deployment {name} gets {sorted(argument.name for argument in arguments)}")
    segments = call("split", value_of(beside), "/")
    return Resource(
        type="Microsoft.Resources/deployments",
        api_version="2025-04-01",
        name=name,
        subscription=element(segments, 2),
        resource_group=element(segments, 4),
        condition=condition,
        depends_on=depends_on,
        properties={
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "Inner"},
            "parameters": {parameter.name: {"value": value} for parameter, value in arguments.items()},
            "template": template,
        },
    )


def template_json(template: Template) -> str:
    """The template as a file: keys sorted, indented by two spaces."""
    return _json(_document(template))


def parameters_json(template: Template) -> str:
    """The parameters file of the template. What has no value there is asked for at deployment."""
    values = {
        parameter.name: {"value": parameter.value} for parameter in template.parameters if parameter.value is not None
    }
    return _json(
        {"$schema": f"{SCHEMAS}/deploymentParameters.json#", "contentVersion": CONTENT_VERSION, "parameters": values}
    )


def property_bytes(properties: Mapping[str, Value]) -> int:
    """How many bytes the properties of a resource take."""
    return len(json.dumps(_written(properties), ensure_ascii=False).encode())


def _document(template: Template) -> dict[str, object]:
    return {
        "$schema": f"{SCHEMAS}/deploymentTemplate.json#",
        "contentVersion": CONTENT_VERSION,
        "metadata": {"description": template.description},
        "parameters": {
            parameter.name: {"type": parameter.type, "metadata": {"description": parameter.description}}
            for parameter in template.parameters
        },
        "resources": [_written(resource.written()) for resource in template.resources],
        "outputs": {
            name: {"type": "string" if isinstance(value, str) else "array", "value": _written(value)}
            for name, value in template.outputs.items()
        },
    }


def _written(value: Value) -> object:
    match value:
        case Template():
            return _document(value)
        case Expression(text=text):
            return f"[{text}]"
        case str():
            return _literal(value)
        case bool() | int():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case Mapping():
            return {key: _written(item) for key, item in value.items()}
        case _:
            return [_written(item) for item in value]


def _literal(text: str) -> str:
    """A string that Azure reads as `text`: only one in brackets needs an escape, and only there it is allowed.

    Source: the page template-expressions of Azure Resource Manager, section on escape characters.
    """
    return f"[{text}" if text.startswith("[") and text.endswith("]") else text


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _expressions(value: Value) -> Iterator[Expression]:
    match value:
        case Expression():
            yield value
        case Mapping():
            for item in value.values():
                yield from _expressions(item)
        case str() | bool() | int() | Decimal() | Template():
            return
        case _:
            for item in value:
                yield from _expressions(item)


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
