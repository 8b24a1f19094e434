"""The meaning of Kusto that the log alerts rest on, as Microsoft's reference has it: held by the engine that runs them.

A new version of the engine that means something else by one of these fails here first.
"""

from __future__ import annotations

from datetime import datetime

import duckdb_kql
import pytest

from tests.behaviour.log_alerts.rows import Rows, exceptions, log_lines
from tests.behaviour.log_alerts.store import NOW, CannotRun, LogStore
from tests.support.planting import shipped

SAME = [
    ("7 / 2", 3),
    ("7 / 2.0", 3.5),
    ("1.0 * 7 / 2", 3.5),
    ("5m / 1s", 300.0),
    ("int(null) == 3", False),
    ("int(null) != 3", True),
    ("not(int(null) == 3)", True),
    ("int(null) in (3, 4)", False),
    ("isnull(int(null) > 3)", True),
    ("case(int(null) > 1, 'first', 'else')", "else"),
    ("case(false, 'first', true, 'second', 'else')", "second"),
    ("coalesce(int(null), 0)", 0),
    ("coalesce(5, 0)", 5),
    ("400 between (400 .. 499) and 499 between (400 .. 499)", True),
    ("399 between (400 .. 499) or 500 between (400 .. 499)", False),
    ("not(coalesce(int(null), 0) between (400 .. 499))", True),
    ("toint('500')", 500),
    ("isnull(toint('none'))", True),
    ("'ABC' =~ 'abc'", True),
    ("'ABC' == 'abc'", False),
    ("'a' in ('A')", False),
    ("'/a/OnlineEndpoints/X' endswith '/onlineendpoints/x'", True),
    ("'ml-inference-7c9d-abcde' matches regex '^ml-inference-[a-z0-9]+-[a-z0-9]{5}$'", True),
    ("'x-ml-inference-7c9d-abcde' matches regex 'ml-inference-[a-z0-9]+-[a-z0-9]{5}'", True),
    ("'x-ml-inference-7c9d-abcde' matches regex '^ml-inference-[a-z0-9]+-[a-z0-9]{5}$'", False),
    ("'a' matches regex '^A$'", False),
    ("tostring(split('uid/name', '/')[1])", "name"),
    ("tostring(split('uid', '/')[1])", ""),
    ("strcat('a', '/', 'b')", "a/b"),
    ("isnotempty('') or not(isnotempty('a'))", False),
    ("bin(datetime(2026-01-01 00:07:13), 5m)", datetime(2026, 1, 1, 0, 5)),
    ("bin(datetime(2026-01-01 00:05:00), 5m)", datetime(2026, 1, 1, 0, 5)),
    ("toint(dynamic({'code': '500'}).code)", 500),
    ("totimespan(tostring(dynamic({'duration': '00:00:01.234'}).duration)) / 1ms", 1234.0),
    ("isnull(toint(dynamic({'code': '500'}).missing))", True),
    ("tostring(dynamic('text'))", "text"),
    ("ago(1h)", datetime(2025, 12, 31, 23, 0)),
]


@pytest.mark.parametrize(("expression", "value"), SAME)
def test_an_expression_means_what_kusto_means(expression: str, value: object) -> None:
    assert answers(f"print {expression}") == [(value,)]


NUMBERS = "datatable(v: int)[1, int(null), 3]"
READINGS = "datatable(name: string, v: real)['used', 1.0, 'limit', 4.0, 'used', 3.0]"
LEFT, RIGHT = "datatable(k: string, a: int)['x', 1, 'x', 2, 'y', 3]", "datatable(k: string, b: int)['x', 10, 'x', 20]"

