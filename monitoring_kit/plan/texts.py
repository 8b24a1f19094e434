"""The sentences of an alert: who does what, how bad it is, and where to read on."""

from __future__ import annotations

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import Quantity
from monitoring_kit.environment.model import Environment
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.thresholds import Severity, Threshold

_NOUNS = {
    "job": "service",
    "deployment": "Deployment",
}


# What a dimension of an Azure alert tells apart, "" for one that has the same value in every row of the place.
_AZURE_NOUNS = {
    "EndpointName": "",
    "DeploymentName": "deployment",
    "deployment": "deployment",
    "instanceId": "instance",
    "PodName": "pod",
    "ContainerName": "container",
    "cloud_RoleName": "cloud role",
}


def prometheus_subject(labels: tuple[str, ...]) -> str:
    """What the labels name, as a Go template: "Container c of pod p in namespace n"."""
    if not labels:
        return "The service"  # a finding says that the signal has no labels; the rest can still be checked
    *wider, narrowest = labels
    words = [f"{_noun(narrowest)} {_value(narrowest)}"]
    for label in reversed(wider):
        words.append(f"in {_value(label)}" if label == "namespace" else f"of {_noun(label)} {_value(label)}")
    text = " ".join(words)
    return text[0].upper() + text[1:]


def azure_subject(backend: Backend, environment: Environment, dimensions: tuple[str, ...], deployment: str = "") -> str:
    """What an Azure alert of `backend` is about: one of the things that its `dimensions` tell apart, wider ones first.

    Azure names which one only beside the text, so the text says "A pod of ...".
    """
    whole = _azure_scope(backend, environment, deployment)
    nouns = [noun for noun in (_AZURE_NOUNS.get(name, name) for name in dimensions) if noun]
    text = f"{'an' if nouns[-1][0] in 'aeiou' else 'a'} {nouns[-1]} of {whole}" if nouns else whole
    return text[0].upper() + text[1:]


def _azure_scope(backend: Backend, environment: Environment, deployment: str) -> str:
    azure = environment.azure
    if azure is not None and azure.container_insights is not None and backend is Backend.CONTAINER_INSIGHTS:
        return f"Deployment {azure.container_insights.workload} in {azure.container_insights.namespace}"
    if azure is not None and azure.online_endpoint is not None:
        endpoint = f"endpoint {azure.online_endpoint.id.name}"
        return f"deployment {deployment} of {endpoint}" if deployment else endpoint
    if azure is not None and azure.application_insights is not None:
        return f"the service behind {azure.application_insights.name}"
    return environment.name


def summary(alert: Alert, severity: Severity, subject: str, value: str) -> str:
    """One line: the subject and what it does. Raises KeyError where `summary` names a hole that does not exist."""
    threshold = alert.threshold
    says = alert.summary.format_map(
        {
            "value": value,
            "threshold": str(_level(threshold, severity)),
            "window": threshold.window.words(),
            "slower_than": str(threshold.slower_than) if threshold.slower_than else "",
        }
    )
    return f"{subject} {says}."


def value_in_words(threshold: Threshold, severity: Severity) -> str:
    """What a value of `severity` is: "more than 5 %", "more than 6x over 6 hours and over 30 minutes"."""
    if threshold.burn_rates:
        return " or ".join(
            f"{threshold.comparison.words} {rate.factor} over {rate.long.words()} and over {rate.short.words()}"
            for rate in threshold.burns(severity)
        )
    return f"{threshold.comparison.words} {_level(threshold, severity)}"


def description(alert: Alert, severity: Severity, value: str, window: Duration | None) -> str:
    """How bad it is, against what, and why that matters.

    `value` is a template of the measured value; then the whole text is one, in Go's language. It is "" where the target
    has none. `window` is the time that the value is measured over, None if it is taken as it stands.
    """
    threshold = alert.threshold
    because = _literal(threshold.because) if value else threshold.because
    if alert.signal.yes_or_no and threshold.for_.seconds:
        return f"It has been so for at least {threshold.for_.words()}. Why: {because}."
    measured = ": ".join(part for part in (judged_title(alert), value) if part)
    over = f" over {window.words()}" if window else ""
    for_ = f" for {threshold.for_.words()}" if threshold.for_.seconds else ""
    guard = f", judged only from {threshold.min_events} events on" if threshold.min_events else ""
    if threshold.min_bad_events:
        guard = f", judged only from {threshold.min_bad_events} bad events on"
    limit = f"Threshold: {value_in_words(threshold, severity)}{for_}{guard}."
    return f"{measured}{over}. {limit} Why: {because}."


def judged_title(alert: Alert) -> str:
    """What the compared value is: the signal, or the share of its events that are too slow."""
    bound = alert.threshold.slower_than
    return f"{alert.signal.title}, share slower than {bound}" if bound else alert.signal.title


def runbook_url(alert: Alert, environment: Environment) -> str:
    """The address of the alert's runbook."""
    return f"{environment.runbooks_url}/{alert.name}.md"


def _level(threshold: Threshold, severity: Severity) -> Quantity:
    return dict(threshold.levels)[severity]


def _literal(text: str) -> str:
    """A Go template that yields `text`, whatever is in it: an environment's reason may hold anything."""
    return text.replace("{{", '{{ "{{" }}')


def _noun(label: str) -> str:
    return _NOUNS.get(label, label.removesuffix("_name").replace("_", " "))


def _value(label: str) -> str:
    return f"{{{{ $labels.{label} }}}}"
