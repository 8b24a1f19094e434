"""Numbers that no environment may give an alert: each is refused at its own line, in the words of its own file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitoring_kit.core.findings import Finding
from tests.unit.plan.overrides.changing import findings, line_of, overriding

# Alert, field, what is written there, what the finding says of it, and what it says to write.
REFUSED = [
    ("ModelErrorRatioHigh", "critical", "10", "found '10', a share without its unit", "write 10%"),
    ("ModelErrorRatioHigh", "critical", "0.1", "found '0.1', a share", "write 10%, or 0.1%"),
    ("ModelErrorRatioHigh", "critical", "1000%", "would never fire", "0% or more and less than 100%"),
    ("ModelErrorRatioHigh", "critical", "100%", "would never fire", "`critical:` as 0% or more and less than 100%"),
    ("ModelErrorRatioHigh", "critical", "1%", "is not worse than warning (2%)", "as more than `warning:`, which is 2%"),
    ("ModelErrorRatioHigh", "warning", "5%", "critical (5%) is not worse", "change either"),
    ("ModelLatencyHigh", "critical", "100%", "would never fire", "less than 100%"),
    ("InferenceNoReplicas", "critical", "0", "would never fire", "`critical:` as more than 0"),
    ("InferencePodCrashLooping", "warning", "2", "would never fire", "more than 0 and at most 1"),
    ("InferencePodCrashLooping", "warning", "0", "would always fire", "more than 0 and at most 1"),
    ("ModelMetricsMissing", "critical", "2", "would never fire", "more than 0 and at most 1"),
    ("ModelTargetDown", "warning", "5", "would always fire", "more than 0 and at most 1"),
    ("ModelTargetDown", "warning", "0", "would never fire", "more than 0 and at most 1"),
    ("InferenceMemoryNearLimit", "warning", "150%", "would never fire", "more than 0% and less than 100%"),
    ("InferenceMemoryNearLimit", "warning", "100%", "would never fire", "more than 0% and less than 100%"),
    ("InferenceCpuNearLimit", "warning", "0%", "would always fire", "more than 0% and less than 100%"),
    ("ModelVersionSkew", "warning", "0", "would always fire", "`warning:` as 1 or more"),
    ("InferenceContainerRestarts", "warning", "0", "would always fire", "more than 0"),
    ("ModelErrorRatioHigh", "for", "30d", "whatever ends within 30 days is never told", "at most `for: 1d`"),
    ("ModelErrorRatioHigh", "for", "0s", "fires at once", "such as `for: 5m`"),
]

ON_AZURE = [
    ("ModelErrorRatioHigh", "1h", "for_ of 1h takes 13 windows of 5m", "write at most `for: 25m`"),
    ("InferenceCpuNearLimit", "45m", "a metric alert cannot judge 45m", "write `for:` as one of 1m, 5m"),
]

ALLOWED = [
    ("ModelErrorRatioHigh", {"critical": "99%", "warning": "0%", "for": "20m"}),
    ("ModelTrafficStopped", {"critical": "0.1/s"}),
    ("ModelAllTargetsDown", {"critical": "1"}),
    ("InferenceNoReplicas", {"critical": "3"}),
    ("InferenceOutOfMemory", {"warning": "2"}),
    ("ModelVersionSkew", {"warning": "2", "for": "1d"}),
    ("InferenceMemoryNearLimit", {"warning": "99.5%"}),
    ("InferenceContainerRestarts", {"warning": "2", "for": "0s"}),
]


def only_finding(folder: Path, alert: str, field: str, value: str, environment: str = "production") -> Finding:
    """The one finding about an override, which has to stand at its line and bear its name."""
    where = overriding(folder, alert, {field: value}, environment)
    (finding,) = findings(where)
    assert (finding.where.file, finding.where.line) == (where.where.file, line_of(where, field))
    assert finding.subject == f"alerts.{alert}.{field}"
    assert not re.search(r"\w=", finding.remedy), "this is how Python is written"
    return finding


@pytest.mark.parametrize(("alert", "field", "value", "problem", "remedy"), REFUSED)
def test_a_number_that_makes_no_alert_is_refused(
    tmp_path: Path, alert: str, field: str, value: str, problem: str, remedy: str
) -> None:
    finding = only_finding(tmp_path, alert, field, value)
    assert problem in finding.problem
    assert remedy in finding.remedy


@pytest.mark.parametrize(("alert", "for_", "problem", "remedy"), ON_AZURE)
def test_a_time_that_azure_refuses_is_refused(tmp_path: Path, alert: str, for_: str, problem: str, remedy: str) -> None:
    finding = only_finding(tmp_path, alert, "for", for_, "staging")
    assert problem in finding.problem
    assert remedy in finding.remedy


@pytest.mark.parametrize(("alert", "changes"), ALLOWED, ids=[alert for alert, _ in ALLOWED])
def test_any_other_number_is_taken(tmp_path: Path, alert: str, changes: dict[str, str]) -> None:
    assert findings(overriding(tmp_path, alert, changes)) == []
