"""Kusto texts held against the contract by Microsoft's language service, all of them in one run of Node."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitoring_kit.core.findings import Finding
from monitoring_kit.model.log_tables import LogTable
from monitoring_kit.programs import node
from tests.acceptance.kusto.texts import NUMBER, Need, Sent
from tests.acceptance.node.typescript import NODE_FOLDER

# Grafana replaces its macros before Kusto sees them. What stands for them here has the right type and the same length,
# so that the columns of a message are those of the text.
_TIME_FILTER = re.compile(r"\$__timeFilter\((\w+)\)")
_INTERVAL = "$__interval"


@dataclass(frozen=True)
class Equality:
    """`left == right`, or `left in (right, ...)`: the types, and where the operator stands."""

    start: int
    left: str
    right: tuple[str, ...]


@dataclass(frozen=True)
class KustoAnswer:
    """What the service makes of a text: its words with their places, equalities, and the result's columns by name."""

    diagnostics: tuple[tuple[int, str, str], ...]
    equalities: tuple[Equality, ...]
    columns: Mapping[str, str]


def type_findings(sent: Sequence[Sent], tables: Iterable[LogTable]) -> list[Finding]:
    """What is wrong with the texts, each finding with line and column of the text. A text that is empty is wrong."""
    distinct = sorted({(one.scope.value, without_macros(one.text)) for one in sent})
    answers = dict(zip(distinct, _ask(distinct, tables), strict=True))
    found = {
        finding for one in sent for finding in _findings(one, answers[(one.scope.value, without_macros(one.text))])
    }
    return sorted(found)


def without_macros(text: str) -> str:
    """`text` with Grafana's macros replaced by Kusto of the same type and length."""
    filtered = _TIME_FILTER.sub(lambda found: f"{found[1]} > ago(000001h)", text)
    return filtered.replace(_INTERVAL, "0000000005m")


def _ask(queries: Sequence[tuple[str, str]], tables: Iterable[LogTable]) -> Iterator[KustoAnswer]:
    scopes: dict[str, dict[str, dict[str, str]]] = {}
    for table in tables:
        scopes.setdefault(table.scope.value, {})[table.name] = dict(table.columns)
    asked = {"tables": scopes, "queries": [{"scope": scope, "text": text} for scope, text in queries]}
    done = node.run(["check_kql.mjs"], folder=NODE_FOLDER, text=json.dumps(asked))
    if done.returncode != 0:
        raise RuntimeError(f"check_kql.mjs ended with status {done.returncode}: {done.stdout.strip()}")
    for answer in json.loads(done.stdout):
        yield KustoAnswer(
            tuple((one["start"], one["code"], one["message"]) for one in answer["diagnostics"]),
            tuple(Equality(one["start"], one["left"], tuple(one["right"])) for one in answer["equalities"]),
            dict(answer["columns"]),
        )


def _findings(sent: Sent, answer: KustoAnswer) -> Iterator[Finding]:
    for start, code, message in answer.diagnostics:
        yield _finding(sent, start, message, "", code)
    for equality in answer.equalities:
        for right in equality.right:
            if not _comparable(equality.left, right):
                problem = f"{equality.left} is compared with {right}, and they are never equal"
                yield _finding(sent, equality.start, problem, "convert one of them: toint(), tostring()", "types")
    if answer.diagnostics:
        return  # what the result would hold is a guess then
    if not answer.columns:
        yield Finding(sent.where, sent.user, "the text has no result", "write a query", "result")
    else:
        yield from (_missing(sent, need, answer.columns) for need in sent.needs if not _is_met(need, answer.columns))


def _comparable(left: str, right: str) -> bool:
    unknown = {"dynamic", "unknown", "error", ""}
    return left == right or {left, right} <= NUMBER or bool({left, right} & unknown)


def _is_met(need: Need, columns: Mapping[str, str]) -> bool:
    if need.column:
        return columns.get(need.column) in need.types
    return bool(need.types & set(columns.values()))


def _missing(sent: Sent, need: Need, columns: Mapping[str, str]) -> Finding:
    wanted = " or ".join(sorted(need.types))
    found = ", ".join(f"{name}:{type}" for name, type in columns.items())
    what = f"column {need.column} of type {wanted}" if need.column else f"column of type {wanted}"
    return Finding(
        sent.where, sent.user, f"the result has no {what}, which {need.purpose}: it has {found}", "", "result"
    )


def _finding(sent: Sent, start: int, problem: str, remedy: str, check: str) -> Finding:
    before = sent.text[:start]
    line, column = before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1
    shown = sent.text.splitlines()[line - 1].strip() if sent.text.strip() else ""
    return Finding(sent.where, sent.user, f"line {line}, column {column}: {problem}", remedy or f"in: {shown}", check)
