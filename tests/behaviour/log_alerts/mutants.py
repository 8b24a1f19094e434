"""Wrong versions of a log alert: each differs in one place from the right one, as a slip of the hand would.

A mutant of the query is made from its text, one of the rule from what Azure is told beside the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from monitoring_kit.core.durations import Duration, parse_duration
from tests.behaviour.log_alerts.service import LogRule

_PIECE = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*")|(?P<timespan>\b\d+[smhd]\b)|(?P<number>\b\d+(?:\.\d+)?\b)"""
    r"""|(?P<list>\bin~)|(?P<word>[A-Za-z_]\w*)|(?P<sign>=~|==|!=|>=|<=|[<>/*()+,|\-])""",
    re.VERBOSE,
)

# A line that makes a column: a table's derived columns are there whether or not the query reads them.
_EXTENDED = re.compile(r"\n\| extend (\w+) = .*")

_SIGNS: Mapping[str, tuple[str, ...]] = {
    ">=": (">", "<="),
    ">": (">=", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "=~": ("!~", "=="),
    "/": ("*",),
    "*": ("/",),
    "-": ("+",),
}
_WORDS: Mapping[str, tuple[str, ...]] = {
    "and": ("or",),
    "or": ("and",),
    "in": ("!in",),
    "not": ("",),
    "isnotempty": ("isempty",),
    "sum": ("max", "avg"),
    "max": ("min", "avg"),
    "min": ("max", "avg"),
    "avgif": ("sumif",),
    "inner": ("leftouter",),
    "null": ("0",),
    "ContainerRestartCount": ("PodRestartCount",),
}


@dataclass(frozen=True)
class LogMutant:
    """The rules of an alert with one mistake in them. `name` says which."""

    name: str
    rules: tuple[LogRule, ...]


@dataclass(frozen=True)
class _Piece:
    kind: str
    text: str
    start: int
    end: int


def mutants(rules: Sequence[LogRule]) -> Iterator[LogMutant]:
    """All mutants of an alert, no two with the same rules and none that is the original."""
    seen = {tuple(rules)}
    for mutant in (*_of_query(rules), *_of_rule(rules)):
        if mutant.rules not in seen:
            seen.add(mutant.rules)
            yield mutant


def _of_query(rules: Sequence[LogRule]) -> Iterator[LogMutant]:
    text = rules[0].query
    for start, end, new in _edits(text):
        query = text[:start] + new + text[end:]
        yield LogMutant(_name(text, start, end, new), tuple(replace(rule, query=query) for rule in rules))


def _of_rule(rules: Sequence[LogRule]) -> Iterator[LogMutant]:
    def mutant(name: str, **changes: object) -> LogMutant:
        return LogMutant(name, tuple(replace(rule, **changes) for rule in rules))  # type: ignore[arg-type] # fields of LogRule

    for factor in (0.9, 1.1):
        name = f"thresholds times {factor}"
        yield LogMutant(name, tuple(replace(rule, threshold=rule.threshold * factor) for rule in rules))
    (operator,) = {rule.operator for rule in rules}
    for other in ("GreaterThan", "GreaterThanOrEqual", "LessThan"):
        yield mutant(f"{operator} becomes {other}", operator=other)
    (periods,) = {rule.periods for rule in rules}
    yield mutant("one period more", periods=periods + 1, bad_periods=periods + 1)
    if periods > 1:
        yield mutant("one period less", periods=periods - 1, bad_periods=periods - 1)
        yield mutant("one of the periods may be good", bad_periods=periods - 1)
    for dimension in rules[0].dimensions:
        rest = tuple(name for name in rules[0].dimensions if name != dimension)
        yield mutant(f"not split by {dimension}", dimensions=rest)
    for factor in (2, 0.5):
        old, new = Duration(rules[0].window).prometheus(), Duration(round(rules[0].window * factor)).prometheus()
        query = rules[0].query.replace(f", {old})", f", {new})").replace(f"{old} / 1s", f"{new} / 1s")
        yield mutant(f"window {new} instead of {old}", window=parse_duration(new).seconds, query=query)


def _edits(text: str) -> Iterator[tuple[int, int, str]]:
    """Where to put what instead: the start, the end and the new text. What nobody reads is left as it is."""
    unread = [match.span() for match in _EXTENDED.finditer(text) if len(re.findall(rf"\b{match[1]}\b", text)) == 1]
    for start, end, new in _all_edits(text):
        if not any(first <= start < last for first, last in unread):
            yield start, end, new


def _all_edits(text: str) -> Iterator[tuple[int, int, str]]:
    pieces = [_Piece(str(match.lastgroup), match.group(), *match.span()) for match in _PIECE.finditer(text)]
    for index, piece in enumerate(pieces):
        for new in _instead(piece):
            yield piece.start, piece.end, new
        following = pieces[index + 1].text if index + 1 < len(pieces) else ""
        if piece.text == "countif" and following == "(":
            yield piece.start, _closing(pieces, index + 1).end, "count()"
        if piece.text == "1.0" and following == "*":
            yield piece.start, pieces[index + 1].end, ""
    yield from _without_stages(text)
    yield from _without_parts(text, pieces, after="where", separator="and")
    yield from _without_parts(text, pieces, after="by", separator=",")


def _instead(piece: _Piece) -> Iterator[str]:
    match piece.kind:
        case "list":
            yield from ("!in~", "in")
        case "sign":
            yield from _SIGNS.get(piece.text, ())
        case "word":
            yield from _WORDS.get(piece.text, ())
        case "number":
            whole = "." not in piece.text
            yield from (str(int(piece.text) + step) for step in (1, -1)) if whole else (str(float(piece.text) * 2),)
        case "timespan":
            seconds = parse_duration(piece.text).seconds
            yield from (Duration(round(seconds * factor)).prometheus() for factor in (2, 0.2))
        case "string":
            yield f'{piece.text[:-1]}~"'
            if piece.text.startswith('"^'):
                yield f'"{piece.text[2:]}'
            if piece.text.endswith('$"'):
                yield f'{piece.text[:-2]}"'


def _without_stages(text: str) -> Iterator[tuple[int, int, str]]:
    for match in re.finditer(r"\n\| where .*", text):
        yield *match.span(), ""


def _without_parts(
    text: str, pieces: Sequence[_Piece], *, after: str, separator: str
) -> Iterator[tuple[int, int, str]]:
    """The text without one of the parts of each list that follows the word `after` on its line."""
    for index, piece in enumerate(pieces):
        if piece.text != after:
            continue
        end = text.find("\n", piece.end) % (len(text) + 1)
        depth, edges = 0, [piece.end]
        for other in pieces[index + 1 :]:
            if other.start >= end:
                break
            depth += (other.text == "(") - (other.text == ")")
            if depth == 0 and other.text == separator:
                edges += [other.start, other.end]
        edges.append(end)
        parts = list(zip(edges[::2], edges[1::2], strict=True))
        for number, (start, stop) in enumerate(parts):
            if len(parts) > 1:
                last = number == len(parts) - 1
                yield (parts[number - 1][1], stop, "") if last else (start, parts[number + 1][0], "")


def _closing(pieces: Sequence[_Piece], opening: int) -> _Piece:
    depth = 0
    for piece in pieces[opening:]:
        depth += (piece.text == "(") - (piece.text == ")")
        if depth == 0:
            return piece
    raise ValueError("a parenthesis is not closed")


def _name(text: str, start: int, end: int, new: str) -> str:
    """The line, what is replaced and by what; with a number from the second time on that the line holds it."""
    old = text[start:end].strip()
    start = text.index(old, start)
    line_start = text.rfind("\n", 0, start) + 1
    before = len(re.findall(rf"(?<!\w){re.escape(old)}(?!\w)", text[line_start:start]))
    what = f"{old} ({before + 1})" if before else old
    line = text.count("\n", 0, start) + 1
    return f"line {line}: {what} becomes {new}" if new else f"line {line}: without {what}"
