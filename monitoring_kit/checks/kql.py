"""Checks of the Kusto of every log alert and every panel, in the form in which Azure and Grafana get it.

Tables, columns and closed values are looked up in the contract, and what Kusto takes but Azure, Grafana or the reader
of a figure does not is refused. Functions, types, and the columns that a result really has are not judged here:
Microsoft's own language service, which the tests ask, knows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitoring_kit.analysis.kusto import Reading, TableRead, Unknown, is_known, read_query
from monitoring_kit.checks.kql_lints import KqlProblem, figure_problems, shown, thin_ratios
from monitoring_kit.checks.kql_values import nearest, value_problems
from monitoring_kit.checks.registry import Check, Group
from monitoring_kit.core.durations import parse_duration
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.kusto.pipeline import Query, calls, parse_query
from monitoring_kit.kusto.tokens import Kind, KqlSyntaxError, Tokens
from monitoring_kit.model import kql
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.log_tables import LogScope, LogTable
from monitoring_kit.model.signals import Signal
from monitoring_kit.plan.azure_limits import LOG_REFUSED_OPERATORS, LOG_REFUSED_PLUGINS
from monitoring_kit.plan.model import LogAlert, LogQueryPlan, Plan

TIME_FILTER = "$__timeFilter"
INTERVAL = "$__interval"
READ_ANY_TABLE = frozenset({"search", "find", "union"})
BOUNDING = frozenset({"top", "take", "limit"})


@dataclass(frozen=True)
class _Source:
    """Where a query is written: what its findings point at. A list shows the rows of the query as they are."""

    where: Location
    signal: str
    file: str
    is_list: bool

    def finding(self, problem: KqlProblem, user: str = "") -> Finding:
        """The problem, of the signal itself or, with `user`, of the alert or the panel that uses the query."""
        text = f"{self.file}: {problem.text}" if self.file else problem.text
        return Finding(self.where, user or f"signal {self.signal}", text, problem.remedy, problem.check)


def kql_findings(plan: Plan, definitions: Definitions) -> list[Finding]:
    """What is wrong with the Kusto of the plan's log alerts and panels. Each finding names the query's definition."""
    found: set[Finding] = set()
    tables = definitions.tables
    for alert in plan.log_alerts:
        source = _source(alert.alert.signal, alert.backend)
        found |= _findings(alert, source, tables, f"alert {alert.alert.name}")
    for dashboard in plan.dashboards:
        for panel in dashboard.panels:
            source = _source(panel.panel.signal, panel.backend)
            user = f"panel {panel.title!r} of dashboard {dashboard.dashboard.name}"
            for query in panel.queries:
                if isinstance(query, LogQueryPlan):
                    found |= _findings(query, source, tables, user)
    return sorted(found)


def _findings(
    form: LogAlert | LogQueryPlan, source: _Source, tables: Mapping[str, LogTable], user: str
) -> set[Finding]:
    try:
        query = parse_query(form.query)
    except KqlSyntaxError as error:
        remedy = "write a table and what is done with its rows: {{ rows(Table) }} | where ..."
        return {source.finding(KqlProblem(str(error), remedy, "kql-syntax"))}
    reading = read_query(query, tables)
    if isinstance(form, LogAlert):
        problems = _alert_problems(form, query, reading)
    else:
        problems = _panel_problems(form, query, reading, source)
    return {
        *(source.finding(problem) for problem in query_problems(query, reading, form.scope, tables)),
        *(source.finding(problem, user) for problem in problems),
    }


def _source(signal: Signal, backend: Backend) -> _Source:
    measure = signal.measure(backend)
    file = measure.file if isinstance(measure, kql.Query | kql.Table) else ""
    where = measure.where if measure is not None else signal.where
    return _Source(where, signal.name, file, isinstance(measure, kql.Table))


def query_problems(
    query: Query, reading: Reading, scope: LogScope, tables: Mapping[str, LogTable]
) -> Iterator[KqlProblem]:
    """What is wrong with a query, no matter what runs it in `scope`: an alert, a panel, a person with a runbook."""
    yield from map(_unknown, reading.unknown)
    first = query.pipeline.source[:1]
    if not any(token.text in tables or token.is_symbol("(") for token in first) and not reading.unknown:
        yield KqlProblem(
            f"the query starts with {shown(first)!r}, not with a table of the contract",
            f"start with {{{{ rows(Table) }}}}; the tables are {', '.join(sorted(tables))}",
            "kql-table-first",
        )
    for operator in sorted({step.stage.operator for step in reading.steps} & READ_ANY_TABLE):
        yield KqlProblem(
            f"{operator} reads whatever tables there are, and Azure refuses it in an alert",
            "start with one table; bring in another with join",
            "kql-table-first",
        )
    for table in reading.tables:
        if table.scope is not scope:
            yield KqlProblem(
                f"{table.name} can be read in the scope of the {table.scope.value}, the query runs in that of the "
                f"{scope.value}",
                "use tables of one scope in a query: classic names of Application Insights belong to the component",
                "kql-scope",
            )
    yield from figure_problems(reading)
    yield from value_problems(reading)


def _alert_problems(alert: LogAlert, query: Query, reading: Reading) -> Iterator[KqlProblem]:
    tokens = query.tokens
    for macro in sorted({token.text for token in tokens if token.kind is Kind.MACRO}):
        yield KqlProblem(
            f"{macro} means something to Grafana only", "write {{ rows(Table) }}, {{ bin }}, {{ width }}", "kql-macro"
        )
    operators = [step.stage.operator for step in reading.steps]
    if "render" in operators:
        yield KqlProblem("an alert draws nothing", "delete the render operator", "kql-render")
    for operator in sorted({*operators} & LOG_REFUSED_OPERATORS - READ_ANY_TABLE):
        yield KqlProblem(f"{operator} picks rows at random", "use top N by a column, or delete it", "kql-refused")
    for plugin in sorted({token.text for token in tokens if token.kind is Kind.NAME} & LOG_REFUSED_PLUGINS):
        yield KqlProblem(f"Azure refuses {plugin}() in an alert", "name the columns one by one", "kql-refused")
    if query.pipeline.stages and query.pipeline.stages[-1].operator == "count":
        problem = "the query ends in count: the alert would count that one row"
        yield KqlProblem(problem, "end with summarize ... by", "kql-refused")
    else:
        yield from _missing_columns(reading, (alert.column, *alert.dimensions), "the alert")
    for _, (argument, *_) in calls(tokens, "ago"):
        if not _is_timespan(argument):
            yield KqlProblem(
                f"ago({shown(argument)}) is refused: Azure takes only a literal there",
                "write ago(1h); the alert's window narrows the time range by itself",
                "kql-ago",
            )
    window = alert.window
    for width in _bin_widths(tokens, reading):
        if not _is_timespan(width) or parse_duration(width[0].text) != window:
            yield KqlProblem(
                f"bins of {shown(width)} in a window of {window}: a bin at the window's edge holds only part of its "
                "rows",
                "write {{ bin }}, which is as wide as the window",
                "kql-bin",
            )
    yield from thin_ratios(reading)


def _panel_problems(plan: LogQueryPlan, query: Query, reading: Reading, source: _Source) -> Iterator[KqlProblem]:
    for read in reading.reads:
        yield from _time_filter(read)
    if any(step.stage.operator == "render" for step in reading.steps):
        yield KqlProblem("Grafana draws the panel, and refuses render", "delete the render operator", "kql-render")
    for width in _bin_widths(query.tokens, reading):
        if shown(width) != INTERVAL:
            yield KqlProblem(
                f"bins of {shown(width)} whatever the dashboard's time range",
                "write {{ bin }}, which follows the range",
                "kql-bin",
            )
    yield from _missing_columns(reading, plan.columns, "the panel")
    if source.is_list and not any(stage.operator in BOUNDING for stage in query.pipeline.stages):
        yield KqlProblem(
            "the list has as many rows as the time range holds, and the browser loads them all",
            "end with the rows that matter most: top 100 by TimeGenerated desc",
            "kql-unbounded",
        )


def _unknown(unknown: Unknown) -> KqlProblem:
    similar = nearest(unknown.name, unknown.known)
    remedy = f"did you mean {similar}? Kusto tells capitals from small letters" if similar else ""
    known = f"known here: {', '.join(sorted(unknown.known))}"
    return KqlProblem(
        f"there is no {unknown.kind} {unknown.name}",
        remedy or known,
        "kql-table" if unknown.kind == "table" else "kql-column",
    )


def _time_filter(read: TableRead) -> Iterator[KqlProblem]:
    table = read.table
    arguments = [
        shown(argument)
        for stage in read.pipeline.stages
        if stage.operator == "where"
        for _, (argument, *_) in calls(stage.tokens, TIME_FILTER)
    ]
    if arguments != [table.time]:
        found = ", ".join(f"{TIME_FILTER}({argument})" for argument in arguments) or "no time filter"
        yield KqlProblem(
            f"{table.name} is read with {found}, so the dashboard's time range does not hold for it",
            f"write {{{{ rows({table.name}) }}}}, which filters by {table.time} once",
            "kql-time-filter",
        )


def _missing_columns(reading: Reading, wanted: tuple[str, ...], user: str) -> Iterator[KqlProblem]:
    if reading.columns is None or reading.unknown:
        return  # what the result would hold is a guess then
    missing = [name for name in wanted if not is_known(name, reading.columns, reading.functions)]
    if not missing:
        return
    similar = nearest(missing[0], reading.given)
    names = ", ".join(sorted(reading.given)) or "none"
    yield KqlProblem(
        f"the result has no column {', '.join(missing)}, which {user} reads; those that the text gives are {names}",
        f"did you mean {similar}?" if similar else "return it, or change the names in the definition",
        "kql-result",
    )


def _bin_widths(tokens: Tokens, reading: Reading) -> Iterator[Tokens]:
    """The widths of all bins of time."""
    times = {table.time for table in reading.tables}
    for _, (value, *width) in calls(tokens, "bin", "bin_at"):
        if len(value) == 1 and value[0].text in times and width:
            yield width[0]


def _is_timespan(tokens: Tokens) -> bool:
    try:
        return len(tokens) == 1 and tokens[0].kind is Kind.NUMBER and parse_duration(tokens[0].text) is not None
    except ValueError:
        return False


GROUP = Group(
    title="Kusto",
    checks=(
        Check(
            "kql-syntax",
            "The text is no Kusto: a parenthesis or a quote that is not closed, an operator that is not there.",
            "signal container_errors: kql/container_errors.kql: line 1: '(' is not closed",
        ),
        Check(
            "kql-table",
            "The query names a table that is not in the contract.",
            "signal errors: kql/errors.kql: there is no table Trafic",
        ),
        Check(
            "kql-column",
            "The query names a column that the table, or the step before, does not have.",
            "signal cpu_utilisation: kql/cpu_utilisation.kql: there is no column PodName",
        ),
        Check(
            "kql-value",
            "A column with a closed set of values is compared with another value: the query runs and finds nothing.",
            "signal errors: Grade is never 'lo'",
        ),
        Check(
            "kql-table-name",
            "A column is read that holds the name of the table, the same in every row.",
            "signal errors: type holds the name of the table, the same in every row",
        ),
        Check(
            "kql-table-first",
            "A query begins with one table of the contract. `search`, `find` and `union` read whatever there is.",
            "signal errors: search reads whatever tables there are, and Azure refuses it in an alert",
        ),
        Check(
            "kql-scope",
            "Tables of a workspace and of a component have other names, and cannot be read in one query.",
            "signal errors: requests can be read in the scope of the component, the query runs in that of the "
            "workspace",
        ),
        Check(
            "kql-time-filter",
            "A panel's query filters each table by the dashboard's time range exactly once, by the table's own time.",
            "panel 'Errors' of dashboard endpoint: Traffic is read with no time filter, so the dashboard's "
            "time range does not hold for it",
        ),
        Check(
            "kql-bin",
            "Time bins are as wide as the alert's window or the panel's interval. Other bins mix parts of two windows.",
            "alert ErrorsHigh: bins of 1m in a window of 5m: a bin at the window's edge holds only part of its rows",
        ),
        Check(
            "kql-ago",
            "Azure accepts only a literal in `ago()`.",
            "alert ErrorsHigh: ago(window) is refused: Azure takes only a literal there",
        ),
        Check(
            "kql-macro",
            "Grafana's macros mean nothing to Azure, which runs the alert.",
            "alert ErrorsHigh: $__interval means something to Grafana only",
        ),
        Check(
            "kql-render",
            "`render` draws, which neither an alert nor Grafana wants of a query.",
            "alert ErrorsHigh: an alert draws nothing",
        ),
        Check(
            "kql-refused",
            "What Azure refuses in the query of an alert, or what would make it count something else.",
            "alert ErrorsHigh: limit picks rows at random",
        ),
        Check(
            "kql-result",
            "The result has the columns that the alert or the panel reads.",
            "alert CheckoutRestarts: kql/container_restarts.kql: the result has no column Restarts, "
            "which the alert reads; those that the text gives are Added, ContainerName, PodName",
        ),
        Check(
            "kql-unbounded",
            "A list ends with the rows that matter most. Without a limit the browser loads every row of the "
            "time range.",
            "panel 'Failed requests' of dashboard endpoint: the list has as many rows as the time range holds, "
            "and the browser loads them all",
        ),
        Check(
            "kql-argument",
            "An aggregate is called without what it is of.",
            "signal container_restarts: kql/container_restarts.kql: sum() of nothing",
        ),
        Check(
            "kql-cumulative",
            "A column that only ever grows is added up: every row counts again what all before it counted.",
            "signal container_restarts: sum(ContainerRestartCount) adds up ContainerRestartCount, which only "
            "ever grows: every row holds all that was counted before",
        ),
        Check(
            "kql-integer-division",
            "Kusto divides whole numbers without a fraction, so a ratio is always 0 or 1.",
            "signal errors: Bad / Total divides whole numbers, so Kusto drops the fraction: a ratio is always 0 or 1",
        ),
        Check(
            "kql-sampling",
            "Application Insights samples: a row stands for `itemCount` events, which are to be summed rather "
            "than counted.",
            "signal errors: count() counts rows of a sampled table, where a row stands for itemCount events",
        ),
        Check(
            "kql-traffic-guard",
            "A ratio that alerts needs a minimum of events: one failure of one event is 100%.",
            "alert ErrorsHigh: 1.0 * Bad / Total has no minimum of traffic: one failure of one event is 100 %",
        ),
        Check(
            "kql-order",
            "Functions that read another row need rows in order. `summarize` and `join` lose the order again.",
            "signal container_restarts: kql/container_restarts.kql: prev() reads another row, and the rows are "
            "in no order",
        ),
    ),
    plan=lambda plan: kql_findings(plan, plan.definitions),
)
