"""A fault planted into a dashboard's file or an alert's link is found, and the verdict names the definition."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from monitoring_kit.core.findings import Finding
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.render.grafana.thresholds import COLOURS
from tests.behaviour.incidents import production
from tests.behaviour.incidents.evaluation import firings
from tests.behaviour.incidents.incidents import HEALTHY_WEEK, INCIDENTS
from tests.behaviour.incidents.recording import Recorded, served
from tests.behaviour.panels.grafana import Json, TimeRange, panels_of
from tests.behaviour.panels.panels import check_healthy, check_narrowing, check_values, show
from tests.behaviour.panels.panels_of_alerts import FiredAlert, check_link
from tests.behaviour.panels.test_panels import EMPTY_WHEN_HEALTHY, HOUR, dashboards

PODS, SERVICE = "production-pods", "production-service"

Change = Callable[[Json], None]


@pytest.fixture(scope="module")
def healthy() -> Iterator[Recorded]:
    with served(HEALTHY_WEEK) as recorded:
        yield recorded


def found(uid: str, dashboard: Json, recorded: Recorded) -> list[Finding]:
    """What the checks of a good day say of the last hour."""
    planned, _ = dashboards()[uid]
    shown, findings = show(dashboard, planned, recorded.address, TimeRange(recorded.end - HOUR, recorded.end))
    findings += [*check_values(shown), *check_healthy(shown, EMPTY_WHEN_HEALTHY)]
    return findings or list(check_narrowing(shown, recorded.address))


def in_text(field: str, old: str, new: str) -> Change:
    """`old` becomes `new` in each query's `field`."""

    def change(panel: Json) -> None:
        for target in panel["targets"]:
            assert old in target[field]
            target[field] = target[field].replace(old, new)

    return change


def around_query(template: str) -> Change:
    """The query becomes a part of `template`, in place of {}."""

    def change(panel: Json) -> None:
        for target in panel["targets"]:
            target["expr"] = template.format(f"({target['expr']})")

    return change


def query_of(title: str) -> Change:
    """The queries of another panel of the same kind, of the same dashboard."""

    def change(panel: Json) -> None:
        _, dashboard = dashboards()[PODS]
        panel["targets"] = next(
            other["targets"]
            for other in panels_of(dashboard)
            if other["title"] == title and other["type"] == panel["type"]
        )

    return change


def line_at(value: float) -> Change:
    """A line in a panel that has none: no alert judges a quantile, so somebody has to draw it by hand."""

    def change(panel: Json) -> None:
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert [step["value"] for step in steps] == [None]
        steps.append({**steps[0], "color": COLOURS[Severity.WARNING], "value": value})

    return change


def lines_times(factor: float) -> Change:
    """The lines as if somebody had written them in another unit."""

    def change(panel: Json) -> None:
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert len(steps) > 1
        for step in steps[1:]:
            step["value"] *= factor

    return change


def column(old: str, new: str) -> Change:
    """Another column in a table."""

    def change(panel: Json) -> None:
        names = panel["transformations"][0]["options"]["renameByName"]
        names[new] = names.pop(old)

    return change


