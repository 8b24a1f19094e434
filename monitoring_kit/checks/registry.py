"""What a check is: a name that its findings bear, an explanation, an example, and the function that runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from monitoring_kit.core.findings import Finding
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.plan.model import Plan


@dataclass(frozen=True)
class Check:
    """A kind of finding. `example` is one as it is printed, without the place in front and the remedy below."""

    name: str
    explanation: str
    example: str


@dataclass(frozen=True)
class Group:
    """Checks of one subject, with what runs them: on the definitions once, on the plan of each environment.

    A group that runs neither is found where files are read and plans are made.
    """

    title: str
    checks: tuple[Check, ...]
    definitions: Callable[[Definitions], Iterable[Finding]] | None = None
    plan: Callable[[Plan], Iterable[Finding]] | None = None
