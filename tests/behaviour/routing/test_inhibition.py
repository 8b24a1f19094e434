"""Which alerts are silent while another fires, and what becomes one message: shown by a real Alertmanager."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from examples.demo.alertmanager import alertmanager
from monitoring_kit.programs import amtool
from rules.routing import ROUTING
from tests.behaviour.alerts.facts import muted_by
from tests.behaviour.routing.alertmanager_api import delivering, eventually, fire, groups, inbox, known
from tests.behaviour.routing.support import ArrivedAlert, configuration, fired


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An Alertmanager with the shipped configuration, whose first messages would leave after a minute."""
    folder = tmp_path_factory.mktemp("inhibition") / "alertmanager"
    with alertmanager(amtool.profile(configuration()), folder) as running:
        yield running


def alert(name: str, severity: str = "critical") -> ArrivedAlert:
    return fired()[name, severity]


MODEL_ALERTS = [one for (name, _), one in fired().items() if name.startswith("Model") and name != "ModelAllTargetsDown"]
PAGE, TICKET = alert("ModelErrorRatioHigh"), alert("ModelErrorRatioHigh", "warning")
SLOW = alert("ModelLatencyHigh")
ALL_DOWN, NO_REPLICA = alert("ModelAllTargetsDown"), alert("InferenceNoReplicas")
CRASH_LOOP, MISSING = alert("InferencePodCrashLooping", "warning"), alert("InferenceReplicasMissing")
RESTARTS = alert("InferenceContainerRestarts", "warning")
REFUSES, REFUSES_SOME = alert("ModelRejectsNearlyAll"), alert("ModelRejectedRatioHigh", "warning")
POD_FAILING = alert("ModelPodFailing", "warning")
KUBE, KUBE_INFO = (
    ArrivedAlert({"alertname": name, "severity": severity, "namespace": "production"})
    for name, severity in (("KubePodNotReady", "warning"), ("CPUThrottlingHigh", "info"))
)
INFO_INHIBITOR = KUBE.but(alertname="InfoInhibitor", severity="none")
BURN, SLOW_BURN, TAIL_BURN = (alert(f"Model{what}BudgetBurn") for what in ("Error", "Latency", "TailLatency"))


@dataclass(frozen=True)
class Scene:
    """Alerts that fire together: those that stay loud, and those that must be silent."""

    name: str
    loud: tuple[ArrivedAlert, ...]
    silent: tuple[ArrivedAlert, ...] = ()


