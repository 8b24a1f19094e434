"""Writes an expression as PromQL: on one line where it fits, else over indented lines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from monitoring_kit.core.durations import Duration
from monitoring_kit.promql.tree import (
    Aggregation,
    At,
    Binary,
    Call,
    Expression,
    GrafanaInterval,
    Matcher,
    Negation,
    NumberLiteral,
    QueryEdge,
    RangeSelector,
    Selector,
    StringLiteral,
    Subquery,
    Window,
)

INDENT = "  "

# Weakest first; https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("or",),
    ("and", "unless"),
    ("==", "!=", "<=", "<", ">=", ">"),
    ("+", "-"),
    ("*", "/", "%", "atan2"),
    ("^",),
)
_PRECEDENCE = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
_UNARY_MINUS = _PRECEDENCE["*"]
_ATOM = len(_LEVELS)

_ESCAPES = str.maketrans(
    {code: f"\\u{code:04x}" for code in (*range(0x20), 0x7F)}
    | {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\t"): "\\t", ord("\r"): "\\r"}
)


@lru_cache(maxsize=512)  # an environment writes each condition into up to four files
def print_promql(expression: Expression, width: int = 100) -> str:
    """The expression in PromQL: on one line of at most `width` characters, or broken so that operators begin lines.

    Parsing the result gives an equal expression. A name or a string that is longer than `width` is not cut.
    """
    return "\n".join(_Printer().layout(expression, width))


def one_line(expression: Expression) -> str:
    """The expression in PromQL on a single line, however long."""
    return _Printer().one_line(expression)


def print_matchers(matchers: Sequence[Matcher]) -> str:
    """The matchers as a selector without a metric name: `{job="kubelet", pod=~"a.*"}`."""
    return f"{{{', '.join(map(_matcher, matchers))}}}"


def quote(text: str) -> str:
    """`text` as a PromQL string literal in double quotes."""
    return f'"{text.translate(_ESCAPES)}"'


class _Printer:
    """Prints one expression. Every part is put on one line once and laid out once, so the work grows with the size."""

    def __init__(self) -> None:
        # By identity: equal parts are seldom found twice, and to compare trees takes as long as to print them.
        self._texts: dict[int, str] = {}

    def one_line(self, expression: Expression) -> str:
        text = self._texts.get(id(expression))
        if text is None:
            text = self._texts[id(expression)] = self._on_one_line(expression)
        return text

    def _on_one_line(self, expression: Expression) -> str:
        match expression:
            case NumberLiteral(value=value):
                return _number(value)
            case StringLiteral(value=value):
                return quote(value)
            case Selector():
                return _selector(expression) + _modifiers(expression)
            case RangeSelector(selector=selector, window=window):
                return f"{_selector(selector)}[{_window(window)}]{_modifiers(selector)}"
            case Subquery(argument=argument):
                return self._parenthesised(argument, not _is_postfix_safe(argument)) + _subquery_suffix(expression)
            case Call(function=function, arguments=arguments):
                return f"{function}({', '.join(map(self.one_line, arguments))})"
            case Aggregation():
                arguments = _arguments(expression)
                return f"{_aggregation_head(expression)}({', '.join(map(self.one_line, arguments))})"
            case Binary():
                left = self._parenthesised(expression.left, _left_needs_parentheses(expression))
                right = self._parenthesised(expression.right, _right_needs_parentheses(expression))
                return f"{left} {_operator(expression)} {right}"
            case Negation(argument=argument):
                return "-" + self._parenthesised(argument, _minus_needs_parentheses(argument))

    def _parenthesised(self, expression: Expression, in_parentheses: bool) -> str:
        return f"({self.one_line(expression)})" if in_parentheses else self.one_line(expression)

    def layout(self, expression: Expression, width: int) -> list[str]:
        """The lines of the expression, each of at most `width` characters where it can be broken."""
        if not self._breaks(expression, width, False):
            return [self.one_line(expression)]
        match expression:
            case Selector():
                return [*_broken_selector(expression), f"}}{_modifiers(expression)}"]
            case RangeSelector(selector=selector, window=window):
                return [*_broken_selector(selector), f"}}[{_window(window)}]{_modifiers(selector)}"]
            case Subquery(argument=argument):
                lines = self._operand(argument, width, not _is_postfix_safe(argument))
                return [*lines[:-1], lines[-1] + _subquery_suffix(expression)]
            case Call(function=function, arguments=arguments):
                return self._opened(f"{function}(", arguments, width)
            case Aggregation():
                return self._opened(f"{_aggregation_head(expression)}(", _arguments(expression), width)
            case Binary():
                return self._broken_binary(expression, width)
            case Negation(argument=argument):
                lines = self._operand(argument, width - 1, _minus_needs_parentheses(argument))
                return [f"-{lines[0]}", *lines[1:]]
            case _:
                return [self.one_line(expression)]

    def _breaks(self, expression: Expression, width: int, in_parentheses: bool) -> bool:
        """Whether the operand comes to several lines: it is longer than `width`, and there is a place to break it."""
        if len(self._parenthesised(expression, in_parentheses)) <= width:
            return False
        match expression:
            case _ if in_parentheses:
                return True
            case Selector(matchers=matchers) | RangeSelector(selector=Selector(matchers=matchers)):
                return bool(matchers)
            case Call(arguments=arguments):
                return bool(arguments)
            case Subquery(argument=argument):
                return self._breaks(argument, width, not _is_postfix_safe(argument))
            case Negation(argument=argument):
                return self._breaks(argument, width - 1, _minus_needs_parentheses(argument))
            case _:
                return isinstance(expression, Aggregation | Binary)

    def _opened(self, head: str, arguments: Sequence[Expression], width: int) -> list[str]:
        lines = [head]
        for number, argument in enumerate(arguments, start=1):
            body = self.layout(argument, width - len(INDENT))
            lines += _indented(body[:-1])
            lines.append(INDENT + body[-1] + ("," if number < len(arguments) else ""))
        return [*lines, ")"]

    def _broken_binary(self, expression: Binary, width: int) -> list[str]:
        if self._stands_out(expression.left, expression.operator, width):
            left = _indented(self.layout(expression.left, width - len(INDENT)))
        else:
            left = self._operand(expression.left, width, _left_needs_parentheses(expression))
        operator = _operator(expression)
        in_parentheses = _right_needs_parentheses(expression)
        beside, below = width - len(operator) - 1, width - len(INDENT)
        if self._breaks(expression.right, beside, in_parentheses) and (
            (isinstance(expression.right, Binary) and not in_parentheses)
            or not self._breaks(expression.right, below, in_parentheses)
        ):
            return [*left, operator, *_indented(self._operand(expression.right, below, in_parentheses))]
        right = self._operand(expression.right, beside, in_parentheses)
        return [*left, f"{operator} {right[0]}", *right[1:]]

    def _stands_out(self, left: Expression, operator: str, width: int) -> bool:
        """Whether `left` is a broken operation that binds more tightly than `operator`: indentation should show it."""
        binds_tighter = isinstance(left, Binary) and _PRECEDENCE[left.operator] > _PRECEDENCE[operator]
        return binds_tighter and self._breaks(left, width, False)

    def _operand(self, expression: Expression, width: int, in_parentheses: bool) -> list[str]:
        if not in_parentheses:
            return self.layout(expression, width)
        if not self._breaks(expression, width, in_parentheses):
            return [self._parenthesised(expression, in_parentheses)]
        return ["(", *_indented(self.layout(expression, width - len(INDENT))), ")"]


def _indented(lines: Sequence[str]) -> list[str]:
    return [INDENT + line for line in lines]


def _binding(expression: Expression) -> int:
    if isinstance(expression, Binary):
        return _PRECEDENCE[expression.operator]
    return _UNARY_MINUS if isinstance(expression, Negation) else _ATOM


def _left_needs_parentheses(parent: Binary) -> bool:
    if parent.operator == "^":  # associates to the right, and binds more tightly than the sign of a number
        negative = isinstance(parent.left, NumberLiteral) and _number(parent.left.value).startswith("-")
        return negative or _binding(parent.left) <= _PRECEDENCE["^"]
    return _binding(parent.left) < _PRECEDENCE[parent.operator]


def _right_needs_parentheses(parent: Binary) -> bool:
    if parent.operator == "^":
        return _binding(parent.right) < _PRECEDENCE["^"]
    return _binding(parent.right) <= _PRECEDENCE[parent.operator]


def _minus_needs_parentheses(argument: Expression) -> bool:
    # A minus directly before a number would become the number's sign.
    return isinstance(argument, NumberLiteral) or (isinstance(argument, Binary) and argument.operator != "^")


def _is_postfix_safe(expression: Expression) -> bool:
    if isinstance(expression, Selector):
        return not _modifiers(expression)
    return isinstance(expression, Call | Aggregation)


def _operator(expression: Binary) -> str:
    words = [expression.operator]
    if expression.return_bool:
        words.append("bool")
    if (matching := expression.matching) is not None:
        words.append(f"{matching.kind} ({', '.join(matching.labels)})")
        if matching.group is not None:
            words.append(f"group_{matching.group} ({', '.join(matching.include)})")
    return " ".join(words)


def _aggregation_head(expression: Aggregation) -> str:
    if expression.grouping is None:
        return expression.operator
    return f"{expression.operator} {expression.grouping} ({', '.join(expression.labels)}) "


def _arguments(expression: Aggregation) -> tuple[Expression, ...]:
    return (expression.argument,) if expression.parameter is None else (expression.parameter, expression.argument)


def _selector(selector: Selector) -> str:
    if selector.metric and not selector.matchers:
        return selector.metric
    return selector.metric + print_matchers(selector.matchers)


def _broken_selector(selector: Selector) -> list[str]:
    return [f"{selector.metric}{{", *(f"{INDENT}{_matcher(matcher)}," for matcher in selector.matchers)]


def _matcher(matcher: Matcher) -> str:
    return f"{matcher.label}{matcher.operator}{quote(matcher.value)}"


def _modifiers(expression: Selector | Subquery) -> str:
    offset = f" offset {_seconds(expression.offset)}" if expression.offset else ""
    return _at(expression.at) + offset


def _at(at: At | None) -> str:
    if at is None:
        return ""
    return f" @ {at.value}" if isinstance(at, QueryEdge) else f" @ {_number(at)}"


def _seconds(offset: int) -> str:
    return ("-" if offset < 0 else "") + _window(Duration(abs(offset)))


def _subquery_suffix(expression: Subquery) -> str:
    step = "" if expression.step is None else _window(expression.step)
    return f"[{_window(expression.window)}:{step}]{_modifiers(expression)}"


def _window(window: Window) -> str:
    return window.value if isinstance(window, GrafanaInterval) else window.prometheus()


def _number(value: Decimal) -> str:
    if value.is_nan():
        return "NaN"
    if value.is_infinite():
        return "Inf" if value > 0 else "-Inf"
    plain = format(value, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) if value else "0"
