"""The contract of the log tables: what it refuses of itself, and the closed values that it declares."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from monitoring_kit.analysis.kusto import read_query
from monitoring_kit.checks.kql import query_problems
from monitoring_kit.core.findings import Refused
from monitoring_kit.kusto.pipeline import parse_query
from monitoring_kit.kusto.tokens import Kind, tokens_of
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.log_tables import LogScope, log_table
from queries.tables import CONTAINER_PERFORMANCE, OUTCOME, TRAFFIC_LOG
from tests.acceptance.kusto.texts import names_of, texts_of_runbooks
from tests.acceptance.kusto.variants import variants
from tests.support.planting import shipped


@pytest.mark.parametrize(
    ("cumulative", "closed"), [("Restart", {}), ("", {"Outcom": "good"})], ids=["cumulative", "closed"]
)
def test_what_is_said_of_a_column_that_there_is_not_is_refused(cumulative: str, closed: dict[str, str]) -> None:
    with pytest.raises(Refused, match=r"there is no column (Restart|Outcom).*\n.*its columns are Outcome, Restarts"):
        log_table(
            "Traffic",
            backend=Backend.ONLINE_ENDPOINT,
            own_rows="true",
            columns="Restarts:int",
            derived={"Outcome": "'good'"},
            cumulative=cumulative,
            closed=closed,
        )


def test_the_words_of_an_outcome_are_those_that_its_expression_gives() -> None:
    given = {token.text.strip('"') for token in tokens_of(OUTCOME) if token.kind is Kind.STRING}
    assert TRAFFIC_LOG.closed["Outcome"] == given


def test_the_rows_of_a_table_are_picked_by_values_that_it_has() -> None:
    query = parse_query(f"Perf | where {CONTAINER_PERFORMANCE.own_rows}")
    assert list(query_problems(query, read_query(query, shipped().tables), LogScope.WORKSPACE, shipped().tables)) == []


def test_a_runbook_names_no_column_and_no_value_that_there_is_not_and_reads_no_row_out_of_order() -> None:
    assert problems_of_runbooks(shipped()) == []


def test_a_value_that_a_level_never_has_is_found_in_a_runbook_at_the_line_of_its_block() -> None:
    runbook = shipped().runbooks["InferenceErrorsLogged"]
    faulty = replace(runbook, text=runbook.text.replace('"critical"', '"citical"'))
    (problem,) = problems_of_runbooks(replace(shipped(), runbooks={"InferenceErrorsLogged": faulty}))
    assert re.fullmatch(r"rules/runbooks/InferenceErrorsLogged.md:\d+: LogLevel is never 'citical'", problem)


def problems_of_runbooks(definitions: Definitions) -> list[str]:
    found = []
    for sent in texts_of_runbooks(definitions, names_of(variants())):
        query = parse_query(sent.text)
        problems = query_problems(query, read_query(query, definitions.tables), sent.scope, definitions.tables)
        found += [f"{sent.where}: {problem.text}" for problem in problems]
    return found
