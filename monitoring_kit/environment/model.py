"""Where the service runs: the model of an environment file. The type of a field carries the form of its value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from monitoring_kit.core.findings import Location
from monitoring_kit.environment.values import (
    ApplicationInsightsId,
    ClusterId,
    Contact,
    DatasourceUid,
    DeploymentName,
    Email,
    EvaluationInterval,
    Folder,
    FunctionAppId,
    FunctionName,
    InSecret,
    LogAnalyticsId,
    LogicAppId,
    MailServer,
    MailUser,
    MonitorWorkspaceId,
    Namespace,
    OnlineEndpointId,
    Port,
    Region,
    Release,
    RoleName,
    ScrapeInterval,
    SecretKey,
    Service,
    ShortName,
    TeamName,
    Title,
    TrueOrFalse,
    Url,
    WebhookName,
    Workload,
)

LEVELS = ("critical", "warning", "info")


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
class PrometheusSettings:
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
class LogicApp:
    """A Logic App that takes alerts, such as one that posts to Microsoft Teams. Its callback URL is a secret."""

    name: WebhookName
    id: LogicAppId


@dataclass(frozen=True)
class AzureFunction:
    """A function with an HTTP trigger in the function app `id` that takes alerts. Its URL is a secret."""

    name: WebhookName
    id: FunctionAppId
    function: FunctionName


@dataclass(frozen=True)
class ActionGroup:
    """Who hears of an Azure alert. The URLs of webhooks, Logic Apps and functions are parameters of type secureString.

    `webhooks` are names only.
    """

    short_name: ShortName
    emails: tuple[Email, ...] = ()
    webhooks: tuple[WebhookName, ...] = ()
    logic_apps: tuple[LogicApp, ...] = ()
    azure_functions: tuple[AzureFunction, ...] = ()


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
    """An Azure Monitor workspace that evaluates the Prometheus rules for a cluster.

    `location` is its region, where the rule groups lie; None where that is the region of the Log Analytics workspace.
    """

    workspace: MonitorWorkspaceId
    cluster: ClusterId
    location: Region | None = None


@dataclass(frozen=True)
class AzureSettings:
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

    `levels` gives thresholds by severity and `for_` the time before the alert fires, both as written ("10%", "10m"):
    only the alert knows the unit. `because` is the reason for them, `disabled` the one for which the alert is switched
    off. `team` takes the alert in place of the role that its definition names. `locations` tells where each of them
    stands: its keys are the fields: severities, "for" ...
    """

    alert: str
    levels: Mapping[str, str] = field(hash=False)
    for_: str | None
    disabled: str | None
    where: Location = field(compare=False)
    locations: Mapping[str, Location] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    because: str | None = None
    team: str | None = None

    def changes(self, name: str) -> bool:
        """Whether it gives the alert another value of `name`: a severity, or "for"."""
        return name in self.levels or (name == "for" and self.for_ is not None)

    def location(self, name: str) -> Location:
        """Where the field `name` stands."""
        return self.locations.get(name, self.where)


@dataclass(frozen=True)
class DashboardOverride:
    """A dashboard that an environment does without, and the reason for it."""

    dashboard: str
    disabled: str
    where: Location = field(compare=False)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One place where the service runs. At least one of the backends is there; URLs have no slash at the end.

    `title` begins the title of every dashboard, `folder` is theirs in Grafana (None: the title). `teams` maps the roles
    that definitions name to teams, `contacts` says how a person reaches a team. `overrides` and `dashboards` are what
    it changes about definitions, by their names. `placeholders` are the fields that still hold a value of the shipped
    examples. `locations` tells where each field and block of the file stands, by its path:
    "prometheus.notifications.teams[0].page".
    """

    name: str
    title: Title = "Monitoring"
    folder: Title | None = None
    grafana_url: Url
    runbooks_url: Url
    teams: Mapping[RoleName, TeamName] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    contacts: Mapping[TeamName, Contact] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    prometheus: PrometheusSettings | None
    azure: AzureSettings | None
    overrides: Mapping[str, AlertOverride] = field(hash=False)
    dashboards: Mapping[str, DashboardOverride] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    placeholders: tuple[tuple[str, Location], ...] = field(default=(), compare=False)
    where: Location = field(compare=False)
    locations: Mapping[str, Location] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    def location(self, path: str) -> Location:
        """Where the field `path` stands; where it is left out, the nearest block around it."""
        while path and path not in self.locations:
            path = path.rpartition(".")[0]
        return self.locations.get(path, self.where)

    def team(self, role: str) -> str:
        """The team that takes a role: a role that the file does not map is a team's own name."""
        return self.teams.get(role, role)

    @property
    def dashboard_folder(self) -> str:
        """The folder of the dashboards in Grafana."""
        return self.folder or self.title

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
