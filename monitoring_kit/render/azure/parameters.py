"""The parameters of the templates: every id, region and secret stands in one of them, none in a template."""

from __future__ import annotations

from monitoring_kit.environment.model import AzureSettings
from monitoring_kit.model.log_tables import LogScope
from monitoring_kit.render.azure.arm_template import Parameter


def location(azure: AzureSettings) -> Parameter:
    """Where log alerts live: beside the workspace that they query."""
    return Parameter("location", "Region of the log alerts: that of the Log Analytics workspace.", value=azure.location)


def log_analytics(azure: AzureSettings) -> Parameter:
    """The workspace."""
    return Parameter("logAnalyticsId", "Id of the Log Analytics workspace.", value=str(azure.log_analytics))


def online_endpoint(azure: AzureSettings) -> Parameter:
    """The endpoint; its deployments' ids follow from it."""
    endpoint = azure.online_endpoint
    value = str(endpoint.id) if endpoint else None
    return Parameter("onlineEndpointId", "Id of the Azure ML online endpoint.", value=value)


def queried(azure: AzureSettings, scope: LogScope) -> Parameter:
    """The resource that a log query of `scope` runs against."""
    if scope is LogScope.WORKSPACE:
        return log_analytics(azure)
    component = azure.application_insights
    value = str(component) if component else None
    return Parameter("applicationInsightsId", "Id of the Application Insights component.", value=value)


def webhook(name: str) -> Parameter:
    """The URL of a webhook of the action group."""
    return Parameter(
        f"webhookUrl_{name}", f"URL of the webhook {name}. A secret: give it at deployment.", "secureString"
    )


def grant_reader() -> Parameter:
    """Whether the deployment gives the log alerts the right to read."""
    return Parameter(
        "grantReader",
        "Whether to give each log alert's identity the role Reader on what it queries. That takes the right to assign "
        "roles; with false an administrator has to give it, and until then no log alert fires.",
        "bool",
        True,
    )
