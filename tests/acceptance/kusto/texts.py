"""Every Kusto text that somebody will run, with what its user needs of the result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Location
from monitoring_kit.core.units import COUNT, SECONDS
from monitoring_kit.environment.model import Environment
from monitoring_kit.model import kql
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.kql import KqlText
from monitoring_kit.model.kql_template import PANEL, Form, alert_form, render_kql, tables_named
from monitoring_kit.model.log_tables import LogScope, LogTable
from monitoring_kit.model.signals import Signal
from monitoring_kit.model.views import View, ViewRequest
from monitoring_kit.plan.backends import backends_of
from monitoring_kit.plan.model import LogAlert, LogQueryPlan, Plan, QueryFormat
from monitoring_kit.plan.queries import FORMATS
from monitoring_kit.plan.runbook_text import PLACEHOLDER, blocks, environment_names, filled

NUMBER = frozenset({"int", "long", "real", "decimal"})
TEXT = frozenset({"string"})
TIME = frozenset({"datetime"})
# A table of results shows these as they are; a dynamic value would be a text of JSON.
SHOWN = NUMBER | TEXT | TIME


@dataclass(frozen=True)
class Need:
    """A column that a result has to have, "" for any name, of one of `types`, and who needs it."""

    column: str
    types: frozenset[str]
    purpose: str


@dataclass(frozen=True)
class Sent:
    """A text as it is sent: `where` is its definition's line, or its own, and `user` says who sends it."""

    where: Location
    user: str
    scope: LogScope
    text: str
    needs: tuple[Need, ...] = ()


def texts_of_plan(plan: Plan) -> Iterator[Sent]:
    """What the log alerts and the panels of an environment send."""
    for alert in plan.log_alerts:
        user = f"alert {alert.alert.name} {alert.severity.value}"
        where, signal = _defined(alert.alert.signal, alert.backend)
        yield Sent(where, f"{signal}, {user}", alert.scope, alert.query, needs_of_alert(alert))
    for dashboard in plan.dashboards:
        for panel in dashboard.panels:
            where, signal = _defined(panel.panel.signal, panel.backend)
            user = f"{signal}, panel {panel.title!r} of dashboard {dashboard.dashboard.name}"
            for query in panel.queries:
                if isinstance(query, LogQueryPlan):
                    needs = needs_of_panel(query.format, query.by, query.values)
                    yield Sent(where, user, query.scope, query.query, needs)


def texts_of_signals(definitions: Definitions, environment: Environment) -> Iterator[Sent]:
    """Every signal in both forms, also in the one that no alert or panel asks for yet."""
    backends, settings = backends_of(environment), environment.settings()
    for signal in definitions.signals.values():
        for backend in backends:
            measure = signal.measure(backend)
            if not isinstance(measure, kql.Measure):
                continue
            where, subject = _defined(signal, backend)
            for form, text, format in _forms(signal, measure):
                tables = tables_named(text.text, definitions.tables)
                rendered = render_kql(text.text, form, settings, definitions.tables)
                needs = needs_of_panel(format, text.by, text.values)
                yield Sent(where, f"{subject}, {_name(form)}", tables[0].scope, rendered, needs)


def texts_of_runbooks(definitions: Definitions, names: Mapping[str, str]) -> Iterator[Sent]:
    """What a person on call pastes, with the names of `names` filled in and any text for what a person fills in."""
    for alert, runbook in sorted(definitions.runbooks.items()):
        for block in blocks(filled(runbook.text, names)):
            if block.language == "kusto":
                text = PLACEHOLDER.sub("example", block.text)
                where = Location(runbook.where.file, block.line)
                yield Sent(where, f"runbook {alert}", _scope(text, definitions.tables), text)


def names_of(environments: Mapping[str, Environment]) -> Mapping[str, str]:
    """What the environments together fill into a runbook."""
    return {name: value for one in environments.values() for name, value in environment_names(one).items()}


def needs_of_alert(alert: LogAlert) -> tuple[Need, ...]:
    """What Azure asks of the result: https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule"""
    needs = [Need(alert.column, NUMBER, "the alert measures")]
    needs += [Need(dimension, TEXT | NUMBER, "the alert splits by") for dimension in alert.dimensions]
    if alert.periods > 1:
        needs.append(Need("", TIME, f"the alert tells its {alert.periods} periods apart by"))
    return tuple(needs)


def needs_of_panel(format: QueryFormat, by: tuple[str, ...], values: tuple[str, ...]) -> tuple[Need, ...]:
    """What Grafana asks of the result: it makes a series of each number, named by the texts beside it."""
    if format is QueryFormat.ROWS:
        return tuple(Need(column, SHOWN, "the panel lists") for column in (*by, *values))
    return (
        *(Need(column, TEXT, "the panel names its series by") for column in by),
        *(Need(column, NUMBER, "the panel draws") for column in values),
        Need("", TIME, "the panel draws along"),
    )


def _forms(signal: Signal, measure: kql.Measure) -> Iterator[tuple[Form, KqlText, QueryFormat]]:
    for view in View:
        request = ViewRequest(
            view=view, by=(), name="", window=Duration(300), slower_than=1 * SECONDS, quantiles=(Decimal("0.95"),)
        )
        own_panel = isinstance(measure, kql.Query) and measure.panel_file
        text = measure.plots(request, signal.column, signal.unit) if own_panel or not view.judged else None
        if text is not None:
            yield PANEL, text, FORMATS.get(view, QueryFormat.SERIES)
    value = measure.value(signal.column, 1 * SECONDS, 20 * COUNT)
    if value is not None and not (isinstance(measure, kql.Query) and measure.panel_file):
        yield PANEL, value, QueryFormat.SERIES
        yield alert_form(Duration(300)), value, QueryFormat.SERIES


def _name(form: Form) -> str:
    return "as a panel" if form.is_panel else "as an alert"


def _defined(signal: Signal, backend: Backend) -> tuple[Location, str]:
    """The line of the measure, and what to call it: a text of its own stands in a file."""
    measure = signal.measure(backend)
    file = f" ({measure.file})" if isinstance(measure, kql.Query | kql.Table) else ""
    return (measure.where if measure is not None else signal.where), f"signal {signal.name}{file}"


def _scope(text: str, tables: Mapping[str, LogTable]) -> LogScope:
    """The scope that a person chooses for a query: that of the table it starts with."""
    first = re.search(r"\w+", text)
    table = tables.get(first[0]) if first else None
    return table.scope if table else LogScope.WORKSPACE
