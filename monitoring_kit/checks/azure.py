"""Checks that Azure Monitor accepts what the plan deploys: lengths of time, counts, sizes and names.

The limits and their sources stand in `monitoring_kit.plan.azure_limits`. That thresholds are static, that a rule has
one scope and that a rule group has few enough rules needs no check: the renderers write nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from monitoring_kit.checks.override_location import Written, written
from monitoring_kit.checks.registry import Check, Group
from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.environment.model import AzureSettings
from monitoring_kit.kusto.tokens import Kind, KqlSyntaxError, tokens_of
from monitoring_kit.plan import azure_limits as limits
from monitoring_kit.plan.model import LogAlert, MetricAlert, Plan, PrometheusAlert
from monitoring_kit.render.azure.alerts import (
    alerts_template,
    description,
    log_alert_properties,
    metric_alert_properties,
)
from monitoring_kit.render.azure.arm_template import property_bytes


def azure_findings(plan: Plan) -> list[Finding]:
    """What Azure would refuse of the plan, or take for something else. Each finding names the alert's definition."""
    azure = plan.environment.azure
    if azure is None:
        return []
    found = [
        *(finding for alert in plan.log_alerts for finding in _log_alert(plan, azure, alert)),
        *(finding for alert in plan.metric_alerts for finding in _metric_alert(plan, azure, alert)),
        *_action_group(plan, azure),
        *_templates(plan, azure),
    ]
    if azure.managed_prometheus is not None:
        found += _managed_prometheus(plan)
    return sorted(set(found))


def _log_alert(plan: Plan, azure: AzureSettings, alert: LogAlert) -> Iterator[Finding]:
    subject = f"alert {alert.alert.name}"
    threshold, for_ = alert.alert.threshold, _hold(plan, alert)

    def report(problem: str, remedy: str, check: str) -> Finding:
        return Finding(alert.alert.where, subject, problem, remedy, check)

    if alert.window not in limits.LOG_WINDOWS:
        yield report(
            f"a log alert cannot have a window of {alert.window}",
            f"write window= at {threshold.where} as one of {limits.in_words(limits.LOG_WINDOWS)}",
            "azure-window",
        )
    if alert.frequency not in limits.LOG_FREQUENCIES:
        yield report(
            f"a log alert cannot run every {alert.frequency}",
            f"one of {limits.in_words(limits.LOG_FREQUENCIES)}",
            "azure-frequency",
        )
    lookback = Duration(alert.window.seconds * alert.periods)
    if alert.frequency > lookback:
        yield report(
            f"it runs every {alert.frequency} and looks back only {lookback}, so it would miss what is between",
            "a frequency of at most window times periods",
            "azure-frequency",
        )
    if alert.window == limits.LOG_MINUTE_FREQUENCY != alert.frequency:
        yield report(
            f"a window of 1m needs a run every 1m, not every {alert.frequency}",
            f"write window= at {threshold.where} as 5m or longer",
            "azure-window",
        )
    if alert.periods not in limits.LOG_PERIODS:
        longest = Duration(alert.window.seconds * (limits.LOG_PERIODS[-1] - 1))
        yield for_.finding(
            "azure-periods",
            f"for_ of {threshold.for_} takes {alert.periods} windows of {alert.window}; Azure counts at most "
            f"{limits.LOG_PERIODS[-1]}",
            definition=f"at {threshold.where} write for_= as at most {longest}, or a longer window=",
            override=f"write at most `for: {longest}`",
        )
    elif lookback > limits.LOG_LOOKBACK:
        yield for_.finding(
            "azure-lookback",
            f"{alert.periods} windows of {alert.window} look back {lookback}; Azure looks back at most "
            f"{limits.LOG_LOOKBACK}",
            definition=f"shorten window= or for_= at {threshold.where}",
            override="write a shorter `for:`",
        )
    if alert.looks_back is not None and (alert.looks_back not in limits.LOG_TIME_RANGES or alert.looks_back < lookback):
        yield report(
            f"its query cannot look back {alert.looks_back}",
            f"write looks_back= of its measure as one of {limits.in_words(limits.LOG_TIME_RANGES)}, and at least "
            f"{lookback}, which is what its windows take",
            "azure-lookback",
        )
    if len(alert.dimensions) > limits.LOG_DIMENSIONS:
        yield report(
            f"it is split by {len(alert.dimensions)} columns: {', '.join(alert.dimensions)}",
            f"at most {limits.LOG_DIMENSIONS} in by= of the signal's measure",
            "azure-dimensions",
        )
    if alert.frequency == limits.LOG_MINUTE_FREQUENCY and (refused := _refused_each_minute(alert.query)):
        yield report(
            f"a rule that runs every minute cannot use {', '.join(refused)}",
            f"write the query without, or window= at {threshold.where} as 5m or longer",
            "azure-frequency",
        )
    yield from _rule(plan, alert, property_bytes(log_alert_properties(plan, azure, alert)))


