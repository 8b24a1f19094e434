"""Checks on routing: every alert reaches an address, no message is lost or sent in vain, and no page mutes itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from monitoring_kit.analysis.labels import infer
from monitoring_kit.checks.registry import Check, Group
from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.environment.model import Addresses, Environment
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.metrics import MetricCatalogue
from monitoring_kit.model.routing import Grouping, Inhibition, Routing
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.model import Plan, PrometheusAlert
from monitoring_kit.plan.routes import ALERT_NAME, PlannedInhibition, PlannedRouting
from monitoring_kit.plan.routing import NOBODY

# Alertmanager forgets after this time what it has sent (its --data.retention), and then sends it again.
MEMORY = Duration(120 * 3600)


def routing_definition_findings(definitions: Definitions) -> list[Finding]:
    """What is wrong with the routing whatever the environment."""
    routing = definitions.routing
    if routing is None:
        return []
    return [*_paces(routing), *_routes(routing), *_patterns(routing, definitions)]


def routing_findings(plan: Plan) -> list[Finding]:
    """What is wrong in one environment: alerts without a way to an address, inhibitions that cannot work or do harm."""
    routing = plan.definitions.routing
    if routing is None or plan.environment.prometheus is None:
        return []
    findings = [*_teams(plan), *_severities(plan, routing), *_inhibitions(plan)]
    if findings:
        return findings
    trees = (plan.routing, plan.own_routing)
    return [finding for tree in trees if tree is not None for finding in tree_findings(tree, plan)]


def tree_findings(tree: PlannedRouting, plan: Plan) -> Iterator[Finding]:
    """What is wrong with a tree: receivers that are not there or lead nowhere, alerts that no route takes."""
    receivers = {receiver.name: receiver for receiver in tree.receivers}
    for route in tree.root.walk():
        if route.receiver not in receivers:
            problem = f"a route names the receiver {route.receiver}, which is not there"
            yield Finding(tree.where, "routing", problem, f"there are {', '.join(receivers)}", "receiver")
    for receiver in tree.receivers:
        if receiver.name != NOBODY and not (receiver.addresses.emails or receiver.addresses.secrets):
            yield Finding(
                _addresses_at(plan.environment, receiver.addresses),
                f"receiver {receiver.name}",
                "has no address, so its messages are lost",
                "write emails, slack, microsoft_teams or webhook",
                "receiver",
            )
    # Where alerts end that no team owns: by severity alone.
    of_nobody = (tree.root, *(route for route in tree.root.routes if {m.label for m in route.matchers} == {"severity"}))
    for rule in plan.prometheus_alerts:
        taken = tree.root.taking({**rule.labels, ALERT_NAME: rule.alert.name})
        if not taken or any(route is end for route in taken for end in of_nobody):
            problem = f"no route takes its severity {rule.severity.value}"
            yield Finding(rule.alert.where, f"alert {rule.alert.name}", problem, _ADD_ROUTE, "route")
        elif any(route.receiver == NOBODY for route in taken):
            problem = "its messages are discarded"
            remedy = "drop it from discarded=, or switch it off in the environment, with a reason"
            yield Finding(rule.alert.where, f"alert {rule.alert.name}", problem, remedy, "route")


_TEAMS = "prometheus.notifications.teams"
_ADD_ROUTE = "add a Route(Severity..., Audience..., grouping) to rules/routing.py"


def _paces(routing: Routing) -> Iterator[Finding]:
    for grouping in routing.groupings:
        for problem, remedy in _pace_problems(grouping):
            yield Finding(grouping.where, "grouping", problem, remedy, "grouping")


def _pace_problems(grouping: Grouping) -> Iterator[tuple[str, str]]:
    if not grouping.because.strip():
        yield "has no reason", "write because=..."
    if ALERT_NAME not in grouping.group_by and "namespace" not in grouping.group_by:
        problem = "its messages are grouped by neither alertname nor namespace, so strangers share one"
        yield problem, 'write group_by="alertname namespace ..."'
    if grouping.interval.seconds == 0 or grouping.repeat.seconds == 0:
        yield "an interval or repeat of zero, which Alertmanager refuses", "write at least 1s"
    elif grouping.repeat < grouping.interval or grouping.repeat.seconds % grouping.interval.seconds:
        problem = f"repeat {grouping.repeat} is no multiple of interval {grouping.interval}"
        yield problem, "Alertmanager looks every interval, so the rest would be waited in vain: write a multiple"
    if grouping.wait > grouping.interval:
        yield (
            f"wait {grouping.wait} is longer than interval {grouping.interval}",
            "a first message must not be the slowest",
        )
    if grouping.repeat > MEMORY:
        problem = f"repeat {grouping.repeat} is longer than Alertmanager remembers what it sent ({MEMORY})"
        yield problem, f"write at most {MEMORY}, or it is repeated after that anyway"


def _routes(routing: Routing) -> Iterator[Finding]:
    seen = set()
    for route in routing.routes:
        if (route.severity, route.audience) in seen:
            problem = f"{route.severity.value} goes to the {route.audience.value} twice"
            yield Finding(route.where, "routing", problem, "drop one of the two routes", "route")
        seen.add((route.severity, route.audience))


def _patterns(routing: Routing, definitions: Definitions) -> Iterator[Finding]:
    for rule in routing.inhibitions:
        if rule.source.name not in definitions.alerts:
            continue
        subject = f"inhibition by {rule.source.name}"
        if not rule.because.strip():
            yield Finding(rule.where, subject, "has no reason", "write because=...", "inhibition")
        if "namespace" not in rule.labels:
            problem = "equal= lacks namespace, so an outage here would silence alerts elsewhere"
            yield Finding(
                rule.where, subject, problem, f'write equal="{" ".join(("namespace", *rule.labels))}"', "inhibition"
            )
        try:
            muted = [name for name in definitions.alerts if re.fullmatch(rule.mutes, name)]
        except re.error as error:
            problem = f"mutes={rule.mutes!r} is no regular expression: {error}"
            yield Finding(rule.where, subject, problem, "write a name, or names with | between them", "inhibition")
            continue
        if set(muted) <= {rule.source.name}:
            problem = f"mutes={rule.mutes!r} matches no other alert"
            remedy = f"write a name, or an expression of whole names, of {', '.join(sorted(definitions.alerts))}"
            yield Finding(rule.where, subject, problem, remedy, "inhibition")


def _teams(plan: Plan) -> Iterator[Finding]:
    """Teams that own alerts and have no address."""
    notifications = plan.environment.prometheus.notifications if plan.environment.prometheus else None
    if notifications is None:
        return
    known = {team.name for team in notifications.teams}
    missing: defaultdict[str, set[str]] = defaultdict(set)
    for rule in plan.prometheus_alerts:
        if rule.labels.get("team", "") not in known:
            missing[rule.labels.get("team", "")].add(rule.alert.name)
    for team, alerts in sorted(missing.items()):
        yield Finding(
            plan.environment.location(_TEAMS),
            _TEAMS,
            f"there is no team {team!r}, which owns {', '.join(sorted(alerts))}",
            f"write `- name: {team}` with page and channel; who owns an alert stands in its team=",
            "route",
        )


def _addresses_at(environment: Environment, addresses: Addresses) -> Location:
    """Where a team's addresses stand in the environment file."""
    notifications = environment.prometheus.notifications if environment.prometheus else None
    for position, team in enumerate(notifications.teams if notifications else ()):
        for name, block in (("page", team.page), ("channel", team.channel)):
            if block is addresses:
                return environment.location(f"{_TEAMS}[{position}].{name}")
    return environment.location(_TEAMS)


