"""Values that a Kusto query compares with: a misspelt one compiles, and no row ever meets it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from monitoring_kit.analysis.kusto import Reading, Step
from monitoring_kit.checks.kql_lints import KqlProblem
from monitoring_kit.kusto.pipeline import group_end
from monitoring_kit.kusto.tokens import Kind, Token, Tokens

_EQUALITIES = ("==", "!=", "<>", "=~", "!~")
_IGNORING_CASE = ("=~", "!~", "has", "has_any", "has_all")


def value_problems(reading: Reading) -> Iterator[KqlProblem]:
    """Values outside the closed set of their column, and uses of the column that holds the table's own name."""
    closed: dict[str, frozenset[str]] = {}
    for table in reading.tables:
        for column, values in table.closed.items():
            if column not in reading.given or column in table.derived:
                closed[column] = closed.get(column, frozenset()) | values
    for step in reading.steps:
        for column, ignoring_case, value in _compared(step.stage.tokens):
            if column in closed and value:
                yield from _outside(column, ignoring_case, value, closed[column])
        yield from _table_names(step)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` most likely means, in its case of letters if possible; None if none is near."""
    candidates = sorted(known)
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    same_case = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    any_case = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return same_case[0] if same_case else by_lower[any_case[0]] if any_case else None


def _outside(column: str, ignoring_case: bool, value: str, allowed: frozenset[str]) -> Iterator[KqlProblem]:
    if value in allowed or (ignoring_case and value.lower() in {one.lower() for one in allowed}):
        return
    similar = nearest(value, allowed)
    hint = f"did you mean {similar!r}? " if similar else ""
    yield KqlProblem(
        f"{column} is never {value!r}",
        f"{hint}it is one of {', '.join(sorted(allowed))}; the contract of the table says so (closed=)",
        "kql-value",
    )


def _compared(tokens: Tokens) -> Iterator[tuple[str, bool, str]]:
    """Each column that is held against a text: its name, whether the case of letters matters not, and the text."""
    for index, token in enumerate(tokens):
        behind = tokens[index + 1 : index + 4]
        if behind and behind[0].is_symbol("!"):
            behind = tokens[index + 2 : index + 5]
        if len(behind) < 2 or token.kind not in (Kind.NAME, Kind.STRING):
            continue
        operator, operand = behind[0], behind[1]
        ignoring_case = operator.text in _IGNORING_CASE
        if operator.is_symbol(*_EQUALITIES) and {token.kind, operand.kind} == {Kind.NAME, Kind.STRING}:
            name, text = (token, operand) if token.kind is Kind.NAME else (operand, token)
            yield name.text, ignoring_case, _text(text)
        elif operator.is_name("has", "has_cs") and operand.kind is Kind.STRING:
            yield token.text, ignoring_case, _text(operand)
        elif operator.is_name("in", "has_any", "has_all"):
            ignoring_case |= operand.is_symbol("~")
            start = index + 1 + next((i for i, one in enumerate(tokens[index + 1 :]) if one.is_symbol("(")), 0)
            values = tokens[start : group_end(tokens, start)]
            yield from ((token.text, ignoring_case, _text(one)) for one in values if one.kind is Kind.STRING)


def _text(token: Token) -> str:
    """What a string literal holds, whatever its quotes are."""
    return token.text.lstrip("@hH").strip("\"'`~")


def _table_names(step: Step) -> Iterator[KqlProblem]:
    tokens = step.stage.tokens
    for before, token, behind in zip((None, *tokens), tokens, (*tokens[1:], None), strict=False):
        column = (step.columns or {}).get(token.text) if token.kind is Kind.NAME else None
        is_member = before is not None and before.is_symbol(".")
        is_given = behind is not None and behind.is_symbol("=")
        if column is not None and column.names_table and not is_member and not is_given:
            yield KqlProblem(
                f"{token.text} holds the name of the table, the same in every row",
                "name the column that tells the rows apart: what Application Insights calls type in the scope of a "
                "component is ExceptionType or DependencyType in a workspace",
                "kql-table-name",
            )
