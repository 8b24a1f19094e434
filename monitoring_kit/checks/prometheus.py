"""Checks on every PromQL expression of a plan: can it ever have a value, and does it say what its text claims?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitoring_kit.analysis.labels import Inference, LabelSet, infer
from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.metrics import MetricCatalogue
from monitoring_kit.plan.model import Plan, PlannedDashboard, PlannedPanel, PrometheusAlert, PrometheusQuery
from monitoring_kit.promql.tree import Expression, RangeSelector, walk

# Fewer samples than this in a range, and one missed scrape leaves rate() without two samples to compare.
SCRAPES_IN_A_RANGE = 4

_TEMPLATE_LABEL = re.compile(r"\{\{[^{}]*\$labels\.(\w+)")
_LEGEND_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def prometheus_findings(plan: Plan, catalogue: MetricCatalogue) -> list[Finding]:
    """What is wrong with the expressions of the environment's alerting rules and panels."""
    if plan.environment.prometheus is None:
        return []
    scrape = plan.environment.prometheus.scrape_interval
    findings: list[Finding] = []
    for recording in (*plan.recordings, *plan.event_recordings):
        subject = f"recording {recording.name}"
        findings += _problems(infer(recording.expression, catalogue), recording.where, subject)
        findings += _ranges(recording.expression, recording.where, subject, scrape)
    for rule in plan.prometheus_alerts:
        findings += _rule_findings(rule, catalogue, scrape)
    for dashboard in plan.dashboards:
        for panel in dashboard.panels:
            findings += _panel_findings(dashboard, panel, catalogue, scrape)
    return findings


def _rule_findings(rule: PrometheusAlert, catalogue: MetricCatalogue, scrape: Duration) -> Iterator[Finding]:
    alert, subject = rule.alert, f"alert {rule.alert.name}"
    inference = infer(rule.condition, catalogue)
    yield from _problems(inference, alert.signal.where, subject)
    yield from _ranges(rule.condition, alert.threshold.where, subject, scrape)
    if not inference.labels:
        if not inference.problems:
            problem = "its expression can never return a series, so it can never fire"
            yield Finding(alert.where, subject, problem, "compare the metrics' labels with the contract", "never-fires")
        return
    for labels in inference.labels:
        if not labels.open and "namespace" not in labels.labels:
            problem = f"its result has no label namespace, only {_words(labels)}"
            remedy = "keep namespace in every aggregation: routes, inhibition and the runbook rest on it"
            yield Finding(alert.where, subject, problem, remedy, "namespace")
    yield from _template_labels(rule, alert, inference.labels)


def _template_labels(rule: PrometheusAlert, alert: Alert, results: tuple[LabelSet, ...]) -> Iterator[Finding]:
    for annotation, text in rule.annotations.items():
        for label in dict.fromkeys(_TEMPLATE_LABEL.findall(text)):
            missing = [labels for labels in results if not labels.open and label not in labels.labels | {*rule.labels}]
            if missing:
                problem = f"its {annotation} names the label {label}, which its result lacks ({_words(missing[0])})"
                remedy = "keep the label in the expression, or drop it from by="
                yield Finding(alert.where, f"alert {alert.name}", problem, remedy, "template-label")


def _panel_findings(
    dashboard: PlannedDashboard, panel: PlannedPanel, catalogue: MetricCatalogue, scrape: Duration
) -> Iterator[Finding]:
    where = panel.panel.signal.where
    subject = f"panel {panel.title!r} of dashboard {dashboard.dashboard.name}"
    for query in panel.queries:
        if not isinstance(query, PrometheusQuery):
            continue
        inference = infer(query.expression, catalogue)
        yield from _problems(inference, where, subject)
        yield from _ranges(query.expression, where, subject, scrape)
        for labels in inference.labels or ():
            for label in dict.fromkeys(_LEGEND_LABEL.findall(query.legend)):
                if not labels.open and label not in labels.labels:
                    problem = f"its legend names the label {label}, which the result lacks ({_words(labels)})"
                    yield Finding(panel.panel.where, subject, problem, "drop it from by= or by=", "legend-label")


def _problems(inference: Inference, where: Location, subject: str) -> Iterator[Finding]:
    for problem in inference.problems:
        if problem.check != "maybe-many-to-many":
            yield Finding(where, subject, problem.message, problem.remedy, problem.check)


def _ranges(expression: Expression, where: Location, subject: str, scrape: Duration) -> Iterator[Finding]:
    least = Duration(SCRAPES_IN_A_RANGE * scrape.seconds)
    for part in walk(expression):
        if isinstance(part, RangeSelector) and isinstance(part.window, Duration) and part.window < least:
            problem = f"the range [{part.window}] holds fewer than {SCRAPES_IN_A_RANGE} scrapes at {scrape}"
            yield Finding(where, subject, problem, f"use a window of at least {least}", "range")


def _words(labels: LabelSet) -> str:
    return ", ".join(sorted(labels.labels)) or "no label at all"