PANEL_FAULTS = {
    "metric": (PODS, "Scrape duration", in_text("expr", "_seconds", "_second"), "shows nothing on healthy data"),
    "label of a matcher": (PODS, "Scrape duration", in_text("expr", "job=", "jobs="), "shows nothing"),
    "label of a grouping": (PODS, "Scrape duration", in_text("expr", "pod)", "pods)"), "names the label 'pod', which"),
    "legend": (PODS, "Scrape duration", in_text("legendFormat", "pod", "pods"), "names the label 'pods', which"),
    "legend that tells nothing apart": (
        PODS,
        "Scrape duration",
        in_text("legendFormat", "{{pod}}", "{{namespace}}"),
        "2 series are called 'production'",
    ),
    "variable": (PODS, "Scrape duration", in_text("expr", "$pod", "$pods"), "there is no variable $pods"),
    "built-in variable": (
        SERVICE,
        "Latency by model",
        in_text("expr", "$__rate_interval", "$__rate_intervall"),
        "there is no variable $__rate_intervall",
    ),
    "filter left out": (
        PODS,
        "Scrape duration",
        in_text("expr", 'pod=~"$pod"', 'pod=~".*"'),
        "it shows 2 series in place of 1",
    ),
    "line in milliseconds": (SERVICE, "Latency by model", line_at(500), "at 500 is out of reach in s"),
    "line in kiloseconds": (SERVICE, "Latency by model", line_at(0.0005), "is beyond its line"),
    "line in per cent": (SERVICE, "Error ratio", lines_times(100), "at 2 is out of reach in percentunit"),
    "value in per cent": (PODS, "Memory used of the limit", around_query("{} * 100"), "percentunit allows 0 to 1"),
    "negative value": (PODS, "Scrape duration", around_query("-{}"), "s allows 0 and more"),
    "infinite value": (PODS, "Scrape duration", around_query("{} / 0"), "is inf"),
    "no number": (PODS, "Scrape duration", around_query("{} * NaN"), "shows only NaN on healthy data"),
    "quantile of the last bucket": (
        SERVICE,
        "Latency by model",
        around_query("{} * 0 + 30"),
        "stuck at the highest bucket, 30 s",
    ),
    "column": (
        SERVICE,
        "Model versions",
        column("framework", "frame_work"),
        "the columns frame_work, which no row has",
    ),
    "empty without being so": (
        PODS,
        "Containers that cannot start",
        query_of("Crash loops"),
        "is said to be empty on healthy data",
    ),
    "data source": (
        PODS,
        "Scrape duration",
        lambda panel: panel["targets"][0]["datasource"].update(uid="thanos"),
        "there is no data source 'thanos'",
    ),
    "syntax": (PODS, "Scrape duration", around_query("max({}"), "parse error"),
}


def test_a_line_in_the_unit_of_its_panel_is_no_fault(healthy: Recorded) -> None:
    _, file = dashboards()[SERVICE]
    dashboard = copy.deepcopy(file)
    dashboard["panels"] = [panel for panel in panels_of(dashboard) if panel["title"] == "Latency by model"]

    line_at(0.5)(dashboard["panels"][0])

    assert found(SERVICE, dashboard, healthy) == []


@pytest.mark.parametrize(("uid", "title", "change", "says"), PANEL_FAULTS.values(), ids=PANEL_FAULTS)
def test_a_fault_in_a_panel_is_found(uid: str, title: str, change: Change, says: str, healthy: Recorded) -> None:
    planned, file = dashboards()[uid]
    dashboard = copy.deepcopy(file)
    panel = next(panel for panel in panels_of(dashboard) if panel["title"] == title and panel["type"] != "stat")
    dashboard["panels"] = [panel]
    assert found(uid, dashboard, healthy) == []

    change(panel)
    message = "\n".join(map(str, found(uid, dashboard, healthy)))

    assert says in message
    definition = next(planned.panel for planned in planned.panels if planned.id == panel["id"])
    assert f"{definition.signal.where}: signal {definition.signal.name}: panel {title!r} of {uid}" in message
    assert str(definition.where) in message


VARIABLE_FAULTS = {
    "metric": (
        "model_name",
        "model_predictions_total",
        "model_prediction_total",
        "$model_name: has no value to choose",
    ),
    "label": ("model_name", ", model_name)", ", model)", "$model_name: has no value to choose"),
    "variable before": ("model_version", "$model_name", "$modelname", "there is no variable $modelname"),
    "variable after": (
        "namespace",
        "model_predictions_total{",
        'model_predictions_total{model_name=~"$model_name", ',
        "there is no variable $model_name",
    ),
    "kind of query": ("model_name", "label_values", "label_value", "is not label_values(selector, label)"),
}


@pytest.mark.parametrize(("name", "old", "new", "says"), VARIABLE_FAULTS.values(), ids=VARIABLE_FAULTS)
def test_a_fault_in_a_variable_is_found(name: str, old: str, new: str, says: str, healthy: Recorded) -> None:
    planned, file = dashboards()[SERVICE]
    dashboard = copy.deepcopy(file)
    query = next(entry for entry in dashboard["templating"]["list"] if entry["name"] == name)["query"]
    assert old in query["query"]

    query["query"] = query["query"].replace(old, new)
    message = "\n".join(map(str, found(SERVICE, dashboard, healthy)))

    assert says in message
    assert f"{planned.dashboard.where}: dashboard {SERVICE}" in message


