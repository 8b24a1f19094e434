"""What a Kusto query reads and yields, worked out from its text and the contract of the log tables.

Every name is looked up among the columns that its operator gets. Types are followed only as far as divisions and sums
need them: a full type check is the work of Microsoft's own language service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from monitoring_kit.kql.arithmetic import Column, Columns, call_of, column_of
from monitoring_kit.kql.pipeline import Pipeline, Query, Stage, group_end, pipeline_of, split, split_at_word
from monitoring_kit.kql.tokens import Kind, Token, Tokens
from monitoring_kit.kql.words import AGGREGATIONS, FUNCTIONS, KEYWORDS, words
from monitoring_kit.model.log_tables import LogScope, LogTable


@dataclass(frozen=True)
class Unknown:
    """A name that nothing defines. `kind` is table, column or function; `known` are the names that there are."""

    name: str
    kind: str
    line: int
    known: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """An operator with the columns that it gets, None where they are not known. `pipeline` numbers the pipelines."""

    stage: Stage
    columns: Columns | None
    pipeline: int


@dataclass(frozen=True)
class TableRead:
    """A pipeline that starts with a table of the contract."""

    table: LogTable
    pipeline: Pipeline


@dataclass(frozen=True)
class Reading:
    """What a query does. `columns` are those of its result, None where they cannot be told from the text."""

    reads: tuple[TableRead, ...]
    steps: tuple[Step, ...]
    unknown: tuple[Unknown, ...]
    columns: Columns | None

    @property
    def tables(self) -> tuple[LogTable, ...]:
        """The tables that are read, each once."""
        return tuple({read.table.name: read.table for read in self.reads}.values())


def read_query(query: Query, tables: Mapping[str, LogTable]) -> Reading:
    """What `query` reads and yields where `tables` are all the tables that there are."""
    reader = _Reader(tables)
    for let in query.lets:
        reader.let(let.name, let.value)
    columns = reader.pipeline(query.pipeline)
    return Reading(tuple(reader.reads), tuple(reader.steps), tuple(reader.unknown), columns)


# A column of every table of a workspace, by the documentation of the standard columns in Azure Monitor Logs.
_TABLE_NAME = "Type"

_UNCHANGED = words("where filter sort order top take limit sample serialize")
_WITHOUT_COLUMNS = words("render as consume project-reorder")
_LEFT_ONLY = ("leftanti", "leftsemi", "anti", "leftantisemi")
_RIGHT_ONLY = ("rightanti", "rightsemi", "rightantisemi")
# What an aggregation without a name of its own is called: the function, or this, and the column behind it.
_SHORT_NAMES = {"make_set": "set", "make_list": "list", "make_bag": "bag", "make_set_if": "set", "make_list_if": "list"}


class _Reader:
    def __init__(self, tables: Mapping[str, LogTable]) -> None:
        self.tables = tables
        self.named_tables: dict[str, Columns | None] = {}
        self.named_values: set[str] = set()
        self.reads: list[TableRead] = []
        self.steps: list[Step] = []
        self.unknown: list[Unknown] = []
        self.pipelines = 0

    def let(self, name: str, value: Tokens) -> None:
        if any(token.is_symbol("{") for token in value):
            self.named_values.add(name)  # a function: its body has parameters that only a call gives
        elif len(split(value, "|")) > 1 or (len(value) == 1 and value[0].text in self.tables):
            self.named_tables[name] = self.pipeline(pipeline_of(value))
        else:
            self._check(value, {})
            self.named_values.add(name)

    def pipeline(self, pipeline: Pipeline) -> Columns | None:
        columns = self._source(pipeline)
        number = self.pipelines = self.pipelines + 1
        for stage in pipeline.stages:
            self.steps.append(Step(stage, columns, number))
            columns = self._after(stage, columns)
        return columns

    def _source(self, pipeline: Pipeline) -> Columns | None:
        source = pipeline.source
        if source and source[0].is_symbol("(") and group_end(source, 0) == len(source) - 1:
            return self.pipeline(pipeline_of(source[1:-1]))
        if len(source) != 1 or source[0].kind is not Kind.NAME:
            return None
        name = source[0].text
        if name in self.named_tables:
            return self.named_tables[name]
        table = self.tables.get(name)
        if table is None:
            self.unknown.append(Unknown(name, "table", source[0].line, tuple(self.tables)))
            return None
        self.reads.append(TableRead(table, pipeline))
        return {
            column: Column(type, growing=column in table.cumulative, names_table=_names_table(column, table))
            for column, type in table.columns.items()
        }

    def _after(self, stage: Stage, columns: Columns | None) -> Columns | None:
        """The columns behind `stage`; what it names is looked up on the way."""
        operator = stage.operator
        if operator in ("join", "lookup"):
            return self._joined(stage.tokens, columns)
        if operator == "union":
            return self._united(stage.tokens, columns)
        if operator in _WITHOUT_COLUMNS:
            return columns
        tokens = self._without_queries(stage.tokens)
        if operator in _UNCHANGED:
            self._check(tokens, columns)
            return columns if operator != "serialize" else self._extended(tokens, columns)
        if columns is None and operator not in ("project", "summarize", "count", "distinct"):
            self._check(tokens, columns)
            return None
        match operator:
            case "extend":
                self._check_items(tokens, columns)
                return self._extended(tokens, columns)
            case "project":
                self._check_items(tokens, columns)
                return dict(_items(split(tokens, ","), columns or {}))
            case "project-rename":
                return self._renamed(tokens, columns or {})
            case "project-away":
                patterns = _patterns(tokens)
                return {name: column for name, column in (columns or {}).items() if not _matches(name, patterns)}
            case "project-keep":
                patterns = _patterns(tokens)
                return {name: column for name, column in (columns or {}).items() if _matches(name, patterns)}
            case "summarize":
                return self._summarized(tokens, columns)
            case "distinct":
                self._check(tokens, columns)
                if any(token.is_symbol("*") for token in tokens):
                    return columns
                return dict(_items(split(tokens, ","), columns or {}))
            case "count":
                return {"Count": Column("long", counted=True)}
            case "mv-expand" | "mvexpand":
                self._check_items(tokens, columns)
                return {**(columns or {}), **dict(_items(split(tokens, ","), columns or {}))}
            case "parse" | "parse-where":
                subject, pattern = split_at_word(tokens, "with")
                self._check(subject[-1:], columns)
                names = (token.text for token in pattern if token.kind is Kind.NAME and token.text not in KEYWORDS)
                return {**(columns or {}), **{name: Column() for name in names}}
            case _:
                return None

    def _extended(self, tokens: Tokens, columns: Columns | None) -> Columns | None:
        return None if columns is None else {**columns, **dict(_items(split(tokens, ","), columns))}

    def _renamed(self, tokens: Tokens, columns: Columns) -> Columns:
        renamed = dict(columns)
        for item in split(tokens, ","):
            name, old = _named(item)
            self._check(old, columns)
            if name and len(old) == 1:
                renamed[name] = renamed.pop(old[0].text, Column())
        return renamed

    def _summarized(self, tokens: Tokens, columns: Columns | None) -> Columns:
        aggregations, grouping = split_at_word(tokens, "by")
        if tokens and tokens[0].is_name("by"):
            aggregations, grouping = (), tokens[1:]
        self._check_items(aggregations, columns)
        self._check_items(grouping, columns)
        items = (*split(grouping, ","), *split(aggregations, ","))
        return dict(_items(items, columns or {}))

    def _joined(self, tokens: Tokens, left: Columns | None) -> Columns | None:
        head, keys = split_at_word(tokens, "on")
        kind = next((head[i + 2].text for i, token in enumerate(head[:-2]) if token.is_name("kind")), "innerunique")
        right_source = _operand_of_join(head)
        right = self.pipeline(pipeline_of(right_source)) if right_source else None
        for key in split(keys, ","):
            for index, token in enumerate(key):
                if token.is_name("$left", "$right"):
                    self._check(key[index + 2 : index + 3], left if token.text == "$left" else right)
            if len(key) == 1:
                self._check(key, left)
                self._check(key, right)
        if kind in _LEFT_ONLY:
            return left
        if kind in _RIGHT_ONLY:
            return right
        if left is None or right is None:
            return None
        return {**left, **{f"{name}1" if name in left else name: column for name, column in right.items()}}

    def _united(self, tokens: Tokens, columns: Columns | None) -> Columns | None:
        merged = None if columns is None else dict(columns)
        for part in split(tokens, ","):
            source = _operand_of_join(part)
            other = self.pipeline(pipeline_of(source)) if source else None
            merged = None if merged is None or other is None else {**merged, **other}
        return merged

    def _without_queries(self, tokens: Tokens) -> Tokens:
        """`tokens` without the queries in parentheses, which are read on their own."""
        kept: list[Token] = []
        index = 0
        while index < len(tokens):
            kept.append(tokens[index])
            if tokens[index].is_symbol("("):
                end = group_end(tokens, index)
                inside = tokens[index + 1 : end]
                is_table = len(inside) == 1 and (inside[0].text in self.tables or inside[0].text in self.named_tables)
                if len(split(inside, "|")) > 1 or is_table:
                    self.pipeline(pipeline_of(inside))
                    kept.append(tokens[end])
                    index = end
            index += 1
        return tuple(kept)

    def _check_items(self, tokens: Tokens, columns: Columns | None) -> None:
        """Looks up every name in a list of expressions, but not those that the list gives."""
        for item in split(tokens, ","):
            _, expression = _named(item)
            self._check(item[group_end(item, 0) + 2 :] if _is_tuple(item) else expression, columns)

    def _check(self, tokens: Tokens, columns: Columns | None) -> None:
        """Looks up every name in `tokens`."""
        literal_end = 0
        for index, token in enumerate(tokens):
            if token.is_name("dynamic") and tokens[index + 1 : index + 2]:
                literal_end = max(literal_end, group_end(tokens, index + 1))
            if (
                index < literal_end
                or token.kind is not Kind.NAME
                or token.text in KEYWORDS
                or (index and tokens[index - 1].is_symbol("."))
            ):
                continue
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            if token.text in self.named_values or (following is not None and following.is_symbol("=")):
                continue
            if following is not None and following.is_symbol("("):
                if token.text not in FUNCTIONS:
                    self.unknown.append(Unknown(token.text, "function", token.line, tuple(sorted(FUNCTIONS))))
            elif columns is not None and token.text not in columns:
                self.unknown.append(Unknown(token.text, "column", token.line, tuple(columns)))


def _names_table(column: str, table: LogTable) -> bool:
    return column == _TABLE_NAME and table.scope is LogScope.WORKSPACE


def _items(items: Iterable[Tokens], columns: Columns) -> Iterator[tuple[str, Column]]:
    """The columns that a list of expressions makes, each under its own name or under Kusto's default."""
    for item in items:
        if not item:
            continue
        name, expression = _named(item)
        if name:
            yield name, column_of(expression, columns)
        elif _is_tuple(item):
            yield from ((token.text, Column()) for token in item[: group_end(item, 0)] if token.kind is Kind.NAME)
        else:
            yield from ((default, column_of(item, columns)) for default in _default_names(item, columns))


