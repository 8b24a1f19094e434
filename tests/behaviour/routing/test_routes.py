"""Where every alert goes, as amtool reads the rendered configuration."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring_kit.core.findings import Refused
from monitoring_kit.plan.build import build_plan
from monitoring_kit.programs import amtool
from monitoring_kit.programs.tools import find
from monitoring_kit.render.alertmanager.configuration import render_alertmanager
from monitoring_kit.render.alertmanager.resource import render_alertmanager_config
from tests.behaviour.routing.support import Labels, configuration, fired, notifications, plan, with_notifications
from tests.support.planting import shipped

EXPECTED = {
    "critical": ("{team}-page", "{team}-channel"),
    "warning": ("{team}-channel",),
    "info": ("{team}-digest",),
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alertmanager") / "alertmanager.yaml"
    path.write_text(amtool.profile(configuration()))
    return path


def test_amtool_reads_the_configuration(file: Path) -> None:
    amtool.check_configuration(file)


def test_every_alert_and_severity_reaches_the_addresses_of_its_team(file: Path) -> None:
    assert {"critical", "warning"} <= {severity for _, severity in fired()}
    wrong = {}
    for (name, severity), alert in fired().items():
        receivers = tuple(receiver.format(team=alert.labels["team"]) for receiver in EXPECTED[severity])
        if words := amtool.reaches(file, alert.labels, receivers):
            wrong[name, severity] = words
    assert wrong == {}


@pytest.mark.parametrize("team", [team.name for team in notifications().teams])
@pytest.mark.parametrize("severity", EXPECTED)
def test_every_team_has_a_way_for_every_severity(file: Path, team: str, severity: str) -> None:
    receivers = tuple(receiver.format(team=team) for receiver in EXPECTED[severity])
    assert amtool.reaches(file, {"alertname": "Any", "team": team, "severity": severity}, receivers) == ""


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({"alertname": "Watchdog", "severity": "none"}, ("dead-mans-switch",)),
        ({"alertname": "Watchdog", "severity": "critical", "team": "platform"}, ("dead-mans-switch",)),
        ({"alertname": "InfoInhibitor", "severity": "none", "team": "ml-serving"}, ("null",)),
        ({"alertname": "KubeNodeNotReady", "severity": "warning"}, ("platform-channel",)),
        (
            {"alertname": "ModelErrorRatioHigh", "severity": "critical", "team": "nobody"},
            ("platform-page", "platform-channel"),
        ),
        ({"alertname": "KubeAPIDown", "severity": "critical"}, ("platform-page", "platform-channel")),
        ({"alertname": "Strange", "severity": "page", "team": "ml-serving"}, ("ml-serving-channel",)),
    ],
    ids=[
        "watchdog",
        "watchdog with a team",
        "info inhibitor",
        "of other rules",
        "unknown team",
        "critical of other rules",
        "unknown severity",
    ],
)
def test_what_is_not_ours_goes_where_it_should(file: Path, labels: Labels, receivers: tuple[str, ...]) -> None:
    assert amtool.reaches(file, labels, receivers) == ""


def test_amtool_notices_another_receiver(file: Path) -> None:
    words = amtool.reaches(file, {"alertname": "A", "team": "platform", "severity": "warning"}, ("platform-page",))
    assert "WARNING: Expected receivers did not match" in words


def test_our_own_walk_of_the_tree_agrees_with_amtools(file: Path) -> None:
    """The build trusts it where there is no amtool."""
    tree = plan().routing
    assert tree is not None
    strangers: list[Labels] = [
        {"alertname": "Watchdog"},
        {"alertname": "InfoInhibitor", "team": "platform", "severity": "info"},
        {"alertname": "A", "team": "platform"},
        {"alertname": "A", "severity": "critical"},
        {},
    ]
    for labels in [*(alert.labels for alert in fired().values()), *strangers]:
        assert amtool.reaches(file, labels, tree.receivers_of(labels)) == "", labels


def test_without_a_dead_mans_switch_the_watchdog_disturbs_nobody(tmp_path: Path) -> None:
    without = build_plan(shipped(), with_notifications(dead_mans_switch=None))
    path = tmp_path / "alertmanager.yaml"
    path.write_text(amtool.profile(configuration(without)))
    assert amtool.reaches(path, {"alertname": "Watchdog"}, ("null",)) == ""


def walk(route: dict[str, Any]) -> list[dict[str, Any]]:
    return [route, *(node for below in route.get("routes", ()) for node in walk(below))]


def test_the_paces_are_those_of_the_definitions() -> None:
    root = yaml.safe_load(configuration())["route"]
    assert root["group_by"] == ["alertname", "namespace", "model_name"]
    times = ("group_wait", "group_interval", "repeat_interval")
    by_receiver = {node["receiver"]: tuple(node.get(name, root[name]) for name in times) for node in walk(root)}
    assert by_receiver["platform-page"] == ("1m", "5m", "1h")
    assert by_receiver["platform-channel"] == ("1m", "5m", "12h")
    assert by_receiver["platform-digest"] == ("5m", "12h", "1d")
    assert by_receiver["dead-mans-switch"] == ("0s", "1m", "5m")


def test_the_profile_changes_nothing_but_what_the_old_release_does_not_know() -> None:
    real, readable = yaml.safe_load(configuration()), yaml.safe_load(amtool.profile(configuration()))
    assert {key: real[key] for key in ("global", "route", "inhibit_rules")} == {
        key: readable[key] for key in ("global", "route", "inhibit_rules")
    }
    assert [one["name"] for one in real["receivers"]] == [one["name"] for one in readable["receivers"]]
    for before, after in zip(real["receivers"], readable["receivers"], strict=True):
        for kind in ("email_configs", "slack_configs"):
            assert before.get(kind) == after.get(kind)
        sent = [
            one["send_resolved"] for kind in ("msteamsv2_configs", "webhook_configs") for one in before.get(kind, ())
        ]
        assert [one["send_resolved"] for one in after.get("webhook_configs", ())] == sent


def test_amtool_reads_the_real_configuration_where_it_is_new_enough(tmp_path: Path) -> None:
    """The reason for the profile: a release before 0.28 does not know Microsoft Teams."""
    file = tmp_path / "alertmanager.yaml"
    file.write_text(configuration())
    told = subprocess.run([find("amtool"), "--version"], capture_output=True, text=True, check=True)
    release = re.search(r"version (\d+)\.(\d+)", told.stdout + told.stderr)
    assert release is not None
    if (int(release[1]), int(release[2])) >= (0, 28):
        amtool.check_configuration(file)
        return
    with pytest.raises(Refused, match=r"msteamsv2_configs|url_file"):
        amtool.check_configuration(file)


def test_the_real_configuration_has_the_fields_of_alertmanager_0_28() -> None:
    """By its documentation (Alertmanager, configuration: msteamsv2_config, slack_config, webhook_config)."""
    fields = {
        kind: {
            frozenset(one)
            for receiver in yaml.safe_load(configuration())["receivers"]
            for one in receiver.get(kind, ())
        }
        for kind in ("msteamsv2_configs", "slack_configs", "webhook_configs", "email_configs")
    }
    assert fields == {
        "msteamsv2_configs": {frozenset({"send_resolved", "webhook_url_file", "title", "text"})},
        "slack_configs": {frozenset({"send_resolved", "api_url_file", "title", "text"})},
        "webhook_configs": {frozenset({"send_resolved", "url_file"})},
        "email_configs": {frozenset({"send_resolved", "to", "headers", "text", "html"})},
    }


def test_secrets_are_named_and_never_written() -> None:
    text = configuration()
    folder = notifications().secrets_folder
    assert {f"{folder}/{secret.secret}/{secret.key}" for secret in notifications().secrets} == {
        word for word in text.split() if word.startswith(f"{folder}/")
    }
    assert "://" not in text


def test_an_environment_without_notifications_gets_no_configuration() -> None:
    environment = with_notifications()
    assert environment.prometheus is not None
    silent = replace(environment, prometheus=replace(environment.prometheus, notifications=None))
    of = build_plan(shipped(), silent)
    assert (of.routing, of.own_routing) == (None, None)
    assert render_alertmanager(of) == {}
    assert render_alertmanager_config(of) == {}
