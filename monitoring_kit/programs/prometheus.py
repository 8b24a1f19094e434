"""A Prometheus of one's own on this machine, over samples that were written beforehand."""

from __future__ import annotations

import http.client
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from monitoring_kit.core.durations import Duration
from monitoring_kit.programs.processes import LOOPBACK, Program, ProgramFailed, answers, running_on_free_ports
from monitoring_kit.programs.tools import find

_ANSWER_WITHIN_SECONDS = 120.0
_SHORTEST_BLOCK = Duration(2 * 3600)


class PrometheusFailed(RuntimeError):
    """promtool or Prometheus did not do what it was asked; the message holds what it said."""


class QueryFailed(RuntimeError):
    """Prometheus refused a query; the message is its own."""


@dataclass(frozen=True)
class Sample:
    """One series of an instant vector; a scalar is a sample without labels. `labels` includes `__name__`."""

    labels: Mapping[str, str]
    value: float


def backfill(openmetrics: str, blocks: Path, longest_block: Duration = _SHORTEST_BLOCK) -> None:
    """Write samples in OpenMetrics text, with timestamps in seconds and `# EOF` at the end, as blocks into `blocks`.

    A counter is declared without `_total` (`# TYPE requests counter`, then `requests_total 1 0`). A block spans two
    hours, or three, nine, 27 ... times as much, the most that `longest_block` allows; promtool reads all of the text
    again for each. Raises PrometheusFailed with promtool's words for text that it cannot read, ToolMissing without
    promtool.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "samples.txt"
        source.write_text(openmetrics, encoding="utf-8")
        command = [
            *(str(find("promtool")), "tsdb", "create-blocks-from"),
            f"--max-block-duration={longest_block.seconds}s",  # an option that its help does not show
            *("openmetrics", str(source), str(blocks)),
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603, the arguments are our own and no shell reads them
    if run.returncode != 0:
        raise PrometheusFailed(f"promtool did not write the samples:\n{run.stdout}{run.stderr}")


@contextmanager
def serve(blocks: Path, configuration: str = "", flags: Sequence[str] = ()) -> Iterator[str]:
    """A running Prometheus over the blocks in `blocks`; gives its address, such as "http://127.0.0.1:40123".

    It listens on the loopback only, scrapes nothing unless `configuration` (a prometheus.yml) says so, writes its log
    of new samples into `blocks`, and is stopped when the context ends, however it ends. `flags` are further arguments
    of its command line. Raises PrometheusFailed where it does not start, ToolMissing without Prometheus.
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        settings = Path(folder) / "prometheus.yml"
        settings.write_text(configuration, encoding="utf-8")
        command = [
            str(find("prometheus")),
            f"--config.file={settings}",
            f"--storage.tsdb.path={blocks}",
            "--storage.tsdb.retention.time=10y",
            *flags,
        ]

        def on(ports: tuple[int, ...]) -> Program:
            (port,) = ports
            listening = [*command, f"--web.listen-address={LOOPBACK}:{port}"]
            return Program("Prometheus", listening, lambda: answers(port, "/-/ready"))

        try:
            (port,) = stack.enter_context(running_on_free_ports(on, 1, Path(folder) / "log")).ports
        except ProgramFailed as failed:
            raise PrometheusFailed(str(failed)) from None
        yield f"http://{LOOPBACK}:{port}"


def query(address: str, promql: str, at: float) -> list[Sample]:
    """The answer to an instant query at `at` (seconds since 1970). Raises QueryFailed with Prometheus's words."""
    data = fetch(address, "/api/v1/query", {"query": promql, "time": repr(at)})
    if data["resultType"] == "scalar":
        return [Sample({}, float(data["result"][1]))]
    if data["resultType"] != "vector":
        raise QueryFailed(f"{promql}: the answer is a {data['resultType']}, not a vector or a scalar")
    return [Sample(series["metric"], float(series["value"][1])) for series in data["result"]]


def formatted(address: str, promql: str) -> str:
    """`promql` as Prometheus itself would write it. Raises QueryFailed for text that it cannot read."""
    return str(fetch(address, "/api/v1/format_query", {"query": promql}))


def fetch(address: str, path: str, parameters: Mapping[str, object], method: Literal["GET", "POST"] = "GET") -> Any:
    """The data of an answer of Prometheus's HTTP API. Raises QueryFailed with its words where it refuses.

    POST is for queries that are too long for an address.
    """
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=_ANSWER_WITHIN_SECONDS)
    try:
        if method == "GET":
            connection.request("GET", f"{path}?{urlencode(parameters)}")
        else:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", path, urlencode(parameters), form)
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if answer["status"] != "success":
        raise QueryFailed(answer["error"])
    return answer["data"]
