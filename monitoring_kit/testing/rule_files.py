"""Rules and cases as promtool reads them. The files are JSON, which is YAML and quicker to write and to read."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from monitoring_kit.plan.model import Plan, PrometheusAlert
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.tree import Selector, walk
from monitoring_kit.render.prometheus import rule_groups
from monitoring_kit.testing.case import Case
from monitoring_kit.testing.series import EVALUATION_SECONDS, FIRST_SAMPLE_SECONDS, Series, accepts

Rule = Mapping[str, object]


def rules_by_alert(plan: Plan) -> dict[str, tuple[PrometheusAlert, ...]]:
    """The alerting rules of the plan by the name of their alert, one a severity."""
    names = dict.fromkeys(rule.alert.name for rule in plan.prometheus_alerts)
    return {name: tuple(rule for rule in plan.prometheus_alerts if rule.alert.name == name) for name in names}


def rules_of(alerts: Collection[str], rules: Sequence[Rule]) -> list[Rule]:
    """Those of `rules` that raise one of `alerts`, after the recording rules that they read, directly or not."""
    chosen = [rule for rule in rules if rule.get("alert") in alerts]
    recordings = [rule for rule in rules if "record" in rule]
    read: list[Rule] = []
    asked = _selectors(chosen)
    while found := [
        rule for rule in recordings if rule not in read and any(_records(rule, selector) for selector in asked)
    ]:
        read += found
        asked = _selectors(found)
    return [*(rule for rule in recordings if rule in read), *chosen]


def title_of(rule: Rule) -> str:
    """An alert's name, or what a recording rule records with the labels that it sets: several may share a name."""
    if "alert" in rule:
        return str(rule["alert"])
    labels = rule.get("labels")
    own = Series(str(rule["record"]), labels if isinstance(labels, Mapping) else {}, ())
    return own.name if own.labels else own.metric


def shipped_rules(plan: Plan) -> list[Rule]:
    """All rules of Prometheus, as they are written into its rule files."""
    found: list[Rule] = []
    for group in rule_groups(plan).values():
        rules = group["rules"]
        if isinstance(rules, list):
            found += rules
    return found


def write_rules(path: Path, rules: Sequence[Rule]) -> Path:
    """A rule file with one group of `rules`, evaluated in this order."""
    return _write(path, {"groups": [{"name": path.stem, "rules": list(rules)}]})


def write_case(path: Path, rule_file: Path, alerts: Collection[str], case: Case) -> Path:
    """A test file of one case, which asserts what all `alerts` do at each time: who is not named is silent.

    Raises ValueError for a case that expects another alert.
    """
    named = {firing.alert for firings in case.at.values() for firing in firings}
    if named - set(alerts):
        raise ValueError(f"{case.name}: {', '.join(sorted(named - set(alerts)))} is not among the alerts that are run")
    asserted = [
        {
            "eval_time": time,
            "alertname": alert,
            "exp_alerts": [
                {"exp_labels": dict(firing.labels), "exp_annotations": dict(firing.annotations)}
                for firing in firings
                if firing.alert == alert
            ],
        }
        for time, firings in case.at.items()
        for alert in sorted(alerts)
    ]
    return write_tests(path, rule_file, case.inputs, asserted, [])


def write_tests(
    path: Path,
    rule_file: Path,
    series: Iterable[tuple[str, str]],
    alerts: Sequence[Mapping[str, object]],
    expressions: Sequence[Mapping[str, object]],
    interval: int = FIRST_SAMPLE_SECONDS,
    evaluation: int = EVALUATION_SECONDS,
) -> Path:
    """A test file: the input series with their samples, and promtool's own assertions on alerts and expressions.

    Samples are `interval` seconds apart, evaluations of the rules `evaluation` seconds.
    """
    test = {
        "interval": f"{interval}s",
        "input_series": [{"series": name, "values": values} for name, values in series],
        "alert_rule_test": list(alerts),
        "promql_expr_test": list(expressions),
    }
    return _write(path, {"rule_files": [str(rule_file)], "evaluation_interval": f"{evaluation}s", "tests": [test]})


def _write(path: Path, document: Mapping[str, object]) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _selectors(rules: Iterable[Rule]) -> list[Selector]:
    """What the expressions of `rules` select."""
    return [part for rule in rules for part in walk(parse(str(rule["expr"]))) if isinstance(part, Selector)]


def _records(rule: Rule, selector: Selector) -> bool:
    """Whether series of a recording rule can be among those that `selector` picks.

    The labels that the rule sets are known; the others may have any value.
    """
    labels = rule.get("labels")
    known = labels if isinstance(labels, Mapping) else {}
    return rule["record"] == selector.metric and all(
        accepts(matcher, str(known[matcher.label])) for matcher in selector.matchers if matcher.label in known
    )
