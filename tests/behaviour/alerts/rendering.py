"""Cases as promtool's test files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.testing.rule_files import write_tests
from tests.behaviour.alerts.case import Case, Firing, Incident, Specification
from tests.behaviour.alerts.series import Series


def write_cases(folder: Path, rule_file: Path, specification: Specification) -> dict[Path, Case]:
    """A test file for each case, so that a failure of the file is the failure of the case."""
    return {
        _write(
            folder / f"{specification.alert}-{number:02d}-{_slug(case.name)}.json",
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
    return _write(folder / f"incident-{_slug(incident.name)}.json", rule_file, incident.series, expected)


def _slug(name: str) -> str:
    """`name` as part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _write(
    path: Path, rule_file: Path, series: Sequence[Series], expected: Mapping[str, Mapping[str, Sequence[Firing]]]
) -> Path:
    end = max(parse_duration(time).seconds for time in expected)
    sampled = [one.sampled(end) for one in series]
    asserted = [
        {
            "eval_time": time,
            "alertname": alert,
            "exp_alerts": [
                {"exp_labels": dict(one.labels), "exp_annotations": dict(one.annotations)} for one in firing
            ],
        }
        for time, alerts in expected.items()
        for alert, firing in alerts.items()
    ]
    return write_tests(path, rule_file, [(one.name, one.notation) for one in sampled], asserted, [])
