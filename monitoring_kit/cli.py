"""The command line: build, check, diff, list and init."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, TextIO

from monitoring_kit import __version__, generate, starter
from monitoring_kit.core.findings import Refused
from monitoring_kit.core.text_table import table
from monitoring_kit.listing import as_json, listed
from monitoring_kit.output import diff
from monitoring_kit.project import Project

SHOWN_PLACEHOLDERS = 4
DONE, FINDINGS, USAGE, INTERRUPTED = 0, 1, 2, 130
EPILOG = """\
exit status:
  0  done        1  findings: the last line says what was written
  2  wrong usage     130  interrupted

example:
  {prog} diff --only production && {prog} build --only production
"""


def command() -> int:
    """`monitoring-kit`: the project is the working directory."""
    return main(sys.argv[1:], Path.cwd(), "monitoring-kit")


def main(arguments: Sequence[str], root: Path, prog: str = "generate.py") -> int:
    """Runs a command in the project `root` and returns the exit status. Findings go to standard error, one by one."""
    options = _parser(prog).parse_args(arguments)
    try:
        status = options.run(options if options.command == "init" else _project(options, root), options)
        sys.stdout.flush()
    except Refused as refused:
        for finding in refused.findings:
            _say(str(finding), sys.stderr)
        number = len(refused.findings)
        _say(f"\n{number} finding{'s' if number != 1 else ''}. {refused.written}", sys.stderr)
        return FINDINGS
    except KeyboardInterrupt:
        _say("Interrupted. If files were being replaced just then, the next build finishes it.", sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever reads has read enough
        _close_output()
        return DONE
    except OSError as error:
        if error.filename is not None:  # only what is said goes to a file without a name
            raise
        _close_output()
        _say(f"{prog}: what it says cannot be written: {error.strerror}", sys.stderr)
        return FINDINGS
    return int(status)


def _say(text: str, file: TextIO | None = None) -> None:
    """Prints `text`. What a terminal would obey, such as an escape in the name of a file, is shown and not sent."""
    print("".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text), file=file)


def _close_output() -> None:
    """Lets nothing more be written, so that Python does not complain of it on its way out."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # no file behind it: a test reads what is said
        return


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        _say(f"{self.format_usage()}{self.prog}: {message}", sys.stderr)
        sys.exit(USAGE)


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("the name of a folder is empty")
    return Path(text)


def _parser(prog: str) -> argparse.ArgumentParser:
    epilog = EPILOG.format(prog=prog)
    layout = argparse.RawDescriptionHelpFormatter
    description = "Renders dashboards, rules and Azure alerts from the definitions of a project."
    parser = _Parser(prog=prog, description=description, epilog=epilog, formatter_class=layout, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"monitoring-kit {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog=epilog,
            formatter_class=layout,
            allow_abbrev=False,
        )
        added.set_defaults(run=run)
        return added

    def where(added: argparse.ArgumentParser, *, output: bool) -> argparse.ArgumentParser:
        here = "the working directory" if prog == "monitoring-kit" else f"the folder of {prog}"
        added.add_argument("--project", type=_folder, metavar="DIR", help=f"folder of the project (default: {here})")
        added.add_argument(
            "--environments", type=_folder, metavar="DIR", help="folder of environment files (default: environments)"
        )
        added.add_argument(
            "--only",
            action="append",
            metavar="NAME",
            help="only this environment; may be given several times (default: all)",
        )
        if output:
            added.add_argument("--output", type=_folder, metavar="DIR", help="folder to write to (default: build)")
        return added

    where(add("build", _build, "check everything, then write every environment"), output=True)
    where(add("check", _check, "check everything, write nothing"), output=False)
    differs = where(add("diff", _diff, "say what a build would change, write nothing"), output=True)
    differs.add_argument("-v", "--verbose", action="store_true", help="with queries, fields and files (default: no)")
    differs.add_argument(
        "--exit-code", action="store_true", help="exit with 1 if a build would change something (default: with 0)"
    )
    listing = where(add("list", _list, "list what each environment gets"), output=False)
    listing.add_argument("--json", action="store_true", help="as JSON, for a script (default: as tables)")
    init = add("init", _init, "begin a project of your own, which stands on the shipped definitions")
    init.add_argument("folder", type=_folder, metavar="DIR", help="folder to make; one that holds files is refused")
    return parser


def _project(options: argparse.Namespace, root: Path) -> Project:
    project = Project((options.project or root).absolute())
    if options.environments is not None:
        project = replace(project, environments=options.environments.absolute())
    if getattr(options, "output", None) is not None:
        project = replace(project, output=options.output.absolute())
    return project


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
    _say(table(heads, rows))
    if report.rules_checked is None:
        _say(
            "promtool is not installed, so the rules have not been read by Prometheus itself: `make tools` fetches it."
        )
    elif report.rules_checked:
        _say(f"promtool accepted {report.rules_checked} rules.")
    for line in _placeholders(report):
        _say(line)
    for first, second in report.twins:
        _say(
            f"{first} and {second} have the same namespace and service. In one cluster their rules and dashboards "
            "overwrite each other: apply only one of them there."
        )
    return DONE


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
    _say(
        f"No findings in {len(definitions.signals)} signals, {len(definitions.alerts)} alerts, "
        f"{len(definitions.dashboards)} dashboards and the environments {', '.join(names)}."
    )
    return DONE


def _diff(project: Project, options: argparse.Namespace) -> int:
    output, lines, names = project.output_folder, [], set()
    for environment in generate.rendered(project, options.only):
        name = environment.plan.environment.name
        names.add(name)
        lines += diff.describe(output, name, environment.files, verbose=options.verbose)
    if options.only is None:
        lines += diff.describe_removed(output, names)
    _say("\n".join(lines) if lines else "A build would change nothing.")
    return FINDINGS if lines and options.exit_code else DONE


def _list(project: Project, options: argparse.Namespace) -> int:
    environments = list(generate.rendered(project, options.only))
    if options.json:
        _say(as_json(environments))
    else:
        _say("\n\n".join("\n".join(listed(environment.plan)) for environment in environments))
    return DONE


def _init(_: object, options: argparse.Namespace) -> int:
    for path in starter.begin(options.folder):
        _say(f"{options.folder / path}")
    _say(f"\nNext: cd {options.folder} && make build")
    return DONE
