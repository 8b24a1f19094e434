"""What `diff` tells of a change: an edit of a built file beside the line that a reviewer reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from monitoring_kit.output.diff import WIDTH, describe, recorded_incidents
from monitoring_kit.output.writer import Output

ENVIRONMENT = "shop"
RULES = """\
groups:
- name: shop-errors
  interval: 30s
  rules:
  - record: job:errors:rate5m
    expr: sum by (job) (rate(errors_total[5m]))
  - alert: OrdersFail
    expr: |-
      sum by (job) (errors:ratio5m{job="shop"}) > 0.05
      and sum by (job) (orders:rate5m) * 300 >= 20
    for: 5m
    labels:
      severity: critical
      team: buying
      service: shop
    annotations:
      summary: Shop fails {{ $value }} of its orders.
      description: 'Error ratio: {{ $value }} over 5 minutes. Threshold: more than 5% for 5 minutes, judged only from 20
        events on. Why: at 5% callers notice.'
      dashboard_url: https://grafana.example.com/d/shop-orders?from=now-3h&viewPanel=7
      runbook_url: https://git.example.com/OrdersFail.md
"""
DASHBOARD = {
    "uid": "shop-orders",
    "title": "Orders",
    "templating": {"list": [{"name": "datasource"}]},
    "panels": [
        {
            "id": 7,
            "title": "Error ratio",
            "type": "timeseries",
            "description": "Orders that failed: critical when more than 5%.",
            "gridPos": {"h": 8, "w": 12, "x": 0, "y": 0},
            "fieldConfig": {
                "defaults": {
                    "unit": "percentunit",
                    "thresholds": {
                        "mode": "absolute",
                        "steps": [{"color": "green", "value": None}, {"color": "red", "value": 0.05}],
                    },
                }
            },
            "targets": [{"refId": "A", "expr": "errors:ratio5m"}],
            "options": {"legend": {"showLegend": True}},
        },
        {
            "id": 8,
            "title": "Orders",
            "type": "stat",
            "gridPos": {"h": 8, "w": 12, "x": 12, "y": 0},
            "targets": [{"refId": "A", "azureLogAnalytics": {"query": "Orders | count", "resultFormat": "table"}}],
        },
    ],
}
TEMPLATE = {
    "resources": [
        {
            "type": "Microsoft.Insights/scheduledQueryRules",
            "name": f"shop-OrdersFail-critical-{deployment}",
            "properties": {
                "description": "Orders fail more than 5%.\nError ratio over 5 minutes. Threshold: more than 5% for "
                "5 minutes. Why: at 5% callers notice.",
                "criteria": {
                    "allOf": [{"query": "Orders | where Bad >= 1", "threshold": 0.05, "timeAggregation": "Maximum"}]
                },
                "windowSize": "PT5M",
                "actions": {"customProperties": {"alertname": "OrdersFail", "severity": "critical"}},
            },
        }
        for deployment in ("blue", "green")
    ]
    + [
        {
            "type": "Microsoft.Insights/actionGroups",
            "name": "shop",
            "properties": {"enabled": True, "emailReceivers": [{"emailAddress": "buying@example.com"}]},
        }
    ]
}
FILES = {
    "prometheus/errors.yaml": RULES,
    "grafana/shop-orders.json": json.dumps(DASHBOARD),
    "azure/alerts.json": json.dumps(TEMPLATE),
    "runbooks/OrdersFail.md": "Wake the buyers.\n",
    "kubernetes/a.yaml": "a\n",
    "kubernetes/b.yaml": "b\n",
}
INCIDENT_TABLE = """\
| incident | alert | severity | of | fires | resolved |
|---|---|---|---|---|---|
| healthy | none |  |  |  |  |
| the warehouse burns | OrdersFail | critical | job shop | 1h | 2h |
| the warehouse burns | OrdersFail | warning | job shop | 1h | 2h |
| half of the pods are gone | OrdersFail | critical | job shop | 1h | 2h |
| half of the pods are gone | OrdersFail | critical | job other | 1h | 2h |
"""

Edit = tuple[str, str]


def built(output: Path, files: Mapping[str, str] = FILES) -> Path:
    with Output(output) as target:
        target.stage(ENVIRONMENT, files)
        target.commit(remove_others=True)
    return output


def edited(file: str, *edits: Edit) -> dict[str, str]:
    """The files, with each old text of `file` replaced wherever it stands."""
    text = FILES[file]
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return {**FILES, file: text}


def told(output: Path, files: Mapping[str, str], *, verbose: bool = False) -> list[str]:
    """What is told of the environment, without its name and without the files."""
    lines = describe(output, ENVIRONMENT, files, verbose=verbose)
    assert lines[0] == "shop:"
    return [line for line in lines[1:] if not line.startswith(("  files ", "  file "))]


def test_no_difference_needs_no_word(tmp_path: Path) -> None:
    assert describe(built(tmp_path), ENVIRONMENT, FILES) == []


@pytest.mark.parametrize(
    ("file", "edits", "line"),
    [
        pytest.param(
            "prometheus/errors.yaml",
            [("more than 5%", "more than 6%"), ("> 0.05", "> 0.06")],
            "~ OrdersFail critical: 5% -> 6%",
            id="level",
        ),
        pytest.param(
            "prometheus/errors.yaml",
            [("more than 5%", "at least 5%"), ("> 0.05", ">= 0.05")],
            "~ OrdersFail critical: more than -> at least; query changed",
            id="comparison",
        ),
        pytest.param(
            "prometheus/errors.yaml",
            [("for: 5m", "for: 10m"), ("for 5 minutes", "for 10 minutes")],
            "~ OrdersFail critical: for 5m -> 10m",
            id="how long it has to last",
        ),
        pytest.param(
            "prometheus/errors.yaml",
            [("only from 20", "only from 30"), (">= 20", ">= 30")],
            "~ OrdersFail critical: judged from 20 events -> 30 events",
            id="guard",
        ),
        pytest.param(
            "prometheus/errors.yaml",
            [(" over 5 minutes.", " over 10 minutes."), ("ratio5m", "ratio10m")],
            "~ OrdersFail critical: window 5 minutes -> 10 minutes; query changed",
            id="window",
        ),
        pytest.param(
            "prometheus/errors.yaml", [("> 0.05", "> 0.06")], "~ OrdersFail critical: query changed", id="number alone"
        ),
        pytest.param(
            "prometheus/errors.yaml",
            [("more than 5%", "more than 6%"), ("> 0.05", "> 0.06"), ('job="shop"', 'job="shop2"')],
            "~ OrdersFail critical: 5% -> 6%; query changed",
            id="level, and a selector with it",
        ),
        pytest.param(
            "prometheus/errors.yaml",
            [("team: buying", "team: selling"), ("service: shop", "service: store")],
            "~ OrdersFail critical: team buying -> selling; label service shop -> store",
            id="labels",
        ),
        pytest.param(
            "prometheus/errors.yaml",
            [("callers notice", "callers complain"), ("Shop fails", "The shop fails"), ("/OrdersFail.md", "/x.md")],
            "~ OrdersFail critical: description reworded; summary reworded; link to the runbook changed",
            id="texts",
        ),
        pytest.param(
            "prometheus/errors.yaml",
            [("sum by (job) (rate", "max by (job) (rate")],
            "~ recording job:errors:rate5m: query changed",
            id="recording",
        ),
        pytest.param(
            "prometheus/errors.yaml",
            [("interval: 30s", "interval: 1m")],
            "~ rule group shop-errors: interval 30s -> 1m",
            id="rule group",
        ),
        pytest.param(
            "grafana/shop-orders.json",
            [("0.05", "0.06"), ("more than 5%", "more than 6%")],
            "~ panel Error ratio on shop-orders: line moved",
            id="line of a panel",
        ),
        pytest.param(
            "grafana/shop-orders.json",
            [('"title": "Error ratio", "type": "timeseries"', '"title": "Failures", "type": "stat"')],
            "~ panel Failures on shop-orders: title Error ratio -> Failures; type timeseries -> stat",
            id="title and kind of a panel",
        ),
        pytest.param(
            "grafana/shop-orders.json",
            [("errors:ratio5m", "errors:ratio1h"), ("percentunit", "percent"), ("true", "false")],
            "~ panel Error ratio on shop-orders: unit percentunit -> percent; query changed; showLegend changed",
            id="query, unit and option of a panel",
        ),
        pytest.param(
            "grafana/shop-orders.json",
            [("Orders | count", "Orders | take 3")],
            "~ panel Orders on shop-orders: query changed",
            id="Kusto of a panel",
        ),
        pytest.param(
            "grafana/shop-orders.json",
            [('"y": 0', '"y": 9')],
            "~ dashboard shop-orders: 2 panels moved on the page",
            id="places of panels",
        ),
        pytest.param(
            "grafana/shop-orders.json",
            [('"title": "Orders", "templating"', '"title": "O", "templating"'), ('"datasource"', '"x"')],
            "~ dashboard shop-orders: title Orders -> O; variables datasource -> x",
            id="dashboard",
        ),
        pytest.param(
            "azure/alerts.json",
            [("more than 5%", "more than 6%"), ("0.05", "0.06")],
            "~ OrdersFail critical on Azure: 5% -> 6%",
            id="level of two Azure rules of one alert",
        ),
        pytest.param(
            "azure/alerts.json",
            [("Orders | where Bad", "Orders | where Good"), ("PT5M", "PT10M"), ("Maximum", "Total")],
            "~ OrdersFail critical on Azure: query changed; timeAggregation, windowSize changed",
            id="query and settings of an Azure rule",
        ),
        pytest.param(
            "azure/alerts.json",
            [("buying@example.com", "selling@example.com")],
            "~ Azure actionGroups shop: emailAddress changed",
            id="any other resource",
        ),
        pytest.param("runbooks/OrdersFail.md", [("Wake", "Call")], "only texts and layout differ", id="runbook"),
    ],
)
def test_a_change_is_told_in_a_line(tmp_path: Path, file: str, edits: list[Edit], line: str) -> None:
    assert told(built(tmp_path), edited(file, *edits)) == [f"  {line}"]


def test_the_panel_whose_line_moves_is_told_with_the_alert_that_it_draws(tmp_path: Path) -> None:
    rules = edited("prometheus/errors.yaml", ("more than 5%", "more than 6%"), ("> 0.05", "> 0.06"))
    panel = edited("grafana/shop-orders.json", ("0.05", "0.06"))
    both = {**rules, "grafana/shop-orders.json": panel["grafana/shop-orders.json"]}
    assert told(built(tmp_path), both) == ["  ~ OrdersFail critical: 5% -> 6%; panel Error ratio: line moved"]


def test_what_appears_and_what_goes_has_its_condition(tmp_path: Path) -> None:
    without = {path: text for path, text in FILES.items() if path != "prometheus/errors.yaml"}
    assert "  + OrdersFail critical: more than 5% for 5m" in told(built(tmp_path / "new", without), FILES)
    assert "  - OrdersFail critical" in told(built(tmp_path / "gone"), without)


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        (INCIDENT_TABLE, ["      incidents: the warehouse burns, half of the pods are gone"]),
        ("| healthy | OtherAlert | critical | | | |", ["      incidents: none raises it"]),
        (None, []),
    ],
    ids=["raised", "raised by none", "no table"],
)
def test_recorded_incidents_that_raise_the_alert_are_named(tmp_path: Path, table: str | None, lines: list[str]) -> None:
    built(tmp_path)
    if table is not None:
        (tmp_path / "incidents.md").write_text(table)
    level = edited("prometheus/errors.yaml", ("more than 5%", "more than 6%"), ("> 0.05", "> 0.06"))
    assert told(tmp_path, level) == ["  ~ OrdersFail critical: 5% -> 6%", *lines]
    text = edited("prometheus/errors.yaml", ("Shop fails", "The shop fails"))
    assert told(tmp_path, text) == ["  ~ OrdersFail critical: summary reworded"]


def test_a_table_of_incidents_that_is_not_text_names_none(tmp_path: Path) -> None:
    (tmp_path / "incidents.md").write_bytes(b"\xff\xfe")
    assert recorded_incidents(tmp_path) is None


def test_the_same_change_of_many_things_is_told_once(tmp_path: Path) -> None:
    rule = RULES.partition("  - alert")[2]
    many = RULES + "".join("  - alert" + rule.replace("OrdersFail", f"OrdersFail{number}") for number in range(9))
    files = {**FILES, "prometheus/errors.yaml": many}
    after = {**FILES, "prometheus/errors.yaml": many.replace("//grafana", "//other")}
    assert told(built(tmp_path, files), after) == ["  ~ 10 alerts: link to the dashboard changed"]


def test_files_are_counted_by_folder(tmp_path: Path) -> None:
    after = {**FILES, "kubernetes/a.yaml": "x\n", "kubernetes/b.yaml": "x\n", "index.md": "new\n"}
    del after["runbooks/OrdersFail.md"]
    assert describe(built(tmp_path), ENVIRONMENT, after)[2:] == [
        "  files added: index.md",
        "  files changed: kubernetes (2)",
        "  files removed: runbooks",
    ]
    assert describe(tmp_path, ENVIRONMENT, after, verbose=True)[-4:] == [
        "  file added: index.md",
        "  file changed: kubernetes/a.yaml",
        "  file changed: kubernetes/b.yaml",
        "  file removed: runbooks/OrdersFail.md",
    ]


def test_verbose_shows_queries_and_fields(tmp_path: Path) -> None:
    rules = edited("prometheus/errors.yaml", ("more than 5%", "more than 6%"), ("> 0.05", "> 0.06"))
    assert told(built(tmp_path), rules, verbose=True) == [
        "  ~ OrdersFail critical: 5% -> 6%",
        "      fires at more than 5% -> more than 6%",
        "      query",
        '        -sum by (job) (errors:ratio5m{job="shop"}) > 0.05',
        '        +sum by (job) (errors:ratio5m{job="shop"}) > 0.06',
        "         and sum by (job) (orders:rate5m) * 300 >= 20",
    ]
    template = edited("azure/alerts.json", ("Maximum", "Total"))
    assert told(tmp_path, template, verbose=True) == [
        "  ~ OrdersFail critical on Azure: timeAggregation changed",
        "      criteria.allOf[0].timeAggregation Maximum -> Total",
    ]


def test_no_line_is_too_long_and_none_holds_json(tmp_path: Path) -> None:
    long = "x" * 300
    rules = RULES.replace("OrdersFail", f"OrdersFail{long}").replace("team: buying", f"team: {long}")
    dashboard = json.dumps(DASHBOARD).replace('"Error ratio"', f'"{long}"').replace("percentunit", long)
    before = {**FILES, "prometheus/errors.yaml": rules, "grafana/shop-orders.json": dashboard}
    after = {
        **FILES,
        "prometheus/errors.yaml": rules.replace(f"team: {long}", "team: a").replace("> 0.05", "> 0.06"),
        "grafana/shop-orders.json": dashboard.replace(f'"{long}", "type"', f'"{long * 2}", "type"'),
        **{f"{folder}{long[:200]}/a": "a\n" for folder in "abc"},
    }
    built(tmp_path, before)
    (tmp_path / "incidents.md").write_text(
        "".join(f"| {name} {long} | OrdersFail{long} | critical |\n" for name in ("one", "two", "three"))
    )
    lines = describe(tmp_path, ENVIRONMENT, after)
    assert max(map(len, lines)) <= WIDTH
    assert not any(character in line for line in lines for character in '{}"')


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"{", b"groups: 5", b"[1, 2]", b"groups:\n- name: [a]\n  rules:\n  - alert: [a]\n    expr: 5\n"],
    ids=["not UTF-8", "not whole", "no groups", "a list", "other types"],
)
@pytest.mark.parametrize("file", ["prometheus/errors.yaml", "grafana/shop-orders.json", "azure/alerts.json"])
def test_a_broken_file_is_told_as_one_that_said_nothing(tmp_path: Path, file: str, content: bytes) -> None:
    built(tmp_path)
    (tmp_path / ENVIRONMENT / file).write_bytes(content)
    lines = describe(tmp_path, ENVIRONMENT, FILES)
    assert lines[-1] == f"  files changed: {file.partition('/')[0]}"
    assert any(line.startswith("  + ") for line in lines)
    assert describe(tmp_path, ENVIRONMENT, FILES, verbose=True)
