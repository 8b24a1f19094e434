"""Types of fields: a definition is Python, which takes None, or a number for a text, until something breaks on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from typeguard import CollectionCheckStrategy, TypeCheckError, check_type

from monitoring_kit.core.findings import Finding, Location

_SHOWN = 60
_MODULE = re.compile(r"\bmonitoring_kit(\.\w+)*\.(?=[A-Z])")


def type_findings(definitions: Iterable[tuple[str, object]]) -> list[Finding]:
    """What the fields of dataclasses, and of those inside them, hold other than their types say.

    Each definition comes with its name. A finding stands at the innermost dataclass that knows where it was written.
    """
    seen: set[int] = set()
    return [finding for name, value in definitions for finding in _inside(value, name, Location("<unknown>"), seen)]


def _inside(value: object, name: str, where: Location, seen: set[int]) -> Iterator[Finding]:
    match value:
        case tuple() | frozenset():
            for item in value:
                yield from _inside(item, name, where, seen)
        case Mapping():
            for item in value.values():
                yield from _inside(item, name, where, seen)
        case _ if is_dataclass(value) and not isinstance(value, type) and id(value) not in seen:
            seen.add(id(value))
            own, types = getattr(value, "where", None), get_type_hints(type(value))
            place = own if isinstance(own, Location) else where
            for field in fields(value):
                yield from _field(value, field.name, types[field.name], name, place, seen)


def _field(holder: object, field: str, wanted: Any, name: str, where: Location, seen: set[int]) -> Iterator[Finding]:
    value = getattr(holder, field)
    try:
        check_type(value, wanted, collection_check_strategy=CollectionCheckStrategy.ALL_ITEMS)
    except TypeCheckError as error:
        shown = repr(value) if len(repr(value)) <= _SHOWN else f"{repr(value)[:_SHOWN]}..."
        problem = f"its {field} cannot be {shown}: {_MODULE.sub('', str(error))}"
        yield Finding(where, f"{type(holder).__name__} {name}", problem, "write a value of that type", "type")
    else:
        yield from _inside(value, name, where, seen)
