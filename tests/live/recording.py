"""Incidents as blocks of a Prometheus: recorded once, kept below `.tools/`, and served by a real Prometheus.

A staleness marker cannot be written in OpenMetrics. Prometheus is therefore told to look back for less than one scrape
interval: a series ends with the first scrape that it is missing from, which is when the marker would have been written.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from examples.model_server import instrumentation
from tests.live import cluster, incident, incidents, production, samples
from tests.live.cluster import SCRAPE_SECONDS
from tests.live.incident import START, Incident
from tests.live.production import Rule
from toolkit import prometheus_server
from toolkit.prometheus_server import PrometheusFailed, backfill
from toolkit.render.yaml_text import yaml_text
from toolkit.tools import TOOLS_FOLDER, find

RECORDINGS = TOOLS_FOLDER / "recordings"
# Everything that decides what is in a recording. A change of one of them makes all recordings anew.
SOURCES = (cluster, incident, incidents, samples, instrumentation, prometheus_server)
# promtool reads all of its input again for each block of two hours that it makes of it.
_BACKFILLED_AT_ONCE = 6 * 3600
_LOOKBACK = f"{SCRAPE_SECONDS * 1000 - 1}ms"


@dataclass(frozen=True)
class Recorded:
    """A Prometheus with the samples of an incident: its address, and the times (seconds since 1970) that it knows."""

    address: str
    start: int
    end: int


@contextmanager
def served(of: Incident, recording_rules: Sequence[Rule] | None = None) -> Iterator[Recorded]:
    """A running Prometheus that knows the incident, stopped when the context ends.

    `recording_rules` (production's, where none are given) have been evaluated over all of it. Raises PrometheusFailed
    and ToolMissing.
    """
    rules = production.recording_rules() if recording_rules is None else tuple(recording_rules)
    with tempfile.TemporaryDirectory() as folder:
        blocks = Path(folder) / "blocks"
        end = _recorded(of, rules, blocks)
        with _serve(blocks) as address:
            yield Recorded(address, START, end)


def _recorded(of: Incident, rules: tuple[Rule, ...], blocks: Path) -> int:
    """Copies the incident's blocks to `blocks`, having made them where there are none; gives the end of its samples."""
    name = re.sub(r"[^a-z0-9]+", "-", of.name.lower()).strip("-")
    recording = RECORDINGS / f"{name}-{_key(rules)}"
    RECORDINGS.mkdir(parents=True, exist_ok=True)
    with (RECORDINGS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker may need the same recording at the same time
        if not recording.exists():
            for outdated in RECORDINGS.glob(f"{name}-" + "[0-9a-f]" * 16 + "*"):
                shutil.rmtree(outdated)
            unfinished = recording.with_suffix(".unfinished")
            _record(of, rules, unfinished)
            unfinished.rename(recording)
        shutil.copytree(recording / "blocks", blocks)
        return int((recording / "end").read_text())


def _record(of: Incident, rules: tuple[Rule, ...], folder: Path) -> None:
    blocks = folder / "blocks"
    blocks.mkdir(parents=True)
    happened = of.happens()
    for start in range(START, happened.now, _BACKFILLED_AT_ONCE):
        backfill(happened.samples.openmetrics(start, start + _BACKFILLED_AT_ONCE), blocks)
    for derived in _in_order(rules):
        _evaluate(derived, blocks, happened.now)
    (folder / "end").write_text(str(happened.now))


def _in_order(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, ...]]:
    """The rules in passes: each reads only samples and what an earlier pass has recorded."""
    left = rules
    while left:
        reads_later = tuple(
            rule for rule in left if any(str(other["record"]) in str(rule["expr"]) for other in left if other != rule)
        )
        if len(reads_later) == len(left):
            raise ValueError(f"recording rules that need each other: {', '.join(str(rule['record']) for rule in left)}")
        yield tuple(rule for rule in left if rule not in reads_later)
        left = reads_later


def _evaluate(rules: tuple[Rule, ...], blocks: Path, end: int) -> None:
    """Adds the blocks of what `rules` record."""
    with tempfile.TemporaryDirectory() as folder, _serve(blocks) as address:
        file = Path(folder) / "rules.yaml"
        file.write_text(yaml_text({"groups": [{"name": "recorded", "rules": list(rules)}]}, ""), encoding="utf-8")
        command = [str(find("promtool")), "tsdb", "create-blocks-from", "rules", f"--url={address}"]
        command += [f"--start={START}", f"--end={end}", f"--eval-interval={SCRAPE_SECONDS}s"]
        run = subprocess.run(
            [*command, f"--output-dir={folder}/blocks", str(file)], capture_output=True, text=True, check=False
        )
        if run.returncode != 0:
            raise PrometheusFailed(f"promtool did not evaluate the recording rules:\n{run.stdout}{run.stderr}")
        made = list((Path(folder) / "blocks").iterdir())
        for block in made:
            shutil.copytree(block, blocks / block.name)


def _key(rules: tuple[Rule, ...]) -> str:
    """What a recording depends on, in 16 digits."""
    tool = find("promtool").stat()
    versions = [version("prometheus-client"), platform.python_version(), str(tool.st_size), str(tool.st_mtime_ns)]
    digest = hashlib.sha256(repr([versions, [sorted(rule.items()) for rule in rules]]).encode())
    for source in (*SOURCES, __file__):
        digest.update(Path(source if isinstance(source, str) else str(source.__file__)).read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _serve(blocks: Path) -> Iterator[str]:
    """As `toolkit.prometheus_server.serve`, with a look back of less than one scrape."""
    log = blocks.parent / "log"
    settings = blocks.parent / "prometheus.yml"
    settings.touch()
    port = prometheus_server._free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                str(find("prometheus")),
                f"--config.file={settings}",
                f"--storage.tsdb.path={blocks}",
                "--storage.tsdb.retention.time=10y",
                f"--web.listen-address=127.0.0.1:{port}",
                f"--query.lookback-delta={_LOOKBACK}",
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        if not prometheus_server._becomes_ready(process, port):
            raise PrometheusFailed(f"Prometheus did not start:\n{log.read_text()}")
        yield f"http://127.0.0.1:{port}"
    finally:
        prometheus_server._stop(process)
