"""Does a runbook, as one environment shows it, send the reader only to alerts and panels that exist there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.definitions import Definitions
from monitoring_kit.plan.backends import backends_of, raised_at
from monitoring_kit.plan.model import LogAlert, MetricAlert, Plan, PrometheusAlert
from monitoring_kit.plan.runbook_text import PARTS, Line, lines_for_places

CHECK = "runbook-page"

_WORD = re.compile(r"\w+")
# A sentence may break between the word and the title.
_PANEL = re.compile(r'\b(?:panel|heatmap)\s+"([^"]+)"')


def runbook_page_findings(plan: Plan, definitions: Definitions) -> list[Finding]:
    """What the pages of the environment name and the environment lacks.

    An alert that the environment itself switched off may be named: whoever switches one off need not rewrite the pages
    of the others, and `index.md` says that it is off.
    """
    rules: tuple[PrometheusAlert | LogAlert | MetricAlert, ...]
    rules = (*plan.prometheus_alerts, *plan.log_alerts, *plan.metric_alerts)
    raised = {rule.alert.name for rule in rules}
    switched_off = {disabled.alert.name for disabled in plan.disabled}
    missing = definitions.alerts.keys() - raised - switched_off
    panels = {panel.title for dashboard in plan.dashboards for panel in dashboard.panels}
    present = frozenset(backends_of(plan.environment))
    findings = []
    for alert in plan.alerts:
        runbook = definitions.runbooks.get(alert.name)
        if alert.name not in raised or runbook is None:
            continue
        shown = list(lines_for_places(runbook.text, frozenset(raised_at(alert, plan.environment)), present))
        for line, what in (*_alerts(shown, missing), *_panels(shown, panels)):
            findings.append(
                Finding(
                    Location(runbook.where.file, line),
                    f"runbook {alert.name}",
                    f"names {what}, which environment {plan.environment.name} does not have",
                    f"move the sentence under one of: {', '.join(f'### {title}' for title in PARTS)}",
                    CHECK,
                )
            )
    return findings


def _alerts(shown: list[Line], missing: Collection[str]) -> Iterator[tuple[int, str]]:
    for line in shown:
        yield from ((line.number, f"the alert {word}") for word in _WORD.findall(line.text) if word in missing)


def _panels(shown: list[Line], panels: Collection[str]) -> Iterator[tuple[int, str]]:
    text = "\n".join(line.text for line in shown)
    for found in _PANEL.finditer(text):
        title = " ".join(found[1].split())
        if title not in panels:
            yield shown[text.count("\n", 0, found.start())].number, f"the panel {title!r}"
