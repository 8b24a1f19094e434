"""What is being done, and how much of it: a line for each step of long work.

As a pytest plugin (`pytest -p tests.support.progress`) it takes the place of the dots: each folder of tests is told
when its last test has run; on a terminal one more line follows every test. Failures are named as they happen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

import pytest
from _pytest.terminal import TerminalReporter

_FINISHED = "teardown"  # the last report of every test, whatever became of it


def step(number: int, total: int, what: str) -> str:
    """The line for step `number` of `total`: "[ 3 of 18] error burst"."""
    return f"[{number:>{len(str(total))}} of {total}] {what}"


def phase_of(nodeid: str) -> str:
    """The folder that a test is told under: "tests/unit" of "tests/unit/core/test_units.py::test_sum"."""
    parts = PurePosixPath(nodeid.partition("::")[0]).parts[:-1]
    depth = 2 if parts[1:2] in (("unit",), ("pack",)) else 3
    return "/".join(parts[:depth]) or "tests"


class Progress:
    """Counts the tests that have run, by folder."""

    def __init__(self, terminal: TerminalReporter) -> None:
        self._terminal = terminal
        self._left: Counter[str] = Counter()
        self._total = 0
        self._run = 0

    def expect(self, nodeids: Iterable[str]) -> None:
        """These tests are going to run. Each worker tells of all of them, so only the first word counts."""
        if not self._total:
            self._left = Counter(map(phase_of, nodeids))
            self._total = self._left.total()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without workers."""
        self.expect(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """With workers."""
        self.expect(ids)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, str] | None:
        """No dot for what passed, no letter for what did not: a line says more."""
        if hasattr(report, "wasxfail"):
            return None
        if report.failed:
            return ("failed" if report.when == "call" else "error", "", "")
        return ("skipped" if report.skipped else "passed" if report.when == "call" else "", "", "")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A step of a test has run."""
        if report.failed:
            self._say(f"FAILED {report.nodeid}")
        if report.when != _FINISHED:
            return
        phase = phase_of(report.nodeid)
        self._run += 1
        self._left[phase] -= 1
        line = step(self._run, self._total, phase)
        if not self._left[phase]:
            self._say(f"{line}: done")
        elif self._terminal.isatty:
            self._terminal.rewrite(line, erase=True)

    def _say(self, line: str) -> None:
        if self._terminal.isatty:
            self._terminal.rewrite(line, erase=True)
            self._terminal.write("\n")
        else:
            self._terminal.write_line(line)


@pytest.hookimpl(trylast=True)  # after the reporter has registered itself
def pytest_configure(config: pytest.Config) -> None:
    """Workers have no terminal: there the process that started them tells."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if isinstance(terminal, TerminalReporter) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(terminal), "progress")
