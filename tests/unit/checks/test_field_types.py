"""Fields of definitions hold what their types say: what is accepted, what is refused, and where a finding stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

import pytest

from monitoring_kit.core.field_types import type_findings
from monitoring_kit.core.findings import Location

WHERE = Location("queries/planted.py", 7)


@dataclass(frozen=True)
class Part:
    amount: Decimal | None = None


@dataclass(frozen=True)
class Holder:
    """A field of every form that definitions use, and one (`check`) that only the slow way can judge."""

    text: str = "text"
    number: int = 1
    optional: Part | None = None
    choice: Literal["sum", "max", 1] = "sum"
    words: tuple[str, ...] = ()
    pair: tuple[str, Decimal] = ("a", Decimal(1))
    nothing: tuple[()] = ()
    names: frozenset[str] = frozenset()
    by_name: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    parts: tuple[Part, ...] = ()
    check: Callable[[str], bool] = str.isdigit
    items: Iterable[str] = ()
    where: Location = WHERE


@pytest.mark.parametrize(
    "fits",
    [
        {},
        {"optional": Part(Decimal(1))},
        {"number": True},  # a bool is an int in Python
        {"choice": "max"},
        {"choice": 1},
        {"words": ("a", "b")},
        {"names": frozenset({"a"})},
        {"by_name": MappingProxyType({"a": frozenset({"b"}), "c": frozenset()})},
        {"parts": (Part(), Part(Decimal(2)))},
        {"check": str.isalpha},
        {"items": ["a"]},
    ],
    ids=str,
)
def test_values_of_the_type_are_no_finding(fits: dict[str, Any]) -> None:
    assert type_findings([("holder", Holder(**fits))]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": None},
        {"text": 1},
        {"number": "1"},
        {"number": 1.0},
        {"optional": "part"},
        {"choice": "min"},
        {"choice": True},
        {"words": "ab"},
        {"words": ["a"]},
        {"words": ("a", 1)},
        {"pair": ("a",)},
        {"pair": ("a", Decimal(1), Decimal(2))},
        {"pair": (Decimal(1), "a")},
        {"nothing": ("a",)},
        {"names": {"a"}},
        {"names": frozenset({1})},
        {"by_name": {"a": {"b"}}},
        {"by_name": {1: frozenset()}},
        {"parts": (Part(), "part")},
        {"check": "isdigit"},
        {"items": 1},
    ],
    ids=str,
)
def test_values_of_another_type_are_refused_by_the_name_of_the_field(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    (finding,) = type_findings([("holder", Holder(**wrong))])
    assert (finding.where, finding.subject, finding.check) == (WHERE, "Holder holder", "type")
    assert finding.problem.startswith(f"its {name} cannot be ")


@pytest.mark.parametrize("inside", ["optional", "parts", "by_name"])
def test_what_a_field_holds_is_looked_into(inside: str) -> None:
    part: Any = Part("much")  # type: ignore[arg-type] # that is the mistake
    held = {"optional": part, "parts": (Part(), part), "by_name": {"a": part}}[inside]
    findings = type_findings([("holder", Holder(**{inside: held}))])
    # A mapping of other things is refused itself, before what is in it.
    wanted = "its by_name cannot be" if inside == "by_name" else "its amount cannot be 'much'"
    assert [finding.problem.startswith(wanted) for finding in findings] == [True]
    assert findings[0].where == WHERE


def test_an_object_that_several_definitions_share_is_told_of_once() -> None:
    part: Any = Part("much")  # type: ignore[arg-type] # that is the mistake
    assert len(type_findings([("one", Holder(optional=part)), ("two", Holder(optional=part))])) == 1


def test_a_long_value_is_cut_in_the_message() -> None:
    (finding,) = type_findings([("holder", Holder(words="w" * 200))])  # type: ignore[arg-type] # that is the mistake
    assert "w" * 50 in finding.problem
    assert "w" * 70 not in finding.problem
