"""Every benchmark in its short form: it runs and has measured what it is about. How long things take is not judged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import build_time, model_server_counts, query_cost
from benchmarks.fleet import Fleet
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan, PrometheusQuery, PrometheusRule
from tests.support.planting import PROJECT, shipped, shipped_environment

COMMANDS = {"build_time", "model_server_counts", "query_cost"}
# Panels of Prometheus that rightly find nothing in the recorded fleet, and why.
WITHOUT_SAMPLES = {"Firing now": "ALERTS is written by alerting rules, and only recording rules are evaluated"}


def test_every_command_is_run_here() -> None:
    commands = {file.stem for file in (PROJECT / "benchmarks").glob("*.py") if "__main__" in file.read_text()}
    assert commands == COMMANDS


def test_build_time_measures_both_environments_and_copies_of_the_full_one(capsys: pytest.CaptureFixture[str]) -> None:
    build_time.main(["--sizes", "2", "1", "--runs", "1"])
    heads, *rows, further = re.split(r"\n+", capsys.readouterr().out.strip())
    assert heads.split()[:2] == ["environments", "files"]
    files = {title: int(number) for title, number in (re.split(r" {2,}", row)[:2] for row in rows)}
    assert list(files) == ["production and staging", "1 full", "2 full"]
    assert files["2 full"] == 2 * files["1 full"] > 0
    assert f"({build_time.items()} panels and rules)" in further
    assert build_time.items() > 100


def test_the_full_environments_of_build_time_share_no_namespace(tmp_path: Path) -> None:
    build_time.write_environments(tmp_path / "environments", 3)
    texts = [file.read_text() for file in sorted((tmp_path / "environments").iterdir())]
    assert [re.findall(r"namespace: (\S+)", text) for text in texts] == [[f"site-00{n}"] * 2 for n in range(3)]


@pytest.fixture(scope="module")
def asked() -> query_cost.Measured:
    return query_cost.measure(Fleet(pods=4, models=2, hours=1, end=query_cost.END), [1])


def test_query_cost_finds_samples_for_every_panel_of_prometheus(asked: query_cost.Measured) -> None:
    for name, plan in asked.plans.items():
        panels = {
            f"{dashboard.uid}/{panel.id}": panel.title
            for dashboard in plan.dashboards
            for panel in dashboard.panels
            if any(isinstance(query, PrometheusQuery) for query in panel.queries)
        }
        without = [title for key, title in panels.items() if not asked.panels[query_cost.Key(name, key, 1)]]
        assert panels
        assert set(without) == WITHOUT_SAMPLES.keys()


def test_query_cost_finds_samples_for_every_query_of_the_guide(asked: query_cost.Measured) -> None:
    assert all(asked.panels[query_cost.Key(query_cost.GUIDE, question.text, 1)] for question in query_cost.QUESTIONS)


def test_query_cost_counts_all_rules_and_the_samples_of_each(asked: query_cost.Measured) -> None:
    plan = build_plan(shipped(), shipped_environment("production"))
    assert plan.recordings
    measured = asked.rules[query_cost.AS_BUILT]
    assert {group: len(rules) for group, rules in measured.items()} == rules_of(plan)
    assert [group for group, rules in measured.items() for rule in rules if not rule.samples] == []


def rules_of(plan: Plan) -> dict[str, int]:
    rules: list[PrometheusRule] = [*plan.recordings, *plan.event_recordings, *plan.prometheus_alerts]
    groups = [rule.group for rule in rules]
    return {group: groups.count(group) for group in groups}


def test_query_cost_records_what_others_are_made_of_first() -> None:
    plan = build_plan(shipped(), shipped_environment("production"))
    order = query_cost.recorded_in_order(plan)
    recorded = {rule.name for rule in (*plan.recordings, *plan.event_recordings)}
    assert sorted(name for names in order for name in names) == sorted(recorded)
    assert len(order) > 1, "counts of events are made of their rate"


def test_query_cost_prints_its_tables(capsys: pytest.CaptureFixture[str], asked: query_cost.Measured) -> None:
    query_cost.report(asked, [1])
    printed = capsys.readouterr().out
    assert re.search(rf"all of them, as built +{sum(map(len, asked.rules[query_cost.AS_BUILT].values()))} ", printed)
    assert "Availability budget left" in printed


def test_model_server_counts_are_exact(capsys: pytest.CaptureFixture[str]) -> None:
    assert model_server_counts.main(800) == 0
    printed = capsys.readouterr().out
    assert " of 800 requests unanswered" in printed
    assert re.search(r"success +answered +[1-9]", printed)
