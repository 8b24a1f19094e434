"""Kusto text as tokens: names are told from text, numbers and Grafana's macros."""

from __future__ import annotations

import pytest

from monitoring_kit.kusto.tokens import Kind, KqlSyntaxError, tokens_of


def read(text: str) -> list[tuple[str, str]]:
    return [(token.kind.name.lower(), token.text) for token in tokens_of(text)]


def names(text: str) -> list[str]:
    return [token.text for token in tokens_of(text) if token.kind is Kind.NAME]


@pytest.mark.parametrize(
    "text",
    [
        '"Column"',
        "'Column'",
        '"a \\" Column"',
        '@"C:\\"',
        "@'it''s Column'",
        'h"Column"',
        'h@"Column"',
        "```Column\nColumn```",
        "// Column\n",
        '"// no comment"',
    ],
)
def test_names_in_strings_and_comments_are_no_names(text: str) -> None:
    assert names(text) == []


def test_a_comment_ends_with_its_line() -> None:
    assert names("A // | B\n| C") == ["A", "C"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("5m", [("number", "5m")]),
        ("1.5e-3", [("number", "1.5e-3")]),
        ("400..499", [("number", "400"), ("symbol", ".."), ("number", "499")]),
        ("a=~b", [("name", "a"), ("symbol", "=~"), ("name", "b")]),
        ("a.b", [("name", "a"), ("symbol", "."), ("name", "b")]),
        ("$left.a", [("name", "$left"), ("symbol", "."), ("name", "a")]),
        ("$__interval", [("macro", "$__interval")]),
        ("${name:csv}", [("macro", "${name:csv}")]),
        ("[[name]]", [("macro", "[[name]]")]),
    ],
)
def test_each_kind_of_token_is_told_apart(text: str, tokens: list[tuple[str, str]]) -> None:
    assert read(text) == tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("['a b']", ["a b"]),
        ("project ['a b'], c", ["project", "a b", "c"]),
        ('customDimensions["Service Name"]', ["customDimensions"]),
        ('f(x)["Service Name"]', ["f", "x"]),
    ],
)
def test_a_quoted_name_is_told_from_an_index(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_tokens_know_their_line() -> None:
    assert [(token.text, token.line) for token in tokens_of("A\n// x\n| where B")] == [
        ("A", 1),
        ("|", 3),
        ("where", 3),
        ("B", 3),
    ]


def test_a_string_that_does_not_end_is_an_error_at_its_line() -> None:
    with pytest.raises(KqlSyntaxError, match=r"line 2: the string .* does not end"):
        tokens_of('A\n| where b == "c\n| take 1')
