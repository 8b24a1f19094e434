"""What ties the fields of an environment together, judged on the model.

A field whose own value is wrong is None there: it has been reported, and is not held against others. That a field or
block stands in the file at all is told by its place, so that a wrong value hides no relation that asks for no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.core.shown import shown
from monitoring_kit.environment.model import Addresses, Environment, Notifications, Team

CHECK = "environment"
MAX_WEBHOOKS = 10

_WATCHED = ("online_endpoint", "application_insights", "container_insights", "managed_prometheus")
_NOTIFICATIONS = "prometheus.notifications"


def relation_findings(environment: Environment, file: str) -> Iterator[Finding]:
    """What is wrong between the fields of `environment`, which stands in `file`."""
    places = environment.locations
    if "prometheus" not in places and "azure" not in places:
        remedy = "Write a block `prometheus`, a block `azure` or both."
        yield Finding(Location(file), "file", "names no backend", remedy, CHECK)
    if environment.prometheus and environment.prometheus.notifications:
        yield from _Notifications(environment).findings(environment.prometheus.notifications)
    if environment.azure:
        yield from _azure(environment)


def _azure(environment: Environment) -> Iterator[Finding]:
    places, azure, prometheus = environment.locations, environment.azure, environment.prometheus
    assert azure is not None  # noqa: S101 - the caller has looked

    def at(path: str, problem: str, remedy: str) -> Finding:
        return Finding(places[path], path, problem, remedy, CHECK)

    if not any(f"azure.{name}" in places for name in _WATCHED):
        remedy = f"Write at least one of {', '.join(_WATCHED)}; without Azure resources delete `azure`."
        yield at("azure", "names nothing to watch", remedy)
    if "azure.managed_prometheus" in places and "prometheus" not in places:
        remedy = "Write a block `prometheus`, which says how the service is scraped, or delete `managed_prometheus`."
        yield at("azure.managed_prometheus", "needs the block `prometheus`", remedy)
    containers, managed = azure.container_insights, azure.managed_prometheus
    twice: list[tuple[str, str, object, object]] = []
    if containers and prometheus:
        twice.append(("prometheus", "namespace", prometheus.namespace, containers.namespace))
        twice.append(("prometheus", "workload", prometheus.workload, containers.workload))
    if containers and managed:
        twice.append(("azure.managed_prometheus", "cluster", managed.cluster, containers.cluster))
    for block, name, first, second in twice:  # both describe one service, so what they say twice has to agree
        if first and second and str(first).lower() != str(second).lower():
            line = places[f"{block}.{name}"].line
            problem = f"found {shown(str(second))}, but {block}.{name} in line {line} is {shown(str(first))}"
            remedy = "Write the same in both: an environment is one service in one place."
            yield at(f"azure.container_insights.{name}", problem, remedy)
    group = "azure.action_group"
    if azure.action_group and not {f"{group}.emails", f"{group}.webhooks"} & places.keys():
        yield at(group, "names nobody, so no alert would reach anyone", "Write `emails`, `webhooks` or both.")
    if azure.action_group and len(azure.action_group.webhooks or ()) > MAX_WEBHOOKS:
        problem = f"found {len(azure.action_group.webhooks)} webhooks"
        yield at(f"{group}.webhooks", problem, f"Azure takes at most {MAX_WEBHOOKS} a group.")


class _Notifications:
    """The relations within `notifications`."""

    def __init__(self, environment: Environment) -> None:
        self._places = environment.locations

    def findings(self, block: Notifications) -> Iterator[Finding]:
        teams = [(f"{_NOTIFICATIONS}.teams[{number}]", team) for number, team in enumerate(block.teams or ()) if team]
        yield from self._names(block, teams)
        for path, team in teams:
            yield from self._team(path, team)
        yield from self._smtp(teams)

    def _finding(self, place: str, subject: str, problem: str, remedy: str) -> Finding:
        return Finding(self._places[place], subject, problem, remedy, CHECK)

    def _names(self, block: Notifications, teams: list[tuple[str, Team]]) -> Iterator[Finding]:
        first: dict[str, str] = {}
        for path, team in teams:
            name = f"{path}.name"
            if team.name and first.setdefault(team.name, name) != name:
                problem = f"{shown(team.name)} stands twice, first in line {self._places[first[team.name]].line}"
                yield self._finding(name, name, problem, "Write each team once.")
        rest, path = block.everything_else, f"{_NOTIFICATIONS}.everything_else"
        complete = len(teams) == len(block.teams or ()) and all(team.name for _, team in teams)
        if rest and first and complete and rest not in first:
            problem = f"found {shown(rest)}, which is none of the teams above"
            yield self._finding(path, path, problem, f"Write one of {', '.join(first)}.")

    def _team(self, path: str, team: Team) -> Iterator[Finding]:
        kinds = [field.name for field in fields(Addresses)]
        for name, block in (("page", team.page), ("channel", team.channel)):
            if block and not any(f"{path}.{name}.{kind}" in self._places for kind in kinds):
                remedy = f"Write at least one of {', '.join(kinds)}."
                yield self._finding(f"{path}.{name}", f"{path}.{name}", "names no address", remedy)
        paged, channel = _addresses(f"{path}.page", team.page), _addresses(f"{path}.channel", team.channel)
        for (kind, address), place in paged.items():
            if (kind, address) in channel:
                line = self._places[channel[kind, address]].line
                problem = f"this stands in the channel too, in line {line}, so every page would arrive there twice"
                remedy = "Write another one: nobody wakes up for a page that looks like every other message."
                yield self._finding(place, f"{path}.page.{kind}", problem, remedy)

    def _smtp(self, teams: list[tuple[str, Team]]) -> Iterator[Finding]:
        smtp = f"{_NOTIFICATIONS}.smtp"
        lists = [f"{path}.{audience}.emails[0]" for path, _ in teams for audience in ("page", "channel")]
        mailed = [place for place in lists if place in self._places]
        if mailed and smtp not in self._places:
            remedy = "Write `smtp:` and below it server, sender and, where the server asks for them, user and password."
            yield self._finding(mailed[0], smtp, "is missing, but a team gets e-mails", remedy)
        for given, missing in (("user", "password"), ("password", "user")):
            if f"{smtp}.{given}" in self._places and f"{smtp}.{missing}" not in self._places:
                problem = f"is missing, but there is a {given}"
                yield self._finding(f"{smtp}.{given}", f"{smtp}.{missing}", problem, "Write both or neither.")


def _addresses(path: str, block: Addresses | None) -> dict[tuple[str, str], str]:
    """The path of each address by its kind and, in lower case, itself."""
    if block is None:
        return {}
    found = {("emails", mail.lower()): f"{path}.emails[{n}]" for n, mail in enumerate(block.emails or ()) if mail}
    secrets = {"slack": block.slack, "microsoft_teams": block.microsoft_teams, "webhook": block.webhook}
    return found | {(kind, str(kept).lower()): f"{path}.{kind}" for kind, kept in secrets.items() if kept}
