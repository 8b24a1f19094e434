"""The start of a project of one's own: everything but definitions, which the shipped pack has and the team adds to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from monitoring_kit import __version__
from monitoring_kit.core.findings import Finding, Location, Refused
from monitoring_kit.loading import PACKAGES, RUNBOOKS
from monitoring_kit.project import PACK, pack_folder

FILES = Path(__file__).parent / "files"
# A pipeline for each of the two, of which a team keeps its own. In a checkout they are examples, and proven as such.
PIPELINES = {"github-actions.yml": ".github/workflows/monitoring.yml", "azure-pipelines.yml": "azure-pipelines.yml"}
_EMPTY = ".gitkeep"


def begin(folder: Path) -> list[str]:
    """Makes the project `folder` and returns its files. Raises Refused where there is something, or no room for it."""
    where = Location(str(folder))
    try:
        if folder.exists() and any(folder.iterdir()):
            problem, remedy = "is not empty, and nothing of yours is overwritten", "name a folder that is new or empty"
            raise Refused(Finding(where, "init", problem, remedy, "init"))
        made = dict(_contents())
        for path, text in made.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(Finding(where, "init", f"cannot be made: {error.strerror}", check="init")) from None
    return sorted(made)


def _contents() -> Iterator[tuple[str, str]]:
    for file in sorted((pack_folder(PACK) / "environments").glob("*.yaml")):
        text = file.read_text(encoding="utf-8").replace("python generate.py", "monitoring-kit")
        yield f"environments/{file.name}", text
    for folder in (*PACKAGES, RUNBOOKS):
        yield f"{folder}/{_EMPTY}", ""
    for file in sorted(path for path in FILES.rglob("*") if path.is_file()):
        path = file.relative_to(FILES).as_posix()
        # A file called .gitignore here would keep files of the kit out of its own repository.
        yield path.replace("gitignore", ".gitignore"), file.read_text(encoding="utf-8")
    for name, path in PIPELINES.items():
        yield path, (_pipelines() / name).read_text(encoding="utf-8")
    yield "requirements.txt", f"# The kit, with what its proofs need.\n{requirement()}\n"


def _pipelines() -> Path:
    """Where the pipelines lie: in the installed kit, else (in a checkout) among the examples."""
    installed = Path(__file__).parent / "pipelines"
    return installed if installed.is_dir() else FILES.parents[2] / "examples/pipelines"


def requirement() -> str:
    """The kit as pip was asked for it: the address that it was installed from, else its version."""
    try:
        origin = json.loads(metadata.distribution("monitoring-kit").read_text("direct_url.json") or "{}")
    except metadata.PackageNotFoundError:  # run from a checkout that is not installed
        origin = {"url": FILES.parents[2].as_uri()}
    url, vcs = origin.get("url"), origin.get("vcs_info")
    if url is None:
        return f"monitoring-kit[testing]=={__version__}"
    if vcs is not None:
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    return f"monitoring-kit[testing] @ {url}"
