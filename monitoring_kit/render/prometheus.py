"""Rule files for Prometheus, Thanos, Mimir and promtool: one file a group."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring_kit.plan.model import Plan, PrometheusAlert, PrometheusRecording, PrometheusRule
from monitoring_kit.promql.printer import print_promql
from monitoring_kit.render.yaml_text import YamlValue, yaml_text

HEADER = "Generated. Do not edit: change {source} and run `make build`."


def render_prometheus(plan: Plan) -> Mapping[str, str]:
    """`prometheus/<subject>.yaml` for each group of rules."""
    return {
        f"prometheus/{subject_of(plan, name)}.yaml": yaml_text({"groups": [group]}, header_of(plan, name))
        for name, group in rule_groups(plan).items()
    }


def rule_groups(plan: Plan) -> Mapping[str, Mapping[str, YamlValue]]:
    """The groups of the plan by name, as Prometheus reads them."""
    if plan.environment.prometheus is None:
        return {}
    return {
        name: {
            "name": name,
            "interval": plan.evaluation_interval(name).prometheus(),
            "rules": [_rule(rule) for rule in rules],
        }
        for name, rules in plan.prometheus_groups.items()
    }


def subject_of(plan: Plan, group: str) -> str:
    """What a group is about: its name without the workload that it starts with."""
    workload = plan.environment.prometheus.workload if plan.environment.prometheus else ""
    return group.removeprefix(f"{workload}-")


def header_of(plan: Plan, group: str) -> str:
    """The comment above a generated file, with the definitions that it comes from."""
    sources = set()
    for rule in plan.prometheus_groups[group]:
        if isinstance(rule, PrometheusAlert):
            sources |= {rule.alert.where.file, rule.alert.signal.where.file}
        else:
            sources.add(rule.where.file)
    return HEADER.format(source=", ".join(sorted(sources)))


def _rule(rule: PrometheusRule) -> Mapping[str, YamlValue]:
    if isinstance(rule, PrometheusRecording):
        labels = {"labels": dict(rule.labels)} if rule.labels else {}
        return {"record": rule.name, "expr": print_promql(rule.expression), **labels}
    for_ = rule.alert.threshold.for_
    return {
        "alert": rule.alert.name,
        "expr": print_promql(rule.condition),
        **({"for": for_.prometheus()} if for_.seconds else {}),
        "labels": dict(sorted(rule.labels.items())),
        "annotations": dict(sorted(rule.annotations.items())),
    }
