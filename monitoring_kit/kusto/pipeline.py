"""Kusto text as pipelines: where the rows come from, and the operators that they pass through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitoring_kit.kusto.tokens import Kind, KqlSyntaxError, Token, Tokens, tokens_of, words

_OPENING = {"(": ")", "[": "]", "{": "}"}
_DEPTH = {**dict.fromkeys(_OPENING, 1), **dict.fromkeys(_OPENING.values(), -1)}
_HYPHENATED = words(
    "project-away project-keep project-rename project-reorder mv-expand mv-apply make-series make-graph top-nested "
    "top-hitters sample-distinct parse-where parse-kv partition-by graph-match"
)
# These take a table or a query beside the rows that come through the pipe.
JOINS = words("join lookup")


@dataclass(frozen=True)
class Stage:
    """An operator behind a pipe, what follows it, and the queries in parentheses, which `tokens` leave out."""

    operator: str
    tokens: Tokens
    queries: tuple[Pipeline, ...] = ()


@dataclass(frozen=True)
class Pipeline:
    """A source of rows, the stages that they pass through, and the queries in parentheses in the source."""

    source: Tokens
    stages: tuple[Stage, ...] = ()
    queries: tuple[Pipeline, ...] = ()


@dataclass(frozen=True)
class Let:
    """`let name = value;`, where a value that is no query has no stages."""

    name: str
    value: Pipeline


@dataclass(frozen=True)
class Query:
    """The statements of a text: names that it gives to values, and the one pipeline that yields the result."""

    tokens: Tokens
    lets: tuple[Let, ...]
    pipeline: Pipeline


def parse_query(text: str) -> Query:
    """The query that `text` is.

    Raises KqlSyntaxError where the text is empty, has more than one result, or parentheses that do not match.
    """
    tokens = tokens_of(text)
    _check_parentheses(tokens)
    lets: list[Let] = []
    pipelines: list[Pipeline] = []
    for statement in split(tokens, ";"):
        if not statement or statement[0].is_name("set", "declare"):
            continue
        if statement[0].is_name("let") and len(statement) > 3 and statement[2].is_symbol("="):
            lets.append(Let(statement[1].text, pipeline_of(statement[3:])))
        else:
            pipelines.append(pipeline_of(statement))
    if len(pipelines) != 1:
        raise KqlSyntaxError("the text holds no query" if not pipelines else "the text holds more than one query")
    return Query(tokens, tuple(lets), pipelines[0])


def pipeline_of(tokens: Tokens) -> Pipeline:
    """The pipeline that `tokens` are. Raises KqlSyntaxError where a pipe has nothing behind it."""
    source, *parts = split(tokens, "|")
    kept, queries = _without_queries(source, tables=source[:1] != () and source[0].is_symbol("("))
    return Pipeline(kept, tuple(_stage(part) for part in parts), queries)


def split(tokens: Tokens, separator: str) -> tuple[Tokens, ...]:
    """`tokens` between the separators that stand in no parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += _DEPTH.get(token.text, 0)
        if depth == 0 and token.is_symbol(separator):
            parts.append([])
        else:
            parts[-1].append(token)
    return tuple(tuple(part) for part in parts)


def split_at_word(tokens: Tokens, word: str) -> tuple[Tokens, Tokens]:
    """What stands before and behind the first `word` that stands in no parentheses."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += _DEPTH.get(token.text, 0)
        if depth == 0 and token.is_name(word):
            return tokens[:index], tokens[index + 1 :]
    return tokens, ()


def group_end(tokens: Tokens, start: int) -> int:
    """The place of the sign that closes the parenthesis at `start`."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += _DEPTH.get(tokens[index].text, 0)
        if depth == 0:
            return index
    return len(tokens)


def calls(tokens: Tokens, *functions: str) -> Iterator[tuple[str, tuple[Tokens, ...]]]:
    """Every call of one of `functions` (of any, where none is named), at whatever depth, with its arguments."""
    for index, token in enumerate(tokens[:-1]):
        is_called = token.kind in (Kind.NAME, Kind.MACRO) and tokens[index + 1].is_symbol("(")
        if is_called and (not functions or token.text in functions):
            yield token.text, split(tokens[index + 2 : group_end(tokens, index + 1)], ",")


def _stage(tokens: Tokens) -> Stage:
    if not tokens or tokens[0].kind is not Kind.NAME:
        raise KqlSyntaxError("a pipe has no operator behind it")
    hyphenated = "".join(token.text for token in tokens[:3])
    operator, behind = (hyphenated, tokens[3:]) if hyphenated in _HYPHENATED else (tokens[0].text, tokens[1:])
    kept, queries = _without_queries(behind, tables=operator in JOINS)
    before_on, _ = split_at_word(kept, "on")
    if operator in JOINS and not queries and before_on and before_on[-1].kind is Kind.NAME:
        queries = (Pipeline(before_on[-1:]),)  # `join Table on ...`, without parentheses
    return Stage(operator, kept, queries)


def _without_queries(tokens: Tokens, *, tables: bool) -> tuple[Tokens, tuple[Pipeline, ...]]:
    """`tokens` with empty parentheses for each query in them. With `tables`, a name alone in them is a query too."""
    kept: list[Token] = []
    queries: list[Pipeline] = []
    index = 0
    while index < len(tokens):
        kept.append(tokens[index])
        if tokens[index].is_symbol("("):
            end = group_end(tokens, index)
            inside = tokens[index + 1 : end]
            if len(split(inside, "|")) > 1 or (tables and len(inside) == 1 and inside[0].kind is Kind.NAME):
                queries.append(pipeline_of(inside))
                index = end - 1
        index += 1
    return tuple(kept), tuple(queries)


def _check_parentheses(tokens: Tokens) -> None:
    open_signs: list[Token] = []
    for token in tokens:
        if token.is_symbol(*_OPENING):
            open_signs.append(token)
        elif token.is_symbol(*_OPENING.values()) and (not open_signs or _OPENING[open_signs.pop().text] != token.text):
            raise KqlSyntaxError(f"line {token.line}: {token.text!r} closes nothing")
    if open_signs:
        raise KqlSyntaxError(f"line {open_signs[-1].line}: {open_signs[-1].text!r} is not closed")
