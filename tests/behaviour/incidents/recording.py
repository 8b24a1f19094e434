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
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import instrumentation

from monitoring_kit.core import durations
from monitoring_kit.core.durations import Duration
from monitoring_kit.programs import prometheus as prometheus_server
from monitoring_kit.programs.prometheus import backfill, serve
from monitoring_kit.programs.tools import TOOLS_FOLDER, find
from tests.behaviour.incidents import cluster, history, incident, incidents, production, samples
from tests.behaviour.incidents.alert_series import alert_series
from tests.behaviour.incidents.cluster import SCRAPE_SECONDS
from tests.behaviour.incidents.history import over_time
from tests.behaviour.incidents.incident import START, Incident
from tests.behaviour.incidents.production import Rule, labels_of
from tests.behaviour.incidents.samples import Samples

RECORDINGS = TOOLS_FOLDER / "recordings"
# Everything that decides what is in a recording. A change of one of them makes all recordings anew.
SOURCES = (cluster, durations, history, incident, incidents, samples, instrumentation, prometheus_server)
# promtool reads all of its input again for each block, so it is given the samples of one block at a time.
_BLOCK = Duration(18 * 3600)
# Without compaction: it would rewrite the blocks while they are queried.
_FLAGS = (
    f"--query.lookback-delta={SCRAPE_SECONDS * 1000 - 1}ms",
    "--storage.tsdb.min-block-duration=2h",
    "--storage.tsdb.max-block-duration=2h",
)


@dataclass(frozen=True)
class Recorded:
    """A Prometheus with the samples of an incident: its address, and the times (seconds since 1970) that it knows."""

    address: str
    start: int
    end: int

    @property
    def evaluations(self) -> range:
        """The times at which Prometheus evaluates rules."""
        return evaluations(self.end)


def evaluations(end: int) -> range:
    """The times at which Prometheus evaluates rules, from the beginning of a recording to its end."""
    return range(START, end + 1, production.evaluation_interval())


@contextmanager
def served(of: Incident, recording_rules: Sequence[Rule] | None = None) -> Iterator[Recorded]:
    """A running Prometheus that knows the incident, stopped when the context ends.

    Recording rules have been evaluated over all of it: production's, or `recording_rules`, which makes a recording of
    its own that is not kept. With production's, its alerts have been evaluated too: `ALERTS` says which were active.
    Raises PrometheusFailed and ToolMissing.
    """
    with tempfile.TemporaryDirectory() as folder:
        if recording_rules is None:
            recording, *alerts = _kept(of)
        else:
            recording, alerts = Path(folder) / "recording", []
            _record(of, tuple(recording_rules), recording)
        with _serving(recording / "blocks", *alerts) as address:
            yield Recorded(address, START, int((recording / "end").read_text()))


