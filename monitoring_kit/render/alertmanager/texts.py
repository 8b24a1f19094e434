"""What a message says: Alertmanager's templates, in the markup of each kind of receiver.

The same alert reads the same everywhere: a title, for each alert its summary, its description and its links, and one
line for each that is over. Long texts are cut: Microsoft Teams takes 28 KB a message (learn.microsoft.com, limits of
incoming webhooks), and more is not read at 3 a.m.
"""

from __future__ import annotations

ALERTS_SHOWN = 6
SUMMARY_LENGTH = 300
DESCRIPTION_LENGTH = 600

TITLE = (
    '{{ if eq .Status "firing" }}{{ with .CommonLabels.severity }}{{ . | toUpper }}{{ else }}FIRING{{ end }}'
    "{{ else }}RESOLVED{{ end }}: "
    "{{ with .CommonLabels.alertname }}{{ . }}{{ else }}{{ len .Alerts }} alerts{{ end }}"
    "{{ with .CommonLabels.namespace }} in {{ . }}{{ end }}"
)


def _text(summary: str, description: str, links: str, resolved: str, rest: str) -> str:
    """The template of a whole text. The first four are said of one alert, `rest` where not all alerts are shown."""
    return (
        f"{{{{ range $number, $alert := .Alerts.Firing }}}}{{{{ if lt $number {ALERTS_SHOWN} }}}}"
        f"{summary}{description}{links}"
        "{{ end }}{{ end }}"
        f"{{{{ if gt (len .Alerts.Firing) {ALERTS_SHOWN} }}}}{rest}{{{{ end }}}}"
        f"{{{{ range $number, $alert := .Alerts.Resolved }}}}{{{{ if lt $number {ALERTS_SHOWN} }}}}"
        f"{resolved}"
        "{{ end }}{{ end }}"
    )


def _summary(escape: str = "") -> str:
    """The summary of an alert, its name where it has none."""
    cut = f'{{{{ printf "%.{SUMMARY_LENGTH}s" .{escape} }}}}'
    return f"{{{{ with .Annotations.summary }}}}{cut}{{{{ else }}}}{{{{ .Labels.alertname }}}}{{{{ end }}}}"


def _description(before: str, after: str, escape: str = "") -> str:
    cut = f'{{{{ printf "%.{DESCRIPTION_LENGTH}s" .{escape} }}}}'
    return f"{{{{ with .Annotations.description }}}}{before}{cut}{after}{{{{ end }}}}"


# In the morning the last three hours no longer hold the incident: the dashboard opens an hour before it began.
_AT_THE_INCIDENT = (
    '{{ reReplaceAll "from=now-3h&" (printf "from=%d&" ($alert.StartsAt.Add -3600000000000).UnixMilli) . }}'
)


def _links(pattern: str, after: str) -> str:
    """Runbook and dashboard; `pattern` has the holes URL and WORD."""
    links = [
        f"{{{{ with .Annotations.{name} }}}}{pattern.replace('URL', url).replace('WORD', word)}{{{{ end }}}}"
        for name, word, url in (
            ("runbook_url", "Runbook", "{{ . }}"),
            ("dashboard_url", "Dashboard", _AT_THE_INCIDENT),
        )
    ]
    return "".join(links) + after


_REST = f"{ALERTS_SHOWN} of {{{{ len .Alerts.Firing }}}} are shown."

# Slack reads <!channel> and <@name> as commands, Teams [word](address) as a link; a label must not become either.
_FOR_SLACK = ' | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;"'
_FOR_TEAMS = r' | reReplaceAll "\\[" "(" | reReplaceAll "\\]" ")"'

SLACK = _text(
    summary=f"*{_summary(_FOR_SLACK)}*\n",
    description=_description("", "\n", _FOR_SLACK),
    links=_links("<URL|WORD> ", "\n\n"),
    resolved=f"Resolved: {_summary(_FOR_SLACK)}\n",
    rest=f"{_REST}\n",
)
MICROSOFT_TEAMS = _text(
    summary=f"**{_summary(_FOR_TEAMS)}**\n\n",
    description=_description("", "\n\n", _FOR_TEAMS),
    links=_links("[WORD](URL) ", "\n\n"),
    resolved=f"Resolved: {_summary(_FOR_TEAMS)}\n\n",
    rest=f"{_REST}\n\n",
)
EMAIL_TEXT = _text(
    summary=f"{_summary()}\n",
    description=_description("", "\n"),
    links=_links("WORD: URL\n", "\n"),
    resolved=f"Resolved: {_summary()}\n",
    rest=f"{_REST}\n",
)
EMAIL_HTML = _text(
    summary=f"<p><b>{_summary()}</b>",
    description=_description("<br>", ""),
    links=_links('<br><a href="URL">WORD</a>', "</p>\n"),
    resolved=f"<p>Resolved: {_summary()}</p>\n",
    rest=f"<p>{_REST}</p>\n",
)
