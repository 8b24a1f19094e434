"""Rules and cases as promtool reads them. The files are JSON, which is YAML and quicker to write and to read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from toolkit.durations import Duration
from toolkit.plan.model import Plan, PrometheusAlert
from toolkit.promql.parser import parse
from toolkit.promql.tree import Selector, walk
from toolkit.proofs.case import Case
from toolkit.proofs.samples import EVALUATION_SECONDS, FIRST_SAMPLE_SECONDS
from toolkit.render.prometheus import rule_groups

Rule = Mapping[str, object]


def rules_by_alert(plan: Plan) -> dict[str, tuple[PrometheusAlert, ...]]:
    """The alerting rules of the plan by the name of their alert, one a severity."""
    names = dict.fromkeys(rule.alert.name for rule in plan.prometheus_alerts)
    return {name: tuple(rule for rule in plan.prometheus_alerts if rule.alert.name == name) for name in names}


def rules_of(alert: str, rules: Sequence[Rule]) -> list[Rule]:
    """Those of `rules` that raise `alert`, after the recording rules that they read, directly or not."""
    read = recordings_behind(rules, alert)
    return [
        *(rule for rule in rules if rule.get("record") in read),
        *(rule for rule in rules if rule.get("alert") == alert),
    ]


def shipped_rules(plan: Plan) -> list[Rule]:
    """All rules of Prometheus, as they are written into its rule files."""
    found: list[Rule] = []
    for group in rule_groups(plan).values():
        rules = group["rules"]
        if isinstance(rules, list):
            found += rules
    return found


def recordings_behind(rules: Sequence[Rule], alert: str) -> set[str]:
    """The names of the recordings whose series an alert reads, directly or through other recordings."""
    read: set[str] = set()
    names = metrics_read(rule for rule in rules if rule.get("alert") == alert)
    while names - read:
        read |= names
        names = metrics_read(rule for rule in rules if rule.get("record") in read)
    return {str(rule["record"]) for rule in rules if rule.get("record") in read}


def metrics_read(rules: Iterable[Rule]) -> set[str]:
    """The names of all series that the expressions of `rules` select."""
    return {part.metric for rule in rules for part in walk(parse(str(rule["expr"]))) if isinstance(part, Selector)}


def write_rules(path: Path, rules: Sequence[Rule]) -> Path:
    """A rule file with one group of `rules`, evaluated in this order."""
    return _write(path, {"groups": [{"name": path.stem, "rules": list(rules)}]})


def write_case(path: Path, rule_file: Path, alert: str, case: Case) -> Path:
    """A test file of one case."""
    asserted = [
        {
            "eval_time": Duration(time).prometheus(),
            "alertname": alert,
            "exp_alerts": [
                {"exp_labels": dict(one.labels), "exp_annotations": dict(one.annotations)} for one in firing
            ],
        }
        for time, firing in case.at.items()
    ]
    return write_tests(path, rule_file, [(one.name, one.notation) for one in case.series], asserted, [])


def write_tests(
    path: Path,
    rule_file: Path,
    series: Iterable[tuple[str, str]],
    alerts: Sequence[Mapping[str, object]],
    expressions: Sequence[Mapping[str, object]],
) -> Path:
    """A test file: the input series with their samples, and promtool's own assertions on alerts and expressions."""
    test = {
        "interval": f"{FIRST_SAMPLE_SECONDS}s",
        "input_series": [{"series": name, "values": values} for name, values in series],
        "alert_rule_test": list(alerts),
        "promql_expr_test": list(expressions),
    }
    evaluation = f"{EVALUATION_SECONDS}s"
    return _write(path, {"rule_files": [str(rule_file)], "evaluation_interval": evaluation, "tests": [test]})


def _write(path: Path, document: Mapping[str, object]) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
