"""The routing of an environment: the tree of routes, the receivers and the inhibitions, as Alertmanager will have them.

Two trees come of one definition. A whole configuration takes every alert of an Alertmanager. A resource of the operator
is read beside others, so it takes the alerts of its own service alone, and knows no heartbeat: an alert that always
fires carries no namespace, and the operator gives a resource only the alerts of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from monitoring_kit.environment.model import Addresses, Notifications, PrometheusSettings, Team
from monitoring_kit.environment.values import SecretKey
from monitoring_kit.model.routing import Audience, Inhibition, Route, Routing
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.model import PrometheusAlert
from monitoring_kit.plan.routes import (
    ALERT_NAME,
    AlertMatcher,
    PlannedInhibition,
    PlannedReceiver,
    PlannedRoute,
    PlannedRouting,
)

NOBODY = "null"
DEAD_MANS_SWITCH = "dead-mans-switch"

_WORST_FIRST = tuple(Severity)


def whole_routing(
    routing: Routing, prometheus: PrometheusSettings | None, inhibitions: tuple[PlannedInhibition, ...]
) -> PlannedRouting | None:
    """The whole configuration of an Alertmanager; None if the environment has no notifications."""
    notifications = prometheus.notifications if prometheus is not None else None
    if notifications is None:
        return None
    switch = DEAD_MANS_SWITCH if notifications.dead_mans_switch else NOBODY
    heartbeat = PlannedRoute((_named(routing.heartbeat.alert),), switch, routing.heartbeat.grouping)
    return _planned(routing, notifications, inhibitions, (), (heartbeat,))


def own_routing(
    routing: Routing, prometheus: PrometheusSettings | None, inhibitions: tuple[PlannedInhibition, ...]
) -> PlannedRouting | None:
    """The part for the service's own alerts; None if the environment has no notifications."""
    notifications = prometheus.notifications if prometheus is not None else None
    if notifications is None or prometheus is None:
        return None
    return _planned(routing, notifications, inhibitions, (AlertMatcher("service", "=", prometheus.workload),), ())


def inhibitions_of(routing: Routing, alerts: tuple[PrometheusAlert, ...]) -> tuple[PlannedInhibition, ...]:
    """Who mutes whom: the inhibitions of the definitions whose source the environment has, and those of severities."""
    raised = {rule.alert.name for rule in alerts}
    declared = [_declared(rule) for rule in routing.inhibitions if rule.source.name in raised]
    return (*declared, *_between_severities(alerts))


def _declared(rule: Inhibition) -> PlannedInhibition:
    """Only a page mutes: the source is critical."""
    return PlannedInhibition(
        source=(_named(rule.source.name), AlertMatcher("severity", "=", Severity.CRITICAL.value)),
        target=(AlertMatcher(ALERT_NAME, "=~", rule.mutes),),
        equal=rule.labels,
        by=rule.source,
        declared=rule,
    )


def _between_severities(alerts: tuple[PrometheusAlert, ...]) -> Iterator[PlannedInhibition]:
    """For each severity of an alert that has lesser ones: the rule that mutes them, about the same labels."""
    for name, rules in groupby(alerts, key=lambda rule: rule.alert.name):
        by_severity = {rule.severity: rule for rule in rules}
        present = [severity for severity in _WORST_FIRST if severity in by_severity]
        for position, worse in enumerate(present[:-1]):
            lesser = [severity.value for severity in present[position + 1 :]]
            alert = by_severity[worse].alert
            yield PlannedInhibition(
                source=(_named(name), AlertMatcher("severity", "=", worse.value)),
                target=(_named(name), AlertMatcher("severity", "=~" if len(lesser) > 1 else "=", "|".join(lesser))),
                equal=tuple(dict.fromkeys((*alert.signal.labels, "service"))),
                by=alert,
            )


def _planned(
    routing: Routing,
    notifications: Notifications,
    inhibitions: tuple[PlannedInhibition, ...],
    matchers: tuple[AlertMatcher, ...],
    first: tuple[PlannedRoute, ...],
) -> PlannedRouting:
    root = PlannedRoute(
        matchers=matchers,
        receiver=_receiver_name(notifications.everything_else, Audience.CHANNEL),
        grouping=routing.otherwise,
        routes=(
            *first,
            *(PlannedRoute((_named(discarded.alert),), NOBODY) for discarded in routing.discarded),
            *(_team_route(team, routing) for team in notifications.teams),
            *_routes_of_severities(
                notifications.everything_else,
                routing,
                (route for route in routing.routes if route.severity is Severity.CRITICAL),
            ),
        ),
    )
    used = {route.receiver for route in root.walk()}
    return PlannedRouting(
        root=root,
        receivers=tuple(receiver for receiver in _receivers(notifications) if receiver.name in used),
        inhibitions=inhibitions,
        smtp=notifications.smtp,
        where=routing.where,
    )


def _team_route(team: Team, routing: Routing) -> PlannedRoute:
    """The team's alerts, by severity; one of a severity that no route names goes to the team's channel."""
    return PlannedRoute(
        matchers=(AlertMatcher("team", "=", team.name),),
        receiver=_receiver_name(team.name, Audience.CHANNEL),
        routes=tuple(_routes_of_severities(team.name, routing, routing.routes)),
    )


def _routes_of_severities(team: str, routing: Routing, routes: Iterable[Route]) -> Iterator[PlannedRoute]:
    """`routes` of the routing to the addresses of `team`."""
    for route in routes:
        later = routing.routes[routing.routes.index(route) + 1 :]
        yield PlannedRoute(
            matchers=(AlertMatcher("severity", "=", route.severity.value),),
            receiver=_receiver_name(team, route.audience),
            grouping=route.grouping,
            continues=any(other.severity is route.severity for other in later),
        )


def _receivers(notifications: Notifications) -> Iterator[PlannedReceiver]:
    """All receivers that a route may name."""
    for team in notifications.teams:
        for audience in Audience:
            addresses = team.page if audience is Audience.PAGE else team.channel
            yield PlannedReceiver(_receiver_name(team.name, audience), addresses, audience.send_resolved)
    if notifications.dead_mans_switch:
        switch: SecretKey = notifications.dead_mans_switch
        yield PlannedReceiver(DEAD_MANS_SWITCH, Addresses(webhook=switch), send_resolved=False)
    yield PlannedReceiver(NOBODY, Addresses(), send_resolved=False)


def _receiver_name(team: str, audience: Audience) -> str:
    return f"{team}-{audience.value}"


def _named(alert: str) -> AlertMatcher:
    return AlertMatcher(ALERT_NAME, "=", alert)
