"""Does the figure of a Kusto query mean what it says?

Sums of counters, lost fractions, sampled rows, thin ratios, rows in no order: Kusto runs them all, and Microsoft's
language service has nothing to say. An aggregate of nothing it would report, but only in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitoring_kit.analysis.kusto import Reading, Step
from monitoring_kit.kusto.arithmetic import Columns, call_of, column_of, differences, divisions, is_whole
from monitoring_kit.kusto.pipeline import Pipeline, calls
from monitoring_kit.kusto.tokens import Tokens, words

_SUMMING = ("sum", "sumif", "avg", "avgif")
# Aggregates that need at least one argument; count() needs none.
_OF_SOMETHING = (*_SUMMING, "min", "minif", "max", "maxif", "countif", "dcount", "dcountif", "percentile", "stdev")
# Functions that look at other rows; the operators that put rows in order for them, and those behind which the rows are
# in none: Microsoft's reference of Kusto, pages "window functions" and "serialize operator".
_WINDOW = ("prev", "next", "row_cumsum", "row_number", "row_rank_dense", "row_rank_min", "row_window_session")
_ORDERING = words("order sort top serialize")
_DISORDERING = words(
    "count distinct evaluate facet join make-series mv-expand reduce sample sample-distinct summarize top-nested"
)


@dataclass(frozen=True)
class KqlProblem:
    """What is wrong, what to write instead, and the short name of the check."""

    text: str
    remedy: str
    check: str


def figure_problems(reading: Reading) -> Iterator[KqlProblem]:
    """Figures that are wrong in an alert and in a panel alike."""
    for step in reading.steps:
        yield from _aggregates_of_nothing(step)
        yield from _sums_of_counters(step, step.columns or {})
        yield from _spreads_of_counters(step, step.columns or {})
        yield from _lost_fractions(step, step.columns or {})
    for read in reading.reads:
        weight = next((column for column in read.table.columns if column.lower() == "itemcount"), None)
        if weight is not None:
            yield from _sampled_rows(read.pipeline, weight)
    yield from _rows_in_no_order(reading)


def thin_ratios(reading: Reading) -> Iterator[KqlProblem]:
    """Ratios that a handful of events decides: nothing asks for a minimum of what they are divided by."""
    for step in reading.steps:
        for dividend, divisor in divisions(step.stage.tokens):
            if column_of(divisor, step.columns or {}).counted and not _is_guarded(divisor, step):
                yield KqlProblem(
                    f"{shown(dividend)} / {shown(divisor)} has no minimum of traffic: one failure of one event is "
                    "100 %",
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


def _aggregates_of_nothing(step: Step) -> Iterator[KqlProblem]:
    for function, arguments in calls(step.stage.tokens, *_OF_SOMETHING):
        if arguments == ((),):
            yield KqlProblem(f"{function}() of nothing", f"write what it is of: {function}(Column)", "kql-argument")


def _sums_of_counters(step: Step, columns: Columns) -> Iterator[KqlProblem]:
    for function, (argument, *_) in calls(step.stage.tokens, *_SUMMING):
        growing = [token.text for token in argument if token.text in columns and columns[token.text].growing]
        # A difference of two counts is no count any more.
        if growing and not any(token.is_symbol("-") for token in argument):
            yield KqlProblem(
                f"{function}({shown(argument)}) adds up {growing[0]}, which only ever grows: every row holds all "
                "that was counted before",
                _difference_to_the_row_before(growing[0]),
                "kql-cumulative",
            )


def _spreads_of_counters(step: Step, columns: Columns) -> Iterator[KqlProblem]:
    if not any(calls(step.stage.tokens, "bin")):
        return
    for highest, lowest in differences(step.stage.tokens):
        if _is_extreme(highest, "max", columns) and _is_extreme(lowest, "min", columns):
            yield KqlProblem(
                f"{shown(highest)} - {shown(lowest)} in each time bin loses what is counted between the last row of a "
                "bin and the first of the next: everything, where a bin has one row",
                _difference_to_the_row_before(shown(lowest[2:-1])),
                "kql-cumulative",
            )


def _is_extreme(tokens: Tokens, function: str, columns: Columns) -> bool:
    """Whether `tokens` are max(x) or min(x), as `function` says, of a column that only ever grows."""
    call = call_of(tokens)
    return call is not None and call[0] == function and column_of(call[1][0], columns).growing


def _difference_to_the_row_before(column: str) -> str:
    return f"put the rows of each thing that counts in order of time and add up {column} - prev({column})"


def _lost_fractions(step: Step, columns: Columns) -> Iterator[KqlProblem]:
    for dividend, divisor in divisions(step.stage.tokens):
        if is_whole(dividend, columns) and is_whole(divisor, columns):
            yield KqlProblem(
                f"{shown(dividend)} / {shown(divisor)} divides whole numbers, so Kusto drops the fraction: a ratio is "
                "always 0 or 1",
                f"write 1.0 * {shown(dividend)} / {shown(divisor)}",
                "kql-integer-division",
            )


def _sampled_rows(pipeline: Pipeline, weight: str) -> Iterator[KqlProblem]:
    """Rows that are counted before their weights are summed: the first aggregation behind the table decides."""
    first = next((stage for stage in pipeline.stages if stage.operator in ("summarize", "count")), None)
    if first is None:
        return
    counted = {function for function, _ in calls(first.tokens, "count", "countif")}
    for function in sorted({"count"} if first.operator == "count" else counted):
        instead = f"sumif({weight}, ...)" if function == "countif" else f"sum({weight})"
        yield KqlProblem(
            f"{function}() counts rows of a sampled table, where a row stands for {weight} events",
            f"write {instead}; a measure of kql takes weight={weight!r}",
            "kql-sampling",
        )


def _rows_in_no_order(reading: Reading) -> Iterator[KqlProblem]:
    for read in reading.reads:
        ordered = False
        for stage in read.pipeline.stages:
            ordered = (ordered or stage.operator in _ORDERING) and stage.operator not in _DISORDERING
            function = next((function for function, _ in calls(stage.tokens, *_WINDOW)), None)
            if function is not None and not ordered:
                yield KqlProblem(
                    f"{function}() reads another row, and the rows are in no order",
                    f"add `| order by ..., {read.table.time} asc` before it; summarize and join lose the order again",
                    "kql-order",
                )


def _is_guarded(divisor: Tokens, step: Step) -> bool:
    conditions = [stage.tokens for stage in step.pipeline.stages if stage.operator == "where"]
    return len(divisor) == 1 and any(_asks_for_more(condition, divisor[0].text) for condition in conditions)


def _asks_for_more(condition: Tokens, name: str) -> bool:
    """Whether a condition asks for more than one `name`."""
    for column, sign, number in zip(condition, condition[1:], condition[2:], strict=False):
        if column.is_name(name) and sign.is_symbol(">", ">=") and number.text.replace(".", "", 1).isdecimal():
            return float(number.text) > (1 if sign.text == ">=" else 0)
    return False
