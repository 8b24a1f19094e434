"""Failures while scrapes fail reach the error budget when scrapes return, in promtool's own engine.

What is expected is counted from the histories, request by request, and never from the rules. promtool 2.42 is what
Debian has; on Prometheus 3 the windows of the rules hold the same samples, because nothing lies on their edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitoring_kit.programs import promtool
from monitoring_kit.testing.rule_files import rules_of, shipped_rules, write_rules, write_tests
from monitoring_kit.testing.series import Series
from tests.behaviour.alerts.series import predictions
from tests.behaviour.objectives.incident import ALERT, SHIPPED_INTERVAL, plan_evaluated_every

SCRAPE = 30
# Scrapes lie beside the evaluations, so that none is on the edge of a window.
FIRST_SCRAPE = 15
MINUTE = 60
HOUR = 3600
# What a counter stood at before; a rate from 0 on is not extrapolated to before the counter was 0.
BEFORE = 10_000
FAILING = 1.0
"""Failed requests of a pod each second, while all fail."""


@dataclass(frozen=True)
class Span:
    """Something that is so from `begin` to `end`, in minutes."""

    begin: float
    end: float

    def holds(self, seconds: float) -> bool:
        return self.begin * MINUTE <= seconds < self.end * MINUTE

    def seconds_before(self, seconds: float) -> float:
        """How much of the span lies before that time."""
        return max(0.0, min(seconds, self.end * MINUTE) - self.begin * MINUTE)


NEVER = Span(0, 0)


@dataclass(frozen=True)
class Pod:
    """A pod that fails all requests of a time, and none of another. Its scrapes fail where `missed` says so.

    Its process restarts at `restart` (in minutes), its target is known during `known`.
    """

    name: str
    fails: Span = NEVER
    missed: Callable[[int], bool] = field(default=lambda _: False)
    restart: float | None = None
    known: Span = field(default=Span(0, 1000))

    def errors(self, seconds: float) -> float:
        """What its counter of errors stands at."""
        if self.restart is None or seconds < self.restart * MINUTE:
            return BEFORE + FAILING * self.fails.seconds_before(seconds)
        return FAILING * (self.fails.seconds_before(seconds) - self.fails.seconds_before(self.restart * MINUTE))

    def successes(self, seconds: float) -> float:
        """What its counter of answers stands at: one a second while nothing fails, from the restart on again."""
        began = 0.0 if self.restart is None or seconds < self.restart * MINUTE else self.restart * MINUTE
        answered = seconds - began - (self.fails.seconds_before(seconds) - self.fails.seconds_before(began))
        return answered + (BEFORE if began == 0.0 else 0)

    def series(self, minutes: int) -> Iterator[tuple[str, str]]:
        """Its series, as promtool reads them: a sample each 15 seconds, every second one missing."""
        up: list[float | None] = []
        errors: list[float | None] = []
        successes: list[float | None] = []
        for seconds in range(FIRST_SCRAPE, minutes * MINUTE, SCRAPE):
            known, scraped = self.known.holds(seconds), self.known.holds(seconds) and not self.missed(seconds)
            up.append(float(scraped) if known else None)
            errors.append(self.errors(seconds) if scraped else None)
            successes.append(self.successes(seconds) if scraped else None)
        for status, values in (("error", errors), ("success", successes)):
            labels = {**predictions(status, 0).labels, **self.target}
            yield Series("model_predictions_total", labels, ()).name, notation(values)
        of_target = {
            name: value for name, value in labels.items() if name not in ("status", "model_name", "model_version")
        }
        yield Series("up", of_target, ()).name, notation(up)

    @property
    def target(self) -> Mapping[str, str]:
        return {"pod": self.name, "instance": f"{self.name}:8080"}


def notation(values: list[float | None]) -> str:
    """In promtool's words; where a series is not scraped any more, Prometheus marks its end."""
    words, alive = [], False
    for value in values:
        words += ["_", ("stale" if alive else "_") if value is None else f"{value:g}"]
        alive = value is not None
    return " ".join(words)


@dataclass(frozen=True)
class History:
    """What happened to some pods, and how many bad events have to be counted: `least` to `most`."""

    name: str
    pods: tuple[Pod, ...]
    least: float
    most: float
    pages: bool = True
    minutes: int = 90


def during(span: Span) -> Callable[[int], bool]:
    return lambda seconds: span.holds(seconds)


def pods(number: int, fails: Span, missed: Span) -> tuple[Pod, ...]:
    return tuple(Pod(f"pod-{n}", fails, during(missed)) for n in range(number))


def gap(minutes: int, number: int = 2) -> History:
    """All requests of all pods fail for exactly the time for which none is scraped."""
    failed = Span(31, 31 + minutes - 1)
    happened = number * FAILING * (minutes - 1) * MINUTE
    return History(
        f"{minutes} minutes in which all requests fail and no scrape works",
        pods(number, failed, Span(30.5, 30.5 + minutes)),
        happened,
        happened,
        minutes=round((30 + minutes + 25) / 5) * 5,
    )


def flaps(working: int, missed: int) -> Callable[[int], bool]:
    """So many scrapes work, so many do not, in turn for an hour."""
    return lambda seconds: (
        Span(20, 80).holds(seconds) and (seconds - FIRST_SCRAPE) // SCRAPE % (working + missed) >= working
    )


HALF_HOUR = Span(30.5, 60.5)
FAILED = Span(31, 60)
HAPPENED = FAILING * 29 * MINUTE

