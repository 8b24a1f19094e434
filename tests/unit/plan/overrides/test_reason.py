"""An alert with another number gives another reason: the environment's own, or the file in which the number is set."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from monitoring_kit.core.findings import Refused
from monitoring_kit.environment.model import Environment
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.programs.promtool import unit_test_rules
from tests.support.planting import shipped
from tests.unit.plan.overrides.changing import findings, overriding
from tests.unit.render.pages.plans import index_of, pages

ALERT = "ModelErrorRatioHigh"
DEFINED = "at 5% callers notice"
GIVEN = "Callers retry, so a failure costs them time and no answer"
HOSTILE = '{{ $labels.nobody }} {{{ "x" }} <b> | [x](y) `z` $value'


def planned(environment: Environment) -> Plan:
    assert findings(environment) == []
    return build_plan(shipped(), environment)


def texts(plan: Plan) -> list[str]:
    """What the alert says in Prometheus and in Azure."""
    prometheus = [rule.annotations["description"] for rule in plan.prometheus_alerts if rule.alert.name == ALERT]
    return prometheus + [rule.description for rule in plan.log_alerts if rule.alert.name == ALERT]


def runbook(plan: Plan) -> str:
    return pages(plan)[f"runbooks/{ALERT}.md"]


@pytest.mark.parametrize("environment", ["production", "staging"])
@pytest.mark.parametrize("changes", [{"critical": "10%"}, {"for": "10m"}, {"warning": "3%", "for": "10m"}], ids=str)
def test_without_a_reason_of_its_own_a_number_names_its_file(
    tmp_path: Path, changes: dict[str, str], environment: str
) -> None:
    where = overriding(tmp_path, ALERT, changes, environment)
    plan = planned(where)
    assert texts(plan)
    for text in (*texts(plan), runbook(plan)):
        assert DEFINED not in text
    assert all(text.endswith(f" Why: changed in {where.where.file}, which gives no reason.") for text in texts(plan))
    assert "**Why these numbers:** changed in " in runbook(plan)


@pytest.mark.parametrize("environment", ["production", "staging"])
@pytest.mark.parametrize("written", [GIVEN, f"{GIVEN}."])
def test_a_reason_takes_the_place_of_the_definitions_own(tmp_path: Path, written: str, environment: str) -> None:
    plan = planned(overriding(tmp_path, ALERT, {"critical": "10%", "because": written}, environment))
    assert all(text.endswith(f" Why: {GIVEN}.") for text in texts(plan))
    assert f"**Why these numbers:** {GIVEN}\n" in runbook(plan)
    assert DEFINED not in runbook(plan)


def test_alert_runbook_and_index_name_the_same_number(tmp_path: Path) -> None:
    plan = planned(overriding(tmp_path, ALERT, {"critical": "10%", "because": GIVEN}))
    index = index_of(plan)
    row = next(line for line in index.splitlines() if line.startswith("|") and f"[{ALERT}](" in line)
    assert "critical: more than 10%;" in row
    assert "| critical | more than 10% |" in runbook(plan)
    assert "more than 10%" in texts(plan)[0]


def test_a_reason_is_text_whatever_is_in_it(tmp_path: Path) -> None:
    plan = planned(overriding(tmp_path, ALERT, {"critical": "10%", "because": HOSTILE}))
    says = texts(plan)[0].partition(" Why: ")[2]
    assert filled_in_by_prometheus(tmp_path, says, f"{HOSTILE}.")
    assert r"\<b\> \| \[x\]" in runbook(plan)


def filled_in_by_prometheus(folder: Path, template: str, text: str) -> bool:
    """Whether Prometheus makes `text` of an annotation that is `template`."""
    rule = {"alert": "A", "expr": "vector(1)", "annotations": {"why": template}}
    expected = {"exp_labels": {}, "exp_annotations": {"why": text}}
    case = {"alert_rule_test": [{"eval_time": "1m", "alertname": "A", "exp_alerts": [expected]}]}
    rules, tests = folder / "rules.yaml", folder / "tests.yaml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}))
    tests.write_text(yaml.safe_dump({"rule_files": [str(rules)], "tests": [case]}))
    return unit_test_rules([tests]) == 1


def test_a_reason_in_azure_is_no_template(tmp_path: Path) -> None:
    plan = planned(overriding(tmp_path, ALERT, {"critical": "10%", "because": HOSTILE}, "staging"))
    assert all(text.endswith(f" Why: {HOSTILE}.") for text in texts(plan))


@pytest.mark.parametrize(
    ("changes", "subject", "says"),
    [
        ({"because": GIVEN}, f"alerts.{ALERT}", "gives a reason and changes nothing"),
        ({"because": GIVEN, "disabled": GIVEN}, f"alerts.{ALERT}", "disabled and changed at the same time"),
        ({"critical": "10%", "because": "so"}, f"alerts.{ALERT}.because", "found 'so'"),
        ({"critical": "10%", "because": " " * 20}, f"alerts.{ALERT}.because", "found"),
        ({"critical": "10%", "because": "x" * 301}, f"alerts.{ALERT}.because", "found 'xxx"),
    ],
)
def test_a_reason_for_nothing_and_a_reason_that_is_none_are_refused(
    tmp_path: Path, changes: dict[str, str], subject: str, says: str
) -> None:
    with pytest.raises(Refused) as refused:
        overriding(tmp_path, ALERT, changes)
    (finding,) = refused.value.findings
    assert finding.subject == subject
    assert says in finding.problem
    assert finding.where.line
