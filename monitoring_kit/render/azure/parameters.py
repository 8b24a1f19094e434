"""The parameters of the templates: every id, region and secret stands in one of them, none in a template."""

from __future__ import annotations

from monitoring_kit.environment.model import AzureFunction, AzureSettings, LogicApp
from monitoring_kit.model.log_tables import LogScope
from monitoring_kit.render.azure.arm_template import Parameter

ENDPOINT_LOGS = ("AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog", "AmlOnlineEndpointTrafficLog")
"""The categories of logs that an online endpoint writes; each lands in the table of the same name."""


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


def create_diagnostic_setting() -> Parameter:
    """Whether the deployment makes the endpoint's diagnostic setting."""
    return Parameter(
        "createDiagnosticSetting",
        "Whether to make the diagnostic setting of the online endpoint. Azure refuses (409) a second one that sends a "
        "category to the same workspace: write false where one is there, or leave its categories out of logCategories.",
        "bool",
        True,
    )


def log_categories() -> Parameter:
    """The categories of logs that the diagnostic setting sends to the workspace."""
    return Parameter(
        "logCategories",
        "Categories of logs that the diagnostic setting sends to the workspace; each becomes the table of its name.",
        "array",
        ENDPOINT_LOGS,
    )


def callback(name: str) -> Parameter:
    """The URL that calls a Logic App or a function."""
    return Parameter(f"callbackUrl_{name}", f"URL that calls {name}. A secret: give it at deployment.", "secureString")


def logic_app(app: LogicApp) -> Parameter:
    """The id of a Logic App."""
    return Parameter(f"logicAppId_{app.name}", f"Id of the Logic App {app.name}.", value=str(app.id))


def function_app(app: AzureFunction) -> Parameter:
    """The id of the function app that holds a function."""
    return Parameter(f"functionAppId_{app.name}", f"Id of the function app of {app.name}.", value=str(app.id))


def grant_reader() -> Parameter:
    """Whether the deployment gives the log alerts the right to read."""
    return Parameter(
        "grantReader",
        "Whether to give each log alert's identity the role Reader on what it queries. That takes the right to assign "
        "roles; with false an administrator has to give it, and until then no log alert fires.",
        "bool",
        True,
    )
