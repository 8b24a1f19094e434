"""What the checks of routing refuse: each case plants one mistake and expects one message, with what to write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from monitoring_kit.checks.routing import routing_definition_findings, routing_findings, tree_findings
from monitoring_kit.core.findings import Finding
from monitoring_kit.environment.model import Addresses, Environment
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.routing import Audience, Discarded, Grouping, Inhibition, Route, Routing, grouping
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.routes import PlannedRoute, PlannedRouting
from rules.alerts import (
    InferenceNoReplicas,
    InferenceReplicasMissing,
    ModelAllTargetsDown,
    ModelErrorRatioHigh,
    ModelTargetDown,
)
from tests.behaviour.routing.support import notifications, plan, with_notifications
from tests.support.planting import shipped


def routing() -> Routing:
    found = shipped().routing
    assert found is not None
    return found


def with_routing(**changes: object) -> Definitions:
    return replace(shipped(), routing=replace(routing(), **changes))  # type: ignore[arg-type] # fields of Routing


def findings(definitions: Definitions, environment: Environment | None = None) -> list[Finding]:
    where = environment or with_notifications()
    return [*routing_definition_findings(definitions), *routing_findings(build_plan(definitions, where))]


def otherwise(
    *,
    group_by: str = "alertname namespace",
    wait: str = "1m",
    interval: str = "5m",
    repeat: str = "1h",
    because: str = "it is planted",
) -> Definitions:
    planted = grouping(group_by=group_by, wait=wait, interval=interval, repeat=repeat, because=because)
    return with_routing(otherwise=planted)


def inhibited(*inhibitions: Inhibition) -> Definitions:
    return with_routing(inhibitions=inhibitions)


def by_all_down(mutes: str = "ModelTargetDown", equal: str = "namespace service", because: str = "x") -> Inhibition:
    return Inhibition(source=ModelAllTargetsDown, mutes=mutes, equal=equal, because=because)


def without_severity(severity: Severity) -> tuple[Route, ...]:
    return tuple(route for route in routing().routes if route.severity is not severity)


CASES: dict[str, tuple[Callable[[], Definitions], str, tuple[str, ...]]] = {
    "a repeat that is shorter than the interval": (
        lambda: otherwise(interval="5m", repeat="1m"),
        "grouping",
        ("repeat 1m is no multiple of interval 5m",),
    ),
    "a repeat between two intervals": (lambda: otherwise(repeat="7m"), "grouping", ("repeat 7m", "write a multiple")),
    "an interval of zero": (lambda: otherwise(interval="0s"), "grouping", ("zero", "1s")),
    "a first message that is the slowest": (lambda: otherwise(wait="10m"), "grouping", ("wait 10m", "interval 5m")),
    "a repeat beyond Alertmanager's memory": (lambda: otherwise(repeat="10d"), "grouping", ("10d", "5d")),
    "a grouping without a reason": (lambda: otherwise(because=" "), "grouping", ("because=",)),
    "strangers in one message": (lambda: otherwise(group_by="pod"), "grouping", ("grouped", "alertname namespace")),
    "a severity without a route": (
        lambda: with_routing(routes=without_severity(Severity.WARNING)),
        "route",
        ("severity warning", "ModelErrorRatioHigh", "Route("),
    ),
    "an audience that hears twice": (
        lambda: with_routing(
            routes=(*routing().routes, Route(Severity.WARNING, Audience.CHANNEL, routing().otherwise))
        ),
        "route",
        ("warning goes to the channel twice",),
    ),
    "an own alert that is discarded": (
        lambda: with_routing(discarded=(Discarded("ModelTargetDown", because="it is planted"),)),
        "route",
        ("messages are discarded", "switch it off"),
    ),
    "an inhibition on a label that one side lacks": (
        lambda: inhibited(by_all_down(equal="namespace job")),
        "inhibition",
        ("label job, which ModelTargetDown does not carry", "both sides"),
    ),
    "an inhibition on a label that both sides lack": (
        lambda: inhibited(by_all_down(equal="namespace model_name")),
        "inhibition",
        ("label model_name, which ModelAllTargetsDown, ModelTargetDown does not carry", "two missing labels as equal"),
    ),
    "an inhibition across namespaces": (
        lambda: inhibited(by_all_down(equal="service")),
        "inhibition",
        ("lacks namespace", 'equal="namespace service"'),
    ),
    "an inhibition of an alert that does not exist": (
        lambda: inhibited(by_all_down(mutes="ModelTargetsDown")),
        "inhibition",
        ("'ModelTargetsDown' matches no other alert", "ModelTargetDown"),
    ),
    "an inhibition of itself alone": (
        lambda: inhibited(by_all_down(mutes="ModelAllTargetsDown")),
        "inhibition",
        ("matches no other alert",),
    ),
    "an expression that cannot be read": (
        lambda: inhibited(by_all_down(mutes="Model(")),
        "inhibition",
        ("no regular expression",),
    ),
    "an inhibition without a reason": (lambda: inhibited(by_all_down(because="")), "inhibition", ("because=",)),
    "a ticket that mutes others": (
        lambda: inhibited(
            Inhibition(source=ModelTargetDown, mutes="ModelErrorRatioHigh", equal="namespace", because="x")
        ),
        "inhibition",
        ("never critical", "only a page mutes"),
    ),
    "two alerts that mute each other": (
        lambda: inhibited(
            by_all_down(mutes="InferenceNoReplicas"),
            Inhibition(source=InferenceNoReplicas, mutes="Model.+", equal="namespace service", because="x"),
        ),
        "inhibition",
        ("muted in turn", "none of them is heard"),
    ),
    "three alerts that mute each other in a circle": (
        lambda: inhibited(
            by_all_down(mutes="InferenceNoReplicas", equal="namespace"),
            Inhibition(source=InferenceNoReplicas, mutes="InferenceReplicasMissing", equal="namespace", because="x"),
            Inhibition(source=InferenceReplicasMissing, mutes="ModelAllTargetsDown", equal="namespace", because="x"),
        ),
        "inhibition",
        ("muted in turn",),
    ),
}


@pytest.mark.parametrize(("planted", "check", "words"), CASES.values(), ids=CASES)
def test_a_planted_fault_is_found(planted: Callable[[], Definitions], check: str, words: tuple[str, ...]) -> None:
    found = findings(planted())
    assert found
    assert {finding.check for finding in found} == {check}
    assert all(word in str(found[0]) for word in words), str(found[0])
    assert found[0].where.line > 0


def test_nothing_is_found_in_what_is_shipped() -> None:
    assert findings(shipped()) == []


def test_a_team_without_addresses_is_named_with_its_alerts() -> None:
    alone = tuple(team for team in notifications().teams if team.name == "platform")
    (finding,) = findings(shipped(), with_notifications(teams=alone))
    assert finding.where.file == "tests/support/reference/production.yaml"
    assert "there is no team 'ml-serving', which owns InferenceContainerRestarts, " in finding.problem
    assert "- name: ml-serving" in finding.remedy


def tree() -> PlannedRouting:
    found = plan().routing
    assert found is not None
    return found


def pruned(route: PlannedRoute, receiver: str) -> PlannedRoute:
    kept = tuple(pruned(below, receiver) for below in route.routes if below.receiver != receiver)
    return replace(route, routes=kept)


def elsewhere(route: PlannedRoute, receiver: str, other: str) -> PlannedRoute:
    name = other if route.receiver == receiver else route.receiver
    return replace(route, receiver=name, routes=tuple(elsewhere(below, receiver, other) for below in route.routes))


TREES: dict[str, tuple[Callable[[], PlannedRouting], str]] = {
    "a receiver that is not there": (
        lambda: replace(tree(), receivers=tree().receivers[1:]),
        "names the receiver ml-serving-page, which is not there",
    ),
    "a receiver without an address": (
        lambda: replace(
            tree(), receivers=(*tree().receivers[:-1], replace(tree().receivers[0], name="mute", addresses=Addresses()))
        ),
        "receiver mute: has no address",
    ),
    "a branch that is missing": (
        lambda: replace(tree(), root=pruned(tree().root, "platform-channel")),
        "alert InferenceNoReplicas: no route takes its severity critical",
    ),
    "messages that end at nobody": (
        lambda: replace(tree(), root=elsewhere(tree().root, "platform-page", "null")),
        "alert InferenceNoReplicas: its messages are discarded",
    ),
}


@pytest.mark.parametrize(("planted", "words"), TREES.values(), ids=TREES)
def test_a_fault_in_the_tree_is_found(planted: Callable[[], PlannedRouting], words: str) -> None:
    assert list(tree_findings(tree(), plan())) == []
    assert words in "\n".join(str(finding) for finding in tree_findings(planted(), plan()))


def test_severities_of_one_alert_mute_each_other_on_the_labels_that_they_carry() -> None:
    rules = {rule.source[0].value: rule for rule in tree().inhibitions if rule.source[0].value == rule.target[0].value}
    assert ModelErrorRatioHigh.name in rules
    for rule in plan().prometheus_alerts:
        if rule.alert.name in rules:
            assert set(rules[rule.alert.name].equal) == {*rule.alert.signal.labels, "service"}


def test_a_pace_is_a_time() -> None:
    assert isinstance(routing().otherwise, Grouping)
    assert {grouping.repeat.seconds % grouping.interval.seconds for grouping in routing().groupings} == {0}
