"""What is wrong with a definition or an environment, and where: the one way in which the kit says so."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_KIT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, order=True)
class Location:
    """A place in a file that a person edits. `line` 0 means the file as a whole.

    `file` is shown as it is, and lies below the folder `root` ("" is the working directory).
    """

    file: str
    line: int = 0
    root: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.root, self.file)


def shown_path(path: str | Path, root: Path | None = None) -> str:
    """`path` as a message shows it: relative to `root` or to the working directory where it lies inside of one, and
    without characters that would reach a terminal as commands.
    """
    shown = str(path)
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # a loop of links, or a name that no file can have
        resolved = Path(path).resolve()
        for folder in (root, Path.cwd()):
            if folder is not None and resolved.is_relative_to(folder.resolve()):
                shown = resolved.relative_to(folder.resolve()).as_posix()
                break
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)


@cache
def _split(file: Path, parts: int) -> tuple[str, str]:
    """The folder that `file` is shown relative to, and how: by its last `parts`, or by all within the kit."""
    root = file.parents[min(parts, len(file.parents)) - 1]
    if root.is_relative_to(_KIT):
        root = _KIT.parent
    return str(root), file.relative_to(root).as_posix()


def location(file: Path, parts: int, line: int = 0) -> Location:
    """A place in a definition, shown by the last `parts` of the path, such as `queries/errors.py`: wherever a project
    lies, it is the same. What lies in the installed kit is shown as a file of the kit.
    """
    root, shown = _split(file, parts)
    return Location(shown, line, root)


def here() -> Location:
    """The line of the definition that is being built: the nearest caller outside the kit."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        file, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__", ""))
        if not file.startswith("<") and module.partition(".")[0] != "monitoring_kit":
            path = Path(file)
            return location(path, module.count(".") + 1 + (path.name == "__init__.py"), frame.f_lineno)
        frame = frame.f_back
    return Location("<unknown>")


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to fix.

    `subject` names the definition ("alert JobErrorsHigh"), `problem` says what was found, `remedy` what to write
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
    """Input that cannot be used. Carries every finding, so that one run reports them all.

    `written` says what has become of the output.
    """

    written = "Nothing was written."

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings = (findings,) if isinstance(findings, Finding) else tuple(sorted(set(findings)))
        super().__init__("\n".join(str(finding) for finding in self.findings))
