"""Text as Markdown (GitHub's flavour): everything that comes from a definition or an environment is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_SPECIAL = re.compile(r"[\\`*\[\]<>|&~$]|(?<![^\W_])_|_(?![^\W_])")
_BACKTICKS = re.compile(r"`+")


class Markdown(str):
    """Text that is Markdown already and is not to be escaped again."""

    __slots__ = ()


def escaped(text: str) -> Markdown:
    """`text` on one line, with every sign escaped that could begin something. Markdown stays as it is."""
    if isinstance(text, Markdown):
        return text
    return Markdown(_SPECIAL.sub(lambda found: f"\\{found[0]}", " ".join(text.split())))


def code(text: str) -> Markdown:
    """`text` as code within a line, also within a table."""
    line = " ".join(text.split())
    if "|" in line:
        # In a table a bar ends the cell, even within backticks, and cannot be escaped after a backslash.
        return Markdown(f"<code>{escaped(line)}</code>")
    fence = "`" * (_longest_run(line) + 1)
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return Markdown(f"{fence}{blank}{line}{blank}{fence}")


def fenced(text: str, language: str) -> Markdown:
    """`text` as a block of code, whatever backticks it holds."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return Markdown(f"{fence}{language}\n{text}\n{fence}")


def link(text: str, url: str) -> Markdown:
    """A link. What would end the address early is percent-encoded."""
    address = re.sub(r"[\s<>()\\`]", lambda found: f"%{ord(found[0]):02X}", url)
    return Markdown(f"[{escaped(text)}](<{address}>)")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Markdown:
    """A table; plain cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return Markdown("\n".join(f"| {' | '.join(map(escaped, cells))} |" for cells in lines))


def listed(texts: Iterable[str]) -> Markdown:
    """Texts with commas between them; plain ones are escaped."""
    return Markdown(", ".join(map(escaped, texts)))


def sentence(*parts: str) -> Markdown:
    """The parts one after the other with blanks between them; plain ones are escaped, empty ones left out."""
    return Markdown(" ".join(escaped(part) for part in parts if part))


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)


TEMPLATES = Environment(  # noqa: S701 - autoescape is for HTML; `finalize` escapes every value for Markdown
    loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
    undefined=StrictUndefined,
    finalize=escaped,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
