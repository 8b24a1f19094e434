"""Alerts as they reach the people of production."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring_kit.testing.case import Firing


def fires(
    alert: str,
    severity: str,
    about: Mapping[str, str],
    *,
    team: str = "ml-serving",
    summary: str,
    description: str,
    link: str,
) -> Firing:
    """`alert` about the labels `about`; `link` is the part of the dashboard's address behind its folder."""
    return Firing(
        alert,
        {"severity": severity, "team": team, "service": "ml-inference", "namespace": "production", **about},
        summary=summary,
        description=description,
        runbook_url=f"https://git.example.com/ml-serving/monitoring/build/production/runbooks/{alert}.md",
        dashboard_url=f"https://grafana.example.com/d/{link}",
    )
