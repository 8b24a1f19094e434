"""How Grafana fills in a dashboard: intervals, variables, legends and addresses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitoring_kit.programs.prometheus import backfill, serve
from tests.behaviour.panels.grafana import (
    ALL,
    DashboardVariable,
    GrafanaError,
    Interval,
    Json,
    Link,
    TimeRange,
    interpolate,
    intervals,
    legend_of,
    panels_of,
    read_link,
    resolve,
    run,
)

NOW = 1_700_000_000
OPENMETRICS = "\n".join(
    [
        "# TYPE up gauge",
        *(
            f'up{{job="{job}",namespace="{namespace}",pod="{pod}"}} {value} {time}'
            for job, namespace, pod, value in (
                ("a", "here", "a-1.x", 1),
                ("a", "here", "a-2", 3),
                ("b", "here", "b-1", 5),
                ("b", "there", "b-2", 7),
            )
            for time in range(NOW - 600, NOW + 1, 30)
        ),
        "# EOF\n",
    ]
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    blocks: Path = tmp_path_factory.mktemp("blocks")
    backfill(OPENMETRICS, blocks)
    with serve(blocks) as served:
        yield served


@pytest.mark.parametrize(
    ("hours", "columns", "panel", "target", "step", "rate_interval"),
    [
        # Half of the screen is 900 points; the query's own shortest interval decides.
        (1, 12, {}, {"interval": "30s"}, 30, 120),
        (1, 12, {}, {}, 15, 60),
        (1, 12, {"interval": "1m"}, {}, 60, 240),
        # 96 s a point.
        (24, 12, {}, {"interval": "30s"}, 120, 150),
        (24, 24, {}, {"interval": "30s"}, 60, 120),
        (24, 12, {"maxDataPoints": 100}, {"interval": "30s"}, 900, 930),
        # 672 s a point.
        (168, 12, {}, {"interval": "30s"}, 600, 630),
        (168, 12, {}, {"interval": "1h"}, 3600, 14400),
        (2, 12, {"interval": "5m"}, {"interval": "30s"}, 30, 330),
    ],
)
def test_intervals(hours: int, columns: int, panel: Json, target: Json, step: int, rate_interval: int) -> None:
    found = intervals({"gridPos": {"w": columns}, **panel}, target, TimeRange(0, hours * 3600))

    assert found == Interval(step, rate_interval)


def variable(*chosen: str, **definition: Any) -> DashboardVariable:
    return DashboardVariable({"name": "v", "multi": True, **definition}, ("a.b", "c", "d"), chosen)


@pytest.mark.parametrize(
    ("text", "value", "filled_in"),
    [
        ('x=~"$v"', variable("a.b"), r'x=~"a\\.b"'),
        ('x=~"${v}"', variable("a.b", "c"), r'x=~"(a\\.b|c)"'),
        ('x=~"[[v]]"', variable("c", "d"), 'x=~"(c|d)"'),
        ('x=~"$v"', variable(r"a\b"), r'x=~"a\\\\b"'),
        ('x=~"$v"', variable(ALL, includeAll=True), r'x=~"(a\\.b|c|d)"'),
        ('x=~"$v"', variable(ALL, includeAll=True, allValue=".*"), 'x=~".*"'),
        ('x=~"$v"', variable(ALL, includeAll=True, allValue="$job.+"), 'x=~"web.+"'),
        ('x="$v"', variable("a.b", multi=False), 'x="a.b"'),
        ("${v:csv} ${v:raw}", variable("c", "d"), "c,d c,d"),
        ("${v:pipe}", variable("c", "d"), "c|d"),
        ("${v:regex}", variable("a.b", "c"), r"(a\.b|c)"),
        ("${v:regex}", variable("a.b"), r"a\.b"),
        ("[[v:glob]]", variable("c", "d"), "{c,d}"),
        ("${v:glob}", variable("c"), "c"),
        ("${v:json}", variable("c", "d"), '["c", "d"]'),
        ("${v:singlequote} ${v:doublequote}", variable("c", "d"), """'c','d' "c","d\""""),
        ("${v:text}", variable("c", "d"), "c + d"),
        ("${v:text}", variable(ALL, includeAll=True, allValue=".*"), "All"),
        ("${v:percentencode}", variable("a b"), "a%20b"),
        ("$job [$__rate_interval]", variable("c"), "web [2m]"),
        ('label_replace(x, "a", "$1", "b", "(.*)")', variable("c"), 'label_replace(x, "a", "$1", "b", "(.*)")'),
    ],
)
def test_variables_in_a_query(text: str, value: DashboardVariable, filled_in: str) -> None:
    job = DashboardVariable({"name": "job"}, ("web",), ("web",))

    assert interpolate(text, {"v": value, "job": job}, {"__rate_interval": "2m"}) == filled_in


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("$w", "there is no variable $w; there are $v, $__interval"),
        ("${w}", "there is no variable ${w}"),
        ("[[w]]", "there is no variable [[w]]"),
        ("rate(x[$__intervall])", "there is no variable $__intervall"),
        ("${v:yaml}", "nobody knows the format 'yaml'"),
    ],
)
def test_a_variable_that_cannot_be_filled_in(text: str, says: str) -> None:
    with pytest.raises(GrafanaError) as error:
        interpolate(text, {"v": variable("c")}, {"__interval": "30s"})

    assert says in str(error.value)


