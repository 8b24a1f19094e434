"""Kusto text as tokens: what is a name, a literal, a macro of Grafana, and what is only text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


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


def tokens_of(text: str) -> Tokens:
    """The tokens of `text`, without blanks and comments. Raises KqlSyntaxError for a string that does not end."""
    found: list[Token] = []
    line = 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "open_string":
            raise KqlSyntaxError(f"line {line}: the string {text[match.start() :][:20]!r} does not end")
        if kind != "skip":
            found.append(Token(_KINDS[kind], match.group(), line))
        line += match.group().count("\n")
    return _with_quoted_names(tuple(found))


def _with_quoted_names(tokens: Tokens) -> Tokens:
    """`['a b']` is a name where an expression begins, and an index behind a value."""
    found: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        behind_value = bool(found) and (found[-1].kind is Kind.NAME or found[-1].is_symbol(")", "]"))
        bracketed = tokens[index : index + 3]
        if (
            not behind_value
            and len(bracketed) == 3
            and token.is_symbol("[")
            and bracketed[1].kind is Kind.STRING
            and bracketed[2].is_symbol("]")
        ):
            found.append(Token(Kind.NAME, bracketed[1].text[1:-1], token.line))
            index += 3
        else:
            found.append(token)
            index += 1
    return tuple(found)
