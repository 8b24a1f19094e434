"""How single values of an environment file are written: the form of each, and what is made of its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from monitoring_kit.core.durations import Duration, parse_duration


@dataclass(frozen=True)
class ResourceId:
    """The id of an Azure resource: /subscriptions/<GUID>/resourceGroups/<group>/providers/<provider>/<type>/<name>...

    Raises ValueError where `text` is none. Azure compares ids without regard to case.
    """

    text: str

    def __post_init__(self) -> None:
        if _RESOURCE_ID.fullmatch(self.text) is None:
            raise ValueError("this is not the id of an Azure resource")

    @property
    def subscription(self) -> str:
        """The GUID of the subscription."""
        return self.text.split("/")[2]

    @property
    def resource_group(self) -> str:
        """The name of the resource group."""
        return self.text.split("/")[4]

    @property
    def type(self) -> str:
        """Provider and types: "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"."""
        provider, *rest = self.text.split("/")[6:]
        return "/".join((provider, *rest[::2]))

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each type: of an online endpoint the workspace and the endpoint."""
        return tuple(self.text.split("/")[8::2])

    @property
    def name(self) -> str:
        """The resource's own name, the last segment."""
        return self.names[-1]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class SecretKey:
    """A value that is kept in a Kubernetes Secret: the Secret's name and the key in it. Written as "secret/key"."""

    secret: str
    key: str

    def __str__(self) -> str:
        return f"{self.secret}/{self.key}"


def _secret_key(text: str) -> SecretKey:
    secret, _, key = text.partition("/")
    return SecretKey(secret, key)


