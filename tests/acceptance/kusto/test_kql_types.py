"""Every Kusto text compiles against the contract of the log tables, and its result holds what its user reads."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest

from monitoring_kit.core.findings import Location
from monitoring_kit.model import kql
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.log_tables import LogScope, log_table
from monitoring_kit.plan.model import LogAlert, LogQueryPlan, QueryFormat
from tests.acceptance.kusto.language_service import type_findings, without_macros
from tests.acceptance.kusto.texts import (
    Need,
    Sent,
    names_of,
    needs_of_alert,
    needs_of_panel,
    texts_of_plan,
    texts_of_runbooks,
    texts_of_signals,
)
from tests.acceptance.kusto.variants import plan_of, variants
from tests.support.planting import shipped
from tests.unit.render.azure.planned import LOG_ALERT

CPU_SECONDS = 5


@cache
def everything() -> tuple[Sent, ...]:
    sent = [text for name in variants() for text in texts_of_plan(plan_of(name))]
    sent += [text for environment in variants().values() for text in texts_of_signals(shipped(), environment)]
    sent += texts_of_runbooks(shipped(), names_of(variants()))
    return tuple(sent)


def test_every_text_compiles_and_its_result_holds_what_its_user_reads() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = type_findings(everything(), shipped().tables.values())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert not found, "\n".join(map(str, found))
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < CPU_SECONDS


def test_no_text_is_left_out() -> None:
    texts = {sent.text for sent in everything()}
    users = "\n".join(sent.user for sent in everything())
    for signal in shipped().signals.values():
        measures = [signal.measure(backend) for backend in Backend]
        if any(isinstance(one, kql.Ratio | kql.Rate | kql.Durations | kql.Query | kql.Table) for one in measures):
            assert f"signal {signal.name}" in users
    for name in variants():
        assert {alert.query for alert in plan_of(name).log_alerts} <= texts
        queries = (query for board in plan_of(name).dashboards for panel in board.panels for query in panel.queries)
        assert {query.query for query in queries if isinstance(query, LogQueryPlan)} <= texts
    for name, runbook in shipped().runbooks.items():
        assert users.count(f"runbook {name}") == runbook.text.count("```kusto")


TRAFFIC = log_table(
    "Traffic",
    backend=Backend.ONLINE_ENDPOINT,
    own_rows="true",
    columns="TimeGenerated:datetime Deployment:string Code:int Ms:real Instance:int Body:dynamic",
)
REQUESTS = log_table(
    "requests",
    backend=Backend.APPLICATION_INSIGHTS,
    scope=LogScope.COMPONENT,
    time="timestamp",
    own_rows="true",
    columns="timestamp:datetime success:string",
)

GOOD = "Traffic | summarize Value = max(Ms) by bin(TimeGenerated, 5m), Deployment"
ALERT = needs_of_alert(replace(LOG_ALERT, column="Value", dimensions=("Deployment",), periods=2))
PANEL = needs_of_panel(QueryFormat.SERIES, ("Deployment",), ("Value",))
ROWS = needs_of_panel(QueryFormat.ROWS, (), ("Deployment", "Body"))

PLANTED: Mapping[str, tuple[str, tuple[Need, ...], str]] = {
    "unknown table": ("Trafic | take 1", (), "column 1: The name 'Trafic' does not refer to any known table"),
    "table of another scope": ("requests | take 1", (), "The name 'requests' does not refer to any known"),
    "unknown column": ("Traffic | where Cod > 1", (), "column 17: The name 'Cod' does not refer to any known"),
    "column that project left out": ("Traffic | project Ms\n| where Code > 1", (), "line 2, column 9: The name 'Code'"),
    "unknown function": (
        "Traffic | where strlenn(Deployment) > 1",
        (),
        "'strlenn' does not refer to any known function",
    ),
    "order of numbers and texts": (
        'Traffic | where Code > "5"',
        (),
        "operator '>' is not defined for the operand types",
    ),
    "order of a number and a time": ("Traffic | where Ms > 5m", (), "types real and timespan"),
    "search in a number": ('Traffic | where Code has "5"', (), "operator 'has' is not defined"),
    "sum of texts": ("Traffic | summarize sum(Deployment)", (), "must be summable"),
    "aggregation in where": ("Traffic | where count() > 1", (), "aggregate"),
    "number as a condition": ("Traffic | where Code", (), "must have the type bool"),
    "syntax": ("Traffic | where (Code > 1", (), "Expected: )"),
    "keys of a join": (
        "Traffic | join kind=inner (Traffic | project Key = 1) on $left.Deployment == $right.Key",
        (),
        "Inconsistent data types for join keys",
    ),
    "ago() of a number": ("Traffic | where TimeGenerated > ago(60)", (), "type timespan expected"),
    "equality of a number and a text": ('Traffic | where Code == "200"', (), "column 22: int is compared with string"),
    "equality of a text and a truth value": ("Traffic | where Deployment != true", (), "string is compared with bool"),
    "equality of a computed text": ("Traffic | where tostring(Code) == 200", (), "string is compared with long"),
    "list of texts for a number": ('Traffic | where Code in (500, "503")', (), "int is compared with string"),
    "behind a macro": (
        "Traffic | where $__timeFilter(TimeGenerated) | where Cod > 1 | summarize N = count() by bin(TimeGenerated, "
        "$__interval)",
        (),
        "line 1, column 54: The name 'Cod'",
    ),
    "empty": ("", ALERT, "the text has no result"),
    "measure missing": (GOOD.replace("Value", "Worst"), ALERT, "no column Value of type"),
    "measure is a text": (GOOD.replace("max(Ms)", "take_any(Deployment)"), ALERT, "no column Value of type"),
    "dimension missing": (
        "Traffic | summarize Value = max(Ms) by bin(TimeGenerated, 5m)",
        ALERT,
        "no column Deployment",
    ),
    "dimension is a time": (
        "Traffic | summarize Value = max(Ms) by Deployment = bin(TimeGenerated, 5m)",
        ALERT,
        "no column Deployment of type",
    ),
    "dimension is dynamic": (
        "Traffic | summarize Value = max(Ms), Deployment = take_any(Body) by bin(TimeGenerated, 5m)",
        ALERT,
        "no column Deployment of type",
    ),
    "no time for two periods": (
        "Traffic | summarize Value = max(Ms) by Deployment",
        ALERT,
        "tells its 2 periods apart",
    ),
    "series named by a number": (
        "Traffic | summarize Value = max(Ms) by bin(TimeGenerated, 5m), Deployment = Instance",
        PANEL,
        "no column Deployment of type string, which the panel names its series by",
    ),
    "series without a time": ("Traffic | summarize Value = max(Ms) by Deployment", PANEL, "the panel draws along"),
    "rows with a dynamic value": ("Traffic | project Deployment, Body", ROWS, "no column Body of type"),
}


@cache
def planted() -> Mapping[str, tuple[str, ...]]:
    """The findings by fault; all faults in one run of Node."""
    where = Location("queries/planted.py", 7)
    sent = [Sent(where, fault, LogScope.WORKSPACE, text, needs) for fault, (text, needs, _) in PLANTED.items()]
    sent.append(Sent(where, "none", LogScope.WORKSPACE, GOOD, (*ALERT, *PANEL)))
    found = type_findings(sent, (TRAFFIC, REQUESTS))
    return {one.user: tuple(str(finding) for finding in found if finding.subject == one.user) for one in sent}


def test_a_good_text_has_no_findings() -> None:
    assert planted()["none"] == ()


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault: str) -> None:
    *_, words = PLANTED[fault]
    found = planted()[fault]
    assert any(words in message for message in found), found
    assert all(message.startswith(f"queries/planted.py:7: {fault}: ") for message in found)


def test_values_that_can_be_equal_may_be_compared() -> None:
    equal = ("Code == 200.0", "Code == int(null)", "Body.code == 200", 'Body.name == "x"', "Code in (500, 503)")
    text = f"Traffic | where {' or '.join(equal)}"
    assert type_findings([Sent(Location("x.py", 1), "x", LogScope.WORKSPACE, text)], [TRAFFIC]) == []


def test_macros_are_replaced_by_text_of_the_same_length() -> None:
    text = "T | where $__timeFilter(TimeGenerated) | summarize count() by bin(TimeGenerated, $__interval)"
    replaced = without_macros(text)
    assert "$" not in replaced
    assert len(replaced) == len(text)


def test_a_finding_names_the_definition_and_the_file_of_the_text() -> None:
    (alert,) = [one for one in plan_of("option-b").log_alerts if one.alert.name == "InferenceContainerRestarts"]
    broken = replace(alert, query=alert.query.replace("= Name,", "= PodName,"))
    (finding,) = _findings_of(broken)
    assert finding.startswith("queries/pods.py:")
    assert "signal container_restarts (kql/container_restarts.kql), alert InferenceContainerRestarts warning" in finding
    assert "line 5, column " in finding
    assert "in: | summarize Restarts = " in finding


def test_a_finding_in_a_runbook_names_the_line_of_its_block() -> None:
    runbook = replace(shipped().runbooks["ModelLatencyHigh"], text="A\n\n```kusto\nTraffic\n| where Cod > 1\n```\n")
    definitions = replace(shipped(), runbooks={"ModelLatencyHigh": runbook}, tables={"Traffic": TRAFFIC})
    (finding,) = type_findings(list(texts_of_runbooks(definitions, {})), [TRAFFIC])
    assert str(finding).startswith("rules/runbooks/ModelLatencyHigh.md:4: runbook ModelLatencyHigh: line 2, column 9:")


def _findings_of(alert: LogAlert) -> list[str]:
    plan = replace(plan_of("option-b"), log_alerts=(alert,), dashboards=())
    return [str(finding) for finding in type_findings(list(texts_of_plan(plan)), shipped().tables.values())]
