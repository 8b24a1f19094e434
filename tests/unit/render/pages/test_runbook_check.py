from __future__ import annotations

from dataclasses import replace

import pytest

from monitoring_kit.checks.runbooks import runbook_findings
from monitoring_kit.core.findings import Location
from monitoring_kit.model.definitions import Definitions, Runbook
from tests.support.planting import shipped

ALERT = "ModelErrorRatioHigh"
PAGE = """\
## Meaning

Too many predictions fail.

## Impact

Callers get none.

## Diagnosis

Look.

## Mitigation

Roll back.
"""


def with_runbooks(**texts: str) -> Definitions:
    """The shipped definitions with one alert, and these runbooks."""
    pages = {name: Runbook(text, Location(f"rules/runbooks/{name}.md", 1)) for name, text in texts.items()}
    return replace(shipped(), alerts={ALERT: shipped().alerts[ALERT]}, runbooks=pages)


def test_the_shipped_runbooks_have_no_findings() -> None:
    assert runbook_findings(shipped()) == []


def test_a_whole_runbook_has_no_findings() -> None:
    assert runbook_findings(with_runbooks(ModelErrorRatioHigh=PAGE)) == []


def test_an_alert_without_a_runbook_is_told_which_file_to_write() -> None:
    (finding,) = runbook_findings(with_runbooks())

    assert finding.problem == "has no runbook"
    assert finding.remedy.startswith("write rules/runbooks/ModelErrorRatioHigh.md with ## Meaning")
    assert finding.where == shipped().alerts[ALERT].where


def test_a_runbook_without_an_alert_is_told_the_nearest_name() -> None:
    (finding,) = runbook_findings(with_runbooks(ModelErrorRatioHigh=PAGE, ModelErrorsRatioHigh=PAGE))

    assert finding.where.file == "rules/runbooks/ModelErrorsRatioHigh.md"
    assert finding.remedy == "rename it to ModelErrorRatioHigh.md"


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("## Impact", "## Effect", 5, "the headings are: ## Meaning, ## Effect, ## Diagnosis, ## Mitigation"),
        ("## Meaning", "# Meaning", 1, "the headings are: # Meaning"),
        ("Roll back.\n", "Roll back.\n\n## Notes\n\nNone.\n", 1, "the headings are:"),
        ("Callers get none.\n", "", 5, "## Impact is empty"),
        ("Roll back.\n", "", 13, "## Mitigation is empty"),
        ("## Meaning", "Hello.\n\n## Meaning", 1, "text before the first heading"),
        ("Look.", "### On Mars\n\nLook.", 11, "sub-heading '### On Mars'"),
        ("Look.", "No nodes: wake the {team} team.", 11, "tells the serving team, which is"),
        ("Look.", "TODO: look.", 11, "TODO is left in the text"),
        ("Look.", "To be found, TBD", 11, "TBD is left in the text"),
        ("Look.", "```sh\nkubectl get pods", 11, "never closed"),
        ("Look.", "```\nkubectl get pods\n```", 11, "in no language"),
        ("Look.", "```bash\nls\n```", 11, "'bash'"),
        ("Look.", "Look at <pod>.", 11, "Markdown takes <pod> for HTML"),
        ("Look.", "Look at `<pood>`.", 11, "nothing fills in <pood>"),
        ("Look.", "```promql\nsum(rate(up[5m])\n```", 12, "not valid PromQL"),
        ("Look.", "```promql\nsum(model_prediction_total)\n```", 12, "model_prediction_total"),
        ("Look.", "```promql\nrate(up[5m])\n```", 12, "rate"),
        ("Look.", '```promql\nmodel_predictions_total{status="failed"}\n```', 12, "failed"),
        ("Look.", "```kusto\nContainerLog\n| take 5\n```", 12, "there is no table 'ContainerLog'"),
    ],
)
def test_a_planted_fault_is_found_where_it_stands(old: str, new: str, line: int, problem: str) -> None:
    assert old in PAGE
    findings = runbook_findings(with_runbooks(ModelErrorRatioHigh=PAGE.replace(old, new, 1)))

    assert any(
        problem in finding.problem and finding.where == Location("rules/runbooks/ModelErrorRatioHigh.md", line)
        for finding in findings
    ), findings


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("`<pood>`", "did you mean <pod>?"),
        ("```kusto\nContainerLog\n```", "did you mean ContainerLogV2?"),
    ],
)
def test_a_misspelt_name_is_told_the_nearest_one(text: str, remedy: str) -> None:
    (finding,) = runbook_findings(with_runbooks(ModelErrorRatioHigh=PAGE.replace("Look.", text)))

    assert finding.remedy == remedy


def test_a_section_needs_a_part_for_each_place_that_can_raise_the_alert() -> None:
    page = PAGE.replace("Look.", "### On Prometheus\n\nLook.")

    (finding,) = runbook_findings(with_runbooks(ModelErrorRatioHigh=page))

    assert finding.problem == "## Diagnosis is empty for an alert that is raised at Online endpoint"
    assert finding.where.line == 9


def test_a_faulty_runbook_reports_everything_at_once() -> None:
    page = PAGE.replace("Look.", "TODO\n\n```promql\nsum(\n```").replace("Callers get none.\n", "")

    assert len(runbook_findings(with_runbooks(ModelErrorRatioHigh=page))) == 3
