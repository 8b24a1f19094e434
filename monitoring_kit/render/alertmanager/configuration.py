"""The whole configuration of an Alertmanager, as a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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

FILE = "alertmanager/alertmanager.yaml"

_EITHER_OR = (
    "Load either this or kubernetes/alertmanagerconfig.yaml, or every alert is notified twice.\n"
    "It needs Alertmanager 0.28 or newer for Microsoft Teams, else 0.26."
)

# Those of kube-prometheus-stack, which this file replaces. They judge alerts by severity alone, whatever these are
# about, so alerts that a team owns are left out: a page about one model must not mute the ticket of another.
_NOBODYS = 'team=""'
_OF_OTHERS: tuple[YamlValue, ...] = (
    {
        "source_matchers": ['severity="critical"', _NOBODYS],
        "target_matchers": ['severity=~"warning|info"', _NOBODYS],
        "equal": ["namespace", "alertname"],
    },
    {
        "source_matchers": ['severity="warning"', _NOBODYS],
        "target_matchers": ['severity="info"', _NOBODYS],
        "equal": ["namespace", "alertname"],
    },
    {
        "source_matchers": ['alertname="InfoInhibitor"'],
        "target_matchers": ['severity="info"', _NOBODYS],
        "equal": ["namespace"],
    },
)


def render_alertmanager(plan: Plan) -> Mapping[str, str]:
    """`alertmanager/alertmanager.yaml`, the whole configuration; nothing if it has no notifications."""
    if plan.routing is None:
        return {}
    source = HEADER.format(source=f"{plan.environment.where.file}, {plan.routing.where.file}")
    return {FILE: yaml_text(_configuration(plan.routing, _folder(plan)), f"{source}\n{_EITHER_OR}")}


def _folder(plan: Plan) -> str:
    prometheus = plan.environment.prometheus
    return prometheus.notifications.secrets_folder if prometheus and prometheus.notifications else ""


def _configuration(routing: PlannedRouting, folder: str) -> Block:
    smtp: Block = {}
    if routing.smtp:
        smtp = {"smtp_smarthost": routing.smtp.server, "smtp_from": routing.smtp.sender}
        if routing.smtp.user and routing.smtp.password:
            path = _path(folder, routing.smtp.password)
            smtp = {**smtp, "smtp_auth_username": routing.smtp.user, "smtp_auth_password_file": path}
    return {
        **({"global": smtp} if smtp else {}),
        "route": route_block(routing.root, _times, _matchers),
        "receivers": [_receiver(receiver, folder) for receiver in routing.receivers],
        "inhibit_rules": [*inhibit_rules(routing.inhibitions), *_OF_OTHERS],
    }


def inhibit_rules(inhibitions: Iterable[PlannedInhibition]) -> list[YamlValue]:
    """Who mutes whom, as an alertmanager.yml has it under `inhibit_rules`."""
    return [
        {
            "source_matchers": _matchers(rule.source),
            "target_matchers": _matchers(rule.target),
            "equal": list(rule.equal),
        }
        for rule in inhibitions
    ]


def _times(grouping: Grouping) -> Block:
    return {
        "group_by": list(grouping.group_by),
        "group_wait": grouping.wait.prometheus(),
        "group_interval": grouping.interval.prometheus(),
        "repeat_interval": grouping.repeat.prometheus(),
    }


def _matchers(matchers: tuple[AlertMatcher, ...]) -> list[YamlValue]:
    return [_matcher(matcher) for matcher in matchers]


def _matcher(matcher: AlertMatcher) -> str:
    value = matcher.value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{matcher.label}{matcher.operator}"{value}"'


def _receiver(receiver: PlannedReceiver, folder: str) -> Block:
    addresses, told = receiver.addresses, {"send_resolved": receiver.send_resolved}
    block: dict[str, YamlValue] = {"name": receiver.name}
    if addresses.emails:
        block["email_configs"] = [
            {
                **told,
                "to": ", ".join(addresses.emails),
                "headers": {"Subject": TITLE},
                "text": EMAIL_TEXT,
                "html": EMAIL_HTML,
            }
        ]
    if addresses.slack:
        path = _path(folder, addresses.slack)
        block["slack_configs"] = [{**told, "api_url_file": path, "title": TITLE, "text": SLACK}]
    if addresses.microsoft_teams:
        path = _path(folder, addresses.microsoft_teams)
        block["msteamsv2_configs"] = [{**told, "webhook_url_file": path, "title": TITLE, "text": MICROSOFT_TEAMS}]
    if addresses.webhook:
        block["webhook_configs"] = [{**told, "url_file": _path(folder, addresses.webhook)}]
    return block


def _path(folder: str, secret: SecretKey) -> str:
    """Where the operator mounts a Secret that the Alertmanager's `spec.secrets` names."""
    return f"{folder}/{secret.secret}/{secret.key}"
