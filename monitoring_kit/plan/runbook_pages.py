"""Runbooks become pages: for each alert that is raised here, what holds of it here, with names filled in."""

from __future__ import annotations

from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.definitions import Runbook
from monitoring_kit.model.views import View
from monitoring_kit.plan.model import Plan, PlannedAlert, RunbookPage
from monitoring_kit.plan.runbook_text import environment_names, filled, lines_for_places, with_teams


def runbook_pages(plan: Plan) -> tuple[RunbookPage, ...]:
    """The pages of the alerts that the environment raises, in order of their names.

    An alert without a runbook gets none: that is a finding of the checks. Parts for places that do not raise the alert
    are left out.
    """
    pages = []
    for alert in sorted(plan.alerts, key=lambda alert: alert.name):
        rules, runbook = plan.rules_of(alert), plan.definitions.runbooks.get(alert.name)
        if rules and runbook is not None:
            pages.append(_page(plan, alert, rules, runbook))
    return tuple(pages)


def _page(plan: Plan, alert: Alert, rules: tuple[PlannedAlert, ...], runbook: Runbook) -> RunbookPage:
    backends = frozenset(rule.backend for rule in rules)
    lines = tuple(lines_for_places(runbook.text, backends, frozenset(plan.backends)))
    shown = "\n".join(line.text for line in lines).strip()
    return RunbookPage(
        alert=alert,
        rules=rules,
        runbook=runbook,
        lines=lines,
        text=filled(with_teams(shown, alert.team, plan.environment), environment_names(plan.environment)),
        panels=tuple(
            (dashboard, panel)
            for dashboard in plan.dashboards
            for panel in dashboard.panels
            if panel.backend in backends and panel.panel.view is not View.STAT
            if alert.name in {watching.name for watching in panel.alerts}
        ),
    )
