"""Does the figure of a Kusto query mean what it says: sums of counters, lost fractions, sampled rows, thin ratios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from monitoring_kit.analysis.kusto import Reading, Step
from monitoring_kit.kql.arithmetic import COUNTING, Columns, Division, call_of, column_of, divisions, is_whole, sides
from monitoring_kit.kql.pipeline import group_end, split
from monitoring_kit.kql.tokens import Kind, Tokens

_SUMMING = frozenset({"sum", "sumif", "avg", "avgif"})
_ROW_COUNTING = frozenset({"count", "countif"})


@dataclass(frozen=True)
class Problem:
    """What is wrong, what to write instead, and the short name of the check."""

    text: str
    remedy: str
    check: str


def figure_problems(reading: Reading) -> Iterator[Problem]:
    """Figures that are wrong in an alert and in a panel alike."""
    for step in reading.steps:
        if step.columns is not None:
            yield from _sums_of_counters(step, step.columns)
            yield from _spreads_of_counters(step, step.columns)
            yield from _lost_fractions(step, step.columns)
            yield from _sampled_rows(step, step.columns)


def thin_ratios(reading: Reading) -> Iterator[Problem]:
    """Ratios that a handful of events decides: nothing asks for a minimum of what they are divided by."""
    for step in reading.steps:
        for division in divisions(step.stage.tokens):
            if not _is_count(division, step.columns or {}) or _is_guarded(division, step, reading):
                continue
            yield Problem(
                f"{shown(division.dividend)} / {shown(division.divisor)} has no minimum of traffic: "
                "one failure of one event is 100 %",
                "give the threshold min_events=; in a text of one's own name the number and add "
                "`| where Total >= 20` before it is divided by",
                "kql-traffic-guard",
            )


def shown(tokens: Tokens) -> str:
    """Tokens as a message shows them."""
    text = " ".join(token.text for token in tokens)
    for spaced, tight in ((" (", "("), ("( ", "("), (" )", ")"), (" ,", ","), (" .", "."), (". ", ".")):
        text = text.replace(spaced, tight)
    return text


def _sums_of_counters(step: Step, columns: Columns) -> Iterator[Problem]:
    for function, arguments in _calls(step.stage.tokens, _SUMMING):
        argument = arguments[0]
        growing = [token.text for token in argument if token.text in columns and columns[token.text].growing]
        # A difference of two counts is no count any more.
        if growing and not any(token.is_symbol("-") for token in argument):
            yield Problem(
                f"{function}({shown(argument)}) adds up {growing[0]}, which only ever grows: every row holds all "
                "that was counted before",
                _difference_to_the_row_before(growing[0]),
                "kql-cumulative",
            )


def _spreads_of_counters(step: Step, columns: Columns) -> Iterator[Problem]:
    tokens = step.stage.tokens
    if not any(token.is_name("bin") for token in tokens):
        return
    for index, token in enumerate(tokens):
        if not token.is_symbol("-"):
            continue
        highest, lowest = sides(tokens, index)
        if not (_is_extreme(highest, "max", columns) and _is_extreme(lowest, "min", columns)):
            continue
        yield Problem(
            f"{shown(highest)} - {shown(lowest)} in each time bin loses what is counted between the last row of a bin "
            "and the first of the next: everything, where a bin has one row",
            _difference_to_the_row_before(highest[2].text),
            "kql-cumulative",
        )


def _is_extreme(tokens: Tokens, function: str, columns: Columns) -> bool:
    """Whether `tokens` are max(x) or min(x), as `function` says, of a column that only ever grows."""
    call = call_of(tokens) if tokens else None
    return call is not None and call[0] == function and column_of(call[1][0], columns).growing


def _difference_to_the_row_before(column: str) -> str:
    return f"put the rows of each thing that counts in order of time and add up {column} - prev({column})"


def _lost_fractions(step: Step, columns: Columns) -> Iterator[Problem]:
    for division in divisions(step.stage.tokens):
        if is_whole(division.dividend, columns) and is_whole(division.divisor, columns):
            dividend, divisor = shown(division.dividend), shown(division.divisor)
            yield Problem(
                f"{dividend} / {divisor} divides whole numbers, so Kusto drops the fraction: a ratio is always 0 or 1",
                f"write 1.0 * {dividend} / {divisor}",
                "kql-integer-division",
            )


def _sampled_rows(step: Step, columns: Columns) -> Iterator[Problem]:
    weight = next((name for name in columns if name.lower() == "itemcount"), None)
    if weight is None or step.stage.operator not in ("summarize", "count"):
        return
    counted = [function for function, _ in _calls(step.stage.tokens, _ROW_COUNTING)]
    for function in ("count", *counted) if step.stage.operator == "count" else counted:
        instead = f"sumif({weight}, ...)" if function == "countif" else f"sum({weight})"
        yield Problem(
            f"{function}() counts rows of a sampled table, where a row stands for {weight} events",
            f"write {instead}; a measure of the kit takes weight={weight!r}",
            "kql-sampling",
        )


def _calls(tokens: Tokens, functions: frozenset[str]) -> Iterator[tuple[str, tuple[Tokens, ...]]]:
    for index, token in enumerate(tokens[:-1]):
        if token.is_name(*functions) and tokens[index + 1].is_symbol("("):
            yield token.text, split(tokens[index + 2 : group_end(tokens, index + 1)], ",")


def _is_count(division: Division, columns: Columns) -> bool:
    divisor = division.divisor
    if call := call_of(divisor):
        function, arguments = call
        return function in COUNTING or (function in ("sum", "sumif") and is_whole(arguments[0], columns))
    return len(divisor) == 1 and divisor[0].text in columns and columns[divisor[0].text].counted


def _is_guarded(division: Division, step: Step, reading: Reading) -> bool:
    if len(division.divisor) != 1:
        return False
    name = division.divisor[0].text
    return any(
        other.pipeline == step.pipeline and other.stage.operator == "where" and _asks_for_more(other.stage.tokens, name)
        for other in reading.steps
    )


def _asks_for_more(condition: Tokens, name: str) -> bool:
    """Whether a condition asks for more than one `name`."""
    for column, sign, number in zip(condition, condition[1:], condition[2:], strict=False):
        if column.is_name(name) and sign.is_symbol(">", ">=") and number.kind is Kind.NUMBER:
            try:
                return Decimal(number.text) > (1 if sign.text == ">=" else 0)
            except InvalidOperation:
                return False
    return False
