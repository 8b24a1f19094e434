"""What ties the fields of `notifications` in an environment file together.

Judged by what stands in the file, so that a wrong value elsewhere hides none of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.core.shown import shown
from monitoring_kit.environment.strict_yaml import Fields, Items, Text, child_path

CHECK = "environment"

_KINDS = ("emails", "slack", "microsoft_teams", "webhook")


def notification_findings(block: Fields, path: str) -> Iterator[Finding]:
    """What is wrong with the block `notifications`, whose path is `path`."""
    teams = _items(block, "teams")
    yield from _names(block, teams, path)
    for position, team in enumerate(teams):
        yield from _team(team, f"{path}.teams[{position}]")
    yield from _smtp(block, teams, path)


def _names(block: Fields, teams: tuple[Fields, ...], path: str) -> Iterator[Finding]:
    names: dict[str, Location] = {}
    for position, team in enumerate(teams):
        name = _text(team, "name")
        if name is not None and name.text in names:
            problem = f"{shown(name.text)} stands twice, first in line {names[name.text].line}"
            yield _finding(name.where, f"{path}.teams[{position}].name", problem, "Write each team once.")
        elif name is not None:
            names[name.text] = name.where
    rest = _text(block, "everything_else")
    if rest is not None and names and rest.text not in names:
        problem = f"found {shown(rest.text)}, which is none of the teams above"
        yield _finding(rest.where, child_path(path, "everything_else"), problem, f"Write one of {', '.join(names)}.")


def _team(team: Fields, path: str) -> Iterator[Finding]:
    addresses: dict[str, dict[tuple[str, str], Location]] = {}
    for audience in ("page", "channel"):
        block = _fields(team, audience)
        if block is None:
            continue
        addresses[audience] = dict(_addresses(block))
        if not any(kind in block.entries for kind in _KINDS):
            remedy = f"Write at least one of {', '.join(_KINDS)}."
            yield _finding(team.entries[audience].where, f"{path}.{audience}", "names no address", remedy)
    for (kind, address), where in addresses.get("page", {}).items():
        other = addresses.get("channel", {}).get((kind, address))
        if other is not None:
            problem = f"this stands in the channel too, in line {other.line}, so every page would arrive there twice"
            remedy = "Write another one: nobody wakes up for a page that looks like every other message."
            yield _finding(where, f"{path}.page.{kind}", problem, remedy)


def _smtp(block: Fields, teams: tuple[Fields, ...], path: str) -> Iterator[Finding]:
    mailed = [
        where
        for team in teams
        for audience in ("page", "channel")
        for (kind, _), where in _addresses(_fields(team, audience))
        if kind == "emails"
    ]
    if mailed and "smtp" not in block.entries:
        remedy = "Write `smtp:` and below it server, sender and, where the server asks for them, user and password."
        yield _finding(mailed[0], child_path(path, "smtp"), "is missing, but a team gets e-mails", remedy)
    smtp = _fields(block, "smtp")
    if smtp is None:
        return
    for given, missing in (("user", "password"), ("password", "user")):
        if given in smtp.entries and missing not in smtp.entries:
            where, problem = smtp.entries[given].where, f"is missing, but there is a {given}"
            yield _finding(where, f"{path}.smtp.{missing}", problem, "Write both or neither.")


def _addresses(block: Fields | None) -> Iterator[tuple[tuple[str, str], Location]]:
    """Each address by its kind, in lower case, with its place."""
    for kind in _KINDS:
        value = block.entries[kind].value if block is not None and kind in block.entries else None
        for item in value.items if isinstance(value, Items) else (value,):
            if isinstance(item, Text) and not item.nothing:
                yield (kind, item.text.lower()), item.where


def _items(block: Fields, name: str) -> tuple[Fields, ...]:
    value = block.entries[name].value if name in block.entries else None
    return tuple(item for item in value.items if isinstance(item, Fields)) if isinstance(value, Items) else ()


def _fields(block: Fields, name: str) -> Fields | None:
    value = block.entries[name].value if name in block.entries else None
    return value if isinstance(value, Fields) else None


def _text(block: Fields, name: str) -> Text | None:
    value = block.entries[name].value if name in block.entries else None
    return value if isinstance(value, Text) and not value.nothing else None


def _finding(where: Location, subject: str, problem: str, remedy: str) -> Finding:
    return Finding(where, subject, problem, remedy, CHECK)
