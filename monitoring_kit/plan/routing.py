"""The routing of an environment: the tree of routes, the receivers and the inhibitions, as Alertmanager will have them.

Two trees come of one definition. A whole configuration takes every alert of an Alertmanager. A resource of the operator
is read beside others, so it takes the alerts of its own service alone, and knows no heartbeat: an alert that always
fires carries no namespace, and the operator gives a resource only the alerts of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from monitoring_kit.environment.model import Addresses, Notifications, Smtp, Team
from monitoring_kit.environment.values import SecretKey
from monitoring_kit.model.routing import Audience, Grouping, Inhibition, Routing
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.model import Plan, PrometheusAlert

NOBODY = "null"
DEAD_MANS_SWITCH = "dead-mans-switch"
ALERT_NAME = "alertname"

_WORST_FIRST = tuple(Severity)


@dataclass(frozen=True)
class Matcher:
    """What an alert's label has to be. A label that is missing is empty."""

    label: str
    operator: Literal["=", "=~"]
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels matches."""
        value = labels.get(self.label, "")
        return value == self.value if self.operator == "=" else re.fullmatch(self.value, value) is not None


@dataclass(frozen=True)
class PlannedReceiver:
    """One or more addresses under one name. Without addresses, messages end here."""

    name: str
    addresses: Addresses
    send_resolved: bool


@dataclass(frozen=True)
class PlannedRoute:
    """A node of the tree, as Alertmanager walks it.

    An alert that matches goes to the first of `routes` that it matches, and to those after it as long as the matched
    ones have `continues`; where it matches none of them, to `receiver`. Without a `grouping` the one above counts.
    """

    matchers: tuple[Matcher, ...]
    receiver: str
    grouping: Grouping | None = None
    continues: bool = False
    routes: tuple[PlannedRoute, ...] = ()

    def walk(self) -> Iterator[PlannedRoute]:
        """This node and all below it."""
        yield self
        for route in self.routes:
            yield from route.walk()

    def taking(self, labels: Mapping[str, str]) -> tuple[PlannedRoute, ...]:
        """The nodes that an alert with these labels ends at, none where it does not match."""
        if not all(matcher.matches(labels) for matcher in self.matchers):
            return ()
        taken: list[PlannedRoute] = []
        for route in self.routes:
            found = route.taking(labels)
            taken += found
            if found and not route.continues:
                break
        return tuple(taken) or (self,)


@dataclass(frozen=True)
class PlannedInhibition:
    """While an alert matches `source`, those that match `target` are silent where all labels `equal` agree."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]


@dataclass(frozen=True)
class PlannedRouting:
    """A routing tree with the receivers that its routes name."""

    root: PlannedRoute
    receivers: tuple[PlannedReceiver, ...]
    inhibitions: tuple[PlannedInhibition, ...]
    smtp: Smtp | None

    def receivers_of(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The names of the receivers of an alert, in the order of the tree."""
        return tuple(route.receiver for route in self.root.taking(labels))


def whole_routing(plan: Plan, routing: Routing) -> PlannedRouting | None:
    """The whole configuration of an Alertmanager; None where the environment leaves that to somebody else."""
    notifications = _notifications(plan)
    if notifications is None:
        return None
    switch = DEAD_MANS_SWITCH if notifications.dead_mans_switch else NOBODY
    heartbeat = PlannedRoute((_named(routing.heartbeat.alert),), switch, routing.heartbeat.grouping)
    return _planned(plan, routing, notifications, (), (heartbeat,))


def own_routing(plan: Plan, routing: Routing) -> PlannedRouting | None:
    """The part for the service's own alerts; None where the environment has no notifications."""
    notifications, prometheus = _notifications(plan), plan.environment.prometheus
    if notifications is None or prometheus is None:
        return None
    return _planned(plan, routing, notifications, (Matcher("service", "=", prometheus.workload),), ())


def inhibitions_between_severities(plan: Plan) -> Iterator[tuple[PrometheusAlert, PlannedInhibition]]:
    """For each severity of an alert that has lesser ones: the rule that mutes them, about the same labels."""
    for name, rules in groupby(plan.prometheus_alerts, key=lambda rule: rule.alert.name):
        by_severity = {rule.severity: rule for rule in rules}
        present = [severity for severity in _WORST_FIRST if severity in by_severity]
        for position, worse in enumerate(present[:-1]):
            lesser = [severity.value for severity in present[position + 1 :]]
            rule = by_severity[worse]
            yield (
                rule,
                PlannedInhibition(
                    source=(_named(name), Matcher("severity", "=", worse.value)),
                    target=(_named(name), Matcher("severity", "=~" if len(lesser) > 1 else "=", "|".join(lesser))),
                    equal=tuple(dict.fromkeys((*rule.alert.signal.labels, "service"))),
                ),
            )


def inhibition(rule: Inhibition) -> PlannedInhibition:
    """An inhibition of the definitions. Only a page mutes: the source is critical."""
    return PlannedInhibition(
        source=(_named(rule.source.name), Matcher("severity", "=", Severity.CRITICAL.value)),
        target=(Matcher(ALERT_NAME, "=~", rule.mutes),),
        equal=rule.labels,
    )


def inhibitions(plan: Plan, routing: Routing) -> tuple[PlannedInhibition, ...]:
    """Who mutes whom: the inhibitions of the definitions whose source the environment has, and those of severities."""
    raised = {rule.alert.name for rule in plan.prometheus_alerts}
    declared = [inhibition(rule) for rule in routing.inhibitions if rule.source.name in raised]
    return (*declared, *(rule for _, rule in inhibitions_between_severities(plan)))


def _notifications(plan: Plan) -> Notifications | None:
    return plan.environment.prometheus.notifications if plan.environment.prometheus else None


def _planned(
    plan: Plan,
    routing: Routing,
    notifications: Notifications,
    matchers: tuple[Matcher, ...],
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
        ),
    )
    used = {route.receiver for route in root.walk()}
    return PlannedRouting(
        root=root,
        receivers=tuple(receiver for receiver in _receivers(notifications) if receiver.name in used),
        inhibitions=inhibitions(plan, routing),
        smtp=notifications.smtp,
    )


def _team_route(team: Team, routing: Routing) -> PlannedRoute:
    """The team's alerts, by severity; one of a severity that no route names goes to the team's channel."""
    return PlannedRoute(
        matchers=(Matcher("team", "=", team.name),),
        receiver=_receiver_name(team.name, Audience.CHANNEL),
        routes=tuple(
            PlannedRoute(
                matchers=(Matcher("severity", "=", route.severity.value),),
                receiver=_receiver_name(team.name, route.audience),
                grouping=route.grouping,
                continues=any(later.severity is route.severity for later in routing.routes[position + 1 :]),
            )
            for position, route in enumerate(routing.routes)
        ),
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


def _named(alert: str) -> Matcher:
    return Matcher(ALERT_NAME, "=", alert)
