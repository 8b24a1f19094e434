"""Arithmetic in Kusto: which expressions are whole numbers, and what is divided by what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitoring_kit.kql.pipeline import group_end, split
from monitoring_kit.kql.tokens import Kind, Token, Tokens
from monitoring_kit.kql.words import KEYWORDS, words


@dataclass(frozen=True)
class Column:
    """What is known of a column.

    `type` is Kusto's, "" where it is not known. A `counted` column says how many events there were; a `growing` one
    holds a count that only ever grows, so adding its values up counts everything again with every row. One that
    `names_table` holds the name of the table in every row.
    """

    type: str = ""
    counted: bool = False
    growing: bool = False
    names_table: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the values are whole numbers, with which Kusto divides without a fraction."""
        return self.type in ("int", "long")


Columns = Mapping[str, Column]

COUNTING = words("count countif dcount dcountif count_distinct count_distinctif")
_WHOLE = COUNTING | words(
    "toint tolong int long strlen string_size array_length datetime_diff row_number dayofmonth dayofyear getyear "
    "getmonth monthofyear hourofday week_of_year countof indexof"
)
_KEEPS_TYPE = words("sum sumif max maxif min minif take_any abs max_of min_of prev next arg_max arg_min bin")
_GROWS_ON = words("max maxif min minif take_any arg_max arg_min toint tolong todouble toreal prev next")
_TYPES = {"tostring": "string", "todatetime": "datetime", "now": "datetime", "ago": "datetime", "todouble": "real"}


@dataclass(frozen=True)
class Division:
    """`dividend / divisor`."""

    dividend: Tokens
    divisor: Tokens
    line: int


def call_of(tokens: Tokens) -> tuple[str, tuple[Tokens, ...]] | None:
    """The function and the arguments, where `tokens` are one call and nothing else."""
    is_call = len(tokens) > 2 and tokens[0].kind is Kind.NAME and tokens[1].is_symbol("(")
    if not is_call or tokens[0].text in KEYWORDS - {"int", "long"} or group_end(tokens, 1) != len(tokens) - 1:
        return None
    return tokens[0].text, split(tokens[2:-1], ",")


def column_of(tokens: Tokens, columns: Columns) -> Column:
    """What is known of the value of an expression over `columns`."""
    if len(tokens) == 1 and tokens[0].kind is Kind.NAME:
        return columns.get(tokens[0].text, Column())
    if (call := call_of(tokens)) is None:
        return Column("long") if is_whole(tokens, columns) else Column()
    function, arguments = call
    if function in COUNTING:
        return Column("long", counted=True)
    argument = column_of(arguments[0], columns)
    if function in ("sum", "sumif"):
        return Column("long" if argument.is_whole else argument.type, counted=argument.is_whole)
    type = _TYPES.get(function) or ("long" if function in _WHOLE else argument.type if function in _KEEPS_TYPE else "")
    return Column(type, growing=argument.growing and function in _GROWS_ON)


def is_whole(tokens: Tokens, columns: Columns) -> bool:
    """Whether an expression is made of whole numbers only."""
    operand_expected = True
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if not operand_expected:
            if not token.is_symbol("+", "-", "*", "/", "%"):
                return False
            operand_expected = True
        elif not token.is_symbol("+", "-"):
            operand = _operand(tokens, index)
            if not _is_whole_operand(operand, columns):
                return False
            index += len(operand) - 1
            operand_expected = False
        index += 1
    return bool(tokens) and not operand_expected


def sides(tokens: Tokens, sign: int) -> tuple[Tokens, Tokens]:
    """What stands directly before and behind the sign at that place: a name, a literal, a call, a product."""
    return _product_before(tokens, sign), _operand(tokens, sign + 1)


def divisions(tokens: Tokens) -> Iterator[Division]:
    """Every division in `tokens`, at whatever depth. The dividend is the product or quotient before the sign."""
    for index, token in enumerate(tokens):
        if token.is_symbol("/"):
            yield Division(*sides(tokens, index), token.line)


def _is_whole_operand(operand: Tokens, columns: Columns) -> bool:
    first = operand[0]
    if first.kind is Kind.NUMBER:
        return re.fullmatch(r"\d+", first.text) is not None
    if first.is_symbol("("):
        return is_whole(operand[1:-1], columns)
    if call := call_of(operand):
        function, arguments = call
        return function in _WHOLE or (function in _KEEPS_TYPE and is_whole(arguments[0], columns))
    return len(operand) == 1 and first.kind is Kind.NAME and columns.get(first.text, Column()).is_whole


def _operand(tokens: Tokens, start: int) -> Tokens:
    """The name, literal, call or parenthesis at `start`, with the members and indexes behind it."""
    end = start + 1
    if tokens[start : start + 1] and tokens[start].is_symbol("("):
        end = group_end(tokens, start) + 1
    while end < len(tokens):
        if tokens[end].is_symbol("(", "[") and tokens[end - 1].kind is not Kind.NUMBER:
            end = group_end(tokens, end) + 1
        elif tokens[end].is_symbol("."):
            end += 2
        else:
            break
    return tokens[start:end]


def _product_before(tokens: Tokens, end: int) -> Tokens:
    start = end
    while start > 0 and not _ends_product(tokens[start - 1]):
        start = _group_start(tokens, start - 1)
    return tokens[start:end]


def _ends_product(token: Token) -> bool:
    if token.kind is Kind.NAME:
        return token.text in KEYWORDS
    return token.kind is Kind.SYMBOL and token.text not in ("*", "/", "%", ")", "]", ".")


def _group_start(tokens: Tokens, end: int) -> int:
    depth = 0
    for index in range(end, -1, -1):
        depth += tokens[index].is_symbol(")", "]") - tokens[index].is_symbol("(", "[")
        if depth == 0:
            return index
    return 0
