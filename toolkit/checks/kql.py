"""Checks of the Kusto of every log alert and every panel, as Azure and Grafana get it.

Tables, columns and functions are looked up in the contract and in Microsoft's reference. What a comparison or a
function makes of a wrong type is not judged here; Microsoft's own language service knows that.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from toolkit.azure.limits import LOG_REFUSES
from toolkit.azure_contract import LogScope, LogTable
from toolkit.definitions import Definitions
from toolkit.durations import Duration, parse_duration
from toolkit.findings import Finding, Location
from toolkit.kql.arithmetic import Column, Division, call_of, column_of, divisions, is_whole
from toolkit.kql.measures import LogList, LogQuery
from toolkit.kql.pipeline import Query, Stage, group_end, parse_query, split
from toolkit.kql.reading import Reading, Step, TableRead, read_query
from toolkit.kql.tokens import Kind, KqlSyntaxError, Tokens
from toolkit.places import Place
from toolkit.plan.model import LogAlert, LogQueryPlan, Plan, PlannedPanel, QueryFormat
from toolkit.signals import Signal

SUMS = ("sum", "sumif", "avg", "avgif")


@dataclass(frozen=True)
class _Text:
    """A query with what its messages need: the definition it comes from and how that is called."""

    where: Location
    subject: str
    file: str
    text: str
    scope: LogScope
    columns: tuple[str, ...]

    def finding(self, problem: str, remedy: str, check: str) -> Finding:
        return Finding(self.where, self.subject, f"{self.file}{problem}", remedy, check)


def kql_findings(plan: Plan, definitions: Definitions) -> list[Finding]:
    """What is wrong with the Kusto of the plan's log alerts and panels. Each finding names the query's definition."""
    found: list[Finding] = []
    for alert in plan.log_alerts:
        text = _text_of_alert(alert)
        found += _query_findings(text, definitions, partial(_alert_findings, alert))
    for dashboard in plan.dashboards:
        for panel in dashboard.panels:
            for query in panel.queries:
                if isinstance(query, LogQueryPlan):
                    text = _text_of_panel(dashboard.dashboard.name, panel, query)
                    found += _query_findings(text, definitions, partial(_panel_findings, query))
    return sorted(set(found))
