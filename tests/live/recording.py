"""Incidents as blocks of a Prometheus: recorded once, kept below `.tools/`, and served by a real Prometheus.

A staleness marker cannot be written in OpenMetrics. Prometheus is therefore told to look back for less than one scrape
interval: a series ends with the first scrape that it is missing from, which is when the marker would have been written.
"""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.live import cluster, incident, incidents, samples
from tests.live.cluster import SCRAPE_SECONDS
from tests.live.incident import START, Incident
from toolkit import prometheus_server
from toolkit.findings import PROJECT
from toolkit.prometheus_server import PrometheusFailed, backfill, serve
from toolkit.render.yaml_text import YamlValue, yaml_text
from toolkit.tools import TOOLS_FOLDER, find

RECORDINGS = TOOLS_FOLDER / "recordings"
# promtool reads all of its input again for each block of two hours.
_BACKFILLED_AT_ONCE = 6 * 3600


@dataclass(frozen=True)
class Recorded:
    """A Prometheus with the samples of an incident: its address, and the times (seconds since 1970) that it knows."""

    address: str
    start: int
    end: int


@contextmanager
def served(of: Incident, recording_rules: Sequence[YamlValue] = ()) -> Iterator[Recorded]:
    """A running Prometheus that knows the incident, stopped when the context ends.

    `recording_rules` have been evaluated over it from start to end. Raises PrometheusFailed and ToolMissing.
    """
    with tempfile.TemporaryDirectory() as folder:
        blocks = Path(folder) / "blocks"
        end = _copy_of_recording(of, recording_rules, blocks)
        with _serve(blocks) as address:
            yield Recorded(address, START, end)
