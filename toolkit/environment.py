"""Where the service runs: the model of an environment file, and how the value of each of its fields is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated

from toolkit.durations import Duration, parse_duration
from toolkit.findings import Location

LEVELS = ("critical", "warning", "info")


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
HOLD = Form("a duration such as 5m or 1h30m", "10m", r"(?:[0-9]{1,6}[wdhms]){1,5}", _duration_as_written)
REASON = Form(
    "the reason for which the alert is off, in 10 to 300 characters",
    '"The nightly batch fails on purpose."',
    r".{10,300}",
)

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"

Url = Annotated[
    str,
    Form(
        "an http or https address: host, port and path, without user, password, query, fragment and blanks",
        "https://grafana.example.com",
        r"(?=.{1,300}\Z)(?!.*/\.\.?(?:/|\Z))https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[1-9][0-9]{0,4})?(?:/[A-Za-z0-9._~%+-]+)*/?",
        lambda text: text.rstrip("/"),
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
        "ml-inference",
        rf"(?=.{{1,46}}\Z){_LABEL}",
    ),
]
Service = Annotated[
    str,
    Form(
        "the name of a Service: at most 63 lower-case letters, digits and hyphens, a letter first, "
        "a letter or digit last",
        "ml-inference-metrics",
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
# Prometheus looks back 5 minutes for a sample: with more than 2 minutes between samples one lost scrape makes a gap.
ScrapeInterval = Annotated[
    Duration, Form("a duration from 5s to 2m", "30s", r"(?:[0-9]{1,6}[hms]){1,3}", _seconds(5, 120))
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
        "ml-serving",
        r"[A-Za-z][A-Za-z0-9_-]{0,11}",
    ),
]
Email = Annotated[
    str,
    Form(
        "an e-mail address of letters, digits and the signs . _ % + -",
        "ml-serving@example.com",
        r"(?=.{1,254}\Z)[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}",
    ),
]
TeamName = Annotated[
    str,
    Form(
        "the name of a team, as in the label `team` of its alerts: at most 40 lower-case letters, digits and hyphens, "
        "a letter first, a letter or digit last",
        "ml-serving",
        r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?",
    ),
]
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
        r"(?=.{1,259}\Z)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?:[1-9][0-9]{0,4}",
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
        "teams_oncall",
        r"[a-z][a-z0-9_]{0,39}",
    ),
]
TrueOrFalse = Annotated[bool, Form("true or false", "false", r"true|false", lambda text: text == "true", bare=True)]
LogAnalyticsId = Annotated[ResourceId, _resource_of("Microsoft.OperationalInsights/workspaces")]
ApplicationInsightsId = Annotated[ResourceId, _resource_of("Microsoft.Insights/components")]
OnlineEndpointId = Annotated[ResourceId, _resource_of("Microsoft.MachineLearningServices/workspaces/onlineEndpoints")]
ClusterId = Annotated[ResourceId, _resource_of("Microsoft.ContainerService/managedClusters")]
MonitorWorkspaceId = Annotated[ResourceId, _resource_of("Microsoft.Monitor/accounts")]


@dataclass(frozen=True)
class Addresses:
    """Where messages go: at least one of these. `webhook` is for whatever else understands Alertmanager's webhooks."""

    emails: tuple[Email, ...] = ()
    slack: InSecret | None = None
    microsoft_teams: InSecret | None = None
    webhook: InSecret | None = None

    @property
    def secrets(self) -> tuple[SecretKey, ...]:
        """What has to be kept in Secrets."""
        return tuple(kept for kept in (self.slack, self.microsoft_teams, self.webhook) if kept is not None)


@dataclass(frozen=True)
class Team:
    """A team that owns alerts. `page` wakes somebody, `channel` is read by day; they have nothing in common."""

    name: TeamName
    page: Addresses
    channel: Addresses


@dataclass(frozen=True)
class Smtp:
    """The mail server that takes Alertmanager's e-mails. `user` and `password` are there both or neither."""

    server: MailServer
    sender: Email
    user: MailUser | None = None
    password: InSecret | None = None


@dataclass(frozen=True)
class Notifications:
    """Whom Alertmanager tells.

    `everything_else` is the name of the team in `teams` whose channel takes alerts that no team owns. `smtp` is there
    where anybody gets e-mails. `dead_mans_switch` is the webhook that hears from Alertmanager as long as it lives.
    `secrets_folder` is where Alertmanager finds the Secrets: a folder for each, in it a file for each key.
    """

    teams: tuple[Team, ...]
    everything_else: TeamName
    smtp: Smtp | None = None
    dead_mans_switch: InSecret | None = None
    secrets_folder: Folder = "/etc/alertmanager/secrets"

    @property
    def secrets(self) -> tuple[SecretKey, ...]:
        """What has to be kept in Secrets, each once, by name."""
        kept = {secret for team in self.teams for secret in (*team.page.secrets, *team.channel.secrets)}
        kept |= {self.dead_mans_switch} if self.dead_mans_switch else set()
        kept |= {self.smtp.password} if self.smtp and self.smtp.password else set()
        return tuple(sorted(kept, key=str))


