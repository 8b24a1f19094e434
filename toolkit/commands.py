"""The command line: build, check, diff and list. Exit status 0 is success, 1 are findings, 2 is wrong usage."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from toolkit import diff, generate
from toolkit.definitions import load_definitions
from toolkit.findings import PROJECT, Refused
from toolkit.output import Unfinished
from toolkit.plan.model import Plan
from toolkit.text_table import table

ENVIRONMENTS = PROJECT / "environments"
OUTPUT = PROJECT / "build"


def main(arguments: Sequence[str]) -> int:
    """Runs a command and returns the exit status. Findings go to standard error, one after the other."""
    options = _parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except Refused as refused:
        for finding in refused.findings:
            print(finding, file=sys.stderr)
        number = len(refused.findings)
        written = "Nothing was written."
        if isinstance(refused, Unfinished):
            written = "Some files have been replaced, others not. Build again once it is fixed: that finishes it."
        print(f"\n{number} finding{'s' if number != 1 else ''}. {written}", file=sys.stderr)
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
            "--environments", type=Path, default=ENVIRONMENTS, metavar="DIR", help="folder of environment files"
        )
        command.add_argument(
            "--only", action="append", metavar="NAME", help="only this environment; may be given several times"
        )
        if name in ("build", "diff"):
            command.add_argument("--output", type=_folder, default=OUTPUT, metavar="DIR", help="folder to write to")
    return parser


def _folder(text: str) -> Path:
    """A folder named on the command line. An empty name, as of an unset variable, would be the working directory."""
    if not text:
        raise argparse.ArgumentTypeError("an empty name is no folder; the working directory is .")
    return Path(text)


def _build(options: argparse.Namespace) -> int:
    report = generate.build(options.environments, options.output, options.only)
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
    return 0


def _check(options: argparse.Namespace) -> int:
    definitions = load_definitions()
    names = [
        environment.plan.environment.name
        for environment in generate.rendered(definitions, options.environments, options.only)
    ]
    print(f"No findings in {len(definitions.signals)} signals, {len(definitions.alerts)} alerts, ", end="")
    print(f"{len(definitions.dashboards)} dashboards and the environments {', '.join(names)}.")
    return 0


def _diff(options: argparse.Namespace) -> int:
    definitions = load_definitions()
    lines = [
        line
        for environment in generate.rendered(definitions, options.environments, options.only)
        for line in diff.describe(options.output, environment.plan.environment.name, environment.files)
    ]
    print("\n".join(lines) if lines else "A build would change nothing.")
    return 0


def _list(options: argparse.Namespace) -> int:
    definitions = load_definitions()
    pages = [
        _listed(environment.plan) for environment in generate.rendered(definitions, options.environments, options.only)
    ]
    print("\n\n".join("\n".join(page) for page in pages))
    return 0


def _listed(plan: Plan) -> list[str]:
    prometheus = [
        ["Prometheus", rule.alert.name, rule.severity.value, rule.alert.owner] for rule in plan.prometheus_alerts
    ]
    azure = [["Azure", rule.alert.name, rule.severity.value, rule.alert.owner] for rule in plan.log_alerts]
    azure += [["Azure", rule.alert.name, rule.severity.value, rule.alert.owner] for rule in plan.metric_alerts]
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
