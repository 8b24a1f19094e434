"""The block `notifications` of an environment file: what it takes, and that no secret gets into a file or a message."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from monitoring_kit.core.findings import Finding, Refused
from monitoring_kit.environment.model import Environment
from monitoring_kit.environment.reader import read_environment
from monitoring_kit.environment.values import SecretKey
from tests.unit.environment.conftest import VALID

BLOCK = """\
  notifications:
    teams:
      - name: ml-serving
        page:
          webhook: alert-receivers/pager
          emails: [oncall@example.com, second@example.com]
        channel:
          microsoft_teams: alert-receivers/teams
      - name: platform
        page:
          slack: alert-receivers/slack-page
        channel:
          slack: alert-receivers/slack
    everything_else: platform
    smtp:
      server: smtp.example.com:587
      sender: monitoring@example.com
      user: monitoring@example.com
      password: alert-receivers/smtp-password
    dead_mans_switch: alert-receivers/dead-mans-switch
    secrets_folder: /etc/alertmanager/secrets
"""
TEXT = VALID.replace("azure:\n", f"{BLOCK}azure:\n", 1)
Read = Callable[[str], Environment]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(text: str) -> Environment:
        path = tmp_path / "production.yaml"
        path.write_text(text)
        return read_environment(path)

    return reading


def findings(read: Read, text: str) -> tuple[Finding, ...]:
    with pytest.raises(Refused) as refused:
        read(text)
    return refused.value.findings


def test_every_value_arrives(read: Read) -> None:
    prometheus = read(TEXT).prometheus
    assert prometheus is not None
    notifications = prometheus.notifications
    assert notifications is not None
    first, second = notifications.teams
    assert (first.name, second.name, notifications.everything_else) == ("ml-serving", "platform", "platform")
    assert first.page.emails == ("oncall@example.com", "second@example.com")
    assert first.channel.microsoft_teams == SecretKey("alert-receivers", "teams")
    assert notifications.smtp is not None
    assert notifications.smtp.password == SecretKey("alert-receivers", "smtp-password")
    assert [secret.key for secret in notifications.secrets] == [
        *("dead-mans-switch", "pager", "slack", "slack-page", "smtp-password", "teams")
    ]


def test_the_block_may_be_left_out(read: Read) -> None:
    prometheus = read(VALID).prometheus
    assert prometheus is not None
    assert prometheus.notifications is None


HIDDEN = "hush"
SECRETS = {
    "a webhook URL of Slack": f"https://hooks.slack.com/services/T000/B000/{HIDDEN}",
    "the same without a scheme": f"hooks.slack.com/services/T000/B000/{HIDDEN}",
    "a Workflows URL with a signature": f"https://prod-1.westeurope.logic.azure.com/workflows/a?sig={HIDDEN}",
    "a URL with a password": f"https://user:{HIDDEN}@example.com/",
    "a token": f"xoxb-{HIDDEN}",
    "a password": f"{HIDDEN}!",
    "a password in words": f'"{HIDDEN} and more"',
    "a password with a slash at the end": f"{HIDDEN}/",
    "a password in capitals": f"{HIDDEN.upper()}/hush",
}
FIELDS = {
    "webhook": "alert-receivers/pager",
    "microsoft_teams": "alert-receivers/teams",
    "slack": "alert-receivers/slack-page",
    "password": "alert-receivers/smtp-password",
    "dead_mans_switch": "alert-receivers/dead-mans-switch",
}


@pytest.mark.parametrize("written", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("field", FIELDS)
def test_a_secret_is_refused_and_not_shown(read: Read, field: str, written: str) -> None:
    (finding,) = findings(read, TEXT.replace(f"{field}: {FIELDS[field]}", f"{field}: {written}", 1))
    assert finding.subject.endswith(field)
    assert HIDDEN not in str(finding).lower()
    assert "a value that is not shown, as it may be a secret" in finding.problem
    assert "the name of a Kubernetes Secret and a key in it" in finding.remedy
    assert "alert-receivers/slack-url" in finding.remedy


@pytest.mark.parametrize("field", ["api_url", "url", "token", "smtp_auth_password"])
def test_a_field_for_a_secret_does_not_exist(read: Read, field: str) -> None:
    found = findings(
        read, TEXT.replace("          slack: alert", f"          {field}: {HIDDEN}\n          slack: alert", 1)
    )
    assert [finding.problem for finding in found] == ["there is no such field"]
    assert HIDDEN not in str(found)


@pytest.mark.parametrize(
    ("old", "new", "subject", "words"),
    [
        (
            "everything_else: platform",
            "everything_else: platfrom",
            "everything_else",
            "found 'platfrom', which is none of the teams above",
        ),
        ("name: platform", "name: ml-serving", "teams[1].name", "'ml-serving' stands twice, first in line 14"),
        (
            "          slack: alert-receivers/slack-page\n",
            "          colour: red\n",
            "teams[1].page",
            "names no address",
        ),
        (
            "slack: alert-receivers/slack-page",
            "slack: alert-receivers/slack",
            "teams[1].page.slack",
            "stands in the channel too, in line 24",
        ),
        (
            "microsoft_teams: alert-receivers/teams",
            "emails: [Second@example.com]",
            "teams[0].page.emails",
            "every page would arrive there twice",
        ),
        ("      user: monitoring@example.com\n", "", "smtp.user", "is missing, but there is a password"),
        ("      password: alert-receivers/smtp-password\n", "", "smtp.password", "is missing, but there is a user"),
        ("smtp.example.com:587", "smtp.example.com", "smtp.server", "found 'smtp.example.com'"),
        ("smtp.example.com:587", "smtp.example.com:65536", "smtp.server", "the highest port is 65535"),
        ("secrets_folder: /etc/", "secrets_folder: ../etc/", "secrets_folder", "found '../etc/alertmanager/secrets'"),
        ("name: platform", "name: Platform", "teams[1].name", "found 'Platform'"),
        ("name: platform", 'name: "a{{ b }}"', "teams[1].name", "found 'a{{ b }}' in quotes"),
        ("emails: [oncall@", "emails: [on call@", "teams[0].page.emails[0]", "found 'on call@example.com'"),
    ],
)
def test_a_mistake_is_named_with_its_place(read: Read, old: str, new: str, subject: str, words: str) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    found = {finding.subject: finding for finding in findings(read, text)}
    finding = found[f"prometheus.notifications.{subject}"]
    assert words in finding.problem
    assert finding.remedy
    assert finding.where.line > 0


def test_emails_need_a_mail_server(read: Read) -> None:
    text = re.sub(r"    smtp:\n(?:      .*\n)+", "", TEXT)
    (finding,) = findings(read, text)
    assert finding.subject == "prometheus.notifications.smtp"
    assert finding.problem == "is missing, but a team gets e-mails"


def test_a_list_of_teams_has_to_be_one(read: Read) -> None:
    text = re.sub(r"    teams:\n(?:      .*\n)+", "    teams: ml-serving\n", TEXT)
    (finding,) = [finding for finding in findings(read, text) if finding.subject.endswith(".teams")]
    assert finding.remedy == "Write `teams:` and below it a list of blocks with name, page, channel."


def test_a_team_whose_name_is_wrong_is_not_missed_elsewhere(read: Read) -> None:
    (finding,) = findings(read, TEXT.replace("name: platform", "name: Platform"))
    assert finding.subject == "prometheus.notifications.teams[1].name"


def test_a_wrong_address_hides_nothing_about_the_others(read: Read) -> None:
    text = TEXT.replace("oncall@example.com", "oncall").replace(
        "    everything_else: platform", "    everything_else: x"
    )
    found = findings(read, text)
    assert {finding.subject.rpartition("notifications.")[2] for finding in found} == {
        "teams[0].page.emails[0]",
        "everything_else",
    }