def _severities(plan: Plan, routing: Routing) -> Iterator[Finding]:
    routed = {route.severity for route in routing.routes}
    for severity in Severity:
        raising = sorted({rule.alert.name for rule in plan.prometheus_alerts if rule.severity is severity})
        if raising and severity not in routed:
            problem = f"no route takes the severity {severity.value}, which {', '.join(raising)} can have"
            yield Finding(routing.where, "routing", problem, _ADD_ROUTE, "route")


def _inhibitions(plan: Plan) -> Iterator[Finding]:
    rules = _Rules(plan, plan.definitions.catalogue)
    edges: defaultdict[str, set[str]] = defaultdict(set)
    first: dict[str, Location] = {}
    for planned in plan.inhibitions:
        declared, name = planned.declared, planned.by.name
        if declared is None:
            yield from rules.uncarried(planned, f"alert {name}", planned.by.where)
            continue
        if not _readable(declared):
            continue
        subject = f"inhibition by {name}"
        if not rules.matching(planned, source=True):
            remedy = "only a page mutes others: name an alert that has critical="
            yield Finding(declared.where, subject, "the alert is never critical here", remedy, "inhibition")
        yield from rules.uncarried(planned, subject, declared.where)
        first.setdefault(name, declared.where)
        edges[name] |= {rule.alert.name for rule in rules.matching(planned, source=False)} - {name}
    for name in sorted(edges):
        if name in _reached(edges, name):
            problem = "it is muted in turn by an alert that it mutes, so that none of them is heard"
            yield Finding(first[name], f"inhibition by {name}", problem, "drop one of the inhibitions", "inhibition")