TABLES = [
    # A percentile is the value at its rank, never one in between.
    ("range v from 1 to 10 step 1 | summarize percentile(v, 50), percentile(v, 95)", [(5, 10)]),
    ("datatable(v: real)[1, 2] | summarize percentile(v, 50)", [(1.0,)]),
    # Rows without a value fail a comparison, but not an inequality, and are left out of sums.
    (f"{NUMBERS} | where v != 3 | count", [(2,)]),
    (f"{NUMBERS} | where v > 0 | count", [(2,)]),
    (f"{NUMBERS} | summarize countif(v > 2), count(), sum(v), max(v), avg(v)", [(1, 3, 4, 3, 2.0)]),
    (f"{READINGS} | summarize avgif(v, name == 'used'), max(iff(name == 'limit', v, real(null)))", [(2.0, 4.0)]),
    (f"{READINGS} | summarize Limit = max(iff(name == 'none', v, real(null))) | where Limit > 0", []),
    # Sums over no rows: one row without grouping, none with it.
    ("datatable(v: int)[] | summarize count(), sum(v)", [(0, 0)]),
    ("datatable(v: int, k: string)[] | summarize count() by k", []),
    # An inner join keeps every pair; without a kind Kusto drops duplicates of the left side first.
    (f"{LEFT} | join kind=inner ({RIGHT}) on k | count", [(4,)]),
    (f"{LEFT} | join ({RIGHT}) on k | count", [(2,)]),
    ("datatable(k: string)['a', 'b', 'a'] | summarize by k | order by k asc", [("a",), ("b",)]),
    ("datatable(v: int)[1, 3, 2] | top 2 by v desc", [(3,), (2,)]),
    # prev() is the row before in the order that was asked for, and nothing at the first row.
    (
        "datatable(k: string, v: int)['b', 5, 'a', 7, 'b', 3, 'a', 1] | order by k asc, v asc"
        " | extend new = prev(k) != k, more = v - prev(v) | project k, v, new, more",
        [("a", 1, True, None), ("a", 7, False, 6), ("b", 3, True, -4), ("b", 5, False, 2)],
    ),
    # A bin begins with its edge and ends before the next.
    (
        "datatable(t: datetime)[datetime(2026-01-01 00:04:59.999), datetime(2026-01-01 00:05)]"
        " | summarize count() by bin(t, 5m) | order by t asc",
        [(datetime(2026, 1, 1, 0, 0), 1), (datetime(2026, 1, 1, 0, 5), 1)],
    ),
]


@pytest.mark.parametrize(("query", "rows"), TABLES)
def test_a_query_yields_what_kusto_yields(query: str, rows: list[tuple[object, ...]]) -> None:
    assert answers(query) == rows


def test_where_the_engine_differs_from_kusto() -> None:
    """Known, and so no case may rest on it: Kusto divides by zero to infinity in a column too."""
    assert answers("datatable(a: real, b: real)[1.0, 0.0] | project a / b") == [(None,)]
    assert answers("print 1.0 / 0.0") == [(float("inf"),)]


@pytest.mark.parametrize("query", ["T | summarize percentiles(v, 50, 95)", "T | make-series count() on t step 1h"])
def test_what_the_engine_cannot_do_it_refuses(query: str) -> None:
    with pytest.raises(duckdb_kql.KqlUnsupportedError):
        duckdb_kql.to_sql(query)


def answers(query: str) -> list[tuple[object, ...]]:
    return duckdb_kql.query(duckdb_kql.connect(), query, query_now=NOW).fetchall()


# The store


def seen(store: LogStore, rows: int, minute: float, minutes: float, query: str = "exceptions | count") -> object:
    result = store.ask(query, rows, at_seconds=60 * minute, window_seconds=60 * minutes)
    return next(iter(result.rows[0].values())) if result.rows else None


def test_a_query_sees_the_rows_of_its_window_and_set_alone() -> None:
    store = LogStore(shipped().tables.values())
    first, second = store.add([exceptions((0, 10), 1)]), store.add([exceptions((0, 10), 7)])
    assert [seen(store, first, minute, 5) for minute in (0, 3, 5, 10, 12, 20)] == [0, 3, 5, 5, 3, 0]
    assert seen(store, second, 5, 5) == 35


def test_a_moment_falls_on_the_edge_of_every_bin() -> None:
    store = LogStore(shipped().tables.values())
    rows = store.add([exceptions((0, 60), 1)])
    for width in ("1m", "5m", "15m", "1h"):
        query = f"exceptions | summarize N = count() by bin(timestamp, {width}) | count"
        assert seen(store, rows, 23.4, 1, query) == 1


def test_a_column_of_json_is_dynamic() -> None:
    store = LogStore(shipped().tables.values())
    rows = store.add([log_lines((0, 1), 1, text="out of range")])
    assert seen(store, rows, 1, 1, "ContainerLogV2 | project tostring(LogMessage.message)") == "out of range"


def test_rows_outside_the_contract_are_refused() -> None:
    with pytest.raises(ValueError, match="exceptions has no column Typ"):
        LogStore(shipped().tables.values()).add([Rows("exceptions", (0, 1), 1, {"Typ": "x"})])
    with pytest.raises(ValueError, match=r"1\.5 rows a minute make no whole number"):
        exceptions((0, 1), 1.5)


def test_a_query_that_cannot_run_is_shown() -> None:
    store = LogStore(shipped().tables.values())
    rows = store.add([])
    for query in ("Trafic | count", "exceptions | make-series n = count() on timestamp step 1h"):
        with pytest.raises(CannotRun, match=query.split()[0]):
            seen(store, rows, 0, 1, query)
