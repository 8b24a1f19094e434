"""Log tables on this machine: rows in, Kusto asked of them as of a moment, with the clock and the window of a service.

duckdb-kql translates Kusto to SQL and refuses what it cannot translate. `test_engine.py` pins what is relied on here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import duckdb_kql
from duckdb_kql.translate.functions import SCALAR_FUNCTIONS, FunctionSpec

from monitoring_kit.model.log_tables import LogTable
from tests.behaviour.log_alerts.rows import Rows

# Every query is asked at this instant, and the rows are moved instead of the clock: a query is translated once, and its
# bins, which Azure lets end at the evaluation (bin_at), are those of bin() because the instant is a multiple of all.
NOW = datetime(2026, 1, 1)

# Kusto's prev(x): x of the row before, in the order that the rows were put into. The engine has no word for it.
SCALAR_FUNCTIONS["prev"] = FunctionSpec("prev", "template", "lag({0}) OVER ()", arities=(1,))

_TYPES = {
    "datetime": "TIMESTAMP",
    "string": "VARCHAR",
    "real": "DOUBLE",
    "int": "INTEGER",
    "long": "BIGINT",
    "bool": "BOOLEAN",
    "dynamic": "JSON",
}


@dataclass(frozen=True)
class Result:
    """Columns with their types as the database calls them, and rows."""

    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, object]]


class CannotRun(Exception):
    """A text that the engine cannot translate or run; the message is the engine's."""


class LogStore:
    """The tables of the contract, holding as many sets of rows as are added."""

    def __init__(self, tables: Iterable[LogTable]) -> None:
        self._tables = {table.name: table for table in tables}
        self._schema = {name: list(table.columns) for name, table in self._tables.items()}
        self._sets = 0
        self._prepared: dict[str, str] = {}
        self._connection = duckdb_kql.connect()
        # What a query sees is decided by values in a table, so that a query is planned once for all rows and moments:
        # planning takes ten times as long as the rows of a case.
        self._connection.execute("SET threads = 1")
        self._connection.execute(
            "CREATE TABLE seen AS SELECT 0 AS rows_set, 0.0::DOUBLE AS moment_seconds, 0.0::DOUBLE AS window_seconds"
        )
        for table in self._tables.values():
            self._create(table)

    def add(self, rows: Iterable[Rows]) -> int:
        """A new set of rows; gives its number. Raises ValueError for a column outside the contract."""
        self._sets += 1
        by_table: dict[str, list[Rows]] = {}
        for batch in rows:
            by_table.setdefault(batch.table, []).append(batch)
        for name, batches in by_table.items():
            self._insert(self._tables[name], batches)
        return self._sets

    def ask(self, kql: str, rows_set: int, *, at_seconds: float, window_seconds: float) -> Result:
        """What `kql` yields at a moment where only the rows of the `window_seconds` before it are seen.

        Raises CannotRun.
        """
        try:
            statement = self._statement(kql)
            self._connection.execute(
                "UPDATE seen SET rows_set = ?, moment_seconds = ?, window_seconds = ?",
                [rows_set, at_seconds, window_seconds],
            )
            answer = self._connection.execute(f"EXECUTE {statement}")
            columns = {name: str(type) for name, type, *_ in answer.description or ()}
            return Result(columns, [dict(zip(columns, row, strict=True)) for row in answer.fetchall()])
        except (duckdb.Error, duckdb_kql.KqlError) as error:
            raise CannotRun(f"{error}\n{kql}") from None

    def _statement(self, kql: str) -> str:
        """The prepared statement that `kql` is, with what now() is where `kql` asks."""
        if kql not in self._prepared:
            name = f"query_{len(self._prepared)}"
            sql = duckdb_kql.to_sql(kql, schema=self._schema, query_now=NOW)
            self._connection.execute(f"PREPARE {name} AS {sql}")
            now = ", ".join(f"{parameter} := TIMESTAMP '{NOW}'" for parameter in sql.parameters)
            self._prepared[kql] = f"{name}({now})" if now else name
        return self._prepared[kql]

    def _create(self, table: LogTable) -> None:
        columns = ", ".join(f'"{column}" {_TYPES[type]}' for column, type in table.columns.items())
        others = ", ".join(f'"{column}"' for column in table.columns if column != table.time)
        moved = f"TIMESTAMP '{NOW}' + to_microseconds(round((second - moment_seconds) * 1e6)::BIGINT)"
        self._connection.execute(
            f'CREATE TABLE "all {table.name}" (in_set INTEGER, second DOUBLE, {columns}); '  # noqa: S608 - our own names
            f'CREATE VIEW "{table.name}" AS SELECT {others}, {moved} AS "{table.time}" '
            f'FROM "all {table.name}" JOIN seen ON in_set = rows_set '
            "WHERE second >= moment_seconds - window_seconds AND second < moment_seconds"
        )

    def _insert(self, table: LogTable, batches: Sequence[Rows]) -> None:
        """All batches of a table in one statement."""
        named = dict.fromkeys(column for batch in batches for column in batch.values)
        unknown = named.keys() - table.columns.keys()
        if unknown:
            raise ValueError(f"{table.name} has no column {', '.join(sorted(unknown))}")
        parameters: list[object] = [self._sets]
        for batch in batches:
            start, end = (60 * minute for minute in batch.minutes)
            values = (batch.values.get(column) for column in named)
            parameters += [start, (end - start) / max(batch.count, 1), batch.count]
            parameters += [json.dumps(value) if isinstance(value, Mapping) else value for value in values]
        batch_of_values = f"(?, ?, ?{', ?' * len(named)})"
        columns = "".join(f', "{column}"' for column in named)
        self._connection.execute(
            f'INSERT INTO "all {table.name}" (in_set, second{columns}) '  # noqa: S608 - our own names
            f"SELECT ?, start + (number + 0.5) * step{columns} FROM (SELECT *, unnest(range(row_count)) AS number FROM "
            f"(VALUES {', '.join([batch_of_values] * len(batches))}) AS batch (start, step, row_count{columns}))",
            parameters,
        )