class _Rules:
    """The alerting rules of a plan with the labels that their alerts carry."""

    def __init__(self, plan: Plan, catalogue: MetricCatalogue) -> None:
        self._plan = plan
        self._catalogue = catalogue

    def matching(self, planned: PlannedInhibition, *, source: bool) -> tuple[PrometheusAlert, ...]:
        """The rules on one side of an inhibition."""
        matchers = planned.source if source else planned.target
        return tuple(
            rule
            for rule in self._plan.prometheus_alerts
            if all(matcher.matches({**rule.labels, ALERT_NAME: rule.alert.name}) for matcher in matchers)
        )

    def uncarried(self, planned: PlannedInhibition, subject: str, where: Location) -> Iterator[Finding]:
        """Labels of `equal` that one side lacks: on both sides they would be equal, on one they never are."""
        sides = dict.fromkeys(self.matching(planned, source=True) + self.matching(planned, source=False))
        for label in planned.equal:
            lacking = sorted({rule.alert.name for rule in sides if not all(self._carry(rule, label))})
            if lacking:
                problem = f"equal= names the label {label}, which {', '.join(lacking)} does not carry"
                remedy = "Alertmanager takes two missing labels as equal: name labels that both sides carry"
                yield Finding(where, subject, problem, remedy, "inhibition")

    def _carry(self, rule: PrometheusAlert, label: str) -> Iterator[bool]:
        for labels in infer(rule.condition, self._catalogue).labels or ():
            yield labels.open or label in labels.labels or label in rule.labels


def _reached(edges: Mapping[str, set[str]], start: str) -> set[str]:
    """The alerts that `start` mutes, and those that they mute in turn."""
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        for name in edges.get(ahead.pop(), set()) - reached:
            reached.add(name)
            ahead.append(name)
    return reached


def _readable(rule: Inhibition) -> bool:
    """Whether its expression can be read; if not, that is a finding of its own."""
    try:
        re.compile(rule.mutes)
    except re.error:
        return False
    return True


GROUP = Group(
    title="Routing",
    checks=(
        Check(
            "grouping",
            "The times of a grouping work together: Alertmanager looks every interval, repeats at a multiple "
            "of it, and forgets after five days.",
            "grouping: repeat 7m is no multiple of interval 5m",
        ),
        Check(
            "route",
            "Every alert and severity reaches a team's address, once.",
            "routing: warning goes to the channel twice",
        ),
        Check(
            "receiver",
            "Every receiver that a route names is there and has an address.",
            "receiver mute: has no address, so its messages are lost",
        ),
        Check(
            "inhibition",
            "An inhibition mutes what it means to: labels that both sides carry, a source that can be "
            "critical, no circle.",
            "inhibition by CheckoutGone: equal= lacks namespace, so an outage here would silence alerts elsewhere",
        ),
    ),
    definitions=routing_definition_findings,
    plan=routing_findings,
)