def _metric_alert(plan: Plan, azure: AzureSettings, alert: MetricAlert) -> Iterator[Finding]:
    subject = f"alert {alert.alert.name}"
    threshold = alert.alert.threshold

    def report(problem: str, remedy: str, check: str) -> Finding:
        return Finding(alert.alert.where, subject, problem, remedy, check)

    if alert.window not in limits.METRIC_WINDOWS:
        nearest = limits.nearest_at_least(alert.window, limits.METRIC_WINDOWS)
        allowed = f"as one of {limits.in_words(limits.METRIC_WINDOWS)}; the nearest is {nearest}"
        yield _hold(plan, alert).finding(
            "azure-window",
            f"a metric alert cannot judge {alert.window}, the longer one of its window and its for",
            definition=f"write for_= or window= at {threshold.where} {allowed}",
            override=f"write `for:` {allowed}",
        )
    if alert.frequency not in limits.METRIC_FREQUENCIES or alert.frequency > alert.window:
        yield report(
            f"a metric alert with a window of {alert.window} cannot run every {alert.frequency}",
            f"one of {limits.in_words(limits.METRIC_FREQUENCIES)}, and not longer than the window",
            "azure-frequency",
        )
    yield from _rule(plan, alert, property_bytes(metric_alert_properties(plan, azure, alert)))


def _hold(plan: Plan, alert: LogAlert | MetricAlert) -> Written:
    """Where the time that an alert has to last was written: in the alert's threshold or in the environment."""
    for_ = written(alert.alert, "for", plan.environment.overrides.get(alert.alert.name))
    return for_ if for_.override else Written(alert.alert.where, f"alert {alert.alert.name}", override=False)


def _rule(plan: Plan, alert: LogAlert | MetricAlert, size: int) -> Iterator[Finding]:
    """What holds for both kinds of rules."""
    where, subject = alert.alert.where, f"alert {alert.alert.name}"
    name = plan.rule_name(alert)
    if limits.RULE_NAME.fullmatch(name) is None:
        yield Finding(
            where, subject, f"its rule cannot be called {name!r}", limits.RULE_NAME_ALLOWED, "azure-rule-name"
        )
    length = len(description(alert))
    longest = limits.LOG_DESCRIPTION_CHARACTERS if isinstance(alert, LogAlert) else limits.DESCRIPTION_CHARACTERS
    if length > longest:
        yield Finding(
            where,
            subject,
            f"its description has {length} characters",
            f"at most {longest}: shorten summary= of the alert or because= of its threshold",
            "azure-description",
        )
    if size > limits.RULE_PROPERTIES_BYTES:
        yield Finding(
            where,
            subject,
            f"its rule takes {size} bytes",
            f"at most {limits.RULE_PROPERTIES_BYTES}, query and texts together: shorten the query",
            "azure-rule-size",
        )


def _refused_each_minute(query: str) -> tuple[str, ...]:
    try:
        names = {token.text for token in tokens_of(query) if token.kind is Kind.NAME}
    except KqlSyntaxError:
        return ()  # a finding of the checks of the Kusto text
    return tuple(sorted(names & limits.LOG_MINUTE_REFUSES))


def _action_group(plan: Plan, azure: AzureSettings) -> Iterator[Finding]:
    group, subject = azure.action_group, f"action group {plan.action_group}"
    if len(group.short_name) > limits.SHORT_NAME_CHARACTERS:
        yield Finding(
            plan.environment.location("azure.action_group.short_name"),
            subject,
            f"its short name {group.short_name!r} has {len(group.short_name)} characters",
            f"at most {limits.SHORT_NAME_CHARACTERS}",
            "azure-action-group",
        )
    called = (*(app.name for app in group.logic_apps), *(app.name for app in group.azure_functions))
    for name in _same_but_for_case((*group.emails, *group.webhooks, *called)):
        yield Finding(
            plan.environment.location("azure.action_group"),
            subject,
            f"two receivers are called {name!r}",
            "name each once",
            "azure-action-group",
        )


def _templates(plan: Plan, azure: AzureSettings) -> Iterator[Finding]:
    """Limits that belong to no single alert."""
    rules: list[LogAlert | MetricAlert] = [*plan.log_alerts, *plan.metric_alerts]
    names = [plan.rule_name(rule) for rule in rules]
    for name in _same_but_for_case(names):
        rule = next(rule for rule, other in zip(rules, names, strict=True) if other.lower() == name.lower())
        problem = f"two rules of the resource group are called {name!r}; Azure compares names without regard to case"
        yield Finding(rule.alert.where, f"alert {rule.alert.name}", problem, "rename one alert", "azure-rule-name")
    template = alerts_template(plan, azure)
    counts = {
        "resources": (len(template.resources), limits.TEMPLATE_RESOURCES),
        "parameters": (len(template.parameters), limits.TEMPLATE_PARAMETERS),
    }
    for what, (count, allowed) in counts.items():
        if count > allowed:
            problem, remedy = f"alerts.json has {count} {what}", f"at most {allowed}: split the environment"
            yield Finding(plan.environment.location("azure"), "azure", problem, remedy, "azure-template")