def _kept(of: Incident) -> tuple[Path, Path]:
    """The folder with the incident's blocks and the end of its samples, and the blocks of its alerts.

    Made where there are none yet. A change of an alert leaves the incident's blocks as they are.
    """
    rules, alerts = production.recording_rules(), production.alerts()
    name = re.sub(r"[^a-z0-9]+", "-", of.name.lower()).strip("-")
    recording = RECORDINGS / name / _key(rules)
    recording.parent.mkdir(parents=True, exist_ok=True)
    with (RECORDINGS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker may need the same recording at the same time
        if not recording.exists():
            shutil.rmtree(recording.parent)
            unfinished = recording.with_suffix(".unfinished")
            _record(of, rules, unfinished)
            unfinished.rename(recording)
        alerting = recording / f"alerts-{_key(alerts)}"
        if not alerting.exists():
            for other in recording.glob("alerts-*"):
                shutil.rmtree(other)
            unfinished = alerting.with_suffix(".unfinished")
            _record_alerts(alerts, recording, unfinished)
            unfinished.rename(alerting)
    return recording, alerting


def _record(of: Incident, rules: tuple[Rule, ...], folder: Path) -> None:
    blocks = folder / "blocks"
    blocks.mkdir(parents=True)
    happened = of.happens()
    _backfill(happened.samples, happened.now, blocks)
    for derived in _in_order(rules):
        _record_rules(derived, blocks, happened.now)
    (folder / "end").write_text(str(happened.now))


def _record_alerts(rules: tuple[Rule, ...], recording: Path, folder: Path) -> None:
    folder.mkdir()
    end = int((recording / "end").read_text())
    with _serving(recording / "blocks") as address:
        samples = alert_series(address, rules, evaluations(end))
    if any(samples):
        _backfill(samples, end, folder)


def _record_rules(rules: tuple[Rule, ...], blocks: Path, end: int) -> None:
    """Writes what `rules` record. Rules that read what they recorded before are evaluated until nothing is added.

    That comes to what a ruler records one evaluation after the other: such a rule keeps a value that is there already
    (`x or last_over_time(itself[5m])`), so a pass only ever adds the moments that follow from the one before.
    """
    known = 0
    while True:
        samples = _derived(rules, blocks, end)
        recorded = sum(len(series.times) for series in samples)
        if recorded == known:
            return
        _backfill(samples, end, blocks)
        known = recorded
        if not any(_reads(rule, (rule,)) for rule in rules):
            return


def _in_order(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, ...]]:
    """The rules in passes: each reads only samples, what an earlier pass has recorded, and itself."""
    left = rules
    while left:
        ready = tuple(rule for rule in left if not _reads(rule, tuple(other for other in left if other is not rule)))
        if not ready:
            raise ValueError(f"recording rules that need each other: {', '.join(str(rule['record']) for rule in left)}")
        keeping = tuple(rule for rule in ready if _reads(rule, (rule,)))
        yield from filter(None, (tuple(rule for rule in ready if rule not in keeping), keeping))
        left = tuple(rule for rule in left if rule not in ready)


def _reads(rule: Rule, others: tuple[Rule, ...]) -> bool:
    """Whether the rule reads what one of the others records."""
    names = "|".join(re.escape(str(other["record"])) for other in others)
    own = str(rule["expr"])
    return bool(names) and re.search(rf"(?<![\w:])({names})(?![\w:])", own) is not None


def _derived(rules: tuple[Rule, ...], blocks: Path, end: int) -> Samples:
    """What `rules` record, evaluated at the moments at which the alerts are.

    promtool's own `create-blocks-from rules` would shift them by a number of seconds that it makes of the rule file's
    path.
    """
    samples = Samples()
    with _serving(blocks) as address:
        for rule in rules:
            labels = labels_of(rule)
            for past in over_time(address, str(rule["expr"]), evaluations(end)):
                series = samples.series(str(rule["record"]), {**past.labels, **labels})
                for time, value in past.values.items():
                    series.add(time, value)
    return samples


def _backfill(samples: Samples, end: int, blocks: Path) -> None:
    for start in range(START - START % _BLOCK.seconds, end + 1, _BLOCK.seconds):
        backfill(samples.openmetrics(start, start + _BLOCK.seconds), blocks, longest_block=_BLOCK)


@contextmanager
def _serving(*blocks: Path) -> Iterator[str]:
    """A Prometheus over a copy of the blocks, which it would otherwise compact and write its own files beside."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "blocks"
        for some in blocks:
            shutil.copytree(some, copy, dirs_exist_ok=True)
        with serve(copy, flags=_FLAGS) as address:
            yield address


def _key(rules: tuple[Rule, ...]) -> str:
    """What a recording depends on, in 16 digits."""
    tool = find("promtool").stat()
    versions = (version("prometheus-client"), platform.python_version(), tool.st_size, tool.st_mtime_ns)
    digest = hashlib.sha256(repr((versions, production.evaluation_interval(), rules)).encode())
    for source in (*SOURCES, __file__):
        digest.update(Path(source if isinstance(source, str) else str(source.__file__)).read_bytes())
    return digest.hexdigest()[:16]
