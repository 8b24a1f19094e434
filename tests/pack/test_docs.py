"""What the pages promise: the example of a new signal builds; links, files and commands that they name are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from monitoring_kit import cli
from tests.support.planting import PROJECT
from tests.support.project import edit, run
from tests.unit.test_layering import LAYERS

PAGES = sorted(
    str(page.relative_to(PROJECT))
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "viewer/README.md")
    for page in PROJECT.glob(pattern)
    if "node_modules" not in page.parts
)
MAKEFILE = (PROJECT / "Makefile").read_text()
RUNBOOK = "## Meaning\n\nSlow.\n\n## Impact\n\nGaps.\n\n## Diagnosis\n\nLook.\n\n## Mitigation\n\nFix.\n"
OTHER_NAMES = {
    "slowest_scrape": "longest_scrape",
    "Slowest scrape": "Longest scrape",
    "SCRAPE_SLOW": "SCRAPE_LONG",
    "ModelScrapeSlow": "ModelScrapeLong",
}
# Files of examples, which a reader makes, and what lies in a wheel only.
NOT_HERE = {
    "monitoring_kit/render/thanos.py",
    "queries/drift.py",
    "rules/drift.py",
    "rules/runbooks/ModelScrapeSlow.md",
    "monitoring_kit/packs/model_serving/",
    "monitoring_kit/packs/model_serving/...",
}
FOLDERS = (
    "queries",
    "rules",
    "dashboards",
    "environments",
    "monitoring_kit",
    "tests",
    "docs",
    "examples",
    "requirements",
)


@cache
def text(page: str) -> str:
    return (PROJECT / page).read_text()


def code(page: str) -> Iterator[str]:
    """What stands in code: each line of a block, each span in a sentence."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)
    sentences = re.sub(r"^```.*?^```", "", text(page), flags=re.DOTALL | re.MULTILINE)
    for block in blocks:
        yield from re.sub(r"\\\n\s*", "", block).splitlines()
    yield from (line.strip() for line in re.findall(r"^ {4}(.+)$", sentences, re.MULTILINE))
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", sentences))


def example(file: str) -> str:
    """The code that the page on a new signal shows for `file`."""
    found = re.search(rf"`{re.escape(file)}`[^`]*```python\n(.*?)```", text("docs/add-a-signal.md"), re.DOTALL)
    assert found is not None, file
    return found[1]


def renamed(example_code: str) -> str:
    """The example's code with names of its own."""
    for name, other in OTHER_NAMES.items():
        example_code = example_code.replace(name, other)
    return example_code


def test_the_example_of_a_new_signal_builds(project: Path) -> None:
    """Under other names, because whoever follows the page has the signal already."""
    for file in ("queries/scrape.py", "rules/thresholds.py", "rules/alerts.py"):
        edit(project / file, (project / file).read_text(), f"{(project / file).read_text()}\n{renamed(example(file))}")
    imports = "from queries.scrape import longest_scrape\nfrom rules.thresholds import SCRAPE_LONG\n"
    edit(project / "rules/alerts.py", "from rules.thresholds import (\n", f"{imports}from rules.thresholds import (\n")
    dashboard = project / "dashboards/pods.py"
    edit(
        dashboard, "from queries.scrape import", "from queries.scrape import longest_scrape\nfrom queries.scrape import"
    )
    panel = renamed(example("dashboards/pods.py"))
    edit(dashboard, '"Do the figures arrive?",\n', f'"Do the figures arrive?",\n{panel}')
    (project / "rules/runbooks/ModelScrapeLong.md").write_text(RUNBOOK)

    done = run("build", project=project)
    assert done.returncode == 0, done.stderr
    rules = (project / "build/production/prometheus/scrape.yaml").read_text()
    assert "alert: ModelScrapeLong" in rules
    assert (
        'max by (namespace, job) (\n        scrape_duration_seconds{namespace="production", job="ml-inference-metrics"}'
        in rules
        or 'max by (namespace, job) (scrape_duration_seconds{namespace="production", job="ml-inference-metrics"})'
        in rules
    )
    assert "keeps Prometheus waiting for {{ $value | humanizeDuration }}" in rules
    assert "Longest scrape" in (project / "build/production/grafana/production-pods.json").read_text()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(page))
    assert [link for link in links if not ((PROJECT / page).parent / link).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_every_file_that_is_named_exists(page: str) -> None:
    """By its path from the top, from inside the kit, or from the page."""
    named = {span for span in re.findall(r"`([\w./-]+)`", text(page)) if "/" in span and not span.startswith("/")}
    ours = {name for name in named if name.startswith(tuple(f"{folder}/" for folder in FOLDERS))}
    assert [name for name in sorted(ours - NOT_HERE) if not (PROJECT / name).exists()] == []
    inside = {name for name in named - ours if name.split("/")[0] in LAYERS and name.endswith(".py")}
    assert [name for name in sorted(inside) if not (PROJECT / "monitoring_kit" / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_is_named_exists(page: str) -> None:
    named = {found[1] for span in code(page) if (found := re.match(r"make ([a-z][a-z-]*)", span))}
    assert {
        target for target in named if not re.search(rf"^(?:[\w-]+ )*{target}(?: [\w-]+)*:", MAKEFILE, re.MULTILINE)
    } == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_is_understood(page: str) -> None:
    calls = [
        (span, found[1].split("|")[0].split("#")[0])
        for span in code(page)
        if (found := re.match(r"(?:\S*python3? generate\.py|\S*monitoring-kit|generate\.py) ([a-z-].*)", span))
    ]
    for span, arguments in calls:
        words = [word.strip("[]") for word in shlex.split(arguments) if word not in ("...",)]
        try:
            cli._parser("monitoring-kit").parse_args(words)
        except SystemExit as ended:
            assert not ended.code, f"{page}: {span}"


def test_pages_of_the_kit_are_found() -> None:
    """The tests above read something: there are links, targets and commands in what they look at."""
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md", "docs/checks.md"} <= set(PAGES)
    everything = [span for page in PAGES for span in code(page)]
    assert sum(span.startswith("make ") for span in everything) > 10
    assert sum("monitoring-kit " in span or "generate.py " in span for span in everything) >= 5


def test_every_folder_at_the_top_is_explained() -> None:
    folders = {path.name for path in PROJECT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert {name for name in folders if f"`{name}/`" not in text("README.md")} == set()


def test_the_layers_are_told_as_they_are_held() -> None:
    table = text("docs/architecture.md").split("## Layers")[1].split("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == LAYERS


def test_decisions_are_numbered() -> None:
    names = sorted(file.name for file in (PROJECT / "docs/decisions").iterdir())
    assert [name[:5] for name in names] == [f"{number:04}-" for number in range(1, len(names) + 1)]