def test_a_default_that_is_no_value_of_its_variable_is_found(healthy: Recorded) -> None:
    planned, file = dashboards()[SERVICE]
    dashboard = copy.deepcopy(file)
    namespace = next(entry for entry in dashboard["templating"]["list"] if entry["name"] == "namespace")

    namespace["current"] = {"text": "prod", "value": "prod"}

    assert [str(finding) for finding in found(SERVICE, dashboard, healthy)] == [
        f"{planned.dashboard.where}: dashboard {SERVICE}, variable $namespace: opens with 'prod', which is none of its "
        "values: production, staging [live-variable]"
    ]


BROKEN_MODEL = next(incident for incident in INCIDENTS if incident.name == "two models of which one is broken")


@pytest.fixture(scope="module")
def broken_model() -> Iterator[tuple[Recorded, FiredAlert]]:
    """The incident, and the alert about the broken one of two models when it fires."""
    with served(BROKEN_MODEL) as recorded:
        (rule,) = (
            rule
            for rule in production.alerts()
            if rule["alert"] == "ModelErrorRatioHigh" and "warning" in str(rule["labels"])
        )
        (firing,) = firings(recorded.address, rule, recorded.evaluations)
        annotations = rule["annotations"]
        assert isinstance(annotations, dict)
        yield (
            recorded,
            FiredAlert(str(rule["alert"]), firing.labels, annotations, recorded.start + firing.since.seconds),
        )


def link_findings(recorded: Recorded, fired: FiredAlert, change: Change | None = None) -> str:
    files = {uid: copy.deepcopy(file) for uid, (_, file) in dashboards().items()}
    for panel in panels_of(files[SERVICE]):
        if change and panel["title"] == "Error ratio" and panel["type"] != "stat":
            change(panel)
    return "\n".join(map(str, check_link(fired, production.plan(), files, recorded.address)))


LINK_FAULTS = {
    "dashboard": ("/d/production-service", "/d/production-services", "there is no dashboard 'production-services'"),
    "panel": ("viewPanel=", "viewPanel=1", "has no panel 1"),
    "no panel": ("viewPanel=", "view=", "does not open a panel"),
    "variable": ("var-model_name", "var-model", "sets model, which production-service has no variable for"),
    "variable left out": ("&var-model_name=", "&x=", "also shows machine-failure"),
    "label": ("$labels.model_name", "$labels.model", "names the label 'model', which the alert lacks"),
    "another label's value": ("$labels.model_name", "$labels.namespace", "shows nothing for model_name=fraud"),
    "template": ("| urlquery", "| urlquery | html", "nobody knows how to fill in"),
}


@pytest.mark.parametrize(("old", "new", "says"), LINK_FAULTS.values(), ids=LINK_FAULTS)
def test_a_fault_in_an_alerts_link_is_found(
    old: str, new: str, says: str, broken_model: tuple[Recorded, FiredAlert]
) -> None:
    recorded, fired = broken_model
    link = fired.annotations["dashboard_url"]
    assert old in link
    assert link_findings(recorded, fired) == ""

    message = link_findings(recorded, replace(fired, annotations={"dashboard_url": link.replace(old, new)}))

    assert says in message
    assert "alert ModelErrorRatioHigh (queries/errors.py:" in message


LINKED_PANEL_FAULTS = {
    "line": (lines_times(2), "draws no line at 0.02"),
    "expression": (around_query("{} / 2"), "for model_name=fraud, namespace=production while the alert fires"),
    "filter": (in_text("expr", 'model_name=~"$model_name"', 'model_name=~".+"'), "also shows machine-failure"),
}


@pytest.mark.parametrize(("change", "says"), LINKED_PANEL_FAULTS.values(), ids=LINKED_PANEL_FAULTS)
def test_a_panel_that_does_not_show_what_its_alert_saw_is_found(
    change: Change, says: str, broken_model: tuple[Recorded, FiredAlert]
) -> None:
    assert says in link_findings(*broken_model, change)
