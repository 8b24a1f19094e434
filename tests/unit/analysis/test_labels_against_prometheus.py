"""Label inference says what Prometheus does: random expressions over samples that fill a small contract completely."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitoring_kit.analysis.labels import LabelSet, infer
from monitoring_kit.model.metrics import MetricType, counter, gauge, histogram, source
from monitoring_kit.programs.prometheus import QueryFailed, Sample, backfill, formatted, query, serve
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line
from monitoring_kit.promql.tree import Aggregation, Binary, Call, Expression, transform, walk
from tests.unit.analysis.contract import catalogue

SEED = 20
EXPRESSIONS = 1500
NOW = 1_700_003_600
VALUES = {
    "model": ("a", "b"),
    "version": ("1", "2"),
    "status": ("good", "bad"),
    "kind": ("x", "y"),
    "le": ("1.0", "+Inf"),
    "pod": ("p", "q"),
}
LABELS = (*VALUES, "team")
SERVER = source("server", adds="pod", scope="{}")
CONTRACT = catalogue(
    counter("requests_total", labels="model version status=good|bad", source=SERVER, help="Requests."),
    counter("errors_total", labels="model kind", source=SERVER, help="Errors."),
    histogram("duration_seconds", labels="model", source=SERVER, help="Latency.", buckets="1"),
    gauge("info", labels="model version", source=SERVER, help="Always 1."),
    gauge("queue", labels="model", source=SERVER, help="Waiting."),
)
COUNTERS = ("requests_total", "errors_total", "duration_seconds_bucket", "duration_seconds_count")
GAUGES = ("info", "queue")
DUPLICATES = ("many-to-many", "multiple matches", "same labelset", "duplicate series")


def samples() -> str:
    """One hour of samples, a minute apart: every combination of the labels' values, at values that all differ."""
    lines = []
    number = itertools.count(1)
    for family, suffixes in (
        ("requests", ("_total",)),
        ("errors", ("_total",)),
        ("duration_seconds", ("_bucket", "_count")),
        ("info", ("",)),
        ("queue", ("",)),
    ):
        kind = {"requests": "counter", "errors": "counter", "duration_seconds": "histogram"}.get(family, "gauge")
        lines.append(f"# TYPE {family} {kind}")
        for suffix in suffixes:
            shape = CONTRACT.shape(family + suffix)
            assert shape is not None
            names = sorted(shape.labels)
            for values in itertools.product(*(VALUES[name] for name in names)):
                rate = next(number)
                labels = ",".join(f'{name}="{value}"' for name, value in zip(names, values, strict=True))
                for minute in range(61):
                    value = rate * minute if shape.type is MetricType.COUNTER else rate
                    lines.append(f"{family}{suffix}{{{labels}}} {value} {NOW - 3600 + minute * 60}")
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    blocks: Path = tmp_path_factory.mktemp("blocks")
    backfill(samples(), blocks)
    with serve(blocks) as address:
        yield address


class Expressions:
    """Random expressions over the contract, mistakes included."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311, reproducible on purpose

    def vector(self, depth: int) -> str:
        if depth == 0 or self.random.random() < 0.1:
            return self.leaf()
        return self.random.choice([self.aggregation, self.aggregation, self.binary, self.binary, self.call])(depth - 1)

    def leaf(self) -> str:
        counted, measured = self.random.choice(COUNTERS), self.random.choice(GAUGES)
        return self.random.choice(
            [
                f"rate({counted}{self.matchers()}[5m])",
                f"rate({counted}{self.matchers()}[5m] offset 5m)",
                f"{measured}{self.matchers()}",
                f"max_over_time({measured}{self.matchers()}[5m])",
                f"{counted}{self.matchers()}",
                f"absent({measured}{self.matchers()})",
                "vector(1)",
            ]
        )

    def matchers(self) -> str:
        if self.random.random() < 0.6:
            return ""
        label = self.random.choice(LABELS)
        value = self.random.choice([*VALUES.get(label, ()), "", "other"])
        literal = re.escape(value).replace("\\", "\\\\")
        pattern = self.random.choice([literal, ".*", ".+", f"{literal}|z", "[a-z]"])
        equal, like = self.random.choice(["=", "!="]), self.random.choice(["=~", "!~"])
        return self.random.choice([f'{{{label}{equal}"{value}"}}', f'{{{label}{like}"{pattern}"}}'])

    def labels(self, most: int = 4, without: str = "") -> str:
        names = [name for name in LABELS if name not in without]
        return ", ".join(self.random.sample(names, self.random.randint(0, min(most, len(names)))))

    def aggregation(self, depth: int) -> str:
        argument = self.vector(depth)
        clause = self.random.choice(
            [f"by ({self.labels()})", f"without ({self.labels()})", f"by ({self.labels()})", ""]
        )
        operator = self.random.choice(["sum", "sum", "avg", "max", "count", "group", "topk(1, ", 'count_values("v", '])
        name, _, parameter = operator.partition("(")
        return f"{name} {clause} ({parameter}{argument})"

    def binary(self, depth: int) -> str:
        left, right = self.vector(depth), self.vector(depth)
        operator = self.random.choice(["+", "/", "*", ">", "== bool", "and", "or", "unless"])
        if self.random.random() < 0.15 and operator not in ("and", "or", "unless"):
            return f"({left}) {operator} 3"
        on = self.labels(most=3)
        matching = self.random.choice(
            ["", f"on ({on})", f"on ({on})", f"ignoring ({on or self.random.choice(LABELS)})"]
        )
        if matching and operator not in ("and", "or", "unless") and self.random.random() < 0.5:
            include = self.labels(most=2, without=on if matching.startswith("on") else "")
            matching += f" {self.random.choice(['group_left', 'group_right'])} ({include})"
        return f"({left}) {operator} {matching} ({right})"

    def call(self, depth: int) -> str:
        argument = self.vector(depth)
        target, origin = self.random.choice(LABELS), self.random.choice(LABELS)
        replacement, pattern = self.random.choice(["$1", "", "new"]), self.random.choice(["(.*)", "(.+)", "(a|1)", "z"])
        separator = self.random.choice(["", "-"])
        return self.random.choice(
            [
                f"abs({argument})",
                f"-({argument})",
                f"histogram_quantile(0.9, {argument})",
                f'label_replace({argument}, "{target}", "{replacement}", "{origin}", "{pattern}")',
                f'label_join({argument}, "{target}", "{separator}", "{origin}", "{self.random.choice(LABELS)}")',
                f"absent({argument})",
                f"max_over_time(({argument})[5m:1m])",
                f"clamp_min({argument}, scalar({argument}))",
            ]
        )


def answer(address: str, text: str) -> list[Sample] | str:
    """The series, or Prometheus's complaint that there are several for one match."""
    try:
        return query(address, text, NOW)
    except QueryFailed as error:
        assert any(words in str(error) for words in DUPLICATES), f"{text}: {error}"
        return str(error)


