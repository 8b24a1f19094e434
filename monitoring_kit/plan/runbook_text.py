"""Runbooks as people write them: sections, blocks of code, and names in angle brackets that are filled in later."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType

from monitoring_kit.environment.model import Environment
from monitoring_kit.kusto.literals import kql_string
from monitoring_kit.model.backends import Backend
from monitoring_kit.promql.printer import quote

SECTIONS = ("Meaning", "Impact", "Diagnosis", "Mitigation")
PLACEHOLDER = re.compile(r"<([A-Za-z]\w*)>")
# The team that the alert goes to, or the one that takes a role: {team}, {team:platform}. In text, not in code.
TEAM = re.compile(r"\{team(?::([^{}]*))?\}")

# A part of a section under such a sub-heading is only for alerts that are raised at one of these places.
PARTS: Mapping[str, frozenset[Backend]] = MappingProxyType(
    {
        "On Prometheus": frozenset({Backend.PROMETHEUS}),
        "On Azure": frozenset(Backend) - {Backend.PROMETHEUS},
        "On Kubernetes": frozenset({Backend.PROMETHEUS, Backend.CONTAINER_INSIGHTS}),
        "On an online endpoint": frozenset({Backend.ONLINE_ENDPOINT}),
        "On Container insights": frozenset({Backend.CONTAINER_INSIGHTS}),
        "With Application Insights": frozenset({Backend.APPLICATION_INSIGHTS}),
    }
)
# Shown wherever the environment has the place, though the alert is raised by another.
PARTS_WHERE_PRESENT = frozenset({"With Application Insights"})

# What an environment fills in by itself, so that a command can be pasted as it stands.
ENVIRONMENT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "namespace": "the namespace of the model server",
        "deployment": "the Deployment of the model server",
        "service": "the Service that exposes the metrics",
        "metrics_port": "the port of that Service",
        "release": "the Helm release of kube-prometheus-stack",
        "EndpointName": "the online endpoint",
        "ml_workspace": "the Azure ML workspace of the endpoint",
        "resource_group": "the resource group of the endpoint",
        "subscription": "the subscription of the endpoint",
        "log_analytics": "the Log Analytics workspace",
        "application_insights": "the Application Insights component",
        "cluster": "the AKS cluster",
        "cluster_resource_group": "the resource group of the AKS cluster",
    }
)

# In a query a name stands within a string that the runbook has quoted.
_QUOTING: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "sh": shlex.quote,
        "promql": lambda value: quote(value)[1:-1],
        "kusto": lambda value: kql_string(value)[1:-1],
    }
)
_FENCE = re.compile(r"\s*(`{3,})\s*(\w*)\s*")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*")


@dataclass(frozen=True)
class Line:
    """A line of a runbook. `language` is that of the block of code around it, None outside; `fence` marks its edges."""

    number: int
    text: str
    language: str | None
    fence: bool = False

    @cached_property
    def heading(self) -> tuple[int, str] | None:
        """Level and title, None if the line is no heading."""
        found = _HEADING.fullmatch(self.text) if self.language is None else None
        return (len(found[1]), found[2]) if found else None


@dataclass(frozen=True)
class Block:
    """A block of code, and the line of its first line of text."""

    language: str
    text: str
    line: int


@lru_cache(maxsize=128)  # every check and every environment reads the same pages
def lines(text: str) -> tuple[Line, ...]:
    """The lines of a runbook. A block that is never closed reaches to the end."""
    return tuple(_lines(text))


def _lines(text: str) -> Iterator[Line]:
    fence, language = "", None
    for number, line in enumerate(text.splitlines(), start=1):
        found = _FENCE.fullmatch(line)
        if language is None and found:
            fence, language = found[1], found[2]
            yield Line(number, line, language, fence=True)
        elif language is not None and found and not found[2] and len(found[1]) >= len(fence):
            yield Line(number, line, language, fence=True)
            language = None
        else:
            yield Line(number, line, language)


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of code, in order."""
    found: list[Block] = []
    inside: list[Line] = []
    opened: Line | None = None
    for line in lines(text):
        if not line.fence:
            inside += [line] if opened else []
        elif opened is None:
            opened, inside = line, []
        else:
            found.append(Block(opened.language or "", "\n".join(part.text for part in inside), opened.number + 1))
            opened = None
    return tuple(found)


def for_places(text: str, backends: frozenset[Backend], present: frozenset[Backend] = frozenset()) -> str:
    """The runbook without the parts that are for alerts raised elsewhere than at `backends`.

    `present` are all the places of the environment, for the parts that are about what else can be looked at there.
    """
    return "\n".join(line.text for line in lines_for_places(text, backends, present)).strip()


@lru_cache(maxsize=128)
def lines_for_places(
    text: str, backends: frozenset[Backend], present: frozenset[Backend] = frozenset()
) -> tuple[Line, ...]:
    """The lines of `for_places`, each with its number in the whole runbook."""
    return tuple(_lines_for_places(text, backends, present))


def _lines_for_places(text: str, backends: frozenset[Backend], present: frozenset[Backend]) -> Iterator[Line]:
    skipping = False
    for line in lines(text):
        if line.heading:
            level, title = line.heading
            wanted = present if title in PARTS_WHERE_PRESENT else backends
            skipping = level > 2 and not PARTS.get(title, wanted) & wanted
        if not skipping:
            yield line


def filled(text: str, values: Mapping[str, str]) -> str:
    """The runbook with the names that `values` knows filled in, quoted for the language of the block they stand in."""

    def line_filled(line: Line) -> str:
        quoted = _QUOTING.get(line.language or "", str)
        return PLACEHOLDER.sub(lambda found: quoted(values[found[1]]) if found[1] in values else found[0], line.text)

    return "\n".join(map(line_filled, lines(text)))


def with_teams(text: str, team: str, environment: Environment) -> str:
    """The runbook with `{team}`, the team that takes the alert, and `{team:role}` filled in, outside of code."""

    def line_filled(line: Line) -> str:
        if line.language is not None:
            return line.text
        return TEAM.sub(lambda found: environment.team(found[1]) if found[1] else team, line.text)

    return "\n".join(map(line_filled, lines(text)))


def environment_names(environment: Environment) -> Mapping[str, str]:
    """The values of those of ENVIRONMENT_NAMES that the environment has."""
    settings, azure = environment.settings(), environment.azure
    values = {
        "namespace": settings.get("namespace"),
        "deployment": settings.get("workload"),
        "service": settings.get("service"),
        "metrics_port": str(environment.prometheus.metrics_port) if environment.prometheus else None,
        "release": environment.prometheus.release if environment.prometheus else None,
        "EndpointName": settings.get("endpoint"),
        "ml_workspace": settings.get("ml_workspace"),
        "cluster": settings.get("cluster"),
    }
    if azure is not None:
        endpoint, component = azure.online_endpoint, azure.application_insights
        cluster = azure.container_insights or azure.managed_prometheus
        values |= {
            "resource_group": endpoint.id.resource_group if endpoint else None,
            "subscription": endpoint.id.subscription if endpoint else None,
            "log_analytics": azure.log_analytics.name,
            "application_insights": component.name if component else None,
            "cluster_resource_group": cluster.cluster.resource_group if cluster else None,
        }
    return MappingProxyType({name: value for name, value in values.items() if value is not None})
