"""What the README promises: its example of a new signal builds, and the files that it names are there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.planting import PROJECT
from tests.support.project import edit, run

README = (PROJECT / "README.md").read_text()
RUNBOOK = "## Meaning\n\nSlow.\n\n## Impact\n\nGaps.\n\n## Diagnosis\n\nLook.\n\n## Mitigation\n\nMend.\n"

OTHER_NAMES = {
    "slowest_scrape": "longest_scrape",
    "Slowest scrape": "Longest scrape",
    "SCRAPE_SLOW": "SCRAPE_LONG",
    "ModelScrapeSlow": "ModelScrapeLong",
}


def example(file: str) -> str:
    """The code that the README shows for `file`, under "Add a signal"."""
    section = README.split("## Add a signal")[1].split("\n## ")[0]
    found = re.search(rf"`{re.escape(file)}`[^`]*```python\n(.*?)```", section, re.DOTALL)
    assert found is not None, file
    return found[1]


def renamed(code: str) -> str:
    """The example's code with names of its own."""
    for name, other in OTHER_NAMES.items():
        code = code.replace(name, other)
    return code


def test_the_example_of_a_new_signal_builds(project: Path) -> None:
    """Under other names, because whoever follows the README has the signal already."""
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


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_every_folder_at_the_top_is_explained() -> None:
    folders = {path.name for path in PROJECT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert {name for name in folders if f"`{name}/`" not in README} == set()


def test_every_make_target_that_the_readme_names_exists() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    named = set(re.findall(r"`?make ([a-z]+)", README))
    assert named
    assert {
        target for target in named if not re.search(rf"^{target}\b.*:|^build.* {target}\b", makefile, re.MULTILINE)
    } == set()
