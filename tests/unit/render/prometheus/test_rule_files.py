"""The rules as files and as manifests: what Prometheus, the operator and Kustomize read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring_kit.environment.model import Environment
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.programs import promtool
from monitoring_kit.render.alertmanager.resource import render_alertmanager_config
from monitoring_kit.render.grafana import render_grafana
from monitoring_kit.render.kubernetes import render_kubernetes
from monitoring_kit.render.prometheus import render_prometheus
from tests.acceptance.kubernetes.manifests import manifest_errors
from tests.support.planting import shipped, shipped_environment


def plan_of(environment: str | Environment = "production") -> Plan:
    where = shipped_environment(environment) if isinstance(environment, str) else environment
    return build_plan(shipped(), where)


def manifests(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    files = {**render_kubernetes(plan), **render_grafana(plan), **render_alertmanager_config(plan)}
    return {
        path.removeprefix("kubernetes/"): [*yaml.safe_load_all(text)]
        for path, text in files.items()
        if path.startswith("kubernetes/")
    }


@pytest.fixture(scope="module")
def files() -> dict[str, list[dict[str, Any]]]:
    return manifests(plan_of())


def test_promtool_accepts_every_rule_file_with_every_lint(tmp_path: Path) -> None:
    plan = plan_of()
    paths = []
    for name, text in render_prometheus(plan).items():
        path = tmp_path / Path(name).name
        path.write_text(text)
        paths.append(path)
    assert promtool.check_rules(paths) == sum(len(rules) for rules in plan.prometheus_groups.values())


def test_the_operators_own_validators_accept_every_manifest(files: dict[str, list[dict[str, Any]]]) -> None:
    checked = {
        f"{file} {index}": document
        for file, documents in files.items()
        for index, document in enumerate(documents)
        if document["kind"] != "Kustomization"
    }
    kinds = {document["kind"] for document in checked.values()}
    assert kinds == {"PrometheusRule", "ServiceMonitor", "Service", "ConfigMap", "AlertmanagerConfig"}
    assert manifest_errors(list(checked.values())) == []


def test_the_kustomization_names_every_file_beside_it(files: dict[str, list[dict[str, Any]]]) -> None:
    (kustomization,) = files["kustomization.yaml"]
    assert {*kustomization["resources"], "kustomization.yaml"} == set(files)


def test_the_manifests_hold_the_same_rules_as_the_plain_files(files: dict[str, list[dict[str, Any]]]) -> None:
    plain = [yaml.safe_load(text)["groups"] for text in render_prometheus(plan_of()).values()]
    wrapped = [document["spec"]["groups"] for (document, *_) in files.values() if document["kind"] == "PrometheusRule"]
    key = str
    assert sorted(plain, key=key) == sorted(wrapped, key=key)


def test_the_service_monitor_selects_the_metrics_service_and_its_port(files: dict[str, list[dict[str, Any]]]) -> None:
    service, monitor = files["servicemonitor.yaml"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["namespaceSelector"]["matchNames"] == [service["metadata"]["namespace"]]
    assert [endpoint["port"] for endpoint in monitor["spec"]["endpoints"]] == [
        port["name"] for port in service["spec"]["ports"]
    ]
    assert service["metadata"]["name"] == "ml-inference-metrics", "the job label is the Service's name"
    assert "jobLabel" not in monitor["spec"]


def test_everything_that_prometheus_has_to_find_carries_the_release(files: dict[str, list[dict[str, Any]]]) -> None:
    found = [
        document["metadata"]["labels"].get("release")
        for documents in files.values()
        for document in documents
        if document["kind"] in ("PrometheusRule", "ServiceMonitor")
    ]
    assert set(found) == {"prometheus"}


def test_a_dashboard_fits_a_config_map_and_its_key_is_unique(files: dict[str, list[dict[str, Any]]]) -> None:
    maps = [document for (document, *_) in files.values() if document["kind"] == "ConfigMap"]
    keys = [key for document in maps for key in document["data"]]
    assert len(keys) == len(set(keys)) == len(maps)
    assert all(len(text.encode()) < 1024 * 1024 for document in maps for text in document["data"].values())


def test_names_follow_the_environment() -> None:
    environment = shipped_environment("production")
    prometheus = environment.prometheus
    assert prometheus is not None
    changed = replace(prometheus, namespace="ml", workload="scorer", service="scorer-metrics", release="kps")
    plan = plan_of(replace(environment, prometheus=changed, azure=None))
    text = "".join(render_prometheus(plan).values())
    assert "ml-inference" not in text
    assert 'namespace="ml", job="scorer-metrics"' in text
    assert 'pod=~"scorer-[a-z0-9]+-[a-z0-9]{5}"' in text
    assert "name: scorer-errors" in text


def test_an_environment_without_prometheus_has_no_rules() -> None:
    plan = plan_of("staging")
    assert render_prometheus(plan) == {}
    assert manifests(plan) == {}
