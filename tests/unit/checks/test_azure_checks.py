"""Azure's limits: each is broken once, and the message says what was found, what is allowed and where to change it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitoring_kit.checks.azure import azure_findings
from monitoring_kit.core.durations import Duration
from monitoring_kit.environment.model import ActionGroup
from monitoring_kit.plan.model import LogAlert, MetricAlert, Plan, PrometheusAlert
from tests.unit.render.azure.planned import (
    ALERT,
    AZURE,
    LOG_ALERT,
    MANAGED,
    METRIC_ALERT,
    MINUTES,
    PROMETHEUS_ALERT,
    planned,
    with_for,
)

WITH_MANAGED = replace(AZURE, managed_prometheus=MANAGED)
HOUR = 60 * MINUTES


def minutes(number: int) -> Duration:
    return Duration(number * MINUTES)


def log_alert(
    window: int = 5, frequency: int = 5, periods: int = 1, for_: int = 5, query: str = LOG_ALERT.query
) -> LogAlert:
    alert = with_for(ALERT, for_)
    return replace(
        LOG_ALERT, alert=alert, window=minutes(window), frequency=minutes(frequency), periods=periods, query=query
    )


def messages(plan: Plan) -> dict[str, str]:
    return {finding.check: str(finding) for finding in azure_findings(plan)}


def test_a_plan_within_the_limits_has_no_findings() -> None:
    assert messages(planned(LOG_ALERT, METRIC_ALERT, PROMETHEUS_ALERT, azure=WITH_MANAGED)) == {}


@pytest.mark.parametrize(
    ("alert", "check", "words"),
    [
        (log_alert(window=7), "azure-window", ("window of 7m", "5m, 10m, 15m")),
        (log_alert(frequency=7, window=10), "azure-frequency", ("every 7m", "5m, 10m, 15m")),
        (log_alert(frequency=10), "azure-frequency", ("every 10m", "looks back only 5m")),
        (log_alert(window=1, frequency=5, periods=5), "azure-window", ("window of 1m needs a run every 1m", "5m")),
        (
            log_alert(periods=7, for_=30),
            "azure-periods",
            ("for_ of 30m", "7 windows of 5m", "at most 6", "for_=", "25m"),
        ),
        (log_alert(window=24 * 60, periods=3), "azure-lookback", ("3 windows of 1d", "look back 3d", "at most 2d")),
        (
            replace(LOG_ALERT, looks_back=minutes(7)),
            "azure-lookback",
            ("cannot look back 7m", "5m, 10m, 15m", "at least 10m"),
        ),
        (replace(log_alert(window=60, periods=2), looks_back=minutes(60)), "azure-lookback", ("at least 2h",)),
        (
            log_alert(window=1, frequency=1, query="T | where ingestion_time() > ago(1m) | take 5"),
            "azure-frequency",
            ("every minute", "ingestion_time, take"),
        ),
        (replace(METRIC_ALERT, window=minutes(10)), "azure-window", ("10m", "5m, 15m", "nearest is 15m")),
        (replace(METRIC_ALERT, frequency=minutes(10)), "azure-frequency", ("every 10m", "1m, 5m, 15m")),
        (
            replace(METRIC_ALERT, window=minutes(5), frequency=minutes(15)),
            "azure-frequency",
            ("window of 5m", "every 15m"),
        ),
    ],
    ids=[
        "log window",
        "log frequency",
        "log frequency beyond the lookback",
        "one-minute window",
        "too many periods",
        "too long a lookback",
        "a time range of its own that Azure does not have",
        "a time range of its own that is shorter than the windows",
        "refused at one minute",
        "metric window",
        "metric frequency",
        "metric frequency beyond the window",
    ],
)
def test_a_length_of_time_that_azure_does_not_have_is_refused(
    alert: LogAlert | MetricAlert, check: str, words: tuple[str, ...]
) -> None:
    found = messages(planned(alert))
    assert list(found) == [check]
    assert all(word in found[check] for word in words), found[check]
    assert found[check].startswith(f"{ALERT.where}: alert ErrorsHigh: ")


@pytest.mark.parametrize(("periods", "window"), [(1, 2 * 24 * 60), (2, 24 * 60), (6, 5), (6, 6 * 60)])
def test_the_longest_allowed_times_are_accepted(periods: int, window: int) -> None:
    assert messages(planned(log_alert(window=window, periods=periods))) == {}


def test_more_than_six_dimensions_are_refused() -> None:
    six = tuple(f"d{number}" for number in range(6))
    assert messages(planned(replace(LOG_ALERT, dimensions=six))) == {}
    found = messages(planned(replace(LOG_ALERT, dimensions=(*six, "d6"))))
    assert "7 columns" in found["azure-dimensions"]
    assert "at most 6" in found["azure-dimensions"]


def test_a_description_that_is_too_long_is_refused() -> None:
    for alert, longest in ((LOG_ALERT, 4096), (METRIC_ALERT, 2048)):
        fits = replace(alert, summary="", description="x" * (longest - 1), links={})
        assert messages(planned(fits)) == {}
        found = messages(planned(replace(fits, description="x" * longest)))
        assert f"{longest + 1} characters" in found["azure-description"]
        assert f"at most {longest}" in found["azure-description"]


@pytest.mark.parametrize("alert", [replace(LOG_ALERT, query="é" * 33_000)], ids=["counted in bytes, not in characters"])
def test_a_rule_that_is_too_large_is_refused(alert: LogAlert) -> None:
    assert "at most 65536" in messages(planned(alert))["azure-rule-size"]


@pytest.mark.parametrize("name", ["Errors:High", "Errors/High", "Errors;High", "Errors*", "x" * 260])
def test_a_name_that_azure_does_not_take_is_refused(name: str) -> None:
    found = messages(planned(replace(LOG_ALERT, alert=replace(ALERT, name=name))))
    assert "cannot be called" in found["azure-rule-name"]
    assert "at most 260 characters" in found["azure-rule-name"]


def test_two_rules_with_one_name_are_refused_whatever_their_case() -> None:
    found = messages(planned(LOG_ALERT, replace(LOG_ALERT, alert=replace(ALERT, name="errorshigh"))))
    assert "test-errorshigh-critical" in found["azure-rule-name"]
    assert "without regard to case" in found["azure-rule-name"]


@pytest.mark.parametrize(
    ("group", "words"),
    [
        (ActionGroup("thirteen-char"), ("13 characters", "at most 12")),
        (ActionGroup("ml", emails=("a@example.com", "A@example.com")), ("'A@example.com'",)),
        (ActionGroup("ml", webhooks=("teams", "teams")), ("'teams'",)),
    ],
    ids=["short name", "mail addresses", "webhooks"],
)
def test_an_action_group_that_azure_refuses_is_refused_at_the_environment(
    group: ActionGroup, words: tuple[str, ...]
) -> None:
    found = messages(planned(azure=replace(AZURE, action_group=group)))
    assert found["azure-action-group"].startswith("environments/test.yaml: action group test-alerts: ")
    assert all(word in found["azure-action-group"] for word in words)


def with_labels(number: int) -> PrometheusAlert:
    return replace(PROMETHEUS_ALERT, labels={f"l{label}": "x" for label in range(number)})


@pytest.mark.parametrize(
    ("alerts", "check", "words"),
    [
        ((with_labels(11),), "azure-labels", ("11 labels", "at most 10")),
        ((replace(PROMETHEUS_ALERT, labels={"team": "x" * 1025}),), "azure-labels", ("label team", "1025", "1024")),
        (
            (replace(PROMETHEUS_ALERT, annotations={"summary": "x" * 1025}),),
            "azure-labels",
            ("annotation summary", "1025", "1024"),
        ),
        ((replace(PROMETHEUS_ALERT, labels={"team": "a", "Team": "b"}),), "azure-case", ("'Team'",)),
        (
            (PROMETHEUS_ALERT, replace(PROMETHEUS_ALERT, alert=replace(ALERT, name="ERRORSHIGH"))),
            "azure-case",
            ("'ERRORSHIGH'",),
        ),
        ((replace(PROMETHEUS_ALERT, group="ml:errors"),), "azure-group-name", ("'test-ml:errors'",)),
    ],
    ids=["labels", "length of a label", "length of an annotation", "case of labels", "case of alerts", "group name"],
)
def test_what_managed_prometheus_does_not_take_is_refused(
    alerts: tuple[PrometheusAlert, ...], check: str, words: tuple[str, ...]
) -> None:
    found = messages(planned(*alerts, azure=WITH_MANAGED))
    assert list(found) == [check]
    assert all(word in found[check] for word in words), found[check]
    assert messages(planned(*alerts)) == {}, "Prometheus itself takes them"


def test_the_levels_of_one_alert_share_its_name() -> None:
    assert messages(planned(PROMETHEUS_ALERT, PROMETHEUS_ALERT, with_labels(10), azure=WITH_MANAGED)) == {}
