"""The shipped routing as it is rendered, and the labels of everything that can arrive at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import yaml

from monitoring_kit.analysis.labels import infer
from monitoring_kit.environment.model import Environment, Notifications
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.render.alertmanager.configuration import FILE, render_alertmanager
from monitoring_kit.render.alertmanager.resource import FILE as RESOURCE
from monitoring_kit.render.alertmanager.resource import render_alertmanager_config
from tests.support.planting import shipped, shipped_environment

Labels = Mapping[str, str]


@cache
def plan() -> Plan:
    return build_plan(shipped(), shipped_environment("production"))


def configuration(of: Plan | None = None) -> str:
    """The file alertmanager.yaml."""
    return render_alertmanager(of or plan())[FILE]


def resource(of: Plan | None = None) -> dict[str, Any]:
    """The resource AlertmanagerConfig."""
    document: dict[str, Any] = yaml.safe_load(render_alertmanager_config(of or plan())[RESOURCE])
    return document


def with_notifications(**changes: object) -> Environment:
    """Production with other notifications."""
    environment = shipped_environment("production")
    assert environment.prometheus is not None
    assert environment.prometheus.notifications is not None
    changed = replace(environment.prometheus.notifications, **changes)  # type: ignore[arg-type] # fields of Notifications
    return replace(environment, prometheus=replace(environment.prometheus, notifications=changed))


def notifications() -> Notifications:
    prometheus = shipped_environment("production").prometheus
    assert prometheus is not None
    assert prometheus.notifications is not None
    return prometheus.notifications


@dataclass(frozen=True)
class ArrivedAlert:
    """An alert as it arrives at Alertmanager."""

    labels: Labels

    @property
    def name(self) -> str:
        return self.labels["alertname"]

    def but(self, **changes: str) -> ArrivedAlert:
        """The alert with other values of labels; a label that it does not carry cannot be changed."""
        assert changes.keys() <= self.labels.keys()
        return ArrivedAlert({**self.labels, **changes})


@cache
def fired() -> Mapping[tuple[str, str], ArrivedAlert]:
    """One alert of each alert name and severity that the shipped rules can raise, with exactly the labels it has."""
    alerts = {}
    for rule in plan().prometheus_alerts:
        (inferred,) = infer(rule.condition, shipped().catalogue).labels or ()
        assert not inferred.open
        measured = {label: f"some-{label.replace('_', '-')}" for label in sorted(inferred.labels)}
        labels = {"alertname": rule.alert.name, **measured, "namespace": "production", **rule.labels}
        alerts[rule.alert.name, rule.severity.value] = ArrivedAlert(labels)
    return alerts