def query_variable(name: str, query: str, **more: Any) -> Json:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {"name": name, "type": "query", "query": {"qryType": 1, "query": query}, "datasource": source, **more}


DATA_SOURCE = {"name": "datasource", "type": "datasource", "query": "prometheus"}
NAMESPACE = query_variable("namespace", 'label_values(up{job="a"}, namespace)')


@pytest.mark.parametrize(
    ("definition", "options", "chosen"),
    [
        (query_variable("v", "label_values(job)"), ("a", "b"), ("a",)),
        (query_variable("v", "label_values(job)", sort=2), ("b", "a"), ("b",)),
        (query_variable("v", 'label_values(up{namespace="$namespace"}, pod)'), ("a-1.x", "a-2", "b-1"), ("a-1.x",)),
        (query_variable("v", "label_values(up, pod)", regex="/^b-/"), ("b-1", "b-2"), ("b-1",)),
        (query_variable("v", "label_values(up, pod)", regex="^(.)-"), ("a", "b"), ("a",)),
        (query_variable("v", "label_values(job)", current={"value": "b"}), ("a", "b"), ("b",)),
        (query_variable("v", "label_values(job)", current={"value": "gone"}), ("a", "b"), ("a",)),
        (query_variable("v", "label_values(job)", includeAll=True), ("a", "b"), (ALL,)),
        (query_variable("v", "label_values(job)", includeAll=True, current={"value": [ALL]}), ("a", "b"), (ALL,)),
        (query_variable("v", 'label_values(up{job="c"}, pod)'), (), ()),
        ({"name": "v", "type": "custom", "query": "one, Two : 2"}, ("one", "2"), ("one",)),
        ({"name": "v", "type": "constant", "query": "x"}, ("x",), ("x",)),
    ],
)
def test_variables_are_resolved_in_order(
    definition: Json, options: tuple[str, ...], chosen: tuple[str, ...], address: str
) -> None:
    dashboard = {"templating": {"list": [DATA_SOURCE, NAMESPACE, definition]}}

    found = resolve(dashboard, address, TimeRange(NOW - 600, NOW))["v"]

    assert (found.options, found.chosen) == (options, chosen)


def test_an_address_chooses_values() -> None:
    link = read_link(
        "https://grafana.example.com/d/some-uid/name?from=now-3h&to=now&var-pod=a%2Fb&var-pod=c&viewPanel=7", NOW
    )

    assert link == Link("some-uid", 7, {"pod": ("a/b", "c")}, TimeRange(NOW - 10800, NOW))


def test_a_panel_shows_its_series_with_legends_and_counts_samples(address: str) -> None:
    panel = {
        "type": "timeseries",
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {"w": 12},
        "targets": [
            {"expr": 'sum by (job) (up{namespace=~"$namespace"})', "legendFormat": "{{job}}", "interval": "30s"},
            {"expr": "sum(up)", "legendFormat": "", "instant": True},
            {"expr": "nonsense(", "hide": True},
        ],
    }
    dashboard: Json = {
        "templating": {"list": [DATA_SOURCE, NAMESPACE]},
        "panels": [{"type": "row", "panels": [panel]}],
    }
    time_range = TimeRange(NOW - 95, NOW)
    variables = resolve(dashboard, address, time_range, {"namespace": ["there"]})

    (found,) = panels_of(dashboard)
    over_time, now = run(found, variables, address, time_range)

    # Grafana moves both ends down to a multiple of the step.
    first, last = (NOW - 95) // 30 * 30, NOW // 30 * 30
    assert over_time.query == 'sum by (job) (up{namespace=~"there"})'
    assert [(one.legend, one.points[0], one.points[-1]) for one in over_time.series] == [("b", (first, 7), (last, 7))]
    assert over_time.samples == len(over_time.series[0].points)
    assert [(one.legend, one.points) for one in now.series] == [("{}", ((NOW, 16),))]
    assert now.samples == 4


def test_a_legend_without_the_label_has_a_hole() -> None:
    assert legend_of("p95 {{ pod }} {{job}}", {"job": "a"}) == "p95  a"