def hides_an_empty_part(expression: Expression) -> bool:
    """Whether the whole can have a value where a part has none."""
    return any(
        (isinstance(part, Binary) and part.operator in ("or", "unless"))
        or (isinstance(part, Call) and part.function in ("absent", "absent_over_time", "scalar", "vector"))
        for part in walk(expression)
    )


def test_no_wrong_labels_no_false_alarm_and_no_missed_duplicates(prometheus: str) -> None:
    expressions = Expressions(SEED)
    outcomes: Counter[str] = Counter()
    for _ in range(EXPRESSIONS):
        expression = parse(expressions.vector(depth=expressions.random.randint(0, 3)))
        text = one_line(expression)
        inference = infer(expression, CONTRACT)
        checks = {problem.check for problem in inference.problems}
        found = answer(prometheus, text)
        assert inference.labels is not None
        if isinstance(found, str):
            relabels = any(isinstance(p, Call) and p.function.startswith("label_") for p in walk(expression))
            announced = checks & {"many-to-many", "maybe-many-to-many", "never-matches"}
            assert relabels or announced, f"{text}: not announced: {found}"
            outcomes["several for one match"] += 1
            continue
        actual = {frozenset(sample.labels) - {"__name__"} for sample in found}
        predicted = {labels.labels for labels in inference.labels}
        assert actual <= predicted, f"{text}: {actual - predicted} is not among {predicted}"
        if found and not hides_an_empty_part(expression):
            assert not checks & {"never-matches", "many-to-many", "le-lost", "not-a-bucket"}, f"{text}: {checks}"
        if found:
            outcomes["returned"] += 1
        elif not predicted:
            outcomes["foreseen to be empty"] += 1
        else:
            outcomes["empty for its values"] += 1

    assert outcomes["returned"] > EXPRESSIONS * 0.3
    assert outcomes["foreseen to be empty"] > EXPRESSIONS * 0.1
    assert outcomes["several for one match"] > EXPRESSIONS * 0.02


def test_a_label_that_the_one_side_lacks_is_taken_from_the_many_side(prometheus: str) -> None:
    text = 'queue{model="a"} * on (pod) group_left (model) sum by (pod) (queue)'

    assert {frozenset(sample.labels) for sample in query(prometheus, text, NOW)} == {frozenset({"pod"})}
    assert infer(parse(text), CONTRACT).labels == (LabelSet(frozenset({"pod"})),)


def plain(part: Expression) -> Expression:
    """Without the empty clauses that Prometheus leaves out when it prints, because they say nothing."""
    if isinstance(part, Aggregation) and part.grouping == "by" and not part.labels:
        return replace(part, grouping=None)
    return part


def test_prometheus_reads_the_printed_form_as_we_do(prometheus: str) -> None:
    expressions = Expressions(SEED)
    for _ in range(200):
        expression = parse(expressions.vector(depth=3))
        read = parse(formatted(prometheus, one_line(expression)))
        assert transform(read, plain) == transform(expression, plain)


def test_the_random_expressions_are_of_every_kind() -> None:
    """The fuzz would prove little over one kind of expression."""
    expressions = Expressions(SEED)
    parts = [part for _ in range(200) for part in walk(parse(expressions.vector(depth=3)))]

    assert {part.operator for part in parts if isinstance(part, Aggregation)} >= {"sum", "topk", "count_values"}
    assert {part.matching.group for part in parts if isinstance(part, Binary) and part.matching} == {
        None,
        "left",
        "right",
    }
