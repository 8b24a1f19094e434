"""Generating: definitions and environments are read, checked and rendered; only if all of it is right it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from monitoring_kit.checks.all import check_definitions, check_plan
from monitoring_kit.checks.causes import causes
from monitoring_kit.core.findings import Location, Refused
from monitoring_kit.environment.reader import environment_files, read_environment
from monitoring_kit.output.writer import Changes, Output
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.programs import promtool
from monitoring_kit.programs.tools import ToolMissing
from monitoring_kit.project import Project
from monitoring_kit.render.files import render_files


@dataclass(frozen=True)
class Counts:
    """How much came out for one environment."""

    dashboards: int
    panels: int
    recordings: int
    prometheus_alerts: int
    log_alerts: int
    metric_alerts: int
    files: int


@dataclass(frozen=True)
class Rendered:
    """One environment, checked and rendered: its files by path."""

    plan: Plan
    files: Mapping[str, str]

    @property
    def counts(self) -> Counts:
        """How much it is."""
        return Counts(
            dashboards=len(self.plan.dashboards),
            panels=sum(len(dashboard.panels) for dashboard in self.plan.dashboards),
            recordings=len(self.plan.recordings) + len(self.plan.event_recordings),
            prometheus_alerts=len(self.plan.prometheus_alerts),
            log_alerts=len(self.plan.log_alerts),
            metric_alerts=len(self.plan.metric_alerts),
            files=len(self.files),
        )


@dataclass(frozen=True)
class Report:
    """What a build made. `rules_checked` is None where there is no promtool to check them with.

    `placeholders` are the fields of environment files that still hold a value of the shipped examples, with their
    place. `twins` are pairs of environments that watch the same Service: in one cluster they overwrite each other.
    """

    counts: Mapping[str, Counts]
    changes: tuple[Changes, ...]
    rules_checked: int | None
    placeholders: tuple[tuple[str, Location], ...] = ()
    twins: tuple[tuple[str, str], ...] = ()


def rendered(project: Project, only: Collection[str] | None = None) -> Iterator[Rendered]:
    """The environments of a project, one after the other, so that memory does not grow with their number.

    Raises Refused after the last one, with the findings of the definitions and of every environment, one a cause. From
    the first finding on nothing is rendered any more.
    """
    definitions = project.definitions
    findings = check_definitions(definitions)
    for file in environment_files(project.environments_folder, only, project.root):
        try:
            plan = build_plan(definitions, read_environment(file, project.root))
        except Refused as refused:
            findings += refused.findings
            continue
        findings += check_plan(plan)
        if not findings:
            yield Rendered(plan, render_files(plan))
    if findings:
        raise Refused(causes(findings))


def build(project: Project, only: Collection[str] | None = None) -> Report:
    """Writes every environment, or none where one finding stands in the way.

    The rule files are given to promtool before they are moved into place, where promtool is at hand.
    """
    counts: dict[str, Counts] = {}
    placeholders: list[tuple[str, Location]] = []
    services: dict[tuple[str, str], str] = {}
    twins: list[tuple[str, str]] = []
    with Output(project.output_folder) as target:
        rule_files: list[Path] = []
        for environment in rendered(project, only):
            name = environment.plan.environment.name
            counts[name] = environment.counts
            placeholders += environment.plan.environment.placeholders
            if prometheus := environment.plan.environment.prometheus:
                first = services.setdefault((prometheus.namespace, prometheus.service), name)
                twins += [(first, name)] if first != name else []
            target.stage(name, environment.files)
            rule_files += [target.file(name, path) for path in environment.files if path.startswith("prometheus/")]
        checked = check_rules(rule_files)
        changes = target.commit(remove_others=only is None)
    return Report(counts, changes, checked, tuple(placeholders), tuple(twins))


def check_rules(files: list[Path]) -> int | None:
    """How many rules promtool accepted, None without promtool. Raises Refused for a rule that it does not accept."""
    try:
        return promtool.check_rules(files) if files else 0
    except ToolMissing:
        return None
