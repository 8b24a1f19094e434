"""Resources of a template held against Microsoft's own models of them.

The models of `azure-mgmt-monitor` say which properties a resource has, which are required, of what type they are and,
in their documentation, which values an enumeration takes. Its own deserialiser checks none of that. For the types
that the package does not have, the shapes at the end of this file take the models' place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import azure.mgmt.monitor.models as models

MODELS = {
    "Microsoft.Insights/metricAlerts": models.MetricAlertResource,
    "Microsoft.Insights/scheduledQueryRules": models.ScheduledQueryRuleResource,
    "Microsoft.Insights/activityLogAlerts": models.ActivityLogAlertResource,
    "Microsoft.Insights/actionGroups": models.ActionGroupResource,
}
# What the template language adds to a resource; the models know of the resource only.
TEMPLATE_KEYS = frozenset({"apiVersion", "dependsOn", "condition", "copy", "scope", "subscriptionId", "resourceGroup"})

_DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?")
_EXPRESSION = re.compile(r"\[(?!\[).*\]", re.DOTALL)
_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "duration": (str,),
    "object": (dict,),
}


@dataclass(frozen=True)
class Property:
    """A property as a model describes it: `type` is a name of `_JSON_TYPES`, a model, or `[type]` or `{type}`."""

    path: tuple[str, ...]
    type: str
    required: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """The properties of an object. `choice` picks another shape by the value of one of them."""

    properties: tuple[Property, ...]
    choice: tuple[str, Mapping[str, Any]] | None = None
    open: bool = False


@dataclass(frozen=True)
class _Known:
    """The properties below one path: what an object may hold."""

    children: dict[str, _Known] = field(default_factory=dict)


def problems(resource: Mapping[str, Any]) -> list[str]:
    """What is wrong with a resource of a template: properties that are missing, unknown or of a wrong type or value."""
    kind = resource["type"]
    if kind not in MODELS and kind not in _SHAPES:
        return [f"no model of {kind}"]
    written = {key: value for key, value in resource.items() if key not in TEMPLATE_KEYS}
    return list(_walk(_SHAPES.get(kind) or _shape(MODELS[kind]), written, ""))


def _walk(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    while shape.choice is not None:
        name, shapes = shape.choice
        if value.get(name) not in shapes:
            yield f"{path}/{name}: {value.get(name)!r} is none of {sorted(shapes)}"
            return
        shape = _shape(shapes[value[name]])
    known = _Known()
    for item in shape.properties:
        level = known
        for key in item.path:
            level = level.children.setdefault(key, _Known())
        yield from _property(item, value, path)
    if not shape.open:
        yield from _unknown(value, known, path)


def _property(item: Property, value: Any, path: str) -> Iterator[str]:
    for key in item.path:
        value = value.get(key) if isinstance(value, dict) else None
    where = f"{path}/{'/'.join(item.path)}"
    if value is None:
        if item.required:
            yield f"{where}: missing"
        return
    if item.values and value not in item.values:
        yield f"{where}: {value!r} is none of {list(item.values)}"
    yield from _typed(item.type, value, where)


def _typed(type: str, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and _EXPRESSION.fullmatch(value):
        return
    if type[0] in "[{":
        container = list if type[0] == "[" else dict
        if not isinstance(value, container):
            yield f"{path}: {value!r} is no {container.__name__}"
            return
        items = enumerate(value) if isinstance(value, list) else value.items()
        for key, item in items:
            yield from _typed(type[1:-1], item, f"{path}/{key}")
    elif type in _JSON_TYPES:
        if not isinstance(value, _JSON_TYPES[type]) or (isinstance(value, bool) and type != "bool"):
            yield f"{path}: {value!r} is no {type}"
        elif type == "duration" and _DURATION.fullmatch(str(value)) is None:
            yield f"{path}: {value!r} is no ISO 8601 duration"
    elif not isinstance(value, dict):
        yield f"{path}: {value!r} is no {type}"
    else:
        yield from _walk(_SHAPES.get(type) or _shape(getattr(models, type)), value, path)


def _unknown(value: Any, known: _Known, path: str) -> Iterator[str]:
    for key, item in value.items() if isinstance(value, dict) else ():
        if key not in known.children:
            yield f"{path}/{key}: unknown property"
        elif known.children[key].children:
            yield from _unknown(item, known.children[key], f"{path}/{key}")


def _shape(model: Any) -> Shape:
    """The shape of a model of the package. A model is a class, or its name where it is one of several."""
    cls = getattr(models, model) if isinstance(model, str) else model
    values = _enumerations(cls)
    properties = tuple(
        Property(
            path=_path(described["key"]),
            type=described["type"],
            required=rule.get("required", False) and not rule.get("readonly", False),
            values=values.get(name, ()),
        )
        for name, described in cls._attribute_map.items()
        if described["key"]
        for rule in [cls._validation.get(name, {})]
    )
    choice = None
    for name, subtypes in vars(cls).get("_subtype_map", {}).items():
        choice = (_path(cls._attribute_map[name]["key"])[-1], subtypes)
    return Shape(properties, choice)


def _path(key: str) -> tuple[str, ...]:
    """`properties.scopes` is two steps, `odata\\.type` is one."""
    return tuple(step.replace("\\.", ".") for step in re.split(r"(?<!\\)\.", key))


def _enumerations(cls: type) -> dict[str, tuple[str, ...]]:
    """The known values of each attribute, which only the documentation of a model and of its parents gives."""
    found: dict[str, tuple[str, ...]] = {}
    for parent in cls.__mro__:
        for name, text in re.findall(r":ivar (\w+):(.*?)(?=:vartype|\Z)", parent.__doc__ or "", re.DOTALL):
            if "nown values" in text:
                found.setdefault(name, tuple(re.findall(r'"([^"]+)"', text)))
    return found


def _properties(text: str, *, prefix: str = "") -> tuple[Property, ...]:
    """Properties from `name:type` words; `!` behind a name marks a required one."""
    words = (word.split(":", 1) for word in text.split())
    return tuple(
        Property((*prefix.split(), name.removesuffix("!")), type, required=name.endswith("!")) for name, type in words
    )


_RESOURCE = _properties("type!:str name!:str")
# Written by hand, and compared by hand with the types.md of Azure/bicep-types-az for these versions: rule groups
# 2023-03-01, diagnostic settings 2021-05-01-preview, role assignments 2022-04-01, deployments 2025-04-01. They say
# names, types and what is required; not which values an enumeration takes. Left out, and so reported as unknown, is
# what nobody may write, and what no template here writes: retention policies, links to templates, debug settings and
# what to do when a deployment fails.
_SHAPES: Mapping[str, Shape] = {
    "Microsoft.AlertsManagement/prometheusRuleGroups": Shape(
        (
            *_RESOURCE,
            *_properties("location!:str tags:{str}"),
            *_properties(
                "scopes!:[str] rules!:[PrometheusRule] clusterName:str description:str enabled:bool interval:duration",
                prefix="properties",
            ),
        )
    ),
    "PrometheusRule": Shape(
        (
            *_properties("expression!:str alert:str record:str enabled:bool for:duration severity:int"),
            *_properties("labels:{str} annotations:{str} actions:[PrometheusRuleGroupAction]"),
            *_properties("autoResolved:bool timeToResolve:duration", prefix="resolveConfiguration"),
        )
    ),
    "PrometheusRuleGroupAction": Shape(_properties("actionGroupId:str actionProperties:{str}")),
    "Microsoft.Insights/diagnosticSettings": Shape(
        (
            *_RESOURCE,
            *_properties(
                "workspaceId:str storageAccountId:str eventHubName:str eventHubAuthorizationRuleId:str "
                "marketplacePartnerId:str serviceBusRuleId:str logAnalyticsDestinationType:str logs:[LogSettings] "
                "metrics:[MetricSettings] copy:[PropertyCopy]",
                prefix="properties",
            ),
        )
    ),
    "LogSettings": Shape(_properties("enabled!:bool category:str categoryGroup:str")),
    # Of the template language: a list whose elements a loop makes. Of the input only its expressions are looked at.
    "PropertyCopy": Shape(_properties("name!:str count!:str input!:LogSettings")),
    "MetricSettings": Shape(_properties("enabled!:bool category:str timeGrain:duration")),
    "Microsoft.Authorization/roleAssignments": Shape(
        (
            *_RESOURCE,
            *_properties(
                "principalId!:str roleDefinitionId!:str principalType:str description:str condition:str "
                "conditionVersion:str delegatedManagedIdentityResourceId:str",
                prefix="properties",
            ),
        )
    ),
    "Microsoft.Resources/deployments": Shape(
        (
            *_RESOURCE,
            *_properties("location:str tags:{str}"),
            *_properties("mode!:str template:object parameters:object", prefix="properties"),
            *_properties("scope:str", prefix="properties expressionEvaluationOptions"),
        )
    ),
}
