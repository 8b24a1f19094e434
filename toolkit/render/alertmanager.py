"""Alertmanager's configuration: as a file of its own, and as a resource of the Prometheus operator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from toolkit.definitions import Definitions
from toolkit.environment import PrometheusBackend, SecretKey
from toolkit.plan.model import Plan
from toolkit.plan.routing import (
    Matcher,
    PlannedInhibition,
    PlannedReceiver,
    PlannedRoute,
    PlannedRouting,
    own_routing,
    whole_routing,
)
from toolkit.render.notification_texts import EMAIL_HTML, EMAIL_TEXT, MICROSOFT_TEAMS, SLACK, TITLE
from toolkit.render.prometheus import HEADER
from toolkit.render.yaml_text import YamlValue, yaml_text
from toolkit.routing import Routing

Block = Mapping[str, YamlValue]

FILE = "alertmanager/alertmanager.yaml"
RESOURCE = "alertmanagerconfig.yaml"

_EITHER_OR = (
    "Load either this or {other}, or every alert is notified twice.\n"
    "It needs Alertmanager 0.28 or newer where anybody reads in Microsoft Teams, else 0.26."
)


def render_alertmanager(plan: Plan, definitions: Definitions) -> Mapping[str, str]:
    """`alertmanager/alertmanager.yaml`, the whole configuration; nothing where the environment tells nobody."""
    routing = definitions.routing and whole_routing(plan, definitions.routing)
    if routing is None or definitions.routing is None:
        return {}
    header = f"{_header(plan, definitions.routing)}\n{_EITHER_OR.format(other=f'kubernetes/{RESOURCE}')}"
    return {FILE: yaml_text(_configuration(routing, _folder(plan)), header)}


def alertmanager_config(plan: Plan, definitions: Definitions) -> str | None:
    """The resource AlertmanagerConfig as YAML, None where the environment tells nobody.

    The operator narrows its routes and inhibitions to alerts of its namespace, lets every alert go on to the main
    configuration, and reads the Secrets in its namespace.
    """
    prometheus = plan.environment.prometheus
    routing = definitions.routing and own_routing(plan, definitions.routing)
    if routing is None or definitions.routing is None or prometheus is None:
        return None
    header = f"{_header(plan, definitions.routing)}\n{_EITHER_OR.format(other=FILE)}"
    return yaml_text(_resource(routing, prometheus), header)


def _header(plan: Plan, routing: Routing) -> str:
    return HEADER.format(source=f"{plan.environment.where.file}, {routing.where.file}")


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
        "route": _route(routing.root),
        "receivers": [_receiver(receiver, folder) for receiver in routing.receivers],
        "inhibit_rules": [
            {
                "source_matchers": [_matcher(matcher) for matcher in rule.source],
                "target_matchers": [_matcher(matcher) for matcher in rule.target],
                "equal": list(rule.equal),
            }
            for rule in routing.inhibitions
        ],
    }


def _route(route: PlannedRoute) -> Block:
    pace = route.pace
    return {
        **({"matchers": [_matcher(matcher) for matcher in route.matchers]} if route.matchers else {}),
        "receiver": route.receiver,
        **({"continue": True} if route.continues else {}),
        **(
            {
                "group_by": list(pace.group_by),
                "group_wait": pace.wait.prometheus(),
                "group_interval": pace.interval.prometheus(),
                "repeat_interval": pace.repeat.prometheus(),
            }
            if pace
            else {}
        ),
        **({"routes": [_route(below) for below in route.routes]} if route.routes else {}),
    }


def _matcher(matcher: Matcher) -> str:
    value = matcher.value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{matcher.label}{matcher.operator}"{value}"'


def _receiver(receiver: PlannedReceiver, folder: str) -> Block:
    addresses, told = receiver.addresses, {"send_resolved": receiver.told_of_the_end}
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


def _resource(routing: PlannedRouting, prometheus: PrometheusBackend) -> Block:
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": {
            "name": prometheus.workload,
            "namespace": prometheus.namespace,
            "labels": {"app": prometheus.workload, "release": prometheus.release},
        },
        "spec": {
            "route": _resource_route(routing.root),
            "receivers": [_resource_receiver(receiver, routing) for receiver in routing.receivers],
            "inhibitRules": [_resource_inhibition(rule) for rule in routing.inhibitions],
        },
    }


def _resource_route(route: PlannedRoute) -> Block:
    pace = route.pace
    return {
        **({"matchers": list(_resource_matchers(route.matchers))} if route.matchers else {}),
        "receiver": route.receiver,
        **({"continue": True} if route.continues else {}),
        **(
            {
                "groupBy": list(pace.group_by),
                "groupWait": pace.wait.prometheus(),
                "groupInterval": pace.interval.prometheus(),
                "repeatInterval": pace.repeat.prometheus(),
            }
            if pace
            else {}
        ),
        **({"routes": [_resource_route(below) for below in route.routes]} if route.routes else {}),
    }


def _resource_matchers(matchers: tuple[Matcher, ...]) -> Iterator[Block]:
    for matcher in matchers:
        yield {"name": matcher.label, "matchType": matcher.operator, "value": matcher.value}


def _resource_inhibition(rule: PlannedInhibition) -> Block:
    return {
        "sourceMatch": list(_resource_matchers(rule.source)),
        "targetMatch": list(_resource_matchers(rule.target)),
        "equal": list(rule.equal),
    }


def _resource_receiver(receiver: PlannedReceiver, routing: PlannedRouting) -> Block:
    addresses, told = receiver.addresses, {"sendResolved": receiver.told_of_the_end}
    block: dict[str, YamlValue] = {"name": receiver.name}
    if addresses.emails and routing.smtp:
        email: dict[str, YamlValue] = {
            **told,
            "to": ", ".join(addresses.emails),
            "from": routing.smtp.sender,
            "smarthost": routing.smtp.server,
            "headers": [{"key": "Subject", "value": TITLE}],
            "text": EMAIL_TEXT,
            "html": EMAIL_HTML,
        }
        if routing.smtp.user and routing.smtp.password:
            email |= {"authUsername": routing.smtp.user, "authPassword": _selector(routing.smtp.password)}
        block["emailConfigs"] = [email]
    if addresses.slack:
        block["slackConfigs"] = [{**told, "apiURL": _selector(addresses.slack), "title": TITLE, "text": SLACK}]
    if addresses.microsoft_teams:
        url = _selector(addresses.microsoft_teams)
        block["msteamsv2Configs"] = [{**told, "webhookURL": url, "title": TITLE, "text": MICROSOFT_TEAMS}]
    if addresses.webhook:
        block["webhookConfigs"] = [{**told, "urlSecret": _selector(addresses.webhook)}]
    return block


def _selector(secret: SecretKey) -> Block:
    return {"name": secret.secret, "key": secret.key}
