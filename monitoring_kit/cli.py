"""The command line: build, check, diff and list. Exit status 0 is success, 1 are findings, 2 is wrong usage."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from monitoring_kit import generate
from monitoring_kit.core.findings import Refused
from monitoring_kit.core.text_table import table
from monitoring_kit.output import diff
from monitoring_kit.plan.model import Plan
from monitoring_kit.project import Project

SHOWN_PLACEHOLDERS = 4


def main(arguments: Sequence[str], root: Path) -> int:
    """Runs a command in the project `root` and returns the exit status. Findings go to standard error, one by one."""
    options = _parser().parse_args(arguments)
    project = Project(root)
    if options.environments is not None:
        project = replace(project, environments=options.environments.absolute())
    if getattr(options, "output", None) is not None:
        project = replace(project, output=options.output.absolute())
    try:
        return COMMANDS[options.command](project, options)
    except Refused as refused:
        for finding in refused.findings:
            print(finding, file=sys.stderr)
        number = len(refused.findings)
        print(f"\n{number} finding{'s' if number != 1 else ''}. {refused.written}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. If files were being replaced just then, the next build finishes it.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="generate.py", description="Renders dashboards, rules and Azure alerts from the definitions."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    helps = {
        "build": "check everything, then write every environment",
        "check": "check everything, write nothing",
        "diff": "say what a build would change, write nothing",
        "list": "list what each environment gets",
    }
    for name, text in helps.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        command.add_argument(
            "--environments", type=Path, metavar="DIR", help="folder of environment files (default: environments)"
        )
        command.add_argument(
            "--only", action="append", metavar="NAME", help="only this environment; may be given several times"
        )
        if name in ("build", "diff"):
            command.add_argument("--output", type=_folder, metavar="DIR", help="folder to write to (default: build)")
    return parser


def _folder(text: str) -> Path:
    """A folder named on the command line. An empty name, as of an unset variable, would be the working directory."""
    if not text:
        raise argparse.ArgumentTypeError("an empty name is no folder; the working directory is .")
    return Path(text)


def _build(project: Project, options: argparse.Namespace) -> int:
    report = generate.build(project, options.only)
    heads = [
        "environment",
        "dashboards",
        "panels",
        "recordings",
        "Prometheus alerts",
        "log alerts",
        "metric alerts",
        "files",
        "changed",
    ]
    rows = []
    for change in report.changes:
        counts = report.counts.get(change.environment)
        made: list[object] = ["-"] * (len(heads) - 3)
        if counts:
            rules = [counts.recordings, counts.prometheus_alerts, counts.log_alerts, counts.metric_alerts]
            made = [counts.dashboards, counts.panels, *rules]
        files = counts.files if counts else 0
        changed = [
            f"{len(paths)} {word}"
            for paths, word in ((change.added, "added"), (change.changed, "changed"), (change.removed, "removed"))
            if paths
        ]
        rows.append([change.environment, *made, files, ", ".join(changed) or "nothing"])
    print(table(heads, rows))
    if report.rules_checked is None:
        print("promtool is not at hand, so nobody but this program has read the rules: `make tools` fetches it.")
    elif report.rules_checked:
        print(f"promtool accepted {report.rules_checked} rules.")
    for line in _placeholders(report):
        print(line)
    return 0


def _placeholders(report: generate.Report) -> Iterator[str]:
    """A line for each environment file in which values of the shipped example are left."""
    for file in dict.fromkeys(where.file for _, where in report.placeholders):
        fields = [f"{path} (line {where.line})" for path, where in report.placeholders if where.file == file]
        rest = f" and {len(fields) - SHOWN_PLACEHOLDERS} more" if len(fields) > SHOWN_PLACEHOLDERS else ""
        shown = ", ".join(fields[:SHOWN_PLACEHOLDERS])
        yield f"{file} still holds values of the example, which lead nowhere: {shown}{rest}."


def _check(project: Project, options: argparse.Namespace) -> int:
    definitions = project.definitions
    names = [environment.plan.environment.name for environment in generate.rendered(project, options.only)]
    print(f"No findings in {len(definitions.signals)} signals, {len(definitions.alerts)} alerts, ", end="")
    print(f"{len(definitions.dashboards)} dashboards and the environments {', '.join(names)}.")
    return 0


def _diff(project: Project, options: argparse.Namespace) -> int:
    lines = [
        line
        for environment in generate.rendered(project, options.only)
        for line in diff.describe(project.output_folder, environment.plan.environment.name, environment.files)
    ]
    print("\n".join(lines) if lines else "A build would change nothing.")
    return 0


def _list(project: Project, options: argparse.Namespace) -> int:
    pages = [_listed(environment.plan) for environment in generate.rendered(project, options.only)]
    print("\n\n".join("\n".join(page) for page in pages))
    return 0


def _listed(plan: Plan) -> list[str]:
    prometheus = [
        ["Prometheus", rule.alert.name, rule.severity.value, rule.alert.team] for rule in plan.prometheus_alerts
    ]
    azure = [["Azure", rule.alert.name, rule.severity.value, rule.alert.team] for rule in plan.log_alerts]
    azure += [["Azure", rule.alert.name, rule.severity.value, rule.alert.team] for rule in plan.metric_alerts]
    panels = [
        [dashboard.uid, panel.title, panel.panel.signal.name, ", ".join(alert.name for alert in panel.alerts)]
        for dashboard in plan.dashboards
        for panel in dashboard.panels
    ]
    return [
        f"# {plan.environment.name}",
        "",
        table(["raised by", "alert", "severity", "owner"], prometheus + azure),
        "",
        table(["dashboard", "panel", "signal", "watched by"], panels),
        *(f"switched off: {disabled.alert.name} ({disabled.reason})" for disabled in plan.disabled),
    ]


COMMANDS = {"build": _build, "check": _check, "diff": _diff, "list": _list}
