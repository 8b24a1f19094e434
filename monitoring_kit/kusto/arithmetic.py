"""Arithmetic in Kusto: what is known of a value from its text, and what is divided by or subtracted from what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from monitoring_kit.kusto.pipeline import group_end, split
from monitoring_kit.kusto.tokens import Kind, Tokens, words


@dataclass(frozen=True)
class Column:
    """What is known of a column, for the checks that no type check makes.

    A `whole` column holds whole numbers, with which Kusto divides without a fraction; a `counted` one says how many
    events there were. A `growing` one holds a count that only ever grows, so adding its values up counts everything
    again with every row. One that `names_table` holds the name of the table in every row.
    """

    whole: bool = False
    counted: bool = False
    growing: bool = False
    names_table: bool = False


Columns = Mapping[str, Column]

_COUNTING = words("count countif dcount dcountif count_distinct count_distinctif")
_WHOLE = _COUNTING | words("toint tolong int long strlen array_length datetime_diff")
_SUMS = words("sum sumif")
_EXTREMES = words("max maxif min minif take_any arg_max arg_min prev next")
_GROWS_ON = _EXTREMES | words("toint tolong todouble toreal")

# The words that end a term: behind them a new expression begins.
_BETWEEN_TERMS = words("and or not in between has contains by on asc desc nulls from to step with")


def call_of(tokens: Tokens) -> tuple[str, tuple[Tokens, ...]] | None:
    """The function and the arguments, where `tokens` are one call and nothing else."""
    is_call = len(tokens) > 2 and tokens[0].kind is Kind.NAME and tokens[1].is_symbol("(")
    if not is_call or group_end(tokens, 1) != len(tokens) - 1:
        return None
    return tokens[0].text, split(tokens[2:-1], ",")


def column_of(tokens: Tokens, columns: Columns) -> Column:
    """What is known of the value of an expression over `columns`."""
    if len(tokens) == 1 and tokens[0].kind is Kind.NAME:
        return replace(columns.get(tokens[0].text, Column()), names_table=False)
    whole = is_whole(tokens, columns)
    if (call := call_of(tokens)) is None:
        return Column(whole)
    function, arguments = call
    growing = function in _GROWS_ON and column_of(arguments[0], columns).growing
    return Column(whole, counted=function in _COUNTING or (function in _SUMS and whole), growing=growing)


def is_whole(tokens: Tokens, columns: Columns) -> bool:
    """Whether an expression is made of whole numbers only."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if call := call_of(tokens[index : group_end(tokens, index + 1) + 1]):
            function, arguments = call
            if function not in _WHOLE and not (function in _SUMS | _EXTREMES and is_whole(arguments[0], columns)):
                return False
            index = group_end(tokens, index + 1)
        elif token.kind is Kind.NAME:
            if not columns.get(token.text, Column()).whole:
                return False
        elif not (token.text.isdecimal() or token.is_symbol("+", "-", "*", "/", "%", "(", ")")):
            return False
        index += 1
    return bool(tokens)


def divisions(tokens: Tokens) -> Iterator[tuple[Tokens, Tokens]]:
    """Dividend and divisor of every division in `tokens`, at whatever depth."""
    for level in _levels_with("/", tokens):
        for _, term in _terms(level):
            factors = split(term, "/")
            for index in range(1, len(factors)):
                dividend = term[: sum(map(len, factors[:index])) + index - 1]
                yield dividend, split(factors[index], "*")[0]


def differences(tokens: Tokens) -> Iterator[tuple[Tokens, Tokens]]:
    """What is subtracted from what in `tokens`, at whatever depth."""
    for level in _levels_with("-", tokens):
        terms = _terms(level)
        for (_, before), (sign, behind) in pairwise(terms):
            if sign == "-":
                yield before, behind


def _levels_with(sign: str, tokens: Tokens) -> Iterator[Tokens]:
    """`tokens`, and what stands in each pair of parentheses; nothing if `sign` is nowhere, as in most operators."""
    if any(token.text == sign for token in tokens):
        yield tokens
        for index, token in enumerate(tokens):
            if token.is_symbol("(", "["):
                yield tokens[index + 1 : group_end(tokens, index)]


def _terms(tokens: Tokens) -> list[tuple[str, Tokens]]:
    """The products and quotients that stand in no parentheses, each with the sign or the word before it."""
    terms: list[tuple[str, Tokens]] = []
    sign, start, index = "", 0, 0
    while index < len(tokens):
        token = tokens[index]
        is_joint = token.kind is Kind.SYMBOL and not token.is_symbol("*", "/", "%", ".", "(", ")", "[", "]")
        if is_joint or token.is_name(*_BETWEEN_TERMS):
            terms.append((sign, tokens[start:index]))
            sign, start = token.text, index + 1
        index = group_end(tokens, index) if token.is_symbol("(", "[") else index
        index += 1
    return [*terms, (sign, tokens[start:])]
