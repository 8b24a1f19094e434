"""Checks of the Kusto of every log alert and every panel, in the form in which Azure and Grafana get it.

Tables, columns and functions are looked up in the contract and in Microsoft's reference. What a function makes of a
wrong type is not judged here: Microsoft's own language service, which the tests ask, knows that.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitoring_kit.analysis.kusto import Reading, TableRead, Unknown, read_query
from monitoring_kit.checks.kql_lints import Problem, figure_problems, shown, thin_ratios
from monitoring_kit.checks.kql_types import type_problems
from monitoring_kit.core.durations import parse_duration
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.definitions import Definitions
from monitoring_kit.kql.pipeline import Query, group_end, parse_query, split
from monitoring_kit.kql.tokens import Kind, KqlSyntaxError, Token, Tokens, tokens_of
from monitoring_kit.model import kql
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.log_tables import LogScope, LogTable
from monitoring_kit.model.signals import Signal
from monitoring_kit.plan.model import LogAlert, LogQueryPlan, Plan, QueryFormat
from monitoring_kit.render.azure.limits import LOG_REFUSED_OPERATORS, LOG_REFUSED_PLUGINS

TIME_FILTER = "$__timeFilter"
INTERVAL = "$__interval"
READ_ANY_TABLE = frozenset({"search", "find", "union"})


@dataclass(frozen=True)
class _Source:
    """Where a query is written: what its findings point at."""

    where: Location
    signal: str
    file: str

    def finding(self, problem: Problem, user: str = "") -> Finding:
        """The problem, of the signal itself or, with `user`, of the alert or the panel that uses the query."""
        text = f"{self.file}: {problem.text}" if self.file else problem.text
        return Finding(self.where, user or f"signal {self.signal}", text, problem.remedy, problem.check)


def kql_findings(plan: Plan, definitions: Definitions) -> list[Finding]:
    """What is wrong with the Kusto of the plan's log alerts and panels. Each finding names the query's definition."""
    found: set[Finding] = set()
    tables = definitions.tables
    for alert in plan.log_alerts:
        source = _source(alert.alert.signal, alert.backend)
        found |= _findings(alert.query, alert.scope, source, tables, f"alert {alert.alert.name}", alert)
    for dashboard in plan.dashboards:
        for panel in dashboard.panels:
            source = _source(panel.panel.signal, panel.backend)
            user = f"panel {panel.title!r} of dashboard {dashboard.dashboard.name}"
            for query in panel.queries:
                if isinstance(query, LogQueryPlan):
                    found |= _findings(query.query, query.scope, source, tables, user, query)
    return sorted(found)


def _findings(
    text: str,
    scope: LogScope,
    source: _Source,
    tables: Mapping[str, LogTable],
    user: str,
    form: LogAlert | LogQueryPlan,
) -> set[Finding]:
    try:
        query = parse_query(text)
    except KqlSyntaxError as error:
        remedy = "write a table and what is done with its rows: {{ rows(Table) }} | where ..."
        return {source.finding(Problem(str(error), remedy, "kql-syntax"))}
    reading = read_query(query, tables)
    found = {source.finding(problem) for problem in _problems(query, reading, scope, tables)}
    if isinstance(form, LogAlert):
        return found | {source.finding(problem, user) for problem in _alert_problems(form, query, reading)}
    return found | {source.finding(problem, user) for problem in _panel_problems(form, reading)}


def _source(signal: Signal, backend: Backend) -> _Source:
    measure = signal.measure(backend)
    file = measure.file if isinstance(measure, kql.Query | kql.Table) else ""
    return _Source(measure.where if measure is not None else signal.where, signal.name, file)


def _problems(query: Query, reading: Reading, scope: LogScope, tables: Mapping[str, LogTable]) -> Iterator[Problem]:
    """What is wrong in either form."""
    yield from map(_unknown, reading.unknown)
    first = query.pipeline.source[:1]
    if not any(token.text in tables or token.is_symbol("(") for token in first) and not reading.unknown:
        yield Problem(
            f"the query starts with {shown(first)!r}, not with a table of the contract",
            f"start with {{{{ rows(Table) }}}}; the tables are {', '.join(sorted(tables))}",
            "kql-table-first",
        )
    for operator in sorted({step.stage.operator for step in reading.steps} & READ_ANY_TABLE):
        yield Problem(
            f"{operator} reads whatever tables there are, and Azure refuses it in an alert",
            "start with one table; bring in another with join",
            "kql-table-first",
        )
    for table in reading.tables:
        if table.scope is not scope:
            yield Problem(
                f"{table.name} can be read in the scope of the {table.scope.value}, the query runs in that of the "
                f"{scope.value}",
                "use tables of one scope in a query: classic names of Application Insights belong to the component",
                "kql-scope",
            )
    yield from figure_problems(reading)
    yield from type_problems(reading)


def _alert_problems(alert: LogAlert, query: Query, reading: Reading) -> Iterator[Problem]:
    tokens = tokens_of(alert.query)
    for macro in sorted({token.text for token in tokens if token.kind is Kind.MACRO}):
        yield Problem(
            f"{macro} means something to Grafana only", "write {{ rows(Table) }}, {{ bin }}, {{ width }}", "kql-macro"
        )
    operators = [step.stage.operator for step in reading.steps]
    if "render" in operators:
        yield Problem("an alert draws nothing", "delete the render operator", "kql-render")
    for operator in sorted({*operators} & LOG_REFUSED_OPERATORS - READ_ANY_TABLE):
        yield Problem(f"{operator} picks rows at random", "use top N by a column, or delete it", "kql-refused")
    for plugin in sorted({token.text for token in tokens if token.kind is Kind.NAME} & LOG_REFUSED_PLUGINS):
        yield Problem(f"Azure refuses {plugin}() in an alert", "name the columns one by one", "kql-refused")
    if query.pipeline.stages and query.pipeline.stages[-1].operator == "count":
        yield Problem(
            "the query ends in count: the alert would count that one row", "end with summarize ... by", "kql-refused"
        )
    for argument in _arguments(tokens, "ago"):
        if not _is_timespan(argument):
            yield Problem(
                f"ago({shown(argument)}) is refused: Azure takes only a literal there",
                "write ago(1h); the alert's window narrows the time range by itself",
                "kql-ago",
            )
    window = alert.window
    for width in _bin_widths(tokens, reading):
        if not _is_timespan(width) or parse_duration(width[0].text) != window:
            yield Problem(
                f"bins of {shown(width)} in a window of {window}: a bin at the window's edge holds only part of its "
                "rows",
                "write {{ bin }}, which is as wide as the window",
                "kql-bin",
            )
    yield from thin_ratios(reading)
    yield from _missing_columns(reading, (alert.column, *alert.dimensions), "the alert")
    if alert.periods > 1 and not _has_time(reading):
        yield Problem(
            f"the result has no time, but {alert.periods} windows are to be bad in a row",
            "keep {{ bin }} in summarize and the time column in project",
            "kql-time",
        )


def _panel_problems(query: LogQueryPlan, reading: Reading) -> Iterator[Problem]:
    for read in reading.reads:
        yield from _time_filter(read)
    if any(step.stage.operator == "render" for step in reading.steps):
        yield Problem("Grafana draws the panel, and refuses render", "delete the render operator", "kql-render")
    for width in _bin_widths(tokens_of(query.query), reading):
        if shown(width) != INTERVAL:
            yield Problem(
                f"bins of {shown(width)} whatever the dashboard's time range",
                "write {{ bin }}, which follows the range",
                "kql-bin",
            )
    yield from _missing_columns(reading, query.columns, "the panel")
    if query.format is QueryFormat.SERIES and not _has_time(reading):
        yield Problem(
            "the result has no time to draw along", "keep {{ bin }} in summarize and the time in project", "kql-time"
        )


def _unknown(unknown: Unknown) -> Problem:
    similar = _nearest(unknown.name, unknown.known)
    remedy = f"did you mean {similar}? Kusto tells capitals from small letters" if similar else ""
    if not remedy and unknown.kind != "function":
        remedy = f"known here: {', '.join(sorted(unknown.known))}"
    return Problem(f"there is no {unknown.kind} {unknown.name}", remedy, f"kql-{unknown.kind}")


def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    by_lower = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else None


def _time_filter(read: TableRead) -> Iterator[Problem]:
    table = read.table
    arguments = [
        shown(argument)
        for stage in read.pipeline.stages
        if stage.operator == "where"
        for argument in _arguments(stage.tokens, TIME_FILTER)
    ]
    if arguments != [table.time]:
        found = ", ".join(f"{TIME_FILTER}({argument})" for argument in arguments) or "no time filter"
        yield Problem(
            f"{table.name} is read with {found}, so the dashboard's time range does not hold for it",
            f"write {{{{ rows({table.name}) }}}}, which filters by {table.time} once",
            "kql-time-filter",
        )


def _missing_columns(reading: Reading, wanted: tuple[str, ...], user: str) -> Iterator[Problem]:
    columns = reading.columns
    if columns is None:
        yield Problem(
            "the columns of the result cannot be told from the text",
            f"end with project or summarize, with {', '.join(wanted)}",
            "kql-result",
        )
        return
    for name in wanted:
        if name not in columns:
            similar = _nearest(name, tuple(columns))
            yield Problem(
                f"the result has no column {name}, which {user} reads: it has {', '.join(columns)}",
                f"did you mean {similar}?" if similar else f"return {name}, or change the names in the definition",
                "kql-result",
            )


def _has_time(reading: Reading) -> bool:
    return reading.columns is None or any(column.type == "datetime" for column in reading.columns.values())


def _bin_widths(tokens: Tokens, reading: Reading) -> Iterator[Tokens]:
    """The widths of all bins of time."""
    times = {table.time for table in reading.tables}
    for index, token in enumerate(tokens[:-1]):
        if token.is_name("bin", "bin_at") and tokens[index + 1].is_symbol("("):
            value, *width = split(tokens[index + 2 : group_end(tokens, index + 1)], ",")
            if len(value) == 1 and value[0].text in times and width:
                yield width[0]


def _arguments(tokens: Tokens, function: str) -> Iterator[Tokens]:
    for index, token in enumerate(tokens[:-1]):
        if token.text == function and token.kind is not Kind.STRING and tokens[index + 1].is_symbol("("):
            yield tokens[index + 2 : group_end(tokens, index + 1)]


def _is_timespan(tokens: Tokens) -> bool:
    if len(tokens) != 1 or tokens[0].kind is not Kind.NUMBER:
        return False
    return _is_duration(tokens[0])


def _is_duration(token: Token) -> bool:
    try:
        parse_duration(token.text)
    except ValueError:
        return False
    return True
