"""What a mistake in a definition is answered with: its line, what was found, and what to write."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from monitoring_kit import Latency, prom
from monitoring_kit.core.findings import Refused
from monitoring_kit.project import Project

HEAD = """\
from monitoring_kit import *
from monitoring_kit.model.log_tables import log_table, platform_metric
from monitoring_kit.model.metrics import counter, histogram, source
from monitoring_kit.model.recordings import recording
SOURCE = source("jobs", adds="namespace pod", scope="{}")
JOBS = dict(title="Jobs", description="Jobs.", prometheus=prom.Gauge(gauge="jobs"))
jobs = State(by="namespace", **JOBS)
def duration(**changes):
    return Latency(title="T", description="D", by="namespace", prometheus=prom.Histogram(histogram="x"), **changes)
"""
LINE = HEAD.count("\n") + 1
LOGS = 'backend=Backend.ONLINE_ENDPOINT, own_rows="true"'


def refusal(root: Path, line: str) -> str:
    (root / "queries").mkdir()
    (root / "queries/own.py").write_text(HEAD + line + "\n")
    with pytest.raises(Refused) as refused:
        _ = Project(root, packs=()).definitions
    (finding,) = refused.value.findings
    return str(finding)


@pytest.mark.parametrize(
    ("line", "says", "write"),
    [
        (
            'State(by="namespace, model_name", **JOBS)',
            "by=: 'namespace,' in 'namespace, model_name' cannot be read",
            'write by="namespace model_name" or by=("namespace", "model_name")',
        ),
        ('State(by=("namespace, pod",), **JOBS)', "by=: 'namespace, pod' in", 'or by=("namespace", "pod")'),
        ('State(by="namespace 2nd", **JOBS)', "by=: '2nd' in", 'write by="namespace pod"'),
        ('State(by="pod namespace pod", **JOBS)', "by=: names 'pod' twice", 'write by="pod namespace"'),
        ("State(by=None, **JOBS)", "by=: found None, which is no list of names", 'write by="namespace pod"'),
        ('State(by=("namespace", 5), **JOBS)', "by=: found ('namespace', 5), which is no list of names", "write by="),
        ('jobs.timeseries(12, by="pod;job")', "by=: 'pod;job' in", 'write by="pod job"'),
        (
            'duration().quantiles(12, "p50,p95")',
            "quantiles=: 'p50,p95' in 'p50,p95' cannot be read",
            'write quantiles="p50 p95" or quantiles=("p50", "p95")',
        ),
        ('duration().quantiles(12, ("p50",))', "quantiles=: found 'p50', which is no number", "quantiles=(0.5, 0.95)"),
        ("duration().quantiles(12, (50, 95))", "quantiles=: 50 is no quantile", "(0.5, 0.95)"),
        ('duration().quantiles(12, "p100")', "quantiles=: 100 is no quantile", '"p50 p95"'),
        (
            'grouping(group_by="alertname,namespace", wait="1m", interval="1m", repeat="1h", because="b")',
            "group_by=: 'alertname,namespace' in",
            'write group_by="alertname namespace"',
        ),
        ('Inhibition(source=None, mutes="A", equal="a|b", because="b")', "equal=: 'a|b' in", "write equal="),
        ('Dashboard("T", "D", (), (), variables="a, b")', "variables=: 'a,' in", 'write variables="a b"'),
        ('source("s", adds="a,b", scope="{}")', "adds=: 'a,b' in", 'write adds="a b"'),
        ('counter("c", labels="a, b=1|2", source=SOURCE, help="h")', "labels=: 'a,' in", 'write labels="a b=1|2"'),
        (
            'histogram("h", labels="a", source=SOURCE, help="h", buckets="0.1,1")',
            "buckets=: '0.1,1' in",
            'write buckets="0.1 1"',
        ),
        (
            'histogram("h", labels="a", source=SOURCE, help="h", buckets=(1, 0.5))',
            "buckets=: 1 0.5 do not rise",
            "from the lowest to the highest",
        ),
        ('recording("a:b:rate5m", counter="b", by="a,c", window="5m")', "by=: 'a,c' in", 'write by="a c"'),
        (f'log_table("L", columns="A:string, B:int", {LOGS})', "columns=: 'A:string,' in", '"A:string B:int"'),
        (f'log_table("L", columns="A B:int", {LOGS})', "columns=: 'A' in 'A B:int'", "TimeGenerated:datetime"),
        (f'log_table("L", columns="A:string", cumulative="A,", {LOGS})', "cumulative=: 'A,' in", 'cumulative="A"'),
        ('platform_metric("n", "m", unit=COUNT, aggregations="Total;Count")', "aggregations=: ", '"Total Count"'),
        ('kql.Query(file="f", backend=Backend.ONLINE_ENDPOINT, value_column="v", by="a, b")', "by=: 'a,' in", '"a b"'),
        ('kql.Table(file="f", backend=Backend.ONLINE_ENDPOINT, columns="a, b")', "columns=: 'a,' in", '"a b"'),
        ('azure.Metric(metric=None, by="a,b")', "by=: 'a,b' in", 'by=("a", "b")'),
    ],
)
def test_a_list_that_cannot_be_read_is_answered_with_how_to_write_it(
    tmp_path: Path, line: str, says: str, write: str
) -> None:
    said = refusal(tmp_path, line)
    assert said.startswith(f"queries/own.py:{LINE}: {says}")
    assert write in said.splitlines()[1]


NUMBERS = 'for_="5m", because="b"'


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            f'A = Alert(jobs, above(critical=5, {NUMBERS}), team="t", summary="s")',
            "critical=5 has no unit [unit]\n    write 5 * COUNT",
        ),
        (
            f'A = Alert(duration(), above(critical=0.05, {NUMBERS}), team="t", summary="s")',
            "critical=0.05 has no unit [unit]\n    write 0.05 * RATIO",
        ),
        (f"above(min_events=20, {NUMBERS})", "min_events=20 has no unit [unit]\n    write 20 * COUNT"),
        (f"above(slower_than=2, {NUMBERS})", "slower_than=2 has no unit [unit]\n    write 2 * SECONDS or 2 * MILLI"),
        ('earlier(0, window="1h", ago="1h")', "value=0 has no unit [unit]\n    write 0 * RATIO or 0 * PERCENT or 0 "),
        (
            'page(0.02, long="1h", short="5m")',
            "share=0.02 has no unit [unit]\n    write 0.02 * RATIO or 0.02 ",
        ),
        (
            'objective("o", None, title="t", target=0.99, period="30d", alerting=(), min_bad_events=5, because="b")',
            "target=0.99 has no unit [unit]\n    write 0.99 * RATIO or 0.99 * PERCENT",
        ),
        ("1e400 * COUNT", "quantity: inf is no finite number [number]"),
        ("missing_name", "NameError: name 'missing_name' is not defined"),
        ("above(critical=1 * COUNT, for_=5, because='b')", "'5' is not a duration"),
    ],
)
def test_a_number_that_cannot_be_judged_is_answered_with_how_to_write_it(tmp_path: Path, line: str, says: str) -> None:
    said = refusal(tmp_path, line)
    assert said.startswith(f"queries/own.py:{LINE}: ")
    assert says in said


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("jobz", "NameError: name 'jobz' is not defined. Did you mean: 'jobs'?"),
        (
            "prom.Rato",
            "AttributeError: module 'monitoring_kit.model.prom' has no attribute 'Rato'. Did you mean: 'Ratio'?",
        ),
        ("State(titel='x', **JOBS)", "unexpected keyword argument 'titel'. Did you mean: 'title'?"),
        ("jobs.timeseries(12, heigth=3)", "unexpected keyword argument 'heigth'. Did you mean: 'height'?"),
        ("State(qqq=1, **JOBS)", "unexpected keyword argument 'qqq' [python]"),
        ("5 * RATIO * RATIO", "TypeError: unsupported operand type(s) for *: 'Quantity' and 'Unit'"),
        ("'5' * RATIO", "TypeError: "),
    ],
)
def test_a_mistake_in_python_keeps_what_is_suggested_instead(tmp_path: Path, line: str, says: str) -> None:
    assert says in refusal(tmp_path, line)


def test_a_list_may_be_written_as_a_text_or_as_a_tuple() -> None:
    durations = prom.Histogram(histogram="job_duration_seconds")
    text = Latency(title="Jobs", description="Jobs.", by="namespace pod", prometheus=durations)
    names = replace(text, by=("namespace", "pod"))
    assert text.labels == names.labels == ("namespace", "pod")
    panels = text.quantiles(12, "p50 p99.9", by="queue"), names.quantiles(12, (0.5, 0.999), by=("queue",))
    assert panels[0].labels == panels[1].labels == ("queue",)
    assert panels[0].quantiles == panels[1].quantiles == (Decimal("0.5"), Decimal("0.999"))
