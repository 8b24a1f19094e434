"""The Kusto of alerts and panels: each fault is planted once, starting with those of the hand-written guide."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from monitoring_kit.checks.kql import kql_findings
from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import RATIO
from monitoring_kit.environment.values import ResourceId
from monitoring_kit.model import kql
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.dashboards import Dashboard
from monitoring_kit.model.log_tables import LogScope, log_table
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import LogQueryPlan, Plan, PlannedDashboard, PlannedPanel, PlannedRow, QueryFormat
from tests.support.planting import shipped, shipped_environment
from tests.unit.render.azure.planned import ALERT, LOG_ALERT, MINUTES, SIGNAL, WORKSPACE, planned

TRAFFIC = log_table(
    "Traffic",
    backend=Backend.ONLINE_ENDPOINT,
    own_rows="true",
    columns="TimeGenerated:datetime Deployment:string Code:int Ms:real Body:dynamic Type:string",
)
PODS = log_table(
    "KubePodInventory",
    backend=Backend.CONTAINER_INSIGHTS,
    own_rows="true",
    cumulative="ContainerRestartCount",
    columns="TimeGenerated:datetime PodUid:string Name:string Deployment:string ContainerRestartCount:int",
)
LOGS = log_table(
    "ContainerLogV2",
    backend=Backend.CONTAINER_INSIGHTS,
    own_rows="true",
    columns="TimeGenerated:datetime Deployment:string",
)
REQUESTS = log_table(
    "requests",
    backend=Backend.APPLICATION_INSIGHTS,
    scope=LogScope.COMPONENT,
    time="timestamp",
    own_rows="true",
    columns="timestamp:datetime Deployment:string success:string itemCount:int duration:real",
)
DEFINITIONS = replace(
    shipped(), tables=MappingProxyType({table.name: table for table in (TRAFFIC, PODS, LOGS, REQUESTS)})
)

BY_WINDOW = "by bin(TimeGenerated, 5m), Deployment"
BY_INTERVAL = "by bin(TimeGenerated, $__interval), Deployment"
GOOD_ALERT = f"Traffic\n| summarize Value = max(Ms) {BY_WINDOW}"
GOOD_PANEL = f"Traffic\n| where $__timeFilter(TimeGenerated)\n| summarize Value = max(Ms) {BY_INTERVAL}"


def alert_plan(query: str, *, periods: int = 1, scope: LogScope = LogScope.WORKSPACE) -> Plan:
    return planned(replace(LOG_ALERT, query=query, column="Value", periods=periods, scope=scope))


def panel_plan(query: str, *, format: QueryFormat = QueryFormat.SERIES, scope: LogScope = LogScope.WORKSPACE) -> Plan:
    drawn = LogQueryPlan(query, scope, ResourceId(WORKSPACE), format, ("Deployment",), ("Value",), ("Traffic",))
    panel = PlannedPanel(
        id=1,
        panel=SIGNAL.timeseries(12),
        backend=Backend.ONLINE_ENDPOINT,
        title="Errors",
        description="",
        unit=RATIO,
        queries=(drawn,),
        lines=(),
        alerts=(),
        shortest_interval=None,
        x=0,
        y=0,
    )
    row = PlannedRow(2, "Is it up?", 0, (panel,))
    dashboard = Dashboard("Planted", "", (), (), name="planted")
    return replace(planned(), dashboards=(PlannedDashboard("planted", "Planted", dashboard, (), (row,)),))


def messages(plan: Plan) -> dict[str, str]:
    return {finding.check: str(finding) for finding in kql_findings(plan, DEFINITIONS)}


def test_good_queries_have_no_findings() -> None:
    assert messages(alert_plan(GOOD_ALERT, periods=3)) == {}
    assert messages(panel_plan(GOOD_PANEL)) == {}


@pytest.mark.parametrize("name", ["staging", "production"])
def test_the_shipped_queries_have_no_findings(name: str) -> None:
    plan = build_plan(shipped(), shipped_environment(name))
    assert kql_findings(plan, shipped()) == []
    assert plan.log_alerts


TWO_COUNTS = f"Traffic | summarize Total = count(), Bad = countif(Code >= 500) {BY_WINDOW}"

IN_BOTH_FORMS = [
    ("", "kql-syntax", ("no query",)),
    ("Traffic | where f(Code", "kql-syntax", ("is not closed",)),
    ("ContainerLog | where LogEntry has 'x'", "kql-table", ("no table ContainerLog", "did you mean ContainerLogV2?")),
    ("traffic | where Code > 1", "kql-table", ("did you mean Traffic?", "capitals")),
    ("Traffic | where Cod > 1", "kql-column", ("no column Cod", "did you mean Code?")),
    ("Traffic | where success == false", "kql-column", ("no column success",)),
    ("Traffic | summarize Value = cuont()", "kql-function", ("no function cuont", "did you mean count?")),
    ("search 'error'", "kql-table-first", ("starts with 'search", "ContainerLogV2")),
    ("union Traffic, ContainerLogV2", "kql-table-first", ("starts with 'union",)),
    ("Traffic | union ContainerLogV2", "kql-table-first", ("union reads whatever tables there are", "join")),
    ("requests | where duration > 1", "kql-scope", ("scope of the component", "that of the workspace")),
    (
        "KubePodInventory | summarize RestartCount = sum(ContainerRestartCount) by bin(TimeGenerated, 1h)",
        "kql-cumulative",
        ("sum(ContainerRestartCount)", "only ever grows", "ContainerRestartCount - prev(ContainerRestartCount)"),
    ),
    (
        "KubePodInventory | extend R = toint(ContainerRestartCount) | summarize N = max(R) by Name | summarize avg(N)",
        "kql-cumulative",
        ("avg(N)",),
    ),
    (
        f"KubePodInventory | summarize Value = max(ContainerRestartCount) - min(ContainerRestartCount) {BY_WINDOW}",
        "kql-cumulative",
        ("max(ContainerRestartCount) - min(ContainerRestartCount) in each time bin loses", "prev("),
    ),
    (
        f"{TWO_COUNTS} | extend Value = Bad * 100 / Total",
        "kql-integer-division",
        ("Bad * 100 / Total", "drops the fraction", "1.0 * Bad * 100 / Total"),
    ),
    (
        "Traffic | summarize Value = countif(Code > 1) / count()",
        "kql-integer-division",
        ("countif(Code > 1) / count()",),
    ),
    ("Traffic | extend Value = Code / (2 + 3)", "kql-integer-division", ("Code /",)),
    ("requests | summarize total = count() by Deployment", "kql-sampling", ("sampled", "sum(itemCount)")),
    (
        "requests | summarize errors = countif(success == 'False')",
        "kql-sampling",
        ("countif()", "sumif(itemCount, ...)"),
    ),
    ("requests | where success == 'False' | count", "kql-sampling", ("count()",)),
    ('Traffic | where Code == "200"', "kql-types", ("Code is a number", '"200" a string', "never equal", "toint()")),
    ("Traffic | where 'blue' != Code and Ms > 1", "kql-types", ("Code a number",)),
    ("Traffic | where Code in (500, '503')", "kql-types", ("'503' a string",)),
    ("Traffic | where Code !in ('500')", "kql-types", ("'500' a string",)),
    ("Traffic | where Deployment in~ (1)", "kql-types", ("1 a number",)),
    ("requests | summarize Bad = sumif(itemCount, success == false)", "kql-types", ("success is a string", "a bool")),
    ("Traffic | where tostring(Code) == 200", "kql-types", ("tostring(Code) is a string",)),
    ("Traffic | where TimeGenerated == '2026-01-01'", "kql-types", ("is a datetime",)),
    (
        "Traffic | summarize N = count() by Type",
        "kql-table-name",
        ("Type holds the name of the table", "ExceptionType"),
    ),
    ("Traffic | extend Kind = Type | summarize N = count() by Kind", "kql-table-name", ("Type holds the name",)),
    ("Traffic | where Type has 'Error'", "kql-table-name", ("ExceptionType",)),
]


@pytest.mark.parametrize(("query", "check", "words"), IN_BOTH_FORMS)
def test_a_fault_is_refused_in_an_alert_and_in_a_panel(query: str, check: str, words: tuple[str, ...]) -> None:
    for plan in (alert_plan(query), panel_plan(query)):
        message = messages(plan)[check]
        assert all(word in message for word in words), message
        assert message.startswith(f"{SIGNAL.where}: signal errors: ")


IN_ALERTS = [
    (
        f"Traffic | where $__timeFilter(TimeGenerated) | summarize Value = max(Ms) {BY_WINDOW}",
        "kql-macro",
        "timeFilter",
    ),
    ("Traffic | where Deployment == ${deployment} | summarize Value = max(Ms)", "kql-macro", "${deployment}"),
    (f"{GOOD_ALERT} | render timechart", "kql-render", "draws nothing"),
    ("Traffic | summarize Value = max(Ms) by bin(TimeGenerated, 1h), Deployment", "kql-bin", "bins of 1h in a window"),
    (
        f"let old = 1h; Traffic | where TimeGenerated > ago(old) | summarize Value = max(Ms) {BY_WINDOW}",
        "kql-ago",
        "old",
    ),
    (f"Traffic | take 10 | summarize Value = max(Ms) {BY_WINDOW}", "kql-refused", "take picks rows at random"),
    (f"Traffic | limit 10 | summarize Value = max(Ms) {BY_WINDOW}", "kql-refused", "limit picks rows at random"),
    ("Traffic | evaluate pivot(Deployment) | project Value, Deployment", "kql-refused", "refuses pivot()"),
    ("Traffic | where Code >= 500 | count", "kql-refused", "count that one row"),
    ("Traffic | summarize Value = max(Ms) by Deployment | project Value", "kql-result", "no column Deployment"),
    (f"Traffic | summarize Ms = max(Ms) {BY_WINDOW}", "kql-result", "no column Value, which the alert reads"),
    ("Traffic | evaluate narrow()", "kql-result", "cannot be told"),
]


@pytest.mark.parametrize(("query", "check", "words"), IN_ALERTS)
def test_a_fault_is_refused_in_an_alert(query: str, check: str, words: str) -> None:
    message = messages(alert_plan(query))[check]
    assert words in message
    assert "alert ErrorsHigh: " in message


def test_several_windows_need_a_time_to_be_told_apart() -> None:
    query = "Traffic | summarize Value = max(Ms) by Deployment"
    assert messages(alert_plan(query)) == {}
    assert "3 windows are to be bad in a row" in messages(alert_plan(query, periods=3))["kql-time"]


@pytest.mark.parametrize("width", ["5m", "300s"])
def test_a_bin_is_as_wide_as_the_window_however_it_is_written(width: str) -> None:
    query = f"Traffic | summarize Value = max(Ms) by bin(TimeGenerated, {width}), Deployment"
    assert messages(alert_plan(query)) == {}


RATIO_OF_COUNTS = f"{TWO_COUNTS} %s| project TimeGenerated, Deployment, Value = 1.0 * Bad / Total"


@pytest.mark.parametrize(
    ("guard", "is_refused"),
    [
        ("", True),
        ("| where Total > 0 ", True),
        ("| where Total >= 1 ", True),
        ("| where Bad >= 20 ", True),
        (
            "| join kind=inner (Traffic | summarize Total = count() by Deployment | where Total >= 20) on Deployment ",
            True,
        ),
        ("| where Total >= 20 ", False),
        ("| where Deployment == 'blue' and Total > 5 ", False),
    ],
)
def test_a_ratio_in_an_alert_needs_a_minimum_of_traffic(guard: str, is_refused: bool) -> None:
    found = messages(alert_plan(RATIO_OF_COUNTS % guard))
    assert list(found) == (["kql-traffic-guard"] if is_refused else [])
    if is_refused:
        assert "1.0 * Bad / Total has no minimum of traffic" in found["kql-traffic-guard"]
        assert "min_events=" in found["kql-traffic-guard"]


def test_a_ratio_by_a_count_that_has_no_name_cannot_be_guarded() -> None:
    query = f"Traffic | summarize Value = 100.0 * countif(Code >= 500) / count() {BY_WINDOW}"
    assert list(messages(alert_plan(query))) == ["kql-traffic-guard"]


def test_a_panel_shows_a_ratio_without_a_guard() -> None:
    query = (
        "Traffic | where $__timeFilter(TimeGenerated) | summarize Total = count(), Bad = countif(Code >= 500) "
        f"{BY_INTERVAL} | project TimeGenerated, Deployment, Value = 1.0 * Bad / Total"
    )
    assert messages(panel_plan(query)) == {}


IN_PANELS = [
    (f"Traffic | summarize Value = max(Ms) {BY_INTERVAL}", "kql-time-filter", "no time filter"),
    (GOOD_PANEL.replace("(TimeGenerated)\n", "(Timestamp)\n"), "kql-time-filter", "$__timeFilter(Timestamp)"),
    (
        GOOD_PANEL.replace("| summarize", "| where $__timeFilter(TimeGenerated)\n| summarize"),
        "kql-time-filter",
        "$__timeFilter(TimeGenerated), $__timeFilter(TimeGenerated)",
    ),
    (
        f"{GOOD_PANEL} | join kind=inner (KubePodInventory | project Deployment) on Deployment",
        "kql-time-filter",
        "KubePodInventory is read with no time filter",
    ),
    (GOOD_PANEL.replace("$__interval", "5m"), "kql-bin", "bins of 5m whatever the dashboard's time range"),
    (f"{GOOD_PANEL} | render timechart", "kql-render", "refuses render"),
    (GOOD_PANEL.replace("Value", "Valeu"), "kql-result", "did you mean Valeu?"),
    (f"{GOOD_PANEL} | project Deployment, Value", "kql-time", "no time to draw along"),
]


@pytest.mark.parametrize(("query", "check", "words"), IN_PANELS)
def test_a_fault_is_refused_in_a_panel(query: str, check: str, words: str) -> None:
    message = messages(panel_plan(query))[check]
    assert words in message
    assert "panel 'Errors' of dashboard planted: " in message


def test_rows_need_no_time() -> None:
    assert messages(panel_plan(f"{GOOD_PANEL} | project Deployment, Value", format=QueryFormat.ROWS)) == {}


@pytest.mark.parametrize(
    "query",
    [
        "KubePodInventory | extend D = ContainerRestartCount - prev(ContainerRestartCount) | summarize Value = sum(D) "
        + BY_WINDOW,
        f"Traffic | summarize Value = sum(Ms) / 2 {BY_WINDOW}",
        f"Traffic | summarize N = count() {BY_WINDOW} | project TimeGenerated, Deployment, Value = N / (5m / 1s)",
        f"Traffic | summarize Value = todouble(count()) / 300 {BY_WINDOW}",
        f"Traffic | where Code in (500, 503) and Ms != 1 and Body.code == 200 and Body.name == 'x' | summarize Value = "
        f"max(Ms) {BY_WINDOW}",
        f"Traffic | summarize Value = dcount(Body.Type), Type = min(Deployment) {BY_WINDOW} | where Type == 'blue'",
        f"Traffic | where Deployment !has 'count()/total $__x' // search take\n| summarize Value = max(Ms) {BY_WINDOW}",
    ],
)
def test_what_only_looks_like_a_fault_is_accepted(query: str) -> None:
    assert messages(alert_plan(query)) == {}


def test_sampling_is_no_matter_once_the_weights_are_summed() -> None:
    query = (
        "requests | summarize Value = sum(itemCount) by bin(timestamp, 5m), Deployment"
        " | summarize Value = max(Value), N = count() by bin(timestamp, 5m), Deployment"
    )
    assert messages(alert_plan(query, scope=LogScope.COMPONENT)) == {}


def test_a_finding_names_the_file_that_holds_the_text() -> None:
    measure = kql.Query(file="kql/errors.kql", backend=Backend.ONLINE_ENDPOINT, value_column="Value")
    alert = replace(ALERT, signal=replace(SIGNAL, online_endpoint=measure))
    plan = planned(replace(LOG_ALERT, alert=alert, query="Trafic", column="Value"))
    assert messages(plan)["kql-table"].startswith(f"{measure.where}: signal errors: kql/errors.kql: there is no table")


def test_the_levels_of_an_alert_give_one_finding() -> None:
    bad = replace(LOG_ALERT, query="Trafic", column="Value")
    assert len(kql_findings(planned(bad, replace(bad, window=Duration(10 * MINUTES))), DEFINITIONS)) == len(
        kql_findings(planned(bad), DEFINITIONS)
    )
