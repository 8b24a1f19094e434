"""Whether every alert has a runbook that can be followed: whole, in order, with queries that work."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitoring_kit.analysis.labels import infer
from monitoring_kit.checks.registry import Check, Group
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.definitions import Definitions, Runbook
from monitoring_kit.plan.runbook_text import (
    ENVIRONMENT_NAMES,
    PARTS,
    PLACEHOLDER,
    SECTIONS,
    TEAM,
    Block,
    Line,
    blocks,
    for_places,
    lines,
)
from monitoring_kit.promql.parser import PromqlError, parse

CHECK = "runbook"
LANGUAGES = ("kusto", "promql", "sh", "text")

_UNFINISHED = re.compile(r"\b(?:TODO|TBD|FIXME|XXX)\b")
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_FIRST_WORD = re.compile(r"\w+")


def runbook_findings(definitions: Definitions) -> list[Finding]:
    """What is wrong with the runbooks: one missing or left over, sections, unfinished text, queries, names."""
    findings = [*_unmatched(definitions)]
    for name, runbook in sorted(definitions.runbooks.items()):
        page, alert = _Page(name, runbook), definitions.alerts.get(name)
        findings += [
            *_sections(page),
            *((*_places(page, alert), *_named_teams(page, alert, definitions)) if alert else ()),
            *_parts(page),
            *_unfinished(page),
            *_fences(page),
            *_names(page, _known_names(definitions)),
        ]
        for block in blocks(runbook.text):
            findings += _promql(page, block, definitions) if block.language == "promql" else ()
            findings += _kusto(page, block, definitions) if block.language == "kusto" else ()
    return findings


@dataclass(frozen=True)
class _Page:
    name: str
    runbook: Runbook

    def finding(self, line: int, problem: str, remedy: str) -> Finding:
        where = Location(self.runbook.where.file, line)
        return Finding(where, f"runbook {self.name}", problem, remedy, CHECK)


def _unmatched(definitions: Definitions) -> Iterator[Finding]:
    for name, alert in sorted(definitions.alerts.items()):
        if name not in definitions.runbooks:
            file = f"rules/runbooks/{name}.md"
            sections = ", ".join(f"## {title}" for title in SECTIONS)
            yield Finding(alert.where, f"alert {name}", "has no runbook", f"write {file} with {sections}", CHECK)
    for name, runbook in sorted(definitions.runbooks.items()):
        if name not in definitions.alerts:
            near = _nearest(name, definitions.alerts)
            remedy = f"rename it to {near}.md" if near else "delete it, or name it after an alert of rules/alerts.py"
            yield Finding(runbook.where, f"runbook {name}", "there is no alert of this name", remedy, CHECK)


def _sections(page: _Page) -> Iterator[Finding]:
    found = [line for line in lines(page.runbook.text) if line.heading and line.heading[0] < 3]
    titles = tuple(line.text for line in found)
    wanted = tuple(f"## {title}" for title in SECTIONS)
    if titles != wanted:
        shown = ", ".join(titles) or "none"
        wrong = next((line.number for line, right in zip(found, wanted, strict=False) if line.text != right), 1)
        yield page.finding(wrong, f"the headings are: {shown}", f"write exactly these: {', '.join(wanted)}")
        return
    first = next((line for line in lines(page.runbook.text) if line.text.strip()), found[0])
    if first.number < found[0].number:
        yield page.finding(first.number, "text before the first heading is not shown in a section", "put it under one")
    for line in found:
        if line.text in _empty_sections(page.runbook.text):
            yield page.finding(line.number, f"{line.text} is empty", "say what a person who was woken has to know")


def _places(page: _Page, alert: Alert) -> Iterator[Finding]:
    """Parts may be for one place only, but no place that can raise the alert may be left without any."""
    text, titles = page.runbook.text, {line.text: line.number for line in lines(page.runbook.text)}
    for backend in Backend:
        raised = alert.signal.measure(backend) is not None and (
            backend is Backend.PROMETHEUS or not alert.prometheus_only
        )
        empty = _empty_sections(for_places(text, frozenset({backend}))) if raised else []
        for title in sorted(set(empty) - set(_empty_sections(text))):
            problem = f"{title} is empty for an alert that is raised at {backend.title}"
            yield page.finding(titles[title], problem, "write a part for it, or something that holds everywhere")


def _named_teams(page: _Page, alert: Alert, definitions: Definitions) -> Iterator[Finding]:
    """Roles are known, and no team is told to wake itself: who reads the page is awake."""
    roles = sorted({alert.team for alert in definitions.alerts.values()})
    for line in lines(page.runbook.text):
        for role in TEAM.findall(line.text) if line.language is None else ():
            if role and role not in roles:
                problem = f"{{team:{role}}} names a role that no alert has"
                yield page.finding(line.number, problem, f"there are {', '.join(roles)}")
        if re.search(rf"\bwake the {{team(:{re.escape(alert.team)})?}}", line.text, re.IGNORECASE):
            problem = f"tells the {alert.team} team, which is the one that is awake, to wake itself"
            yield page.finding(line.number, problem, "write what this team has to do")


def _empty_sections(text: str) -> list[str]:
    """The headings that no text follows."""
    empty: list[str] = []
    title = ""
    for line in lines(text):
        if line.heading and line.heading[0] < 3:
            title = line.text
            empty.append(title)
        elif line.text.strip() and line.heading is None and title in empty:
            empty.remove(title)
    return empty


def _parts(page: _Page) -> Iterator[Finding]:
    allowed = tuple(f"### {title}" for title in PARTS)
    for line in lines(page.runbook.text):
        if line.heading and line.heading[0] > 2 and line.text not in allowed:
            yield page.finding(line.number, f"sub-heading {line.text!r}", f"use {' or '.join(allowed)}, or a list")


def _unfinished(page: _Page) -> Iterator[Finding]:
    for line in lines(page.runbook.text):
        found = _UNFINISHED.search(line.text)
        if found:
            yield page.finding(line.number, f"{found[0]} is left in the text", "finish the step or leave it out")


def _fences(page: _Page) -> Iterator[Finding]:
    opened: Line | None = None
    for line in lines(page.runbook.text):
        if not line.fence:
            continue
        opened = None if opened else line
        if opened and opened.language not in LANGUAGES:
            languages = ", ".join(LANGUAGES)
            problem = f"a block of code in {opened.language!r}" if opened.language else "a block of code in no language"
            yield page.finding(line.number, problem, f"begin it with ``` and one of: {languages}")
    if opened:
        yield page.finding(opened.number, "the block of code is never closed", "end it with ``` on a line of its own")


def _names(page: _Page, known: frozenset[str]) -> Iterator[Finding]:
    for line in lines(page.runbook.text):
        for name in PLACEHOLDER.findall(line.text):
            if name not in known:
                near = _nearest(name, known)
                remedy = f"did you mean <{near}>?" if near else "use a label, a column or a name of the environment"
                yield page.finding(line.number, f"nothing fills in <{name}>", remedy)
        outside = _CODE_SPAN.sub("", line.text) if line.language is None else ""
        for name in PLACEHOLDER.findall(outside):
            problem = f"Markdown takes <{name}> for HTML and shows nothing"
            yield page.finding(line.number, problem, f"put it in backticks: `<{name}>`")


def _known_names(definitions: Definitions) -> frozenset[str]:
    """Labels of the contract, columns of its tables, dimensions of its platform metrics, names of an environment."""
    metrics = definitions.catalogue.metrics.values()
    return frozenset(ENVIRONMENT_NAMES).union(
        *(metric.labels | metric.source.adds for metric in metrics),
        *(table.columns for table in definitions.tables.values()),
        *(metric.dimensions for metric in definitions.platform_metrics),
    )


def _promql(page: _Page, block: Block, definitions: Definitions) -> Iterator[Finding]:
    try:
        expression = parse(block.text)
    except PromqlError as error:
        yield page.finding(block.line, str(error), "write one complete expression a block")
        return
    for problem in infer(expression, definitions.catalogue).problems:
        yield page.finding(block.line, problem.message, problem.remedy)


def _kusto(page: _Page, block: Block, definitions: Definitions) -> Iterator[Finding]:
    """Only the table: Kusto's own language service judges the rest."""
    first = _FIRST_WORD.match(block.text.lstrip())
    table = first[0] if first else ""
    if table not in definitions.tables:
        near = _nearest(table, definitions.tables)
        remedy = f"did you mean {near}?" if near else f"begin with one of: {', '.join(sorted(definitions.tables))}"
        yield page.finding(block.line, f"there is no table {table!r} in the contract", remedy)


def _nearest(name: str, names: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, sorted(names), n=1)), None)


GROUP = Group(
    title="Runbooks",
    checks=(
        Check(
            "runbook",
            "Every alert has a runbook with the four sections, queries that work, names that can be filled in, "
            "and nothing unfinished.",
            "alert PlantedSignalHigh: has no runbook",
        ),
    ),
    definitions=runbook_findings,
)
