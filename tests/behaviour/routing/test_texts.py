"""What a message says: rendered by Alertmanager's own templates from the annotations of the shipped alerts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from monitoring_kit.core.findings import Refused
from monitoring_kit.programs import amtool
from monitoring_kit.render.alertmanager.texts import (
    ALERTS_SHOWN,
    EMAIL_HTML,
    EMAIL_TEXT,
    MICROSOFT_TEAMS,
    SLACK,
    TITLE,
)
from tests.behaviour.routing.support import plan

TEXTS = {"slack": SLACK, "teams": MICROSOFT_TEAMS, "email": EMAIL_TEXT, "html": EMAIL_HTML}
TEAMS_LIMIT_BYTES = 28 * 1024

ANNOTATIONS = {
    "summary": "Model churn in production fails 6.1% of its valid requests.",
    "description": "Error ratio: 6.1% over 5 minutes. Threshold: more than 5% for 5 minutes.",
    "runbook_url": "https://git.example.com/runbooks/ModelErrorRatioHigh.md",
    "dashboard_url": "https://grafana.example.com/d/production-service?from=now-3h&var-model_name=churn",
}
# Links open an hour before an alert began.
BEGAN, OPENED = "2026-01-01T03:00:00Z", ANNOTATIONS["dashboard_url"].replace("now-3h", "1767232800000")
LABELS = {"alertname": "ModelErrorRatioHigh", "namespace": "production", "severity": "critical"}


def alert(status: str = "firing", **annotations: str) -> Mapping[str, object]:
    return {"status": status, "startsAt": BEGAN, "labels": LABELS, "annotations": {**ANNOTATIONS, **annotations}}


def said(
    folder: Path, template: str, *alerts: Mapping[str, object], common: Mapping[str, str] = LABELS, form: str = "text"
) -> str:
    firing = any(one["status"] == "firing" for one in alerts)
    data = {
        "receiver": "any",
        "status": "firing" if firing else "resolved",
        "alerts": alerts,
        "groupLabels": {},
        "commonLabels": common,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.com",
    }
    file = folder / "data.json"
    file.write_text(json.dumps(data))
    return amtool.rendered(template, file, form)


def form_of(kind: str) -> str:
    return "html" if kind == "html" else "text"


@pytest.mark.parametrize(
    ("alerts", "common", "title"),
    [
        ([alert()], LABELS, "CRITICAL: ModelErrorRatioHigh in production"),
        ([alert("resolved")], LABELS, "RESOLVED: ModelErrorRatioHigh in production"),
        ([alert(), alert()], {"namespace": "production"}, "FIRING: 2 alerts in production"),
        ([alert()], {"alertname": "Watchdog"}, "FIRING: Watchdog"),
    ],
    ids=["firing", "resolved", "several alerts", "no namespace"],
)
def test_the_title_says_how_bad_what_and_where(
    tmp_path: Path, alerts: list[Mapping[str, object]], common: Mapping[str, str], title: str
) -> None:
    assert said(tmp_path, TITLE, *alerts, common=common) == title


@pytest.mark.parametrize("kind", TEXTS)
def test_a_firing_alert_is_said_with_its_links(tmp_path: Path, kind: str) -> None:
    text = said(tmp_path, TEXTS[kind], alert(), form=form_of(kind))
    dashboard = OPENED.replace("&", "&amp;" if kind == "html" else "&")
    for part in (ANNOTATIONS["summary"], ANNOTATIONS["description"], ANNOTATIONS["runbook_url"], dashboard):
        assert part in text
    assert "Resolved" not in text


@pytest.mark.parametrize("kind", TEXTS)
def test_an_alert_that_is_over_is_one_line(tmp_path: Path, kind: str) -> None:
    text = said(tmp_path, TEXTS[kind], alert("resolved"), form=form_of(kind))
    assert re.sub(r"</?p>", "", text).strip() == f"Resolved: {ANNOTATIONS['summary']}"


def test_the_whole_of_a_message_to_slack(tmp_path: Path) -> None:
    assert said(tmp_path, SLACK, alert(), alert("resolved")) == (
        f"*{ANNOTATIONS['summary']}*\n{ANNOTATIONS['description']}\n"
        f"<{ANNOTATIONS['runbook_url']}|Runbook> <{OPENED}|Dashboard> \n\n"
        f"Resolved: {ANNOTATIONS['summary']}\n"
    )


def test_the_whole_of_a_message_to_teams(tmp_path: Path) -> None:
    assert said(tmp_path, MICROSOFT_TEAMS, alert()) == (
        f"**{ANNOTATIONS['summary']}**\n\n{ANNOTATIONS['description']}\n\n"
        f"[Runbook]({ANNOTATIONS['runbook_url']}) [Dashboard]({OPENED}) \n\n"
    )


@pytest.mark.parametrize("kind", TEXTS)
def test_an_alert_of_other_rules_without_annotations_is_named(tmp_path: Path, kind: str) -> None:
    bare = {"status": "firing", "labels": LABELS, "annotations": {}}
    text = said(tmp_path, TEXTS[kind], bare, form=form_of(kind))
    assert "ModelErrorRatioHigh" in text
    assert "Runbook" not in text
    assert "no value" not in text


@pytest.mark.parametrize(
    ("kind", "hostile", "shown"),
    [
        ("slack", "<!channel> & <@everyone>", "&lt;!channel&gt; &amp; &lt;@everyone&gt;"),
        ("teams", "[click](https://example.org)", "(click)(https://example.org)"),
        ("html", "<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
    ],
)
def test_what_a_label_says_is_no_command(tmp_path: Path, kind: str, hostile: str, shown: str) -> None:
    text = said(tmp_path, TEXTS[kind], alert(summary=hostile, description=hostile), form=form_of(kind))
    assert text.count(shown) == 2
    assert hostile not in text


@pytest.mark.parametrize("kind", TEXTS)
def test_a_flood_of_alerts_is_cut_and_counted(tmp_path: Path, kind: str) -> None:
    text = said(tmp_path, TEXTS[kind], *[alert()] * (ALERTS_SHOWN + 1), form=form_of(kind))
    assert text.count(ANNOTATIONS["summary"]) == ALERTS_SHOWN
    assert f"{ALERTS_SHOWN} of {ALERTS_SHOWN + 1} are shown." in text


def test_the_longest_message_fits_into_what_teams_takes(tmp_path: Path) -> None:
    """Texts of two bytes a letter, links as long as an environment file allows, as many alerts as there may be."""
    link = "https://" + "g" * 700
    longest = {"summary": "é" * 999, "description": "é" * 9999, "runbook_url": link, "dashboard_url": link}
    firing, resolved = alert(**longest), alert("resolved", **longest)
    text = said(tmp_path, MICROSOFT_TEAMS, *[firing] * 50, *[resolved] * 50)
    card = 1024  # the JSON around it
    assert len(json.dumps(text, ensure_ascii=False).encode()) + card < TEAMS_LIMIT_BYTES


def test_no_shipped_description_is_cut() -> None:
    """Templates of values make a text shorter rather than longer: `{{ $value | humanizePercentage }}` is 6.1%."""
    for rule in plan().prometheus_alerts:
        assert len(rule.annotations["summary"]) < 300
        assert len(rule.annotations["description"]) < 600


def test_a_template_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="amtool"):
        said(tmp_path, "{{ if }}", alert())
