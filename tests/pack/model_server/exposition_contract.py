"""What a /metrics says, held against the contract in queries/metrics.py, in both directions."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import Metric as Family

from monitoring_kit.model.metrics import Metric, MetricType, bucket_label
from queries import metrics


def contract() -> dict[str, Metric]:
    """The metrics that the model server itself must export. `up` and `scrape_*` are made by the scrape."""
    return {
        metric.name: metric
        for metric in vars(metrics).values()
        if isinstance(metric, Metric)
        and metric.source is metrics.MODEL_SERVER
        and metric.name != "up"
        and not metric.name.startswith("scrape_")
    }


def differences(families: Iterable[Family]) -> list[str]:
    """Every way in which the metrics of a freshly started server differ from the contract, in words."""
    exported = {_name(family): family for family in families}
    expected = contract()
    found = [f"{name} is exported but not in the contract" for name in sorted(exported.keys() - expected.keys())]
    found += [f"{name} is in the contract but not exported" for name in sorted(expected.keys() - exported.keys())]
    for name in sorted(exported.keys() & expected.keys()):
        found += _differences(expected[name], exported[name])
    return found


def _name(family: Family) -> str:
    return f"{family.name.removesuffix('_total')}_total" if family.type == "counter" else str(family.name)


def _differences(metric: Metric, family: Family) -> list[str]:
    name, found = metric.name, []
    if family.type != metric.type.value:
        return [f"{name} is a {family.type}, in the contract a {metric.type.value}"]
    if family.documentation != metric.help:
        found.append(f"{name} has the help {family.documentation!r}, in the contract {metric.help!r}")
    expected = _series(metric)
    exported: dict[str, set[frozenset[str]]] = {}
    for sample in family.samples:
        exported.setdefault(sample.name, set()).add(frozenset(sample.labels))
    found += [f"{series} is exported but not in the contract" for series in sorted(exported.keys() - expected.keys())]
    found += [f"{series} is in the contract but not exported" for series in sorted(expected.keys() - exported.keys())]
    found += [
        f"{series} has the labels {sorted(labels)}, in the contract {sorted(expected[series])}"
        for series in sorted(exported.keys() & expected.keys())
        for labels in exported[series]
        if labels != expected[series]
    ]
    for label, values in _closed(metric).items():
        shown = {sample.labels[label] for sample in family.samples if label in sample.labels}
        if shown != values:
            found.append(f"{name} has {label} in {sorted(shown)}, in the contract {sorted(values)}")
    return found


def _series(metric: Metric) -> dict[str, frozenset[str]]:
    """The labels of each series that the metric exports."""
    if metric.type is not MetricType.HISTOGRAM:
        return {metric.name: metric.labels}
    return {
        f"{metric.name}_bucket": metric.labels | {"le"},
        f"{metric.name}_sum": metric.labels,
        f"{metric.name}_count": metric.labels,
    }


def _closed(metric: Metric) -> dict[str, frozenset[str]]:
    if metric.type is not MetricType.HISTOGRAM:
        return dict(metric.closed)
    return {**metric.closed, "le": frozenset(bucket_label(bound) for bound in metric.buckets) | {"+Inf"}}
