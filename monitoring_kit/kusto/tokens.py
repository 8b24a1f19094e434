"""Kusto text as tokens: what is a name, a literal, a macro of Grafana, and what is only text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache


class Kind(Enum):
    """What a token is. `MACRO` is what Grafana replaces before Kusto sees it: `$__interval`, `${name}`, `[[name]]`."""

    NAME = auto()
    STRING = auto()
    NUMBER = auto()
    SYMBOL = auto()
    MACRO = auto()


@dataclass(frozen=True)
class Token:
    """A token. The text of a quoted name (`['a b']`) is the name; that of everything else is as written."""

    kind: Kind
    text: str
    line: int

    def is_symbol(self, *texts: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind is Kind.SYMBOL and self.text in texts

    def is_name(self, *texts: str) -> bool:
        """Whether it is one of these names."""
        return self.kind is Kind.NAME and self.text in texts


Tokens = tuple[Token, ...]


def words(text: str) -> frozenset[str]:
    """The words of a text, which are easier to read without quotes and commas."""
    return frozenset(text.split())


class KqlSyntaxError(ValueError):
    """A text that is not Kusto: an open string or parenthesis, or no query at all."""


# Grammar: https://learn.microsoft.com/kusto/query/scalar-data-types/string (strings) and the pages beside it. A
# timespan such as 5m is a number with a unit behind it. `$left` and `$right` are Kusto's own, not Grafana's.
_TOKEN = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*)
  | (?P<string>```.*?```|~~~.*?~~~
      |[hH]?@"(?:""|[^"])*"|[hH]?@'(?:''|[^'])*'
      |[hH]?"(?:\\.|[^"\\\n])*"|[hH]?'(?:\\.|[^'\\\n])*')
  | (?P<macro>\$\{[^}]*\}|\$(?!(?:left|right)\b)[A-Za-z_]\w*|\[\[[A-Za-z_]\w*(?::\w+)?\]\])
  | (?P<name>\$left\b|\$right\b|[A-Za-z_]\w*)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\w*)
  | (?P<open_string>["'])
  | (?P<symbol>\.\.|=~|!~|==|!=|<>|<=|>=|=>|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {"string": Kind.STRING, "macro": Kind.MACRO, "name": Kind.NAME, "number": Kind.NUMBER, "symbol": Kind.SYMBOL}


@lru_cache(maxsize=64)  # a query is read by several checks one after the other
def tokens_of(text: str) -> Tokens:
    """The tokens of `text`, without blanks and comments. Raises KqlSyntaxError for a string that does not end."""
    found: list[Token] = []
    after_blank: list[bool] = []
    line, blank = 1, True
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "open_string":
            raise KqlSyntaxError(f"line {line}: the string {text[match.start() :][:20]!r} does not end")
        if kind != "skip":
            found.append(Token(_KINDS[kind], match.group(), line))
            after_blank.append(blank)
        blank = kind == "skip"
        line += match.group().count("\n")
    return _with_quoted_names(tuple(found), after_blank)


def _with_quoted_names(tokens: Tokens, after_blank: list[bool]) -> Tokens:
    """`['a b']` is an index where it stands directly behind a value, and a name elsewhere."""
    found: list[Token] = []
    index = 0
    while index < len(tokens):
        token, behind = tokens[index], tokens[index + 1 : index + 3]
        behind_value = bool(found) and (found[-1].kind is Kind.NAME or found[-1].is_symbol(")", "]"))
        is_index = behind_value and not after_blank[index]
        is_quoted = len(behind) == 2 and behind[0].kind is Kind.STRING and behind[1].is_symbol("]")
        if token.is_symbol("[") and is_quoted and not is_index:
            found.append(Token(Kind.NAME, behind[0].text[1:-1], token.line))
            index += 3
        else:
            found.append(token)
            index += 1
    return tuple(found)
