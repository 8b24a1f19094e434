"""What each environment gets, as tables to read and as data for a script."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from monitoring_kit.core.text_table import table
from monitoring_kit.core.units import Quantity, plain
from monitoring_kit.generate import Rendered
from monitoring_kit.model.alerts import Alert
from monitoring_kit.plan.model import LogAlert, MetricAlert, Plan, PrometheusAlert

Rule = PrometheusAlert | LogAlert | MetricAlert


def listed(plan: Plan) -> list[str]:
    """The alerts and the panels of an environment, as lines."""
    alerts = [
        [by, rule.alert.name, rule.severity.value, _level(rule), str(rule.alert.threshold.for_), rule.alert.team]
        for by, rule in _rules(plan)
    ]
    panels = [
        [dashboard.uid, panel.title, panel.panel.signal.name, ", ".join(alert.name for alert in panel.alerts)]
        for dashboard in plan.dashboards
        for panel in dashboard.panels
    ]
    return [
        f"# {plan.environment.name}",
        "",
        table(["raised by", "alert", "severity", "level", "for", "team"], alerts),
        "",
        table(["dashboard", "panel", "signal", "watched by"], panels),
        *(f"switched off: {off.alert.name} ({off.reason})" for off in plan.disabled),
        *(f"switched off: {off.dashboard.uid} ({off.reason})" for off in plan.disabled_dashboards),
    ]


def as_json(environments: Collection[Rendered]) -> str:
    """The environments as one JSON document: a list, in the order of their names.

    Levels are numbers in the unit that stands beside them; times are written as in Prometheus ("5m").
    """
    return json.dumps([_environment(one) for one in environments], indent=2, ensure_ascii=False)


def _environment(rendered: Rendered) -> Mapping[str, Any]:
    plan = rendered.plan
    shown = {panel.panel.signal.name: panel.panel.signal for page in plan.dashboards for panel in page.panels}
    judged = {alert.signal.name: alert.signal for alert in plan.alerts}
    raised: dict[str, list[tuple[str, Rule]]] = {}
    for by, rule in _rules(plan):
        raised.setdefault(rule.alert.name, []).append((by, rule))
    return {
        "environment": plan.environment.name,
        "signals": [
            {"name": name, "title": signal.title, "unit": signal.unit.name, "defined": str(signal.where)}
            for name, signal in sorted({**shown, **judged}.items())
        ],
        "alerts": [_alert(rules[0][1].alert, rules) for _, rules in sorted(raised.items())],
        "switched_off": [
            *({"alert": off.alert.name, "because": off.reason} for off in plan.disabled),
            *({"dashboard": off.dashboard.uid, "because": off.reason} for off in plan.disabled_dashboards),
        ],
        "dashboards": [
            {
                "uid": dashboard.uid,
                "title": dashboard.title,
                "panels": [
                    {
                        "title": panel.title,
                        "signal": panel.panel.signal.name,
                        "alerts": [alert.name for alert in panel.alerts],
                    }
                    for panel in dashboard.panels
                ],
            }
            for dashboard in plan.dashboards
        ],
        "files": sorted(rendered.files),
    }


def _alert(alert: Alert, rules: Collection[tuple[str, Rule]]) -> Mapping[str, Any]:
    threshold = alert.threshold
    return {
        "name": alert.name,
        "team": alert.team,
        "signal": alert.signal.name,
        "raised_by": sorted({by for by, _ in rules}),
        "comparison": threshold.comparison.promql,
        "levels": {severity.value: _number(level) for severity, level in threshold.levels},
        "for": str(threshold.for_),
        "window": str(threshold.window),
        "because": threshold.because,
        "defined": str(alert.where),
    }


def _number(level: Quantity) -> Mapping[str, Any]:
    return {"value": json.loads(plain(level.value)), "unit": level.unit.name}


def _level(rule: Rule) -> str:
    threshold = rule.alert.threshold
    level = threshold.level(rule.severity)
    return f"{threshold.comparison.promql} {level}" if level is not None else ""


def _rules(plan: Plan) -> Iterator[tuple[str, Rule]]:
    azure: tuple[Rule, ...] = (*plan.log_alerts, *plan.metric_alerts)
    yield from (("Prometheus", rule) for rule in plan.prometheus_alerts)
    yield from (("Azure", rule) for rule in azure)
