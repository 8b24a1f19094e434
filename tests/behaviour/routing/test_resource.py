"""The resource AlertmanagerConfig: valid for the operator, and the same routing as the file, for one service."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from monitoring_kit.programs import amtool
from tests.acceptance.kubernetes.manifests import manifest_errors
from tests.behaviour.routing.support import configuration, fired, notifications, resource


def read_by_operator(document: dict[str, Any]) -> dict[str, Any]:
    """What the operator makes of the resource in Alertmanager's own format, except for addresses and names.

    It adds the namespace to the first route and to both sides of inhibitions, and lets the first route continue.
    """
    namespace = f'namespace="{document["metadata"]["namespace"]}"'
    spec = document["spec"]
    route = {**_snake(spec["route"]), "continue": True}
    return {
        "route": {
            "receiver": "main",
            "routes": [{**route, "matchers": [namespace, *route["matchers"]]}, {"receiver": "main"}],
        },
        "receivers": [{"name": "main"}, *({"name": receiver["name"]} for receiver in spec["receivers"])],
        "inhibit_rules": [
            {
                "source_matchers": [namespace, *_matchers(rule["sourceMatch"])],
                "target_matchers": [namespace, *_matchers(rule["targetMatch"])],
                "equal": rule["equal"],
            }
            for rule in spec["inhibitRules"]
        ],
    }


def _snake(route: dict[str, Any]) -> dict[str, Any]:
    names = {
        "groupBy": "group_by",
        "groupWait": "group_wait",
        "groupInterval": "group_interval",
        "repeatInterval": "repeat_interval",
    }
    read = {names.get(name, name): value for name, value in route.items()}
    if "matchers" in read:
        read["matchers"] = _matchers(read["matchers"])
    if "routes" in read:
        read["routes"] = [_snake(below) for below in read["routes"]]
    return read


def _matchers(matchers: list[dict[str, str]]) -> list[str]:
    return [f'{matcher["name"]}{matcher["matchType"]}"{matcher["value"]}"' for matcher in matchers]


def test_the_operators_own_validator_accepts_it() -> None:
    assert manifest_errors([resource()]) == []


def test_the_validator_would_notice() -> None:
    wrong = copy.deepcopy(resource())
    wrong["spec"]["receivers"][1]["msteamsv2Configs"] = [{"webhookUrl": {"name": "a", "key": "b"}}]
    wrong["spec"]["route"]["groupWait"] = "soon"
    found = "\n".join(manifest_errors([wrong]))
    assert "webhookUrl" in found
    assert "groupWait" in found


def test_the_alerts_of_the_service_reach_what_they_reach_by_the_file_and_go_on(tmp_path: Path) -> None:
    """And on they go: the main configuration of the cluster may notify them again."""
    file, beside = tmp_path / "alertmanager.yaml", tmp_path / "operator.yaml"
    file.write_text(amtool.profile(configuration()))
    beside.write_text(yaml.safe_dump(read_by_operator(resource())))
    amtool.check_configuration(beside)
    for alert in fired().values():
        team, severity = alert.labels["team"], alert.labels["severity"]
        receivers = (f"{team}-page", f"{team}-channel") if severity == "critical" else (f"{team}-channel",)
        assert amtool.reaches(file, alert.labels, receivers) == ""
        assert amtool.reaches(beside, alert.labels, (*receivers, "main")) == ""


def test_it_leaves_the_alerts_of_others_to_the_main_configuration(tmp_path: Path) -> None:
    beside = tmp_path / "operator.yaml"
    beside.write_text(yaml.safe_dump(read_by_operator(resource())))
    ours = {"service": "ml-inference", "team": "platform", "severity": "critical"}
    for labels in (
        {"alertname": "Watchdog"},
        {"alertname": "A", **ours, "namespace": "elsewhere"},
        {"alertname": "A", **ours, "namespace": "production", "service": "other"},
    ):
        assert amtool.reaches(beside, labels, ("main",)) == "", labels
    silenced = {"alertname": "InfoInhibitor", **ours, "namespace": "production"}
    assert amtool.reaches(beside, silenced, ("null", "main")) == ""


def test_inhibitions_are_those_of_the_file() -> None:
    read, plain = read_by_operator(resource())["inhibit_rules"], yaml.safe_load(configuration())["inhibit_rules"]
    assert [(rule["source_matchers"][1:], rule["target_matchers"][1:], rule["equal"]) for rule in read] == [
        (rule["source_matchers"], rule["target_matchers"], rule["equal"])
        for rule in plain
        if 'team=""' not in rule["target_matchers"]  # alerts of others, which the resource never sees
    ]


def test_every_secret_is_a_reference() -> None:
    named = {f"{reference['name']}/{reference['key']}" for reference in references(resource()["spec"]["receivers"])}
    # The resource has no dead man's switch: its alert carries no namespace, so the operator would not let it in.
    assert named == {str(secret) for secret in notifications().secrets} - {"alert-receivers/dead-mans-switch"}
    assert "://" not in yaml.safe_dump(resource())


def references(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if set(value) == {"name", "key"}:
            yield value
        for below in value.values():
            yield from references(below)
    elif isinstance(value, list):
        for below in value:
            yield from references(below)
