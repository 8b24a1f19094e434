"""The same samples and rules given to promtool's rule engine, which says at each evaluation which alerts fire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from monitoring_kit.programs import promtool
from tests.behaviour.incidents.cluster import SCRAPE_SECONDS
from tests.behaviour.incidents.evaluation import FiringPeriod
from tests.behaviour.incidents.matrix import Raised
from tests.behaviour.incidents.production import Rule
from tests.behaviour.incidents.samples import Samples, ScrapedSeries

# Every sample's time is a multiple of this.
_NOTATION_SECONDS = 5


def disagreements(
    folder: Path, samples: Samples, rules: Sequence[Rule], evaluations: range, found: Raised
) -> list[str]:
    """Where promtool's engine says otherwise than `found`: one text for each evaluation that differs.

    The rules are evaluated in the order in which they stand, in one group; recording rules come first. Annotations are
    left out.
    """
    bare = [{field: value for field, value in rule.items() if field != "annotations"} for rule in rules]
    rule_file = folder / "rules.yaml"
    _write(rule_file, {"groups": [{"name": "all", "rules": bare}]})
    test = {
        "interval": f"{_NOTATION_SECONDS}s",
        "input_series": [
            {"series": series.name, "values": " ".join(_notation(series, evaluations))} for series in samples
        ],
        "promql_expr_test": [
            {
                "expr": 'ALERTS{alertstate="firing"}',
                "eval_time": f"{now - evaluations[0]}s",
                "exp_samples": [{"labels": name, "value": 1} for name in _firing_at(now - evaluations[0], found)],
            }
            for now in evaluations
        ],
    }
    test_file = folder / "test.yaml"
    interval = f"{evaluations.step}s"
    _write(test_file, {"rule_files": [rule_file.name], "evaluation_interval": interval, "tests": [test]})
    return [str(finding) for result in promtool.unit_test_results([test_file]) for finding in result.failures]


def _firing_at(seconds: int, found: Raised) -> Iterator[str]:
    """The series ALERTS of each alert that fires then."""
    for name, firings in found.items():
        for firing in firings:
            if firing.since.seconds <= seconds and (firing.until is None or seconds < firing.until.seconds):
                yield ScrapedSeries("ALERTS", _described(name, firing)).name


def _described(name: str, firing: FiringPeriod) -> Mapping[str, str]:
    return {**firing.labels, "alertname": name.split()[0], "alertstate": "firing"}


def _notation(series: ScrapedSeries, evaluations: range) -> Iterator[str]:
    """The samples in promtool's words, with a staleness marker where the first scrape is that the series is not in."""
    after = evaluations[0]
    last = len(series.times) - 1
    for number, (time, value) in enumerate(zip(series.times, series.values, strict=True)):
        yield from _nothing((time - after) // _NOTATION_SECONDS)
        yield repr(value)
        after = time + _NOTATION_SECONDS
        if number == last or series.times[number + 1] > time + SCRAPE_SECONDS:
            yield from _nothing((time + SCRAPE_SECONDS - after) // _NOTATION_SECONDS)
            yield "stale"
            after = time + SCRAPE_SECONDS + _NOTATION_SECONDS


def _nothing(steps: int) -> Iterator[str]:
    if steps:
        yield f"_x{steps}"


def _write(path: Path, document: Mapping[str, object]) -> None:
    path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, width=10**6), encoding="utf-8")