_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_RESOURCE_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
_RESOURCE_ID = re.compile(
    rf"/subscriptions/{_GUID}/resourceGroups/[A-Za-z0-9_.()-]{{0,89}}[A-Za-z0-9_()-]"
    rf"/providers/[A-Za-z0-9.]+(?:/[A-Za-z0-9]+/{_RESOURCE_NAME}){{1,3}}",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class Form:
    """How a value is written: `pattern` must match all of it, `parse` makes the model's value of it.

    `allowed` says the same in words and `example` shows it; both go into messages. `parse` raises ValueError with a
    reason. A `bare` value is a number or a truth value, which YAML writes without quotes. With `secret_nearby` a wrong
    value may be a secret in the place of its name, so that no message shows it.
    """

    allowed: str
    example: str
    pattern: str
    parse: Callable[[str], object] = str
    bare: bool = False
    secret_nearby: bool = False


def _seconds(shortest: int, longest: int) -> Callable[[str], Duration]:
    def parse(text: str) -> Duration:
        duration = parse_duration(text)
        if not shortest <= duration.seconds <= longest:
            raise ValueError(f"{duration} is not between {Duration(shortest)} and {Duration(longest)}")
        return duration

    return parse


def _duration_as_written(text: str) -> str:
    parse_duration(text)
    return text


def _port(text: str) -> int:
    if int(text) > 65535:
        raise ValueError("the highest port is 65535")
    return int(text)


def _url(text: str) -> str:
    port = re.match(r"https?://[^/]*:([0-9]+)", text)
    if port:
        _port(port[1])
    return text.rstrip("/")


def _host_and_port(text: str) -> str:
    _port(text.rpartition(":")[2])
    return text


def _resource_of(kind: str) -> Form:
    provider, *types = kind.split("/")
    path = f"/providers/{provider}" + "".join(f"/{name}/<name>" for name in types)
    spelling = {
        segment.lower(): segment for segment in ("subscriptions", "resourceGroups", "providers", provider, *types)
    }

    def parse(text: str) -> ResourceId:
        """Keeps names as written and gives the rest Azure's spelling, so that no output differs by it."""
        segments = text.split("/")
        segments[1::2] = [spelling.get(segment.lower(), segment) for segment in segments[1::2]]
        segments[6:7] = [spelling.get(segment.lower(), segment) for segment in segments[6:7]]
        resource = ResourceId("/".join(segments))
        if resource.type != kind:
            raise ValueError(f"this is the id of a {resource.type}")
        return resource

    return Form(
        allowed=f"the id of a {kind}: /subscriptions/<GUID>/resourceGroups/<group>{path}",
        example=f"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/example{path}".replace(
            "<name>", "example"
        ),
        pattern=r"/.*",
        parse=parse,
    )


# Only the alert knows the unit of a threshold, so it reads these values itself.
LEVEL = Form("a number with its unit, such as 10%, 500ms, 0.1/s or 3", "10%", r".{1,40}")
FOR = Form("a duration of at most 1d, such as 5m or 1h30m", "10m", r"(?:[0-9]{1,6}[wdhms]){1,5}", _duration_as_written)
BECAUSE = Form(
    "the reason for the other level or time, in 10 to 300 characters",
    '"Callers retry, so a failure costs them time and no answer."',
    r"(?=.*\S).{10,300}",
    # A full stop follows wherever it is shown.
    lambda text: text.strip().removesuffix("."),
)
REASON = Form(
    "the reason for which the alert is off, in 10 to 300 characters",
    '"The nightly batch fails on purpose."',
    r".{10,300}",
)

# The name of most things in Kubernetes (RFC 1123), but for its length.
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"{_HOST_LABEL}(?:\.{_HOST_LABEL})*"

Url = Annotated[
    str,
    Form(
        "an http or https address: host, port and path, without user, password, query, fragment and blanks",
        "https://grafana.example.com",
        rf"(?=.{{1,300}}\Z)(?!.*/\.\.?(?:/|\Z))https?://{_HOST}(?::[1-9][0-9]{{0,4}})?"
        r"(?:/(?:[A-Za-z0-9._~+-]|%[0-9A-Fa-f]{2})+)*/?",
        _url,
    ),
]
Namespace = Annotated[
    str,
    Form(
        "a Kubernetes namespace: at most 63 lower-case letters, digits and hyphens, a letter or digit at both ends",
        "production",
        rf"(?=.{{1,63}}\Z){_LABEL}",
    ),
]
Workload = Annotated[
    str,
    Form(
        # A pod is called <Deployment>-<hash of 10>-<5>, and Kubernetes cuts everything before the last 5 to 58
        # characters. Above 46 the pattern of the pods' names would find nothing.
        "the name of a Deployment: at most 46 lower-case letters, digits and hyphens, a letter or digit at both ends",
        "checkout",
        rf"(?=.{{1,46}}\Z){_LABEL}",
    ),
]
Service = Annotated[
    str,
    Form(
        "the name of a Service: at most 63 lower-case letters, digits and hyphens, a letter first, "
        "a letter or digit last",
        "checkout-metrics",
        rf"(?=.{{1,63}}\Z)(?=[a-z]){_LABEL}",
    ),
]
Release = Annotated[
    str,
    Form(
        "the name of a Helm release: at most 53 lower-case letters, digits, hyphens and dots, "
        "a letter or digit at both ends",
        "prometheus",
        rf"(?=.{{1,53}}\Z){_LABEL}(?:\.{_LABEL})*",
    ),
]
Port = Annotated[int, Form("a port from 1 to 65535", "5001", r"[1-9][0-9]{0,4}", _port, bare=True)]
# The definitions look back on 5 minutes, and with fewer than 4 scrapes in them one lost scrape would leave no rate.
ScrapeInterval = Annotated[
    Duration,
    Form(
        "a duration from 5s to 75s, so that the shortest window of the definitions, 5m, holds 4 scrapes",
        "30s",
        r"(?:[0-9]{1,6}[hms]){1,3}",
        _seconds(5, 75),
    ),
]
EvaluationInterval = Annotated[
    Duration, Form("a duration from 5s to 5m", "30s", r"(?:[0-9]{1,6}[hms]){1,3}", _seconds(5, 300))
]
DatasourceUid = Annotated[
    str,
    Form(
        "the uid of a Grafana data source: at most 40 letters, digits, hyphens and underscores",
        "prometheus",
        r"[A-Za-z0-9_-]{1,40}",
    ),
]
Region = Annotated[
    str, Form("an Azure region in its short form: lower-case letters and digits", "westeurope", r"[a-z][a-z0-9]{3,29}")
]
DeploymentName = Annotated[
    str,
    Form(
        "the name of an online deployment: 3 to 32 letters, digits and hyphens, a letter first, a letter or digit last",
        "blue",
        r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]",
    ),
]
ShortName = Annotated[
    str,
    Form(
        "at most 12 letters, digits, hyphens and underscores, a letter first; it begins every message",
        "checkout",
        r"[A-Za-z][A-Za-z0-9_-]{0,11}",
    ),
]
Email = Annotated[
    str,
    Form(
        "an e-mail address of letters, digits and the signs . _ % + -",
        "checkout@example.com",
        rf"(?=.{{1,254}}\Z)(?=[^@]{{1,64}}@)[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*@(?:{_HOST_LABEL}\.)+[A-Za-z]{{2,63}}",
    ),
]
Title = Annotated[
    str,
    Form(
        "a name of 1 to 60 letters, digits, blanks and the signs . _ - ( ) &, a letter or digit first",
        "Checkout",
        r"[^\W_][\w .()&-]{0,58}[\w.)]|[^\W_]",
    ),
]
RoleName = Annotated[
    str,
    Form(
        "a role that a definition names in team=: lower-case letters, digits and hyphens, a letter first",
        "operations",
        r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?",
    ),
]
Contact = Annotated[
    str,
    Form(
        "how a person reaches the team, in 3 to 120 characters: a channel, a number, an address; without $ and "
        "brackets, and never a secret",
        '"#checkout-oncall"',
        r"(?=.*\S)[^$\[\]{}]{3,120}",
        str.strip,
    ),
]
TEAM = Form(
    "the name of a team, as in the label `team` of its alerts: at most 40 lower-case letters, digits and hyphens, "
    "a letter first, a letter or digit last",
    "checkout",
    r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?",
)
TeamName = Annotated[str, TEAM]
InSecret = Annotated[
    SecretKey,
    Form(
        "the name of a Kubernetes Secret and a key in it, with a slash between; never the URL, token or password "
        "itself, which is kept in the Secret",
        "alert-receivers/slack-url",
        # Kubernetes: a Secret is named like a DNS subdomain, a key has at most 253 letters, digits, hyphens and dots.
        rf"(?=[^/]{{1,253}}/){_LABEL}(?:\.{_LABEL})*/(?!\.{{1,2}}\Z)[A-Za-z0-9._-]{{1,253}}",
        _secret_key,
        secret_nearby=True,
    ),
]
MailServer = Annotated[
    str,
    Form(
        "host and port of a mail server",
        "smtp.example.com:587",
        rf"(?=.{{1,259}}\Z){_HOST}:[1-9][0-9]{{0,4}}",
        _host_and_port,
    ),
]
MailUser = Annotated[
    str,
    Form(
        "the user name at the mail server, at most 100 letters, digits and the signs . _ % + - @",
        "monitoring@example.com",
        r"[A-Za-z0-9._%+@-]{1,100}",
    ),
]
Folder = Annotated[
    str,
    Form(
        "an absolute path of letters, digits and the signs . _ - without dots alone between slashes",
        "/etc/alertmanager/secrets",
        r"(?=.{1,200}\Z)(?!.*/\.\.?(?:/|\Z))(?:/[A-Za-z0-9._-]+)+",
    ),
]
WebhookName = Annotated[
    str,
    Form(
        "a name for the webhook, not its URL, which is a secret and is given as a parameter when the template is "
        "deployed: at most 40 lower-case letters, digits and underscores, a letter first",
        "pager_oncall",
        r"[a-z][a-z0-9_]{0,39}",
    ),
]
FunctionName = Annotated[
    str,
    Form(
        "the name of a function in its app: at most 127 letters, digits, hyphens and underscores, a letter first",
        "notify",
        r"[A-Za-z][A-Za-z0-9_-]{0,126}",
    ),
]
TrueOrFalse = Annotated[bool, Form("true or false", "false", r"true|false", lambda text: text == "true", bare=True)]
LogAnalyticsId = Annotated[ResourceId, _resource_of("Microsoft.OperationalInsights/workspaces")]
ApplicationInsightsId = Annotated[ResourceId, _resource_of("Microsoft.Insights/components")]
OnlineEndpointId = Annotated[ResourceId, _resource_of("Microsoft.MachineLearningServices/workspaces/onlineEndpoints")]
ClusterId = Annotated[ResourceId, _resource_of("Microsoft.ContainerService/managedClusters")]
LogicAppId = Annotated[ResourceId, _resource_of("Microsoft.Logic/workflows")]
FunctionAppId = Annotated[ResourceId, _resource_of("Microsoft.Web/sites")]
MonitorWorkspaceId = Annotated[ResourceId, _resource_of("Microsoft.Monitor/accounts")]
