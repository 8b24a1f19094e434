"""The Kusto of alerts and panels: where a check ends, and what a finding points at. The faults are in `faults.py`."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from monitoring_kit.checks.kql import kql_findings
from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import RATIO
from monitoring_kit.environment.values import ResourceId
from monitoring_kit.kusto.tokens import tokens_of
from monitoring_kit.model import kql
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.dashboards import Dashboard
from monitoring_kit.model.log_tables import LogScope, log_table
from monitoring_kit.plan.model import LogQueryPlan, Plan, PlannedDashboard, PlannedPanel, PlannedRow, QueryFormat
from tests.acceptance.kusto.variants import OPTION_B, plan_of
from tests.support.planting import shipped
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
    derived={"Grade": 'iff(Level == "bad", "low", "high")'},
    closed={"Level": "good bad", "Grade": "low high"},
    columns="TimeGenerated:datetime Deployment:string Level:string",
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


TWO_COUNTS = f"Traffic | summarize Total = count(), Bad = countif(Code >= 500) {BY_WINDOW}"


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


@pytest.mark.parametrize(
    "query",
    [
        "KubePodInventory | sort by PodUid asc | where Name != '' | extend D = ContainerRestartCount - "
        f"prev(ContainerRestartCount) | summarize Value = sum(D) {BY_WINDOW}",
        f"Traffic | serialize N = row_number() | summarize Value = max(N) {BY_WINDOW}",
        f"Traffic | top 5 by Ms | where next(Ms) > 1 | summarize Value = max(Ms) {BY_WINDOW}",
        f"Traffic | summarize Value = sum(Ms) / 2 {BY_WINDOW}",
        f"Traffic | summarize N = count() {BY_WINDOW} | project TimeGenerated, Deployment, Value = N / (5m / 1s)",
        f"Traffic | summarize Value = todouble(count()) / 300 {BY_WINDOW}",
        f"Traffic | where Code in (500, 503) and Ms != 1 and Body.code == 200 and Body.name == 'x' | summarize Value = "
        f"max(Ms) {BY_WINDOW}",
        f"Traffic | summarize Value = dcount(Body.Type), Type = min(Deployment) {BY_WINDOW} | where Type == 'blue'",
        f"Traffic | evaluate bag_of(Body) | where Anything > 1 | summarize Value = max(Ms) {BY_WINDOW}",
        f"Traffic | where Deployment !has 'count()/total $__x' // search take\n| summarize Value = max(Ms) {BY_WINDOW}",
    ],
)
def test_what_only_looks_like_a_fault_is_accepted(query: str) -> None:
    assert messages(alert_plan(query)) == {}


@pytest.mark.parametrize(
    ("condition", "never"),
    [
        ('Level == "bad"', ""),
        ('Level =~ "BAD"', ""),
        ("Level in~ (\"Good\", 'BAD')", ""),
        ('Level has "Bad"', ""),
        ('Level != ""', ""),
        ('Level contains "ba" or Level startswith "g" or Deployment == "bed"', ""),
        ('Level == Deployment or Level == tolower("BAD")', ""),
        ('Level == "BAD"', "Level is never 'BAD'"),
        ('Level !in ("good", "BAD")', "Level is never 'BAD'"),
        ('Level !~ "bed"', "Level is never 'bed'"),
        ('Level has_cs "Bad"', "Level is never 'Bad'"),
        ('not(Level has_any ("good", "bed"))', "Level is never 'bed'"),
        ("@'bed' == Level", "Level is never 'bed'"),
        ('iff(Level == "bed", 1, 2) == 1', "Level is never 'bed'"),
    ],
)
def test_a_closed_column_is_compared_with_its_values(condition: str, never: str) -> None:
    found = messages(alert_plan(f"ContainerLogV2 | where {condition} | summarize Value = count() {BY_WINDOW}"))
    assert list(found) == (["kql-value"] if never else [])
    assert not never or (never in found["kql-value"] and "it is one of bad, good" in found["kql-value"])


def test_a_text_may_give_a_closed_column_other_values_but_not_a_derived_one() -> None:
    rest = f"summarize Value = count() {BY_WINDOW}"
    assert messages(alert_plan(f'ContainerLogV2 | extend Level = toupper(Level) | where Level == "BAD" | {rest}')) == {}
    found = messages(alert_plan(f'ContainerLogV2 | extend Grade = "low" | where Grade == "lo" | {rest}'))
    assert "Grade is never 'lo'" in found["kql-value"]


def test_a_query_that_lacks_a_word_is_judged_or_refused_and_never_breaks_a_check() -> None:
    refused = 0
    for alert in plan_of(OPTION_B).log_alerts:
        written = [token.text for token in tokens_of(alert.query)]
        for index in range(len(written)):
            query = " ".join(written[:index] + written[index + 1 :])
            plan = replace(plan_of(OPTION_B), log_alerts=(replace(alert, query=query),), dashboards=())
            refused += bool(kql_findings(plan, shipped()))
    assert refused > 100


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
