"""Which names a query reads and gives: a name is known from the operator that gives it to the end of the query."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from monitoring_kit.analysis.kusto import Reading, is_known, read_query
from monitoring_kit.kusto.pipeline import parse_query
from monitoring_kit.kusto.tokens import KqlSyntaxError
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.log_tables import log_table

TRAFFIC = log_table(
    "Traffic",
    backend=Backend.ONLINE_ENDPOINT,
    own_rows="true",
    columns="TimeGenerated:datetime Deployment:string Code:int Ms:real Bag:dynamic",
)
PODS = log_table(
    "Pods",
    backend=Backend.CONTAINER_INSIGHTS,
    own_rows="true",
    cumulative="Restarts",
    columns="TimeGenerated:datetime Pod:string Deployment:string Restarts:int",
)
TABLES = MappingProxyType({table.name: table for table in (TRAFFIC, PODS)})


def read(text: str) -> Reading:
    return read_query(parse_query(text), TABLES)


@pytest.mark.parametrize(
    ("stages", "names"),
    [
        ("| project Deployment, Slow = Ms > 5", "Deployment Slow"),
        ("| project Bag.a.b, tostring(Deployment)", "Bag_a_b Deployment"),
        ("| project-away Bag, *e* | project-keep T*", "TimeGenerated"),
        ("| project-rename When = TimeGenerated", "When"),
        ("| extend S = Ms / 1000", "S Ms"),
        ("| extend (A, B) = Bag", "A B"),
        ("| summarize count()", "count_"),
        ("| summarize sum(Ms), avg(Ms), countif(Code > 1)", "sum_Ms avg_Ms countif_"),
        ("| summarize N = count() by Window = bin(TimeGenerated, 5m), Deployment", "Window Deployment N"),
        ("| summarize by Deployment, Fast = Ms < 1", "Deployment Fast"),
        ("| summarize percentiles(Ms, 50, 99)", "percentiles_Ms_50"),
        ("| summarize arg_max(Ms, *) by Deployment", "TimeGenerated Code"),
        ("| summarize make_set(Code)", "set_Code"),
        ("| count", "Count"),
        ("| parse Deployment with 'a' Colour:string 'b' Rest", "Colour Rest"),
        ("| mv-expand Item = Bag to typeof(string)", "Item"),
        ("| make-series N = count() default=0 on TimeGenerated step 5m by Deployment", "N"),
        ("| join kind=inner (Pods) on Deployment", "Pod Deployment1"),
        ("| join kind=inner (Pods | project Pod, D = Deployment) on $left.Deployment == $right.D", "Pod D"),
        ("| join kind=leftanti Pods on Deployment", "Ms"),
        ("| lookup hint.strategy=broadcast Pods on Deployment", "Pod"),
    ],
)
def test_each_operator_gives_its_columns(stages: str, names: str) -> None:
    found = read(f"Traffic\n{stages}")
    assert found.unknown == ()
    assert [name for name in names.split() if not is_known(name, found.columns or {}, found.functions)] == []
    assert not is_known("Nonsense", found.columns or {}, found.functions)


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Trafic | where Code > 1", ("table", "Trafic")),
        ("Traffic | where code > 1", ("column", "code")),
        ("Traffic | summarize sum(ms)", ("column", "ms")),
        ("Traffic | summarize count() by deployment", ("column", "deployment")),
        ("Traffic | project-rename A = B", ("column", "B")),
        ("Traffic | where Deployment == Blue", ("column", "Blue")),
        ("Traffic | join (Pods) on $left.Deployment == $right.Depl", ("column", "Depl")),
        ("Traffic | join (Pods) on Podd", ("column", "Podd")),
        ("Traffic | join Podz on Deployment", ("table", "Podz")),
        ("Traffic | summarize N = max(Mss) by Deployment", ("column", "Mss")),
        ("Traffic | project Ms, Missing", ("column", "Missing")),
        ("Traffic | extend A = 1, B = c", ("column", "c")),
        ("(Traffic | where Msec > 1) | project Ms", ("column", "Msec")),
        ("Traffic | join (Pods | where pod == 'x') on Deployment", ("column", "pod")),
        ("Traffic | where Deployment in (Pods | project Name)", ("column", "Name")),
        ("let limit_ms = toreal(Ms); Traffic | where Ms > limit_ms", ("column", "Ms")),
        ("let slow = Traffic | where Msec > 1; slow | project Ms", ("column", "Msec")),
    ],
)
def test_a_name_that_nothing_defines_is_found(text: str, unknown: tuple[str, str]) -> None:
    assert [(found.kind, found.name) for found in read(text).unknown] == [unknown]


@pytest.mark.parametrize(
    "text",
    [
        "Traffic | where Deployment has 'Code of conduct' and Ms between (1 .. 5) // Msec",
        "Traffic | where Bag.anything.at.all == 1 and Bag['x y'] == 2",
        "Traffic | where Deployment !in ('a', 'b') and not(isempty(Deployment))",
        "Traffic | extend Day = datetime(2024-01-01T00:00:00Z) | order by Day asc nulls last, Ms",
        "Traffic | where Deployment in (dynamic(['a'])) and Code in (dynamic({'x': ['b', 'c']}).x)",
        "let slow = 5s; Traffic | where Ms > slow / 1ms",
        "let slow = Traffic | where Ms > 1; slow | where Code > 1",
        "let double = (x: long) { x * 2 }; Traffic | where double(Code) > 1",
        "Traffic | where Code > toscalar(Pods | summarize max(Restarts))",
        "Traffic | make-series N = count() on TimeGenerated step 5m | where N > 1",
        "(Traffic | where Code > 1) | project Ms",
        "Traffic | summarize hint.shufflekey = Deployment N = count() by Deployment",
        "Traffic | as T | project ['the time'] = TimeGenerated, T1 = 1",
        "let f = (c: int) { case(c >= 500, 'bad', 'good') }; Traffic | extend Grade = f(Code) | where Grade == 'bad'",
        "Traffic | parse Deployment with * 'user=' User ' ' Rest | summarize count() by User | top 5 by count_ desc",
        "Traffic | summarize avg(Ms), Worst = max(Ms) by bin(TimeGenerated, 1h) | extend Share = avg_Ms / Worst",
    ],
)
def test_what_is_defined_is_not_reported(text: str) -> None:
    assert read(text).unknown == ()


def test_columns_are_unknown_behind_an_operator_that_makes_its_own() -> None:
    found = read("Traffic | evaluate bag_unpack(Bag) | where Anything > 1")
    assert (found.columns, found.unknown) == (None, ())


def test_every_table_that_is_read_is_listed() -> None:
    reading = read("Traffic | join (Pods) on Deployment | where Deployment in (Pods | project Deployment)")
    assert [found.table.name for found in reading.reads] == ["Traffic", "Pods", "Pods"]
    assert reading.tables == (TRAFFIC, PODS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no query"),
        ("// only a comment", "no query"),
        ("let a = 1;", "no query"),
        ("Traffic; Pods", "more than one query"),
        ("Traffic | where (Code > 1", "'\\(' is not closed"),
        ("Traffic | where Code > 1)", "'\\)' closes nothing"),
        ("Traffic | where f(Code]", "']' closes nothing"),
        ("Traffic | | where Code > 1", "no operator"),
        ("Traffic |", "no operator"),
    ],
)
def test_a_text_that_is_no_query_is_an_error(text: str, message: str) -> None:
    with pytest.raises(KqlSyntaxError, match=message):
        parse_query(text)
