"""Alerts become rules: one for each level, at the first place of the environment that measures the signal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding
from monitoring_kit.core.units import Quantity
from monitoring_kit.environment.model import Environment
from monitoring_kit.model import azure, kql
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.kql_template import KqlTemplateError, alert_form, render_kql, tables_named
from monitoring_kit.model.log_tables import LogScope
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.expressions import placed
from monitoring_kit.plan.model import LogAlert, MetricAlert, PrometheusAlert
from monitoring_kit.plan.texts import (
    azure_subject,
    description,
    prometheus_subject,
    runbook_url,
    summary,
    value_in_words,
)
from monitoring_kit.promql.tree import Expression, RangeSelector, walk

# Azure bills a log alert by how often it runs; with windows of 5 minutes and more, more often would find little more.
LOG_ALERT_FREQUENCY = Duration(300)
METRIC_ALERT_FREQUENCY = Duration(60)


@dataclass(frozen=True)
class PanelLinks:
    """The addresses of the panels that plot the alerts: by alert name, severity and place."""

    urls: Mapping[tuple[str, Severity, Backend], str]

    def of(self, alert: Alert, severity: Severity, backend: Backend) -> str:
        """The address, "" where no dashboard of the environment plots what the alert judges there."""
        return self.urls.get((alert.name, severity, backend), "")


class AlertPlanner:
    """Plans the alerts of one environment, and collects what stands in the way."""

    def __init__(self, definitions: Definitions, environment: Environment, links: PanelLinks) -> None:
        self.definitions = definitions
        self.environment = environment
        self.links = links
        self.settings = environment.settings()
        self.findings: list[Finding] = []

    def prometheus_rules(self, alert: Alert) -> Iterator[PrometheusAlert]:
        """The alerting rules of an alert."""
        prometheus, measure = self.environment.prometheus, alert.signal.prometheus
        if prometheus is None or measure is None:
            return
        by = alert.signal.labels
        for severity, level in alert.threshold.levels:
            unit = measure.judged_unit(alert.signal.unit)
            value = measure.value(by, alert.threshold.window, alert.threshold.slower_than)
            if value is None or level.unit.dimension != unit.dimension:
                self._unmeasurable(alert, value is None)
                return
            condition = measure.condition(by, alert.threshold, severity, unit)
            if (
                condition is None
                or (text := self._summary(alert, severity, prometheus_subject(by), unit.template)) is None
            ):
                return
            window = alert.threshold.window if _looks_back(value) else None
            yield PrometheusAlert(
                alert=alert,
                severity=severity,
                group=f"{prometheus.workload}-{self.definitions.subjects.get(alert.signal.name, 'other')}",
                value=placed(value, self.definitions, self.settings),
                condition=placed(condition, self.definitions, self.settings),
                window=window,
                labels={"severity": severity.value, "team": alert.team, "service": prometheus.workload},
                annotations={
                    "summary": text,
                    "description": description(alert, severity, unit.template, window),
                    "runbook_url": runbook_url(alert, self.environment),
                    "dashboard_url": self.links.of(alert, severity, Backend.PROMETHEUS),
                },
            )

    def azure_rules(self, alert: Alert, backend: Backend) -> Iterator[LogAlert | MetricAlert]:
        """The rules of an alert that Azure Monitor raises at `backend`."""
        measure = alert.signal.measure(backend)
        for severity, level in alert.threshold.levels:
            if isinstance(measure, azure.Metric):
                yield from self._metric_alerts(alert, severity, level, backend, measure)
            elif isinstance(measure, kql.Measure):
                yield from self._log_alert(alert, severity, level, backend, measure)

    def _log_alert(
        self, alert: Alert, severity: Severity, level: Quantity, backend: Backend, measure: kql.Measure
    ) -> Iterator[LogAlert]:
        threshold, tables = alert.threshold, self.definitions.tables
        text = measure.value(alert.signal.column, threshold.slower_than, threshold.min_events)
        unit = measure.judged_unit(alert.signal.unit)
        if text is None or level.unit.dimension != unit.dimension:
            self._unmeasurable(alert, text is None)
            return
        try:
            query = render_kql(text.text, alert_form(threshold.window), self.settings, tables)
        except KqlTemplateError as error:
            self.findings.append(Finding(alert.signal.where, f"signal {alert.signal.name}", str(error), check="kql"))
            return
        subject = azure_subject(backend, self.environment, text.by)
        words = self._summary(alert, severity, subject, value_in_words(threshold, severity))
        if words is None:
            return
        yield LogAlert(
            alert=alert,
            severity=severity,
            backend=backend,
            scope=next((table.scope for table in tables_named(text.text, tables)), LogScope.WORKSPACE),
            query=query,
            column=text.value,
            dimensions=text.by,
            threshold=level.to(unit),
            window=threshold.window,
            frequency=min(LOG_ALERT_FREQUENCY, threshold.window),
            periods=_windows_that_last(threshold.for_, threshold.window),
            summary=words,
            description=description(alert, severity, "", threshold.window),
            links=self._links(alert, severity, backend),
            looks_back=measure.lookback if isinstance(measure, kql.Query) else None,
        )

    def _metric_alerts(
        self, alert: Alert, severity: Severity, level: Quantity, backend: Backend, metric: azure.Metric
    ) -> Iterator[MetricAlert]:
        settings = self.environment.azure
        if settings is None or settings.online_endpoint is None:
            return
        unit = metric.judged_unit(alert.signal.unit)
        if level.unit.dimension != unit.dimension:
            self._unmeasurable(alert, False)
            return
        # A metric alert knows no `for`: it averages over the whole time instead.
        window = max(alert.threshold.window, alert.threshold.for_)
        averaged = replace(alert, threshold=replace(alert.threshold, for_=Duration(0), window=window))
        for deployment in settings.online_endpoint.deployments if metric.on_deployment else ("",):
            subject = azure_subject(backend, self.environment, metric.dimensions, deployment)
            words = self._summary(alert, severity, subject, value_in_words(alert.threshold, severity))
            if words is None:
                return
            yield MetricAlert(
                alert=alert,
                severity=severity,
                platform=metric,
                deployment=deployment,
                threshold=level.to(unit),
                window=window,
                frequency=METRIC_ALERT_FREQUENCY,
                summary=words,
                description=description(averaged, severity, "", window),
                links=self._links(alert, severity, backend),
            )

    def _links(self, alert: Alert, severity: Severity, backend: Backend) -> Mapping[str, str]:
        return {
            "runbook_url": runbook_url(alert, self.environment),
            "dashboard_url": self.links.of(alert, severity, backend),
        }

    def _summary(self, alert: Alert, severity: Severity, subject: str, value: str) -> str | None:
        try:
            return summary(alert, severity, subject, value)
        except (KeyError, IndexError, ValueError) as error:
            remedy = "use {value}, {threshold}, {window} and {slower_than}"
            problem = f"summary={alert.summary!r} cannot be filled in: {error}"
            self.findings.append(Finding(alert.where, f"alert {alert.name}", problem, remedy, "text"))
            return None

    def _unmeasurable(self, alert: Alert, has_no_value: bool) -> None:
        """A wrong unit is a finding of the checks; a signal without a single value is one of its own."""
        if has_no_value:
            problem = f"signal {alert.signal.name} has no value that could be compared with a number"
            remedy = "a latency needs slower_than= in its threshold; a listing cannot be judged"
            self.findings.append(Finding(alert.where, f"alert {alert.name}", problem, remedy, "judgeable"))


def _looks_back(value: Expression) -> bool:
    return any(isinstance(part, RangeSelector) for part in walk(value))


def _windows_that_last(for_: Duration, window: Duration) -> int:
    """How many consecutive windows have to be bad so that the value was bad for `for_`: the first and those after."""
    return -(-for_.seconds // window.seconds) + 1