def _named(item: Tokens) -> tuple[str, Tokens]:
    if len(item) > 2 and item[0].kind is Kind.NAME and item[1].is_symbol("="):
        return item[0].text, item[2:]
    return "", item


def _is_tuple(item: Tokens) -> bool:
    end = group_end(item, 0) if item and item[0].is_symbol("(") else len(item)
    return end + 1 < len(item) and item[end + 1].is_symbol("=")


def _default_names(expression: Tokens, columns: Columns) -> Iterator[str]:
    """What Kusto calls a column without a name: `x`, `a_b` for `a.b`, `sum_x`, `count_`, `percentile_x_95`."""
    call = call_of(expression)
    if call is None:
        if all(token.kind is Kind.NAME or token.is_symbol(".") for token in expression):
            yield "_".join(token.text for token in expression if token.kind is Kind.NAME)
        return
    function, arguments = call
    first = next(_default_names(arguments[0], columns), "") if arguments[0] else ""
    if function not in AGGREGATIONS or function == "take_any":
        if first:
            yield first
    elif function in ("arg_max", "arg_min"):
        for argument in arguments:
            yield from columns if any(token.is_symbol("*") for token in argument) else _default_names(argument, columns)
    elif function in ("percentile", "percentiles"):
        yield from (f"percentile_{first}_{''.join(token.text for token in rank)}" for rank in arguments[1:])
    else:
        yield f"{_SHORT_NAMES.get(function, function)}_{'' if function == 'countif' else first}"


def _operand_of_join(tokens: Tokens) -> Tokens:
    """The table or the query that a join or a union takes: what stands behind its parameters."""
    index = 0
    while index < len(tokens):
        if index + 2 < len(tokens) and tokens[index + 1].is_symbol("=", "."):
            index += 3 if tokens[index + 1].is_symbol("=") else 2
        elif tokens[index].is_symbol("("):
            return tokens[index + 1 : group_end(tokens, index)]
        else:
            return tokens[index:]
    return ()


def _patterns(tokens: Tokens) -> tuple[str, ...]:
    return tuple("".join(token.text for token in part) for part in split(tokens, ","))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
