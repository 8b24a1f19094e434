"""Kusto text as pipelines: where the rows come from, and the operators that they pass through."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring_kit.kql.tokens import Kind, KqlSyntaxError, Token, Tokens, tokens_of
from monitoring_kit.kql.words import words

_OPENING = {"(": ")", "[": "]", "{": "}"}
_HYPHENATED = words(
    "project-away project-keep project-rename project-reorder mv-expand mv-apply make-series make-graph top-nested "
    "top-hitters sample-distinct parse-where parse-kv partition-by graph-match"
)


@dataclass(frozen=True)
class Stage:
    """An operator behind a pipe, and what follows it."""

    operator: str
    tokens: Tokens


@dataclass(frozen=True)
class Pipeline:
    """A source of rows and the stages that they pass through."""

    source: Tokens
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Let:
    """`let name = value;`"""

    name: str
    value: Tokens


@dataclass(frozen=True)
class Query:
    """The statements of a text: names that it gives to values, and the one pipeline that yields the result."""

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
            lets.append(Let(statement[1].text, statement[3:]))
        else:
            pipelines.append(pipeline_of(statement))
    if len(pipelines) != 1:
        raise KqlSyntaxError("the text holds no query" if not pipelines else "the text holds more than one query")
    return Query(tuple(lets), pipelines[0])


def pipeline_of(tokens: Tokens) -> Pipeline:
    """The pipeline that `tokens` are. Raises KqlSyntaxError where a pipe has nothing behind it."""
    source, *parts = split(tokens, "|")
    return Pipeline(source, tuple(_stage(part) for part in parts))


def split(tokens: Tokens, separator: str) -> tuple[Tokens, ...]:
    """`tokens` between the separators that stand in no parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += token.is_symbol(*_OPENING) - token.is_symbol(*_OPENING.values())
        if depth == 0 and token.is_symbol(separator):
            parts.append([])
        else:
            parts[-1].append(token)
    return tuple(tuple(part) for part in parts)


def split_at_word(tokens: Tokens, word: str) -> tuple[Tokens, Tokens]:
    """What stands before and behind the first `word` that stands in no parentheses."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += token.is_symbol(*_OPENING) - token.is_symbol(*_OPENING.values())
        if depth == 0 and token.is_name(word):
            return tokens[:index], tokens[index + 1 :]
    return tokens, ()


def group_end(tokens: Tokens, start: int) -> int:
    """The place of the sign that closes the parenthesis at `start`."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += tokens[index].is_symbol(*_OPENING) - tokens[index].is_symbol(*_OPENING.values())
        if depth == 0:
            return index
    return len(tokens)


def _stage(tokens: Tokens) -> Stage:
    if not tokens or tokens[0].kind is not Kind.NAME:
        raise KqlSyntaxError("a pipe has no operator behind it")
    hyphenated = "".join(token.text for token in tokens[:3])
    if hyphenated in _HYPHENATED:
        return Stage(hyphenated, tokens[3:])
    return Stage(tokens[0].text, tokens[1:])


def _check_parentheses(tokens: Tokens) -> None:
    open_signs: list[Token] = []
    for token in tokens:
        if token.is_symbol(*_OPENING):
            open_signs.append(token)
        elif token.is_symbol(*_OPENING.values()) and (not open_signs or _OPENING[open_signs.pop().text] != token.text):
            raise KqlSyntaxError(f"line {token.line}: {token.text!r} closes nothing")
    if open_signs:
        raise KqlSyntaxError(f"line {open_signs[-1].line}: {open_signs[-1].text!r} is not closed")
