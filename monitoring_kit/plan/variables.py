"""The variables of a dashboard: for each a series that has the label, narrowed by the variables before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from monitoring_kit.core.findings import Finding, Refused
from monitoring_kit.environment.model import Environment
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.dashboards import Dashboard
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.plan.model import PrometheusQuery, Variable
from monitoring_kit.plan.queries import PanelQueries, scraped_metrics
from monitoring_kit.plan.scope import scoped
from monitoring_kit.promql.tree import Selector


def variables_of(
    dashboard: Dashboard, definitions: Definitions, environment: Environment
) -> tuple[tuple[Variable, ...], list[Finding]]:
    """The variables, and a finding for each label that no panel's metric has."""
    settings = environment.settings()
    variables: list[Variable] = []
    findings: list[Finding] = []
    for label in dashboard.labels:
        metric = next(_metrics_with(label, dashboard, definitions, environment), None)
        if metric is None:
            problem = f"no panel has a metric with the label {label!r}"
            remedy = "drop the variable, or add a panel that it narrows"
            findings.append(Finding(dashboard.where, f"dashboard {dashboard.name}", problem, remedy, "variable"))
            continue
        earlier = frozenset(variable.label for variable in variables)
        selector = scoped(Selector(metric), definitions.catalogue, settings, earlier | {label})
        assert isinstance(selector, Selector)  # noqa: S101 - narrowing a selector leaves a selector
        others = tuple(matcher for matcher in selector.matchers if matcher.value != f"${label}")
        variables.append(Variable(label, replace(selector, matchers=others), settings.get(label, "")))
    return tuple(variables), findings


def _metrics_with(
    label: str, dashboard: Dashboard, definitions: Definitions, environment: Environment
) -> Iterator[str]:
    queries = PanelQueries(definitions, environment)
    panels = [panel for row in dashboard.rows for panel in row.panels]
    # A signal that has no series on a good day would leave the reader without a value to choose.
    for panel in sorted(panels, key=lambda panel: bool(panel.signal.empty_when_healthy)):
        if label not in (*panel.signal.labels, *panel.labels):
            continue
        with suppress(Refused):  # the panel itself reports what its expression refuses
            for query in queries.of(panel, Backend.PROMETHEUS, (), frozenset()):
                assert isinstance(query, PrometheusQuery)  # noqa: S101 - as asked for
                for metric in scraped_metrics(query.expression, definitions):
                    shape = definitions.catalogue.shape(metric)
                    if shape is not None and label in shape.labels:
                        yield metric
