"""Kubernetes manifests held against the schemas and the types of their kinds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitoring_kit.programs import node
from tests.acceptance.node.typescript import NODE_FOLDER, Typed, type_errors

_OPERATOR = "@kubernetes-models/prometheus-operator/monitoring.coreos.com"
MODULES = {
    ("v1", "ConfigMap"): "kubernetes-models/v1/ConfigMap",
    ("v1", "Service"): "kubernetes-models/v1/Service",
    ("monitoring.coreos.com/v1", "PrometheusRule"): f"{_OPERATOR}/v1/PrometheusRule",
    ("monitoring.coreos.com/v1", "ServiceMonitor"): f"{_OPERATOR}/v1/ServiceMonitor",
    ("monitoring.coreos.com/v1alpha1", "AlertmanagerConfig"): f"{_OPERATOR}/v1alpha1/AlertmanagerConfig",
    ("monitoring.coreos.com/v1beta1", "AlertmanagerConfig"): f"{_OPERATOR}/v1beta1/AlertmanagerConfig",
}


def manifest_errors(manifests: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with `manifests`: each error names kind, manifest and path.

    The schema of the kind knows patterns, ranges and what is required but lets unknown fields pass; its type does not.
    A kind that is not in `MODULES` is an error.
    """
    errors: list[str] = []
    known: list[tuple[str, str, Mapping[str, Any]]] = []
    for manifest in manifests:
        kind = (str(manifest.get("apiVersion")), str(manifest.get("kind")))
        subject = f"{kind[1]} {(manifest.get('metadata') or {}).get('name')}"
        if kind in MODULES:
            known.append((subject, MODULES[kind], manifest))
        else:
            allowed = ", ".join(" ".join(pair) for pair in MODULES)
            errors.append(
                f"{subject}: apiVersion, kind: {' '.join(kind)} is not one that this project makes ({allowed})"
            )
    if not known:
        return errors
    errors += _schema_errors(known)
    return errors + type_errors(
        [Typed(subject, "", value, f"I{value['kind']}", module) for subject, module, value in known]
    )


def _schema_errors(known: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[str]:
    text = json.dumps([{"module": module, "manifest": manifest} for _, module, manifest in known])
    done = node.run(["check_manifests.mjs"], folder=NODE_FOLDER, text=text)
    if done.returncode != 0:
        return [f"check_manifests.mjs: {done.stdout.strip()}"]
    verdicts = json.loads(done.stdout)
    return [f"{subject}: {words}" for (subject, _, _), words in zip(known, verdicts, strict=True) if words is not None]