HISTORIES = (
    gap(3),
    gap(30),
    gap(90),
    History(
        "30 minutes in which one pod of four is not scraped and all fail",
        (Pod("pod-0", FAILED, during(HALF_HOUR)), *(Pod(f"pod-{n}", FAILED) for n in (1, 2, 3))),
        4 * HAPPENED,
        4 * HAPPENED,
    ),
    History(
        "30 minutes in which nothing fails and no scrape works",
        pods(2, NEVER, HALF_HOUR),
        0,
        0,
        pages=False,
    ),
    History(
        "all fail before, in and after a gap of 30 minutes: nothing counts twice",
        pods(2, Span(20, 70), HALF_HOUR),
        2 * FAILING * 50 * MINUTE,
        1.01 * 2 * FAILING * 50 * MINUTE,
    ),
    History(
        "counters that begin again in the gap: what they counted since",
        (Pod("pod-0", FAILED, during(HALF_HOUR), restart=45),),
        FAILING * 15 * MINUTE,
        FAILING * 15 * MINUTE,
    ),
    History(
        "pods that are replaced in the gap: what they counted is lost, and their notes bring nothing back",
        (
            Pod("pod-0", FAILED, during(HALF_HOUR), known=Span(0, 40)),
            Pod("pod-1", NEVER, during(HALF_HOUR), known=Span(40, 1000), restart=40),
        ),
        0,
        0,
        pages=False,
    ),
    History(
        "a rollout that is scraped throughout",
        (Pod("pod-0", known=Span(0, 40)), Pod("pod-1", known=Span(38, 1000), restart=38)),
        0,
        0,
        pages=False,
    ),
    History(
        # The rates before and after a gap are extrapolated by half a scrape each.
        "a target that answers four scrapes and misses six, for an hour",
        (Pod("pod-0", Span(20, 80), flaps(4, 6)),),
        FAILING * 60 * MINUTE,
        1.05 * FAILING * 60 * MINUTE,
    ),
    History(
        "a target that answers two scrapes and misses four, for an hour: counted in part",
        (Pod("pod-0", Span(20, 80), flaps(2, 4)),),
        0.6 * FAILING * 60 * MINUTE,
        FAILING * 60 * MINUTE,
    ),
    History(
        "two scrapes that are missed: counted in part, and never too much",
        (Pod("pod-0", Span(40.3, 41.2), during(Span(40.3, 41.2))),),
        0.4 * FAILING * 54,
        FAILING * 54,
        pages=False,
    ),
    History(
        "three scrapes that are missed: counted in part, and never too much",
        (Pod("pod-0", Span(40.3, 42.2), during(Span(40.3, 42.2))),),
        0.45 * FAILING * 114,
        FAILING * 114,
        pages=False,
    ),
)

COUNTED = 'sum(model_name_slo:bad_events:increase6h{slo="availability"})'
PAGED = f'count(count_over_time(ALERTS{{alertname="{ALERT}", alertstate="firing", severity="critical"}}[6h]))'


@pytest.fixture(scope="module")
def rule_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rules = rules_of([ALERT], shipped_rules(plan_evaluated_every(SHIPPED_INTERVAL)))
    return write_rules(tmp_path_factory.mktemp("gaps") / "rules.json", rules)


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.name)
def test_what_fails_while_it_is_not_scraped_is_counted_once(history: History, rule_file: Path, tmp_path: Path) -> None:
    rounded = f"round({COUNTED})"
    expected: list[tuple[str, float]] = [
        (f"({rounded} >= bool {history.least}) + ({rounded} <= bool {history.most})", 2)
    ]
    if history.least == history.most:
        expected = [(rounded, history.least)]
    assert failures(history, rule_file, tmp_path, [*expected, (f"{PAGED} or vector(0)", int(history.pages))]) == []


QUIET = (
    History("steady", pods(2, Span(20, 40), NEVER), 0, 0),
    History("every tenth scrape is missed", (Pod("pod-0", Span(20, 40), lambda s: s // SCRAPE % 10 == 0),), 0, 0),
    History(
        "a rollout",
        (Pod("pod-0", Span(20, 40), known=Span(0, 40)), Pod("pod-1", known=Span(38, 1000), restart=38)),
        0,
        0,
    ),
    History("a restart between two scrapes", (Pod("pod-0", Span(20, 40), restart=30),), 0, 0),
)


@pytest.mark.parametrize("history", QUIET, ids=lambda history: history.name)
def test_where_scrapes_work_the_counts_are_those_of_the_rate(history: History, rule_file: Path, tmp_path: Path) -> None:
    across = "count(count_over_time(instance:model_predictions:across_gap[6h])) or vector(0)"
    assert failures(history, rule_file, tmp_path, [(across, 0)]) == []


def failures(history: History, rule_file: Path, folder: Path, expected: list[tuple[str, float]]) -> list[str]:
    """What promtool finds otherwise at the end of the history."""
    series = [of_pod for pod in history.pods for of_pod in pod.series(history.minutes)]
    asked = [
        {
            "expr": expression,
            "eval_time": f"{history.minutes}m",
            "exp_samples": [{"labels": "{}", "value": value}],
        }
        for expression, value in expected
    ]
    (result,) = promtool.unit_test_results([write_tests(folder / "test.json", rule_file, series, [], asked)])
    return [f"{finding.subject} {finding.problem}" for finding in result.failures]
