"""`make preview`: pictures of every dashboard, in good health and as an alert begins to fire, in the folder `preview/`.

The dashboards are those of the reference environments, made of the definitions as they are now; nothing has to be built
before. `--incident NAME` draws one recorded incident alone.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitoring_kit.core.findings import shown_path
from monitoring_kit.plan.model import Plan
from monitoring_kit.programs.prometheus import PrometheusFailed, QueryFailed
from monitoring_kit.programs.tools import ToolMissing
from monitoring_kit.render.grafana.dashboard import render_grafana
from tests.acceptance.kusto.variants import STAGING, plan_of
from tests.behaviour.incidents import production
from tests.behaviour.incidents.incident import Incident
from tests.behaviour.incidents.incidents import HEALTHY_WEEK, INCIDENTS
from tests.behaviour.incidents.recording import served
from tests.behaviour.log_alerts.store import CannotRun
from tests.preview import azure
from tests.preview.moments import Moment, moment_of
from tests.preview.viewer import Drawn, Job, Viewer, ViewerFailed, running_viewer
from tests.support.planting import PROJECT

PREVIEW = PROJECT / "preview"
# One of each kind: latency, a pod, memory, and figures that do not arrive.
CHOSEN = ("slow version rolled out", "pod crash-looping", "memory leak to an out-of-memory kill", "scrapes fail")
_HEALTHY_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Section:
    """A folder of pictures, with what they show."""

    title: str
    says: str
    folder: Path
    drawn: Drawn


def main(arguments: list[str]) -> int:
    """Exit status 0 with all pictures taken, 1 where a panel shows an error or a tool is missing, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m tests.preview", description=(__doc__ or "").partition("\n\n")[0])
    names = [incident.name for incident in INCIDENTS]
    parser.add_argument("--incident", choices=names, metavar="NAME", help=f"one of: {'; '.join(names)}")
    chosen: str | None = parser.parse_args(arguments).incident
    wanted = [incident for incident in INCIDENTS if incident.name in ((chosen,) if chosen else CHOSEN)]
    if not chosen:
        wanted.insert(0, HEALTHY_WEEK)
    try:
        with running_viewer() as viewer, tempfile.TemporaryDirectory() as folder:
            sections = list(_sections(viewer, wanted, not chosen, Path(folder)))
    except (ToolMissing, PrometheusFailed, QueryFailed, ViewerFailed, CannotRun) as problem:
        print(problem, file=sys.stderr)
        return 1
    (PREVIEW / "index.html").write_text(_index(sections), encoding="utf-8")
    print(f"{shown_path(PREVIEW / 'index.html')}: {sum(len(section.drawn.pictures) for section in sections)} pictures")
    problems = [f"{section.title}: {problem}" for section in sections for problem in section.drawn.problems]
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


def write_dashboards(plan: Plan, folder: Path) -> list[Path]:
    """The dashboards of a plan as files in `folder`, as a build would write them."""
    folder.mkdir(parents=True)
    files = {folder / Path(name).name: text for name, text in render_grafana(plan).items() if name.endswith(".json")}
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    return list(files)


def asks_prometheus(file: Path) -> bool:
    """Whether a dashboard has a variable for a Prometheus to choose."""
    variables = json.loads(file.read_text(encoding="utf-8"))["templating"]["list"]
    return any(variable["type"] == "datasource" and variable["query"] == "prometheus" for variable in variables)


def _sections(viewer: Viewer, incidents: Sequence[Incident], with_azure: bool, folder: Path) -> Iterator[Section]:
    files = write_dashboards(production.plan(), folder / "production")
    for incident in incidents:
        with served(incident) as recorded:
            if incident is HEALTHY_WEEK:
                moment = Moment(recorded.end - _HEALTHY_SECONDS, recorded.end, "")
            else:
                moment = moment_of(incident, recorded)
            said = f"{incident.says} Taken as {moment.alert} begins to fire." if moment.alert else incident.says
            out = _emptied(PREVIEW / _slug(incident.name))
            uids = tuple(file.stem for file in files if asks_prometheus(file))
            job = Job([folder / "production"], moment.start, moment.end, out, recorded.address, only=uids)
            yield _section(incident.name, said, viewer, job)
    if with_azure:
        write_dashboards(plan_of(STAGING), folder / "staging")
        for environment in ("staging", "production"):
            for hour in azure.HOURS:
                yield _azure_section(environment, hour, viewer, folder)


def _azure_section(environment: str, hour: azure.Hour, viewer: Viewer, folder: Path) -> Section:
    files = [file for file in sorted((folder / environment).iterdir()) if not asks_prometheus(file)]
    rows = folder / "rows" / environment / _slug(hour.name)
    azure.write_rows(files, hour, rows)
    out = _emptied(PREVIEW / f"azure-{environment}-{_slug(hour.name)}")
    uids = tuple(file.stem for file in files)
    job = Job([folder / environment], azure.START, azure.END, out, rows=rows, only=uids)
    return _section(f"Azure, {environment}: {hour.name}", hour.says, viewer, job)


def _section(title: str, says: str, viewer: Viewer, job: Job) -> Section:
    drawn = viewer.draw(job)
    for picture in drawn.pictures:
        print(f"{shown_path(picture.file)}  {picture.seconds:.1f} s", flush=True)
    return Section(title, says, job.out, drawn)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _index(sections: Sequence[Section]) -> str:
    """A page with all pictures."""
    lines = ["<!doctype html>", '<html lang="en"><meta charset="utf-8"><title>Preview</title>']
    lines.append(
        "<style>body { background: #111217; color: #ccccdc; font-family: sans-serif } img { width: 100% }</style>"
    )
    for section in sections:
        lines += [f"<h1>{html.escape(section.title)}</h1>", f"<p>{html.escape(section.says)}</p>"]
        for picture in section.drawn.pictures:
            file = picture.file.relative_to(PREVIEW)
            lines += [f"<h2>{html.escape(picture.uid)}</h2>", f'<img src="{file}" alt="{html.escape(picture.uid)}">']
    return "\n".join([*lines, "</html>", ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
