"""What is wrong with a definition or an environment, and where: the one way in which the kit says so."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

KIT = Path(__file__).resolve().parents[1]
PROJECT = KIT.parent


@dataclass(frozen=True, order=True)
class Location:
    """A place in a file that a person edits. `line` 0 means the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


def shown_path(path: str | Path) -> str:
    """`path` as a message shows it: relative to the project where it lies inside, as it is elsewhere."""
    resolved = Path(path).resolve()
    return resolved.relative_to(PROJECT).as_posix() if resolved.is_relative_to(PROJECT) else str(path)


def here() -> Location:
    """The line of the definition that is being built: the nearest caller outside the kit."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        file = frame.f_code.co_filename
        if not file.startswith(("<", str(KIT))):
            return Location(shown_path(file), frame.f_lineno)
        frame = frame.f_back
    return Location("<unknown>")


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to mend.

    `subject` names the definition ("alert ModelErrorRatioHigh"), `problem` says what was found, `remedy` what to write
    instead or what is allowed, `check` is the short name of the check that found it.
    """

    where: Location
    subject: str
    problem: str
    remedy: str = ""
    check: str = field(default="", compare=False)

    def __str__(self) -> str:
        mark = f" [{self.check}]" if self.check else ""
        text = f"{self.where}: {self.subject}: {self.problem}{mark}"
        return f"{text}\n    {self.remedy}" if self.remedy else text


class Refused(Exception):
    """Input that cannot be used. Carries every finding, so that one run reports them all."""

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings = (findings,) if isinstance(findings, Finding) else tuple(sorted(set(findings)))
        super().__init__("\n".join(str(finding) for finding in self.findings))
