"""Alertmanager's routes, receivers and inhibitions as a resource of the Prometheus operator."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring_kit.environment.model import PrometheusSettings, Smtp
from monitoring_kit.environment.values import SecretKey
from monitoring_kit.model.routing import Grouping
from monitoring_kit.plan.model import Plan
from monitoring_kit.plan.routes import (
    AlertMatcher,
    PlannedInhibition,
    PlannedReceiver,
    PlannedRouting,
)
from monitoring_kit.render.alertmanager.routes import Block, route_block
from monitoring_kit.render.alertmanager.texts import EMAIL_HTML, EMAIL_TEXT, MICROSOFT_TEAMS, SLACK, TITLE
from monitoring_kit.render.prometheus import HEADER
from monitoring_kit.render.yaml_text import YamlValue, yaml_text

FILE = "kubernetes/alertmanagerconfig.yaml"

_EITHER_OR = "Load either this or alertmanager/alertmanager.yaml, or every alert is notified twice."


def render_alertmanager_config(plan: Plan) -> Mapping[str, str]:
    """`kubernetes/alertmanagerconfig.yaml`; nothing if the environment has no notifications.

    The operator narrows its routes and inhibitions to alerts of its namespace, lets every alert go on to the main
    configuration, and reads the Secrets in its namespace.
    """
    prometheus, routing = plan.environment.prometheus, plan.own_routing
    if routing is None or prometheus is None:
        return {}
    source = HEADER.format(source=f"{plan.environment.where.file}, {routing.where.file}")
    return {FILE: yaml_text(_resource(routing, prometheus), f"{source}\n{_EITHER_OR}")}


def _resource(routing: PlannedRouting, prometheus: PrometheusSettings) -> Block:
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": {
            "name": prometheus.workload,
            "namespace": prometheus.namespace,
            "labels": {"app": prometheus.workload, "release": prometheus.release},
        },
        "spec": {
            "route": route_block(routing.root, _times, _matchers),
            "receivers": [_receiver(receiver, routing.smtp) for receiver in routing.receivers],
            "inhibitRules": [_inhibition(rule) for rule in routing.inhibitions],
        },
    }


def _times(grouping: Grouping) -> Block:
    return {
        "groupBy": list(grouping.group_by),
        "groupWait": grouping.wait.prometheus(),
        "groupInterval": grouping.interval.prometheus(),
        "repeatInterval": grouping.repeat.prometheus(),
    }


def _matchers(matchers: tuple[AlertMatcher, ...]) -> list[Block]:
    return [{"name": matcher.label, "matchType": matcher.operator, "value": matcher.value} for matcher in matchers]


def _inhibition(rule: PlannedInhibition) -> Block:
    return {
        "sourceMatch": _matchers(rule.source),
        "targetMatch": _matchers(rule.target),
        "equal": list(rule.equal),
    }


def _receiver(receiver: PlannedReceiver, smtp: Smtp | None) -> Block:
    addresses, told = receiver.addresses, {"sendResolved": receiver.send_resolved}
    block: dict[str, YamlValue] = {"name": receiver.name}
    if addresses.emails and smtp:
        block["emailConfigs"] = [
            {
                **told,
                "to": ", ".join(addresses.emails),
                **_sent_by(smtp),
                "headers": [{"key": "Subject", "value": TITLE}],
                "text": EMAIL_TEXT,
                "html": EMAIL_HTML,
            }
        ]
    if addresses.slack:
        block["slackConfigs"] = [{**told, "apiURL": _selector(addresses.slack), "title": TITLE, "text": SLACK}]
    if addresses.microsoft_teams:
        url = _selector(addresses.microsoft_teams)
        block["msteamsv2Configs"] = [{**told, "webhookURL": url, "title": TITLE, "text": MICROSOFT_TEAMS}]
    if addresses.webhook:
        block["webhookConfigs"] = [{**told, "urlSecret": _selector(addresses.webhook)}]
    return block


def _sent_by(smtp: Smtp) -> Block:
    server: Block = {"from": smtp.sender, "smarthost": smtp.server}
    if smtp.user is None or smtp.password is None:
        return server
    return {**server, "authUsername": smtp.user, "authPassword": _selector(smtp.password)}


def _selector(secret: SecretKey) -> Block:
    return {"name": secret.secret, "key": secret.key}
