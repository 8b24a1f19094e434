"""Which names a Kusto query reads and gives, worked out from its text and the contract of the log tables.

A name counts as known from the operator that gives it to the end of the query, though `project` or `summarize` may have
dropped it in between: what each operator lets through, and which types meet, is the work of Microsoft's own language
service, which the tests ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitoring_kit.kusto.arithmetic import Column, Columns, column_of
from monitoring_kit.kusto.pipeline import JOINS, Let, Pipeline, Query, Stage, calls, group_end, split, split_at_word
from monitoring_kit.kusto.tokens import Kind, Token, Tokens, words
from monitoring_kit.model.log_tables import LogScope, LogTable


@dataclass(frozen=True)
class Unknown:
    """A name that nothing defines. `kind` is table or column; `known` are the names that there are."""

    name: str
    kind: str
    known: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """An operator with the columns that it may name, None where an operator before makes columns of its own."""

    stage: Stage
    columns: Columns | None
    pipeline: Pipeline


@dataclass(frozen=True)
class TableRead:
    """A pipeline that starts with a table of the contract."""

    table: LogTable
    pipeline: Pipeline


@dataclass(frozen=True)
class Reading:
    """What a query does, the functions that it calls and the columns that it gives a value of its own.

    `columns` are all that its result may have, None where they cannot be told from the text.
    """

    reads: tuple[TableRead, ...]
    steps: tuple[Step, ...]
    unknown: tuple[Unknown, ...]
    functions: frozenset[str]
    given: frozenset[str]
    columns: Columns | None

    @property
    def tables(self) -> tuple[LogTable, ...]:
        """The tables that are read, each once."""
        return tuple({read.table.name: read.table for read in self.reads}.values())


def read_query(query: Query, tables: Mapping[str, LogTable]) -> Reading:
    """What `query` reads and yields where `tables` are all the tables that there are."""
    reader = _KustoReader(tables)
    for let in query.lets:
        reader.let(let)
    columns = reader.pipeline(query.pipeline)
    return Reading(
        reads=tuple(reader.reads),
        steps=tuple(reader.steps),
        unknown=tuple(reader.unknown),
        functions=reader.functions,
        given=reader.given,
        columns=columns,
    )


def is_known(name: str, columns: Columns, functions: frozenset[str]) -> bool:
    """Whether `name` is a column, or what Kusto calls one without a name where `functions` are called.

    Those are `sum_x`, `count_`, `set_x` of make_set(x), `a_b` of `a.b`, and `x1` of the right side of a join.
    """
    first = name.partition("_")[0]
    made = first != name and (first in columns or not functions.isdisjoint({first, f"make_{first}"}))
    return name in columns or made or (name.endswith("1") and name[:-1] in columns)


# A column of every table of a workspace, by the documentation of the standard columns in Azure Monitor Logs.
_TABLE_NAME = "Type"
# What they do to the columns depends on the rows or on a plugin.
_OWN_COLUMNS = words("evaluate invoke scan graph-match make-graph")
# They name no column, or are refused whole.
_NAMELESS = _OWN_COLUMNS | words("render as consume getschema union search find")
_LITERALS = words("dynamic datetime date time timespan guid")
# Words of Kusto that may stand where a column may; a function is known by the parenthesis behind it.
_KEYWORDS = words(
    "and or not in has has_cs has_any has_all hasprefix hassuffix hasprefix_cs hassuffix_cs contains contains_cs "
    "startswith startswith_cs endswith endswith_cs matches regex between like by asc desc nulls first last true false "
    "null with hint kind on to typeof where default step from of as bool boolean int long real double decimal string "
    "datetime date timespan time guid dynamic"
)


class _KustoReader:
    def __init__(self, tables: Mapping[str, LogTable]) -> None:
        self.tables = tables
        self.named_tables: dict[str, Columns | None] = {}
        self.named_values: set[str] = set()
        self.functions: frozenset[str] = frozenset()
        self.given: frozenset[str] = frozenset()
        self.reads: list[TableRead] = []
        self.steps: list[Step] = []
        self.unknown: list[Unknown] = []

    def let(self, let: Let) -> None:
        source = let.value.source
        if any(token.is_symbol("{") for token in source):
            self.named_values.add(let.name)  # a function: its body has parameters that only a call gives
        elif let.value.stages or (len(source) == 1 and source[0].text in {*self.tables, *self.named_tables}):
            self.named_tables[let.name] = self.pipeline(let.value)
        else:
            for query in let.value.queries:
                self.pipeline(query)
            self._look_up(source, {})
            self.named_values.add(let.name)

    def pipeline(self, pipeline: Pipeline) -> Columns | None:
        """Read a pipeline; returns the columns that are known behind it, None where they cannot be told."""
        columns = self._source(pipeline)
        for stage in pipeline.stages:
            self.functions |= {function for function, _ in calls(stage.tokens)}
            for query in stage.queries:
                other = self.pipeline(query)
                if stage.operator in JOINS:
                    columns = None if columns is None or other is None else {**other, **columns}
            self.steps.append(Step(stage, columns, pipeline))
            if columns is not None:
                given = dict(_given(stage, columns))
                self.given |= given.keys()
                if stage.operator not in _NAMELESS:
                    self._look_up(_looked_up(stage), {**columns, **given})
                columns = None if stage.operator in _OWN_COLUMNS else {**columns, **given}
        return columns

    def _source(self, pipeline: Pipeline) -> Columns | None:
        source = pipeline.source
        if pipeline.queries:
            return [self.pipeline(query) for query in pipeline.queries][-1]
        if len(source) != 1 or source[0].kind is not Kind.NAME:
            return None
        name = source[0].text
        if name in self.named_tables:
            return self.named_tables[name]
        table = self.tables.get(name)
        if table is None:
            self.unknown.append(Unknown(name, "table", tuple(self.tables)))
            return None
        self.reads.append(TableRead(table, pipeline))
        return {
            column: Column(
                whole=type in ("int", "long"),
                growing=column in table.cumulative,
                names_table=column == _TABLE_NAME and table.scope is LogScope.WORKSPACE,
            )
            for column, type in table.columns.items()
        }

    def _look_up(self, tokens: Tokens, columns: Columns) -> None:
        literal_end = 0
        for index, token in enumerate(tokens):
            before = tokens[index - 1] if index else None
            behind = tokens[index + 1] if index + 1 < len(tokens) else None
            if token.is_name(*_LITERALS) and behind is not None and behind.is_symbol("("):
                literal_end = max(literal_end, group_end(tokens, index + 1))
            is_member = before is not None and before.is_symbol(".") and not tokens[index - 2].text.startswith("$")
            is_other = behind is not None and behind.is_symbol("(", "=", ":", "*")  # a function, a name that is given
            is_pattern = before is not None and before.is_symbol("*")
            if token.kind is not Kind.NAME or index < literal_end or is_member or is_other or is_pattern:
                continue
            named = token.text in _KEYWORDS or token.text.startswith("$") or token.text in self._named()
            if not named and not is_known(token.text, columns, self.functions):
                self.unknown.append(Unknown(token.text, "column", tuple(columns)))

    def _named(self) -> set[str]:
        """The names of values and tables, which may stand where a column may."""
        return {*self.named_values, *self.named_tables, *self.tables}


def _looked_up(stage: Stage) -> Tokens:
    """The part of a stage in which names of columns stand."""
    if stage.operator in JOINS:
        return split_at_word(stage.tokens, "on")[1]
    return stage.tokens


def _given(stage: Stage, columns: Columns) -> Iterator[tuple[str, Column]]:
    """The columns that a stage gives a name of their own, or a new value under their old one."""
    if stage.operator == "count":
        yield "Count", Column(whole=True, counted=True)
    elif stage.operator.startswith("parse"):
        pattern = split_at_word(stage.tokens, "with")[1]
        yield from ((token.text, Column()) for token in pattern if token.kind is Kind.NAME)
    else:
        values, grouping = split_at_word(stage.tokens, "by")
        for item in (*split(values, ","), *split(grouping, ",")):
            for name, expression in _assigned(item):
                yield name, column_of(expression, columns)


def _assigned(item: Tokens) -> Iterator[tuple[str, Tokens]]:
    """`name = expression`, and `(a, b) = expression`, which gives several names."""
    names: Tokens = item[:1]
    if item and item[0].is_symbol("("):
        end = group_end(item, 0)
        names, item = item[1:end], item[end:]
    if len(item) > 2 and item[1].is_symbol("="):
        yield from ((name.text, item[2:]) for name in names if _is_name(name))


def _is_name(token: Token) -> bool:
    return token.kind is Kind.NAME
