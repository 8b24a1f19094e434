"""What each field takes, and the message where it takes something else."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding
from monitoring_kit.environment.model import Environment
from tests.unit.environment.conftest import ID, VALID

Read = Callable[[str | bytes], Environment]
Findings = Callable[[str | bytes], tuple[Finding, ...]]

HOSTILE = [
    '"',
    "'",
    "\\",
    "$x",
    "${x}",
    "{{ $labels.pod }}",
    "[parameters('x')]",
    "[[x]]",
    ".*",
    "a|b",
    "(x",
    "^x$",
    'x"} or up{x="',
    "x' | union secrets | where '' == '",
    "x // comment",
    "x; drop table",
    "a: b",
    "a #b",
    "- x",
    "{a: 1}",
    "<script>alert(1)</script>",
    "$(reboot)",
    "`reboot`",
    "../../etc/passwd",
    "%0a",
    "é",
    "\u0430",  # looks like an a
    "\u0663",  # a digit elsewhere
    "\u00a0",
    " ",
    "",
    "x" * 999,
]

SCALARS = {
    "grafana_url": ("https://grafana.example.com", "an http or https address"),
    "runbooks_url": ("https://git.example.com/runbooks", "an http or https address"),
    "prometheus.namespace": ("production", "a Kubernetes namespace"),
    "prometheus.workload": ("ml-inference", "the name of a Deployment"),
    "prometheus.service": ("ml-inference-metrics", "the name of a Service"),
    "prometheus.metrics_port": ("5001", "a port from 1 to 65535"),
    "prometheus.scrape_interval": ("30s", "a duration from 5s to 75s"),
    "prometheus.evaluation_interval": ("30s", "a duration from 5s to 5m"),
    "prometheus.release": ("prometheus", "the name of a Helm release"),
    "prometheus.datasource": ("prometheus", "the uid of a Grafana data source"),
    "azure.location": ("westeurope", "an Azure region"),
    "azure.log_analytics": (
        f"{ID}/Microsoft.OperationalInsights/workspaces/law",
        "the id of a Microsoft.OperationalInsights/workspaces",
    ),
    "azure.action_group.short_name": ("ml-serving", "at most 12 letters"),
    "azure.online_endpoint.id": (
        f"{ID}/Microsoft.MachineLearningServices/workspaces/mlw/onlineEndpoints/ml-endpoint",
        "the id of a Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
    ),
    "azure.application_insights": (
        f"{ID}/Microsoft.Insights/components/appi",
        "the id of a Microsoft.Insights/components",
    ),
    "azure.container_insights.cluster": (
        f"{ID}/Microsoft.ContainerService/managedClusters/aks",
        "the id of a Microsoft.ContainerService/managedClusters",
    ),
    "azure.container_insights.namespace": ("production", "a Kubernetes namespace"),
    "azure.managed_prometheus.workspace": (
        f"{ID}/Microsoft.Monitor/accounts/amw",
        "the id of a Microsoft.Monitor/accounts",
    ),
    "azure.repeat_prometheus_alerts": ("false", "true or false"),
}


def line_of(path: str) -> int:
    """The line of VALID in which the field `path` stands."""
    start = 0
    lines = VALID.splitlines()
    for depth, name in enumerate(path.split(".")):
        start = next(n for n in range(start, len(lines)) if lines[n].startswith(f"{'  ' * depth}{name}:"))
    return start + 1


def changed(path: str, value: str) -> str:
    """VALID with another value, written as it stands, for the field `path`."""
    lines = VALID.splitlines()
    number = line_of(path) - 1
    lines[number] = f"{lines[number].partition(':')[0]}: {value}"
    return "\n".join(lines) + "\n"


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@pytest.mark.parametrize("path", SCALARS)
@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
@pytest.mark.parametrize("tail", [False, True], ids=["alone", "after a valid value"])
def test_no_field_takes_the_syntax_of_another_language(findings: Findings, path: str, hostile: str, tail: bool) -> None:
    value, allowed = SCALARS[path]
    if tail and hostile in ("", "%0a", "x" * 999):
        value = ""  # joined to a valid value these can be valid, or a longer value of the same form
    found = findings(changed(path, quoted((value if tail else "") + hostile)))
    (finding,) = [f for f in found if f.subject == path and "Allowed" in f.remedy]
    assert finding.where.line == line_of(path)
    assert finding.where.file.endswith("production.yaml")
    assert f"{allowed}" in finding.remedy
    assert re.search(r"For example: `\w+: .+`", finding.remedy)
    assert len(finding.problem) < 250


@pytest.mark.parametrize("path", SCALARS)
@pytest.mark.parametrize(
    ("written", "found"),
    [("[a, b]", "a list"), ("{a: b}", "a block of fields"), ("", "no value"), ("~", "no value"), ("null", "no value")],
)
def test_a_field_that_takes_one_value_takes_nothing_else(
    findings: Findings, path: str, written: str, found: str
) -> None:
    (finding,) = [f for f in findings(changed(path, written)) if f.subject == path]
    assert finding.problem == f"found {found}"
    assert finding.where.line == line_of(path)


@pytest.mark.parametrize(
    ("path", "written", "says"),
    [
        ("grafana_url", "grafana.example.com", "found 'grafana.example.com'"),
        ("grafana_url", "ftp://example.com", "found 'ftp://example.com'"),
        ("grafana_url", "https://user:secret@example.com", "found 'https://...'"),
        ("grafana_url", "https://example.com/?orgId=1", "found 'https://example.com/...'"),
        ("prometheus.namespace", "Production", "found 'Production'"),
        ("prometheus.namespace", "-x", "found '-x'"),
        ("prometheus.namespace", "a" * 64, "found 'aaa"),
        ("prometheus.workload", "a" * 47, "found 'aaa"),
        ("prometheus.workload", "a.b", "found 'a.b'"),
        ("prometheus.service", "1-metrics", "found '1-metrics'"),
        ("prometheus.metrics_port", '"5001"', "found '5001' in quotes"),
        ("prometheus.metrics_port", "65536", "found '65536': the highest port is 65535"),
        ("grafana_url", "https://example.com:99999", "the highest port is 65535"),
        ("grafana_url", "https://a..b", "found 'https://a..b'"),
        ("grafana_url", "https://example.com/%zz", "found 'https://example.com/...'"),
        ("prometheus.metrics_port", "0", "found '0'"),
        ("prometheus.metrics_port", "05001", "found '05001'"),
        ("prometheus.metrics_port", "5_001", "found '5_001'"),
        ("prometheus.metrics_port", "0x1389", "found '0x1389'"),
        ("prometheus.metrics_port", "1:23", "found '1:23'"),
        ("prometheus.metrics_port", "5001.0", "found '5001.0'"),
        ("prometheus.metrics_port", "metrics", "found 'metrics'"),
        ("prometheus.scrape_interval", "4s", "found '4s': 4s is not between 5s and 75s"),
        ("prometheus.scrape_interval", "76s", "found '76s': 76s is not between 5s and 75s"),
        ("prometheus.scrape_interval", "30", "found '30'"),
        ("prometheus.scrape_interval", "30s1m", "found '30s1m': '30s1m' is not a duration"),
        ("prometheus.scrape_interval", "500ms", "found '500ms'"),
        ("prometheus.evaluation_interval", "6m", "found '6m': 6m is not between 5s and 5m"),
        ("prometheus.release", "a" * 54, "found 'aaa"),
        ("azure.location", "West Europe", "found 'West Europe'"),
        ("azure.action_group.short_name", "a" * 13, "found 'aaaaaaaaaaaaa'"),
        ("azure.repeat_prometheus_alerts", "yes", "found 'yes'"),
        ("azure.repeat_prometheus_alerts", "on", "found 'on'"),
        ("azure.repeat_prometheus_alerts", "True", "found 'True'"),
        ("azure.repeat_prometheus_alerts", '"true"', "found 'true' in quotes"),
        ("azure.log_analytics", "law", "found 'law'"),
        (
            "azure.log_analytics",
            "/subscriptions/me/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law",
            "this is not the id of an Azure resource",
        ),
        (
            "azure.log_analytics",
            f"{ID}/Microsoft.Insights/components/appi",
            "this is the id of a Microsoft.Insights/components",
        ),
        (
            "azure.online_endpoint.id",
            f"{ID}/Microsoft.MachineLearningServices/workspaces/mlw",
            "this is the id of a Microsoft.MachineLearningServices/workspaces",
        ),
    ],
)
def test_a_wrong_value_is_shown_with_the_reason(findings: Findings, path: str, written: str, says: str) -> None:
    (finding,) = [f for f in findings(changed(path, written)) if f.subject == path and "Allowed" in f.remedy]
    assert says in finding.problem
    assert finding.where.line == line_of(path)


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("azure.action_group.emails", "[nobody]"),
        ("azure.action_group.emails", "['a b@example.com']"),
        ("azure.action_group.emails", '["a\'b@example.com"]'),
        ("azure.action_group.emails", "['[a@example.com']"),
        ("azure.action_group.webhooks", "[Teams]"),
        ("azure.action_group.webhooks", "[teams-oncall]"),
        ("azure.online_endpoint.deployments", "[a]"),
        ("azure.online_endpoint.deployments", "[1blue]"),
        ("azure.online_endpoint.deployments", "['blue\"']"),
        ("azure.online_endpoint.deployments", "[[blue]]"),
        ("azure.online_endpoint.deployments", "[~]"),
    ],
)
def test_a_wrong_value_in_a_list_is_named_with_its_position(findings: Findings, path: str, written: str) -> None:
    (finding,) = findings(changed(path, written))
    assert finding.subject == f"{path}[0]"
    assert finding.where.line == line_of(path)
    assert finding.remedy.startswith("Allowed: ")


def test_the_url_of_a_webhook_is_refused_and_not_shown(findings: Findings) -> None:
    (finding,) = findings(changed("azure.action_group.webhooks", "['https://hooks.example.com/T0/B0/hush']"))
    assert "hush" not in str(finding)
    assert "not its URL, which is a secret" in finding.remedy


@pytest.mark.parametrize("path", ["azure.action_group.emails", "azure.online_endpoint.deployments"])
@pytest.mark.parametrize(
    ("written", "found"),
    [("[]", "an empty list"), ("blue", "'blue'"), ("", "no value"), ("{a: b}", "a block of fields")],
)
def test_a_list_has_to_be_a_list_with_something_in_it(findings: Findings, path: str, written: str, found: str) -> None:
    (finding,) = findings(changed(path, written))
    assert finding.problem == f"found {found}"
    assert "Write a list: `" in finding.remedy


def test_a_list_is_not_endless(findings: Findings) -> None:
    addresses = ", ".join(f"a{number}@example.com" for number in range(1200))
    (finding,) = findings(VALID.replace("ml-serving@example.com", addresses))
    assert (finding.subject, finding.problem) == ("azure.action_group.emails", "found 1200 values")
    assert "at most 100" in finding.remedy


def test_nothing_stands_twice_in_a_list(findings: Findings) -> None:
    (finding,) = findings(changed("azure.online_endpoint.deployments", "[blue, green, Blue]"))
    assert (finding.subject, finding.problem) == ("azure.online_endpoint.deployments[2]", "'Blue' stands twice")


def test_every_value_arrives_in_the_model(read: Read) -> None:
    environment = read(VALID)
    prometheus, azure = environment.prometheus, environment.azure
    assert environment.name == "production"
    assert prometheus is not None
    assert (prometheus.metrics_port, prometheus.scrape_interval) == (5001, Duration(30))
    assert azure is not None
    assert azure.repeat_prometheus_alerts is False
    assert azure.action_group.webhooks == ("teams_oncall",)
    assert azure.online_endpoint is not None
    assert azure.online_endpoint.deployments == ("blue",)
    endpoint = azure.online_endpoint.id
    assert endpoint.type == "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    assert (endpoint.subscription, endpoint.resource_group) == ("00000000-0000-0000-0000-000000000000", "rg")
    assert (endpoint.names, endpoint.name) == (("mlw", "ml-endpoint"), "ml-endpoint")


def test_an_id_keeps_its_names_and_takes_azures_spelling(read: Read) -> None:
    written = changed(
        "azure.application_insights", f"{ID.lower()}/microsoft.insights/COMPONENTS/App-I".replace("/rg/", "/Rg/")
    )
    azure = read(written).azure
    assert azure is not None
    assert str(azure.application_insights) == f"{ID}/Microsoft.Insights/components/App-I".replace("/rg/", "/Rg/")


def test_a_slash_at_the_end_of_a_url_is_dropped(read: Read) -> None:
    assert read(changed("grafana_url", "http://localhost:3000/")).grafana_url == "http://localhost:3000"


@pytest.mark.parametrize("word", ["no", "on", "012", "2026-11-23", "1e3", "true"])
def test_a_name_that_looks_like_another_type_is_taken_as_written(read: Read, word: str) -> None:
    both = changed("prometheus.namespace", word).replace("    namespace: production", f"    namespace: {word}")
    prometheus = read(both).prometheus
    assert prometheus is not None
    assert prometheus.namespace == word


def test_settings_fill_the_scopes_of_queries(read: Read) -> None:
    settings = read(VALID).settings()
    assert {name: value for name, value in settings.items() if not name.endswith("_id")} == {
        "namespace": "production",
        "workload": "ml-inference",
        "service": "ml-inference-metrics",
        "pods": "ml-inference-[a-z0-9]+-[a-z0-9]{5}",
        "pods_prefix": "ml-inference-",
        "endpoint": "ml-endpoint",
        "ml_workspace": "mlw",
        "cluster": "aks",
    }
    assert re.fullmatch(settings["pods"], "ml-inference-6d4cf56db6-x7k2p")
    assert not re.fullmatch(settings["pods"], "ml-inference-canary-6d4cf56db6-x7k2p")


def test_the_pattern_of_the_pods_takes_a_workload_literally(read: Read) -> None:
    environment = read(VALID)
    assert environment.prometheus is not None
    dotted = replace(environment, prometheus=replace(environment.prometheus, workload="a.b"))
    assert dotted.settings()["pods"] == r"a\.b-[a-z0-9]+-[a-z0-9]{5}"
