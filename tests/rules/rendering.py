"""Cases as promtool's test files, and alerting rules as the rule files that they name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from tests.rules.case import Case, Firing, Incident, Specification
from tests.rules.series import Series
from tests.rules.timeline import FIRST_SAMPLE_SECONDS, Gone
from toolkit.durations import parse_duration
from toolkit.render.yaml_text import YamlValue

EVALUATION = "30s"

Rule = Mapping[str, YamlValue]


def rules_for(alerts: Collection[str], rules: Sequence[Rule]) -> list[Rule]:
    """The rules called `alerts`, after the recording rules whose series they read."""
    chosen = [rule for rule in rules if rule.get("alert") in alerts]
    recordings = [rule for rule in rules if "record" in rule]
    # A recording may read others, which stand before it.
    for recording in reversed(recordings):
        if any(_reads(one, recording) for one in chosen):
            chosen = [recording, *chosen]
    return chosen


def _reads(rule: Rule, recording: Rule) -> bool:
    return f"{recording['record']}{{" in str(rule["expr"])


def write_rules(path: Path, rules: Sequence[Rule]) -> Path:
    """A rule file with one group of `rules`, evaluated in this order.

    In production recordings are a group of their own, so that an alert may read what was recorded one evaluation ago.
    """
    return _write(path, {"groups": [{"name": path.stem, "rules": list(rules)}]})


def write_cases(folder: Path, rule_file: Path, specification: Specification) -> dict[Path, Case]:
    """A test file for each case, so that a failure of the file is the failure of the case."""
    return {
        _write_test(
            folder / f"{specification.alert}-{number:02d}-{_slug(case.name)}.yaml",
            rule_file,
            (*case.series, *specification.noise),
            {time: {specification.alert: firing} for time, firing in case.at.items()},
        ): case
        for number, case in enumerate(specification.cases, start=1)
    }


def write_incident(folder: Path, rule_file: Path, incident: Incident, alerts: Iterable[str]) -> Path:
    """A test file that asserts all `alerts` at each time: those that the incident does not name are silent."""
    names = sorted(set(alerts))
    expected = {time: {name: fires.get(name, ()) for name in names} for time, fires in incident.at.items()}
    return _write_test(folder / f"incident-{_slug(incident.name)}.yaml", rule_file, incident.series, expected)


def _slug(name: str) -> str:
    """`name` as part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _write_test(
    path: Path, rule_file: Path, series: Sequence[Series], expected: Mapping[str, Mapping[str, Sequence[Firing]]]
) -> Path:
    end = max(parse_duration(time).seconds for time in expected)
    test = {
        "interval": f"{FIRST_SAMPLE_SECONDS}s",
        "input_series": [{"series": one.name, "values": _notation(one.samples(end))} for one in series],
        "alert_rule_test": [
            {
                "eval_time": time,
                "alertname": alert,
                "exp_alerts": [
                    {"exp_labels": dict(one.labels), "exp_annotations": dict(one.annotations)} for one in firing
                ],
            }
            for time, alerts in expected.items()
            for alert, firing in alerts.items()
        ],
    }
    document = {"rule_files": [str(rule_file)], "evaluation_interval": EVALUATION, "tests": [test]}
    return _write(path, document)


def _notation(samples: Sequence[float | Gone]) -> str:
    """The samples in promtool's words, which are 15 seconds apart: every second one, beginning with the second."""
    words: list[str] = []
    alive = False
    for sample in samples:
        if isinstance(sample, Gone):
            words += ["_", "stale" if alive else "_"]
        else:
            words += ["_", format(sample, ".12g")]
        alive = not isinstance(sample, Gone)
    return " ".join(words) or "_"


def _write(path: Path, document: Mapping[str, object]) -> Path:
    path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, width=10**6), encoding="utf-8")
    return path
