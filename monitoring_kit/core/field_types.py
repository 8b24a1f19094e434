"""Types of fields: a definition is Python, which takes None, or a number for a text, until something breaks on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

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
            own = getattr(value, "where", None)
            place = own if isinstance(own, Location) else where
            for field, wanted in _field_types(type(value)):
                yield from _field(value, field, wanted, name, place, seen)


@cache
def _field_types(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """The fields of a dataclass with their types."""
    types = get_type_hints(kind)
    return tuple((field.name, types[field.name]) for field in fields(kind))


def _field(holder: object, field: str, wanted: Any, name: str, where: Location, seen: set[int]) -> Iterator[Finding]:
    value = getattr(holder, field)
    problem = None if _is_plainly(value, wanted) else _problem(value, wanted)
    if problem is None:
        yield from _inside(value, name, where, seen)
    else:
        shown = repr(value) if len(repr(value)) <= _SHOWN else f"{repr(value)[:_SHOWN]}..."
        said = f"its {field} cannot be {shown}: {problem}"
        yield Finding(where, f"{type(holder).__name__} {name}", said, "write a value of that type", "type")


def _is_plainly(value: object, wanted: Any) -> bool:
    """Whether `value` is seen at once to be of the type; where it is not, `_problem` knows.

    Nearly every field of every definition is, and this takes a tenth of the time.
    """
    kind, inner = get_origin(wanted), get_args(wanted)
    if kind is None:
        return isinstance(wanted, type) and isinstance(value, wanted)
    if kind is Union or kind is UnionType:
        return any(_is_plainly(value, choice) for choice in inner)
    if kind is Literal:
        return any(value == choice and type(value) is type(choice) for choice in inner)
    if kind is tuple and isinstance(value, tuple):
        each = [inner[0]] * len(value) if inner[-1:] == (Ellipsis,) else inner
        return len(value) == len(each) and all(map(_is_plainly, value, each))
    if kind is frozenset and isinstance(value, frozenset):
        return all(_is_plainly(item, inner[0]) for item in value)
    if kind is Mapping and isinstance(value, Mapping):
        return all(_is_plainly(key, inner[0]) and _is_plainly(item, inner[1]) for key, item in value.items())
    return False


def _problem(value: object, wanted: Any) -> str | None:
    """Why `value` is not of the type, None if it is."""
    # Its import alone takes 40 ms, which a build without a finding does not pay.
    from typeguard import CollectionCheckStrategy, TypeCheckError, check_type

    try:
        check_type(value, wanted, collection_check_strategy=CollectionCheckStrategy.ALL_ITEMS)
    except TypeCheckError as error:
        return _MODULE.sub("", str(error))
    return None
