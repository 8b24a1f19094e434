"""Does a runbook, as one environment shows it, send the reader only to alerts and panels that exist there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from monitoring_kit.checks.registry import Check, Group
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.plan.model import Plan
from monitoring_kit.plan.runbook_text import PARTS, Line

CHECK = "runbook-page"

_WORD = re.compile(r"\w+")
# A sentence may break between the word and the title.
_PANEL = re.compile(r'\b(?:panel|heatmap)\s+"([^"]+)"')


def runbook_page_findings(plan: Plan) -> list[Finding]:
    """What the pages of the environment name and the environment lacks.

    What the environment itself switched off, alert or dashboard, may be named: switching it off does not ask for
    rewriting the pages of the others, and `index.md` says that it is off.
    """
    raised = {alert.name for alert in plan.alerts if plan.rules_of(alert)}
    switched_off = {disabled.alert.name for disabled in plan.disabled}
    missing = plan.definitions.alerts.keys() - raised - switched_off
    dashboards = (*plan.dashboards, *(off.dashboard for off in plan.disabled_dashboards))
    panels = {panel.title for dashboard in dashboards for panel in dashboard.panels}
    return [
        Finding(
            Location(page.runbook.where.file, line),
            f"runbook {page.alert.name}",
            f"names {what}, which environment {plan.environment.name} does not have",
            f"move the sentence under one of: {', '.join(f'### {title}' for title in PARTS)}",
            CHECK,
        )
        for page in plan.runbooks
        for line, what in (*_alerts(page.lines, missing), *_panels(page.lines, panels))
    ]


def _alerts(shown: Sequence[Line], missing: Collection[str]) -> Iterator[tuple[int, str]]:
    for line in shown:
        yield from ((line.number, f"the alert {word}") for word in _WORD.findall(line.text) if word in missing)


def _panels(shown: Sequence[Line], panels: Collection[str]) -> Iterator[tuple[int, str]]:
    text = "\n".join(line.text for line in shown)
    for found in _PANEL.finditer(text):
        title = " ".join(found[1].split())
        if title not in panels:
            yield shown[text.count("\n", 0, found.start())].number, f"the panel {title!r}"


GROUP = Group(
    title="Runbooks of an environment",
    checks=(
        Check(
            "runbook-page",
            "A page sends its reader only to alerts and panels that this environment has.",
            "runbook CheckoutMemoryHigh: names the panel 'Pods', which environment staging does not have",
        ),
    ),
    plan=runbook_page_findings,
)
