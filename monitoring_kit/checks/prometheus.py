"""Checks on every PromQL expression of a plan: can it ever have a value, and does it say what its text claims?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from monitoring_kit.analysis.labels import Inference, LabelSet, infer
from monitoring_kit.checks.registry import Check, Group
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
    for recording in plan.recordings:
        subject = f"recording {recording.name}"
        findings += _problems(infer(recording.expression, catalogue), recording.where, subject)
        findings += _ranges(recording.expression, recording.where, subject, scrape)
    for recording in plan.event_recordings:
        # Those of gaps compare a counter with itself, and look whether there is a sample at all in a short range.
        inference = infer(recording.expression, catalogue)
        told = tuple(problem for problem in inference.problems if problem.check != "raw-counter")
        findings += _problems(replace(inference, problems=told), recording.where, f"recording {recording.name}")
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
                    yield Finding(
                        panel.panel.where,
                        subject,
                        problem,
                        "keep the label in the expression, or drop it from by=",
                        "legend-label",
                    )


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


GROUP = Group(
    title="PromQL",
    checks=(
        Check(
            "unknown-metric",
            "The expression reads a metric that is not in the contract: no exporter is known to have it.",
            "alert PlantedSignalHigh: `requests`: no metric of the contract exports requests",
        ),
        Check(
            "unknown-label",
            "A matcher names a label that the metric does not have, so it selects nothing (or, with `!=`, everything).",
            'alert PlantedSignalHigh: `up{version="3"}`: no label version on up, so that the matcher selects '
            "nothing; its labels are container, endpoint, instance, job, namespace, pod, service",
        ),
        Check(
            "unknown-label-value",
            "A matcher asks for a value that is not among the known ones of a label with a closed set of values.",
            'alert PlantedSignalHigh: `orders_total{status="failed"}` selects nothing: '
            'status="failed" leaves none of the values error, rejected, success',
        ),
        Check(
            "unknown-group-label",
            "`by`, `on` or `group_left` names a label that the series do not have.",
            "alert PlantedSignalHigh: `sum by (pods) (up)`: by names pods, but what is aggregated has "
            "{instance, job, namespace, pod}",
        ),
        Check(
            "never-matches",
            "The two sides of an operator never have the same labels, so that the result is always empty. "
            "Prometheus says nothing.",
            "alert PlantedSignalHigh: `rate(a[5m]) / rate(b[5m])` never has a value: the left side has "
            "{cause, job}, the right side {job, status}; only on the left: cause; only on the right: "
            "status",
        ),
        Check(
            "many-to-many",
            "Several series on both sides match each other. Prometheus refuses that at every evaluation.",
            "alert PlantedSignalHigh: `a / on (job) b`: the right side has several series for one match, which "
            "differ in pod",
        ),
        Check(
            "maybe-many-to-many",
            "Several series may match one, depending on what runs: an evaluation fails on the day on which they do.",
            "alert PlantedSignalHigh: `a * on (pod) group_left (job) b`: group_left overwrites job, which "
            "tells the series of the left side apart",
        ),
        Check(
            "raw-counter",
            "A counter is compared or drawn as it stands. It grows until the process restarts, so its value "
            "means nothing.",
            "alert PlantedSignalHigh: `orders_total` is a counter: it grows until the process "
            "restarts, its value means nothing",
        ),
        Check(
            "rate-on-gauge",
            "`rate` and `increase` take every fall of a gauge for a restart of a counter.",
            "alert PlantedSignalHigh: `rate(build_info[5m])`: rate takes every fall for a restart, and its "
            "argument is no counter",
        ),
        Check(
            "rate-of-sum",
            "Counters are added up before their rate is taken: the restart of one process looks like a restart of all.",
            "alert PlantedSignalHigh: `rate(sum(a)[5m:])`: a restart of one process looks like a fall of the "
            "aggregated counters, which rate takes for a restart of them all",
        ),
        Check(
            "delta-on-counter",
            "`delta` and `deriv` are for gauges: they do not know that a counter restarts at zero.",
            "alert PlantedSignalHigh: `delta(order_errors_total[5m])`: delta does not know that a counter "
            "restarts at zero",
        ),
        Check(
            "bucket-without-rate",
            "`histogram_quantile` of buckets as they stand is a quantile of the whole life of the process.",
            "alert PlantedSignalHigh: `order_seconds_bucket` counts since the process "
            "started, so that the quantile is of all its life",
        ),
        Check(
            "not-a-bucket",
            "`histogram_quantile` needs series with the label `le`.",
            "alert PlantedSignalHigh: `histogram_quantile(0.95, rate(a[5m]))` takes no histogram's buckets: a "
            "has no label le",
        ),
        Check(
            "le-lost",
            "The label `le` was aggregated away before `histogram_quantile`, so there is never a value.",
            "alert PlantedSignalHigh: `histogram_quantile(0.95, sum by (job) (rate(a_bucket[5m])))` never has "
            "a value: the label le is gone from its argument, which has {job}",
        ),
        Check(
            "quantile-per-instance",
            "A quantile of each pod cannot be averaged to that of the service, and the one of a quiet pod is noise.",
            "alert PlantedSignalHigh: `histogram_quantile(0.95, rate(a_bucket[5m]))` is a quantile of each "
            "instance and pod: quantiles cannot be averaged, and a quiet one is noise",
        ),
        Check(
            "nan-in-sum",
            "A quotient is aggregated whose divisor may be zero: one NaN makes the whole sum NaN, which "
            "compares as false.",
            "alert PlantedSignalHigh: `rate(a[5m]) / rate(b[5m])` is NaN where the divisor is zero, and one "
            "NaN makes the whole sum NaN",
        ),
        Check(
            "range",
            "A range holds at least four scrapes, so that one that was missed leaves `rate` enough samples.",
            "alert PlantedSignalHigh: the range [1m] holds fewer than 4 scrapes at 30s",
        ),
        Check(
            "never-fires",
            "By the labels of the contract, the expression can never return a series.",
            "alert PlantedSignalHigh: its expression can never return a series, so it can never fire",
        ),
        Check(
            "template-label",
            "An annotation names a label that the alert does not carry: the message would have a hole.",
            "alert PlantedSignalHigh: its summary names the label pod, which its result lacks (namespace)",
        ),
        Check(
            "legend-label",
            "A legend names a label that the series do not have.",
            "panel 'Planted' of dashboard planted: its legend names the label pod, which the result lacks (namespace)",
        ),
    ),
    plan=lambda plan: prometheus_findings(plan, plan.definitions.catalogue),
)