SCENES = [
    Scene("a ticket alone", (TICKET,)),
    Scene("of the alerts of others a page silences the ticket", (KUBE.but(severity="critical"),), (KUBE,)),
    Scene("of the alerts of others a page leaves another name", (KUBE.but(severity="critical", alertname="A"), KUBE)),
    Scene("of the alerts of others a ticket silences context", (KUBE,), (KUBE.but(severity="info"),)),
    Scene("the InfoInhibitor silences the context of others", (INFO_INHIBITOR,), (KUBE_INFO,)),
    Scene("the InfoInhibitor leaves the tickets of others and what a team owns", (INFO_INHIBITOR, KUBE, TICKET)),
    Scene("a page silences its ticket", (PAGE,), (TICKET,)),
    Scene("a page leaves the ticket of another model", (PAGE, TICKET.but(model_name="other"))),
    Scene("a page leaves the ticket of another namespace", (PAGE, TICKET.but(namespace="elsewhere"))),
    Scene("a page leaves the ticket of another service", (PAGE, TICKET.but(service="other"))),
    Scene("a page leaves the ticket of another alert", (PAGE, alert("ModelLatencyHigh", "warning"))),
    Scene("all targets down silences every alert about the models", (ALL_DOWN,), tuple(MODEL_ALERTS)),
    Scene(
        "all targets down leaves the alerts of another namespace",
        (ALL_DOWN, *(one.but(namespace="elsewhere") for one in (PAGE, SLOW, alert("ModelTrafficStopped")))),
    ),
    Scene("all targets down leaves another service", (ALL_DOWN, PAGE.but(service="other"))),
    Scene("all targets down leaves the alerts about containers", (ALL_DOWN, CRASH_LOOP)),
    Scene("one outage is one page", (NO_REPLICA,), (ALL_DOWN, *MODEL_ALERTS)),
    Scene(
        "an outage silences the models whose pods are not ready but still scraped", (NO_REPLICA,), tuple(MODEL_ALERTS)
    ),
    Scene("an outage leaves another service", (NO_REPLICA, ALL_DOWN.but(service="other"))),
    Scene("a crash loop is heard beside the outage that it causes", (NO_REPLICA, CRASH_LOOP)),
    Scene("no replica silences that too few are there", (NO_REPLICA,), (MISSING,)),
    Scene("a crash loop is heard beside the missing replicas that it causes", (MISSING, CRASH_LOOP)),
    Scene("missing replicas leave the alerts about the models", (MISSING, PAGE, SLOW)),
    Scene("who refuses nearly all refuses many", (REFUSES,), (REFUSES_SOME,)),
    Scene("a model that refuses nearly all leaves the ticket of another", (REFUSES, REFUSES_SOME.but(model_name="b"))),
    Scene("a page about errors silences which pods fail", (PAGE,), (POD_FAILING,)),
    Scene("a ticket about errors leaves which pods fail", (TICKET, POD_FAILING)),
    Scene(
        "a page about errors silences the budget that they burn",
        (PAGE,),
        (BURN, alert("ModelErrorBudgetBurn", "warning")),
    ),
    Scene("a ticket about errors leaves the page about the budget", (TICKET, BURN)),
    Scene("a page about errors leaves the budget of another model", (PAGE, BURN.but(model_name="other"))),
    Scene("a page about errors leaves the budget of another service", (PAGE, BURN.but(service="other"))),
    Scene("a page about errors leaves the budgets of slow answers", (PAGE, SLOW_BURN, TAIL_BURN)),
    Scene("a page about slow answers silences both of their budgets", (SLOW,), (SLOW_BURN, TAIL_BURN)),
    Scene("a page about slow answers leaves the budget of errors", (SLOW, BURN)),
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_scene(address: str, scene: Scene) -> None:
    # Every scene has namespaces of its own. The last two alerts show that Alertmanager has seen the others.
    own = scene.name.replace(" ", "-")
    last = (PAGE.but(namespace="last"), TICKET.but(namespace="last"))
    alerts = [one.but(namespace=f"{own}-{one.labels['namespace']}") for one in (*scene.loud, *scene.silent, *last)]
    fire(address, alerts)

    def silent() -> set[tuple[str, ...]]:
        return {_key(one["labels"]) for one in known(address, own) if one["status"]["inhibitedBy"]}

    assert eventually(lambda: len(known(address, own)) == len(alerts) and _key(alerts[-1].labels) in silent())
    expected = [_key(one.labels) for one in (*alerts[len(scene.loud) : -2], alerts[-1])]
    assert silent() == set(expected)


def _key(labels: object) -> tuple[str, ...]:
    assert isinstance(labels, dict)
    return tuple(f"{name}={labels[name]}" for name in sorted(labels))


def test_every_inhibition_of_the_configuration_is_shown_in_a_scene() -> None:
    shown = {f'alertname="{one.name}"' for scene in SCENES if scene.silent for one in scene.loud}
    rules = yaml.safe_load(configuration())["inhibit_rules"]
    # Those of alerts that no team owns name no alert: each has a scene whose name begins with them.
    of_others = [rule for rule in rules if 'team=""' in rule["target_matchers"]]
    assert len(of_others) == sum(not alert.labels.get("team") for scene in SCENES for alert in scene.silent)
    declared = {rule["source_matchers"][0]: rule for rule in rules if rule not in of_others}
    between_severities = {source for source, rule in declared.items() if rule["target_matchers"][0] == source}
    # A page and its ticket are shown with one alert; the rules of the others are made in the same way.
    assert declared.keys() - between_severities <= shown
    assert shown & between_severities


def test_an_inhibition_that_takes_more_or_less_changes_the_golden_line_of_an_alert() -> None:
    """What mutes an alert stands in its line of `tests/behaviour/alerts/golden.py`, which follows no pattern."""
    names = {name for name, _ in fired()}
    for number, inhibition in enumerate(ROUTING.inhibitions):
        for wrong in (".+", "Nothing"):
            changed = list(ROUTING.inhibitions)
            changed[number] = replace(inhibition, mutes=wrong)
            routing = replace(ROUTING, inhibitions=tuple(changed))
            assert [name for name in names if muted_by(name, routing) != muted_by(name)], f"{inhibition.source.name}"


def test_alerts_are_grouped_by_what_breaks_together(address: str) -> None:
    own = "grouping"
    alerts = [
        TICKET.but(namespace=own),
        TICKET.but(namespace=own, model_name="other"),
        TICKET.but(namespace="grouping-elsewhere"),
        RESTARTS.but(namespace=own),
        RESTARTS.but(namespace=own, pod="other"),
    ]
    fire(address, alerts)

    def grouped() -> list[tuple[dict[str, str], int]]:
        return sorted(
            (
                (group["labels"], len(group["alerts"]))
                for group in groups(address)
                if group["labels"].get("namespace", "").startswith(own)
            ),
            key=str,
        )

    assert eventually(lambda: sum(number for _, number in grouped()) == len(alerts))
    model = TICKET.labels["model_name"]
    assert grouped() == sorted(
        [
            ({"alertname": "ModelErrorRatioHigh", "namespace": own, "model_name": model}, 1),
            ({"alertname": "ModelErrorRatioHigh", "namespace": own, "model_name": "other"}, 1),
            ({"alertname": "ModelErrorRatioHigh", "namespace": "grouping-elsewhere", "model_name": model}, 1),
            ({"alertname": "InferenceContainerRestarts", "namespace": own}, 2),
        ],
        key=str,
    )


def test_one_outage_wakes_once_and_the_watchdog_is_heard_at_once(tmp_path: Path) -> None:
    """Messages as they arrive, with waits of seconds. The scrapes fail first, as they do when a node dies."""
    with inbox() as (receiver, box):
        quick = delivering(configuration(), receiver, wait="2s", interval="1s")
        with alertmanager(quick, tmp_path / "alertmanager") as running:
            fire(running, [ArrivedAlert({"alertname": "Watchdog", "severity": "none"}), ALL_DOWN])
            fire(running, [NO_REPLICA, alert("ModelMetricsMissing"), alert("ModelTargetDown", "warning")])
            assert eventually(lambda: bool(box.at("platform-page")))
            # A ticket that comes later passes the same stages, so the other groups have been dealt with before it.
            fire(running, [alert("InferenceMemoryNearLimit", "warning")])
            assert eventually(lambda: bool(box.at("ml-serving-channel")))
    assert box.at("platform-page") == [["InferenceNoReplicas"]]
    assert box.at("platform-channel") == [["InferenceNoReplicas"]]
    assert box.at("ml-serving-page") == []
    assert box.at("ml-serving-channel") == [["InferenceMemoryNearLimit"]]
    assert box.at("dead-mans-switch")[0] == ["Watchdog"]