@dataclass(frozen=True)
class PrometheusBackend:
    """The service on Kubernetes, watched by the Prometheus operator.

    `workload` is the name of its Deployment, `service` that of its metrics Service, which becomes the label `job`
    because a ServiceMonitor without `jobLabel` takes it. `release` is the Helm release whose label Prometheus selects
    rules and monitors by. `datasource` is the uid of the data source that dashboards open with; None leaves the choice
    to Grafana's default. Without `notifications` Alertmanager is configured elsewhere.
    """

    namespace: Namespace
    workload: Workload
    service: Service
    metrics_port: Port
    scrape_interval: ScrapeInterval
    evaluation_interval: EvaluationInterval
    release: Release
    datasource: DatasourceUid | None = None
    notifications: Notifications | None = None


@dataclass(frozen=True)
class ActionGroup:
    """Who hears of an Azure alert. `webhooks` are names: each is a template parameter of type secureString."""

    short_name: ShortName
    emails: tuple[Email, ...] = ()
    webhooks: tuple[WebhookName, ...] = ()


@dataclass(frozen=True)
class OnlineEndpoint:
    """An Azure ML managed online endpoint with at least one deployment."""

    id: OnlineEndpointId
    deployments: tuple[DeploymentName, ...]


@dataclass(frozen=True)
class ContainerInsights:
    """A Deployment on an AKS cluster whose containers send logs and metrics to Log Analytics."""

    cluster: ClusterId
    namespace: Namespace
    workload: Workload


@dataclass(frozen=True)
class ManagedPrometheus:
    """An Azure Monitor workspace that evaluates the Prometheus rules for a cluster."""

    workspace: MonitorWorkspaceId
    cluster: ClusterId


@dataclass(frozen=True)
class AzureBackend:
    """What Azure Monitor watches. At least one of the last four resources is there.

    `repeat_prometheus_alerts` raises in Azure also those alerts that Prometheus raises in the same environment. False
    keeps one incident from paging twice; true is for the time of a migration.
    """

    location: Region
    log_analytics: LogAnalyticsId
    action_group: ActionGroup
    online_endpoint: OnlineEndpoint | None = None
    application_insights: ApplicationInsightsId | None = None
    container_insights: ContainerInsights | None = None
    managed_prometheus: ManagedPrometheus | None = None
    repeat_prometheus_alerts: TrueOrFalse = False


@dataclass(frozen=True)
class AlertOverride:
    """What an environment changes about one alert.

    `levels` gives thresholds by severity and `hold` the time before the alert fires, both as written ("10%", "10m"):
    only the alert knows the unit. `disabled` is the reason for which the alert is switched off. `places` tells where
    each of them stands: its keys are severities, "hold" and "disabled".
    """

    alert: str
    levels: Mapping[str, str] = field(hash=False)
    hold: str | None
    disabled: str | None
    where: Location = field(compare=False)
    places: Mapping[str, Location] = field(default_factory=lambda: MappingProxyType({}), compare=False)


@dataclass(frozen=True)
class Environment:
    """One place where the service runs. At least one of the backends is there; URLs have no slash at the end."""

    name: str
    grafana_url: Url
    runbooks_url: Url
    prometheus: PrometheusBackend | None
    azure: AzureBackend | None
    overrides: Mapping[str, AlertOverride] = field(hash=False)
    where: Location = field(compare=False)

    def settings(self) -> Mapping[str, str]:
        """The values that a metric's scope (`$name` in `Source.scope`) and a log query may use.

        What the environment does not have is left out. On Kubernetes: `namespace`, `workload`, `pods` (a regular
        expression of the pods' whole names), `pods_prefix` and, with Prometheus, `service`. On Azure:
        `log_analytics_id`; `endpoint`, `endpoint_id` and `ml_workspace` of the online endpoint;
        `application_insights_id`; `cluster` and `cluster_id`.
        """
        values: dict[str, str] = {}
        azure = self.azure
        kubernetes = self.prometheus or (azure.container_insights if azure else None)
        if kubernetes:
            values["namespace"] = kubernetes.namespace
            values["workload"] = kubernetes.workload
            # A hyphen outside brackets is plain in RE2, and Python's escape of it would only hurt the reader.
            escaped = re.escape(kubernetes.workload).replace(r"\-", "-")
            values["pods"] = f"{escaped}-[a-z0-9]+-[a-z0-9]{{5}}"
            values["pods_prefix"] = f"{kubernetes.workload}-"
        if self.prometheus:
            values["service"] = self.prometheus.service
        if azure:
            values["log_analytics_id"] = str(azure.log_analytics)
            if azure.online_endpoint:
                values["endpoint"] = azure.online_endpoint.id.name
                values["endpoint_id"] = str(azure.online_endpoint.id)
                values["ml_workspace"] = azure.online_endpoint.id.names[0]
            if azure.application_insights:
                values["application_insights_id"] = str(azure.application_insights)
            cluster = azure.container_insights or azure.managed_prometheus
            if cluster:
                values["cluster"] = cluster.cluster.name
                values["cluster_id"] = str(cluster.cluster)
        return MappingProxyType(values)
