"""The schemas and types of Kubernetes accept good manifests and find every planted fault."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.acceptance.kubernetes.manifests import manifest_errors

RULE = {"alert": "TargetDown", "expr": "up < 1", "for": "5m", "labels": {"severity": "critical"}}
PROMETHEUS_RULE: dict[str, Any] = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "PrometheusRule",
    "metadata": {"name": "rules", "namespace": "monitoring", "labels": {"release": "prometheus"}},
    "spec": {"groups": [{"name": "targets", "interval": "30s", "rules": [RULE]}]},
}
SERVICE_MONITOR: dict[str, Any] = {
    "apiVersion": "monitoring.coreos.com/v1",
    "kind": "ServiceMonitor",
    "metadata": {"name": "model-server"},
    "spec": {
        "selector": {"matchLabels": {"app": "model-server"}},
        "endpoints": [{"port": "metrics", "interval": "30s"}],
    },
}
ALERTMANAGER_CONFIG: dict[str, Any] = {
    "apiVersion": "monitoring.coreos.com/v1alpha1",
    "kind": "AlertmanagerConfig",
    "metadata": {"name": "routes"},
    "spec": {
        "route": {"receiver": "pager", "groupBy": ["alertname"]},
        "receivers": [{"name": "pager", "webhookConfigs": [{"urlSecret": {"name": "pager", "key": "url"}}]}],
    },
}
CONFIG_MAP: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "dashboard", "labels": {"grafana_dashboard": "1"}},
    "data": {"service.json": "{}"},
}
GOOD = [PROMETHEUS_RULE, SERVICE_MONITOR, ALERTMANAGER_CONFIG, CONFIG_MAP]
FIRST_RULE = ("spec", "groups", 0, "rules", 0)


def test_good_manifests_have_no_errors() -> None:
    assert manifest_errors(GOOD) == []
    assert manifest_errors([]) == []


@pytest.mark.parametrize(
    ("manifest", "path", "value", "error"),
    [
        (
            PROMETHEUS_RULE,
            (*FIRST_RULE, "for"),
            "5x",
            "PrometheusRule rules: data/spec/groups/0/rules/0/for must match",
        ),
        (PROMETHEUS_RULE, (*FIRST_RULE, "expr"), None, "PrometheusRule rules: data/spec/groups/0/rules/0"),
        (PROMETHEUS_RULE, (*FIRST_RULE, "labels", "severity"), 1, "rules/0/labels/severity must be string"),
        (PROMETHEUS_RULE, (*FIRST_RULE, "fro"), "5m", "PrometheusRule rules: spec.groups[0].rules[0].fro: TS2353"),
        (PROMETHEUS_RULE, ("spec", "group"), [], "PrometheusRule rules: spec.group: TS"),
        (PROMETHEUS_RULE, ("kind",), "PrometheusRules", "is not one that this project makes"),
        (PROMETHEUS_RULE, ("apiVersion",), "monitoring.coreos.com/v2", "is not one that this project makes"),
        (SERVICE_MONITOR, ("spec", "endpoints", 0, "port"), 9090, "data/spec/endpoints/0/port must be string"),
        (SERVICE_MONITOR, ("spec", "endpoints", 0, "prot"), "x", "model-server: spec.endpoints[0].prot: TS2353"),
        (SERVICE_MONITOR, ("spec", "endpoints", 0, "scheme"), "ftp", "data/spec/endpoints/0/scheme must be equal"),
        (SERVICE_MONITOR, ("spec", "selector"), None, "ServiceMonitor model-server: data/spec"),
        (ALERTMANAGER_CONFIG, ("spec", "receivers", 0, "name"), "", "data/spec/receivers/0/name must NOT be shorter"),
        (ALERTMANAGER_CONFIG, ("spec", "route", "reciever"), "x", "routes: spec.route.reciever: TS2353"),
        (CONFIG_MAP, ("data", "service.json"), {"a": 1}, "ConfigMap dashboard: data/data/service.json must be string"),
    ],
)
def test_a_planted_fault_is_found_where_it_is(
    manifest: dict[str, Any], path: tuple[str | int, ...], value: object, error: str
) -> None:
    bad = copy.deepcopy(manifest)
    backend: Any = bad
    for step in path[:-1]:
        backend = backend[step]
    if value is None:
        del backend[path[-1]]
    else:
        backend[path[-1]] = value
    found = manifest_errors([*GOOD, bad])
    assert error in "\n".join(found)
    others = [one["metadata"]["name"] for one in GOOD if one["metadata"]["name"] != manifest["metadata"]["name"]]
    assert not [text for text in found if any(f" {name}:" in text for name in others)]
