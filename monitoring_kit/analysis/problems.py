"""What is wrong with an expression, in words, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake: the name of the check, what was found and where, and what to write instead."""

    check: str
    message: str
    remedy: str


def listed(names: Iterable[str]) -> str:
    """Names in order, for a sentence: "a, b"; "none" where there are none."""
    return ", ".join(sorted(names)) or "none"
