"""Manifests for the Prometheus operator and for Grafana's sidecar, tied together by a kustomization."""

from __future__ import annotations

import json
from collections.abc import Mapping

from monitoring_kit.environment.model import PrometheusSettings
from monitoring_kit.plan.model import Plan, PlannedDashboard
from monitoring_kit.render.prometheus import HEADER, header_of, rule_groups, subject_of
from monitoring_kit.render.yaml_text import YamlValue, yaml_documents, yaml_text

# The example server exports about 200 series a pod; a label without bound is cut off long before it hurts Prometheus.
SAMPLE_LIMIT = 5000
LABEL_VALUE_LENGTH_LIMIT = 200


def render_kubernetes(plan: Plan) -> Mapping[str, str]:
    """`kubernetes/*.yaml`: the rules, what is scraped, and a kustomization that also names what others render there."""
    prometheus = plan.environment.prometheus
    if prometheus is None:
        return {}
    files = {
        f"prometheusrule-{subject_of(plan, name)}.yaml": yaml_text(
            _prometheus_rule(prometheus, name, group), header_of(plan, name)
        )
        for name, group in rule_groups(plan).items()
    }
    source = HEADER.format(source=plan.environment.where.file)
    files["servicemonitor.yaml"] = yaml_documents([_service(prometheus), _service_monitor(prometheus)], source)
    routing = () if plan.own_routing is None else ("alertmanagerconfig.yaml",)
    resources = (*files, *routing, *(config_map_file(dashboard) for dashboard in plan.dashboards))
    files["kustomization.yaml"] = yaml_text(_kustomization(prometheus, sorted(resources)), source)
    return {f"kubernetes/{name}": text for name, text in files.items()}


def config_map_file(dashboard: PlannedDashboard) -> str:
    """The file of `kubernetes/` that holds a dashboard."""
    return f"dashboard-{dashboard.uid}.yaml"


def config_map(prometheus: PrometheusSettings, folder: str, dashboard: PlannedDashboard, model: object) -> str:
    """A dashboard, `model` as JSON, as Grafana's sidecar reads it, to be shown in `folder`.

    The sidecar puts the files of all ConfigMaps into one folder, so the key has to be unique in the cluster.
    """
    name = f"dashboard-{dashboard.uid}"
    manifest: Mapping[str, YamlValue] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            **_metadata(prometheus, name, {"grafana_dashboard": "1"}),
            "annotations": {"grafana_folder": folder},
        },
        # One line: a block of indented JSON would double the size, and kubectl stores the whole as an annotation.
        "data": {f"{dashboard.uid}.json": json.dumps(model, sort_keys=True, separators=(",", ":"))},
    }
    return yaml_text(manifest, HEADER.format(source=dashboard.dashboard.where.file))


def _metadata(prometheus: PrometheusSettings, name: str, labels: Mapping[str, str]) -> Mapping[str, YamlValue]:
    return {"name": name, "namespace": prometheus.namespace, "labels": {"app": prometheus.workload, **labels}}


def _prometheus_rule(
    prometheus: PrometheusSettings, name: str, group: Mapping[str, YamlValue]
) -> Mapping[str, YamlValue]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": _metadata(prometheus, name, {"release": prometheus.release}),
        "spec": {"groups": [group]},
    }


def _service(prometheus: PrometheusSettings) -> Mapping[str, YamlValue]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(prometheus, prometheus.service, {"monitoring": "metrics"}),
        "spec": {
            "type": "ClusterIP",
            "selector": {"app": prometheus.workload},
            "ports": [{"name": "metrics", "port": prometheus.metrics_port, "targetPort": prometheus.metrics_port}],
        },
    }


def _service_monitor(prometheus: PrometheusSettings) -> Mapping[str, YamlValue]:
    """Scrapes the metrics Service alone: another Service of the app would bring every series a second time."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": _metadata(prometheus, prometheus.service, {"release": prometheus.release}),
        "spec": {
            "selector": {"matchLabels": {"app": prometheus.workload, "monitoring": "metrics"}},
            "namespaceSelector": {"matchNames": [prometheus.namespace]},
            "sampleLimit": SAMPLE_LIMIT,
            "labelValueLengthLimit": LABEL_VALUE_LENGTH_LIMIT,
            "endpoints": [
                {
                    "port": "metrics",
                    "path": "/metrics",
                    "interval": prometheus.scrape_interval.prometheus(),
                }
            ],
        },
    }


def _kustomization(prometheus: PrometheusSettings, resources: list[str]) -> Mapping[str, YamlValue]:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": prometheus.namespace,
        "resources": resources,
    }
