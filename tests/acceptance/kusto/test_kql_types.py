"""Every Kusto text compiles against the contract of the log tables, and its result holds what its user reads."""

from __future__ import annotations

import resource
from dataclasses import replace
from functools import cache

from monitoring_kit.core.findings import Location
from monitoring_kit.model import kql
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.log_tables import LogScope, log_table
from monitoring_kit.plan.model import LogAlert, LogQueryPlan
from tests.acceptance.kusto.language_service import type_findings, without_macros
from tests.acceptance.kusto.texts import (
    Sent,
    names_of,
    texts_of_plan,
    texts_of_runbooks,
    texts_of_signals,
)
from tests.acceptance.kusto.variants import plan_of, variants
from tests.support.planting import shipped

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
