"""Types in a Kusto query that Kusto itself lets pass: comparisons that no row meets, and a column that says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitoring_kit.analysis.kusto import Reading, Step
from monitoring_kit.checks.kql_lints import Problem, shown
from monitoring_kit.kql.arithmetic import Columns, column_of, sides
from monitoring_kit.kql.pipeline import split
from monitoring_kit.kql.tokens import Kind, Tokens

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def type_problems(reading: Reading) -> Iterator[Problem]:
    """Equalities of values that are never equal, and uses of the column that holds the table's own name."""
    for step in reading.steps:
        if step.columns is not None:
            yield from _never_equal(step.stage.tokens, step.columns)
            yield from _table_names(step, step.columns)


def _never_equal(tokens: Tokens, columns: Columns) -> Iterator[Problem]:
    for left, right in _equalities(tokens):
        types = _family(left, columns), _family(right, columns)
        if "" not in types and types[0] != types[1]:
            yield Problem(
                f"{shown(left)} is a {types[0]} and {shown(right)} a {types[1]}: they are never equal, and Kusto does "
                "not say so",
                "write both alike, or convert one: toint(), tostring(), tobool()",
                "kql-types",
            )


def _equalities(tokens: Tokens) -> Iterator[tuple[Tokens, Tokens]]:
    """What is held against what by ==, != and in."""
    for index, token in enumerate(tokens):
        if token.is_symbol("==", "!=", "<>"):
            yield sides(tokens, index)
        elif token.is_name("in"):
            negated = index > 0 and tokens[index - 1].is_symbol("!")
            ignoring_case = tokens[index + 1 : index + 2] and tokens[index + 1].is_symbol("~")
            left, _ = sides(tokens, index - 1 if negated else index)
            _, items = sides(tokens, index + 1 if ignoring_case else index)
            for item in split(items[1:-1], ","):
                yield left, item


def _family(tokens: Tokens, columns: Columns) -> str:
    """number, string, bool, datetime or timespan; "" where it cannot be told."""
    if len(tokens) == 1:
        (token,) = tokens
        if token.kind is Kind.STRING:
            return "string"
        if token.kind is Kind.NUMBER:
            return "number" if _NUMBER.fullmatch(token.text) else "timespan"
        if token.is_name("true", "false"):
            return "bool"
    type = column_of(tokens, columns).type
    families = {"int": "number", "long": "number", "real": "number", "decimal": "number"}
    return families.get(type, type if type in ("string", "bool", "datetime", "timespan") else "")


def _table_names(step: Step, columns: Columns) -> Iterator[Problem]:
    tokens = step.stage.tokens
    for index, token in enumerate(tokens):
        is_member = index > 0 and tokens[index - 1].is_symbol(".")
        is_given = tokens[index + 1 : index + 2] and tokens[index + 1].is_symbol("=")
        column = columns.get(token.text) if token.kind is Kind.NAME and not is_member and not is_given else None
        if column is not None and column.names_table:
            yield Problem(
                f"{token.text} holds the name of the table, the same in every row",
                "name the column that tells the rows apart: what Application Insights calls type in the scope of a "
                "component is ExceptionType or DependencyType in a workspace",
                "kql-table-name",
            )