def _managed_prometheus(plan: Plan) -> Iterator[Finding]:
    for group in plan.azure_rule_groups:
        if limits.GROUP_NAME.fullmatch(group) is None:
            problem = f"its rule group cannot be called {group!r}"
            remedy = "a name without : @ / # { } % & + * < > ?"
            yield Finding(plan.environment.where, f"rule group {group}", problem, remedy, "azure-group-name")
    for alert in plan.prometheus_alerts:
        yield from _prometheus_rule(alert)
    definitions = {alert.alert.name: alert.alert.where for alert in plan.prometheus_alerts}
    for name in _same_but_for_case(definitions):
        problem = f"another alert has the name {name!r} but for its case, which Azure does not tell apart"
        yield Finding(definitions[name], f"alert {name}", problem, "rename one of them", "azure-case")


def _prometheus_rule(alert: PrometheusAlert) -> Iterator[Finding]:
    where, subject = alert.alert.where, f"alert {alert.alert.name}"
    if len(alert.labels) > limits.RULE_LABELS:
        problem = f"its rule has {len(alert.labels)} labels"
        yield Finding(where, subject, problem, f"Azure takes at most {limits.RULE_LABELS}", "azure-labels")
    for name in _same_but_for_case(alert.labels):
        problem = f"two labels are called {name!r} but for their case, which Azure does not tell apart"
        yield Finding(where, subject, problem, "rename one of them", "azure-case")
    yield from _long_values(where, subject, "label", alert.labels)
    yield from _long_values(where, subject, "annotation", alert.annotations)


def _long_values(where: Location, subject: str, kind: str, values: Mapping[str, str]) -> Iterator[Finding]:
    for name, value in values.items():
        if len(value) > limits.LABEL_CHARACTERS:
            problem = f"its {kind} {name} has {len(value)} characters"
            yield Finding(where, subject, problem, f"Azure takes at most {limits.LABEL_CHARACTERS}", "azure-labels")


def _same_but_for_case(names: Iterable[str]) -> Iterator[str]:
    """The names that were there before in whatever case."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            yield name
        seen.add(name.lower())


GROUP = Group(
    title="Limits of Azure Monitor",
    checks=(
        Check(
            "azure-window",
            "Azure knows only some lengths of a window.",
            "alert ErrorsHigh: a log alert cannot have a window of 7m",
        ),
        Check(
            "azure-frequency",
            "Azure runs alerts at some frequencies only, and never less often than they look back.",
            "alert ErrorsHigh: a metric alert with a window of 5m cannot run every 15m",
        ),
        Check(
            "azure-periods",
            "`for_` becomes a number of bad windows in a row, of which Azure counts only a few.",
            "alert ErrorsHigh: for_ of 30m takes 7 windows of 5m; Azure counts at most 6",
        ),
        Check(
            "azure-lookback",
            "All windows of a log alert together look back no longer than Azure does.",
            "alert ErrorsHigh: 3 windows of 1d look back 3d; Azure looks back at most 2d",
        ),
        Check(
            "azure-dimensions",
            "A log alert can be split by a few columns only.",
            "alert ErrorsHigh: it is split by 7 columns: d0, d1, d2, d3, d4, d5, d6",
        ),
        Check(
            "azure-rule-name",
            "Names of rules have a length, characters that they may not hold, and no regard to case.",
            "alert Errors*: its rule cannot be called 'test-Errors*-critical'",
        ),
        Check(
            "azure-group-name",
            "Names of rule groups may not hold some characters.",
            "rule group test-ml:errors: its rule group cannot be called 'test-ml:errors'",
        ),
        Check(
            "azure-description",
            "The description of a rule has a maximum length.",
            "alert ErrorsHigh: its description has 4097 characters",
        ),
        Check(
            "azure-rule-size",
            "Query and texts of a rule together have a maximum size.",
            "alert ErrorsHigh: its rule takes 67038 bytes",
        ),
        Check(
            "azure-labels",
            "Labels and annotations of a Prometheus alert on Azure are limited in number and length.",
            "alert ErrorsHigh: its rule has 11 labels",
        ),
        Check(
            "azure-case",
            "Azure does not tell names apart that differ only in case.",
            "alert ErrorsHigh: two labels are called 'Team' but for their case, which Azure does not tell apart",
        ),
        Check(
            "azure-action-group",
            "The action group has a short name that fits, and receivers whose names differ.",
            "action group test-alerts: two receivers are called 'teams'",
        ),
        Check(
            "azure-template",
            "A template of Azure Resource Manager holds a limited number of resources and parameters.",
            "azure: alerts.json has 801 resources",
        ),
    ),
    plan=azure_findings,
)
