from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line, print_promql
from monitoring_kit.promql.tree import Expression
from tests.unit.analysis.expressions import expressions


@settings(max_examples=400, deadline=None, derandomize=True)
@given(expressions)
def test_one_line_reads_back_as_the_same_expression(expression: Expression) -> None:
    assert parse(one_line(expression)) == expression


@settings(max_examples=300, deadline=None, derandomize=True)
@given(expressions, st.integers(1, 100))
def test_broken_lines_read_back_as_the_same_expression(expression: Expression, width: int) -> None:
    assert parse(print_promql(expression, width)) == expression


@settings(max_examples=200, deadline=None, derandomize=True)
@given(expressions, st.integers(1, 100))
def test_printing_what_was_printed_changes_nothing(expression: Expression, width: int) -> None:
    printed = print_promql(expression, width)
    assert print_promql(parse(printed), width) == printed
