"""The page of one alert: what the plan knows about it, generated, above what a person wrote about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitoring_kit.core.durations import Duration
from monitoring_kit.core.units import plain
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.thresholds import Severity, Threshold
from monitoring_kit.plan.model import LogAlert, MetricAlert, Plan, PlannedAlert, PrometheusAlert, RunbookPage
from monitoring_kit.plan.texts import value_in_words
from monitoring_kit.promql.printer import print_promql
from monitoring_kit.render.pages.markdown import (
    TEMPLATES,
    Markdown,
    code,
    escaped,
    fenced,
    link,
    listed,
    sentence,
    table,
)

# In place of a `for`, for a metric alert: it knows none, and averages over the whole time instead.
AVERAGED = "the average of that time decides"

_ORDER = ("Diagnosis", "Mitigation", "Meaning", "Impact")
# The first line of the first block of commands, and the first command that takes a rollout back.
_COMMAND = re.compile(r"^ *```sh\n *([^\n]+)", re.MULTILINE)
_ROLL_BACK = re.compile(r"kubectl [^`\n]*rollout undo [^`\n]*|az ml online-endpoint update [^`\n]*--traffic[^`\n]*")

_LABEL = re.compile(r"\{\{\s*\$labels\.(\w+)\s*\}\}")
_VALUE = re.compile(r"\{\{\s*\$value\b.*?\}\}")


@dataclass(frozen=True)
class Fact:
    """One line of the page's head."""

    name: str
    text: str


def render_runbooks(plan: Plan) -> Mapping[str, str]:
    """`runbooks/<Alert>.md` for each page of the plan."""
    return {f"runbooks/{page.alert.name}.md": _text(plan, page) for page in plan.runbooks}


def level_in_words(threshold: Threshold, severity: Severity) -> str:
    """When a level is reached: "more than 5 %", of a latency "more than 5 % slower than 500 ms"."""
    slower = f" slower than {threshold.slower_than}" if threshold.slower_than else ""
    return f"{value_in_words(threshold, severity)}{slower}"


def measured_over(rule: PlannedAlert) -> str:
    """The time that a rule looks back on."""
    if rule.alert.threshold.burn_rates:
        return "two windows at once"
    return rule.window.words() if rule.window else "as it stands"


def _text(plan: Plan, page: RunbookPage) -> str:
    files = (page.runbook.where.file, page.alert.where.file, plan.environment.where.file)
    return TEMPLATES.get_template("runbook.md.j2").render(
        alert=page.alert,
        sources=listed(map(code, files)),
        summaries=tuple(dict.fromkeys(_as_read(rule) for rule in page.rules)),
        first=tuple(_first(plan, page)),
        levels=_levels(page.rules),
        facts=tuple(_facts(plan, page)),
        conditions=tuple(_conditions(page.rules)),
        prose=Markdown(_in_order_of_need(page.text)),
    )


def _as_read(rule: PlannedAlert) -> str:
    """The one line of the message, with `<label>` and `<value>` for what the alert fills in."""
    text = rule.annotations.get("summary", "") if isinstance(rule, PrometheusAlert) else rule.summary
    return _VALUE.sub("<value>", _LABEL.sub(r"<\1>", text))


def _levels(rules: tuple[PlannedAlert, ...]) -> Markdown:
    header = ("Severity", "Fires at", "Measured over", "Must last", "Raised by")
    return table(
        header,
        [(rule.severity.value, level_in_words(_threshold(rule), rule.severity), *_times(rule)) for rule in rules],
    )


def _threshold(rule: PlannedAlert) -> Threshold:
    return rule.alert.threshold


def _times(rule: PlannedAlert) -> tuple[str, str, str]:
    """Window, `for` and raiser of a rule."""
    match rule:
        case PrometheusAlert(group=group):
            threshold = rule.alert.threshold
            for_ = threshold.for_.words() if threshold.for_.seconds else f"at once: {threshold.immediate_because}"
            return measured_over(rule), for_, sentence("Prometheus, rule group", code(group))
        case LogAlert(periods=periods):
            often = f"looked at every {rule.frequency.words()}"
            for_ = f"{periods} windows in a row, {often}" if periods > 1 else f"one window, {often}"
            return rule.window.words(), for_, f"Azure Monitor, log alert on {rule.backend.title}"
        case MetricAlert(deployment=deployment):
            on = sentence("deployment", code(deployment)) if deployment else escaped("the endpoint")
            for_ = AVERAGED
            return rule.window.words(), for_, sentence("Azure Monitor, metric alert on", on)


def _first(plan: Plan, page: RunbookPage) -> Iterator[Fact]:
    """What an engineer who was woken needs first: what to do, where to look, how to go back, whom to call."""
    sections = _sections(page.text)
    look = _COMMAND.search(sections.get("Diagnosis", ""))
    if look is not None:
        yield Fact("Do first", code(look[1]))
    panels = [
        sentence(link(panel.title, plan.panel_url(dashboard, panel)), f"on {dashboard.title}")
        for dashboard, panel in page.panels
    ]
    if panels:
        yield Fact("Panel", Markdown("; ".join(panels)))
    back = _ROLL_BACK.search(sections.get("Mitigation", ""))
    if back is not None:
        yield Fact("Roll back", code(back[0]))
    contact = plan.environment.contacts.get(page.alert.team)
    yield Fact("Call", f"{page.alert.team}, reached at {contact}" if contact else page.alert.team)


def _sections(text: str) -> dict[str, str]:
    """The parts of a runbook by their headings, what stands before the first under ""."""
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    named = (part.partition("\n") for part in parts)
    return {"": head, **{title.strip(): body for title, _, body in named}}


def _in_order_of_need(text: str) -> str:
    """What to do before what it means. Parts that are not known by name stay behind those that are."""
    sections = _sections(text)
    wanted = [name for name in _ORDER if name in sections]
    others = [name for name in sections if name and name not in _ORDER]
    parts = [sections[""].strip(), *(f"## {name}\n\n{sections[name].strip()}" for name in (*wanted, *others))]
    return "\n\n".join(part for part in parts if part)


def _facts(plan: Plan, page: RunbookPage) -> Iterator[Fact]:
    alert = page.alert
    signal, threshold = alert.signal, alert.threshold
    yield Fact("Measures", sentence(f"{signal.title},", code(signal.name), f"({signal.unit}). {signal.description}"))
    yield Fact("Why these numbers", threshold.because)
    if threshold.min_events is not None:
        yield Fact("Silent", f"with fewer than {threshold.min_events} events in {threshold.window.words()}")
    if threshold.min_bad_events is not None:
        yield Fact("Silent", f"with fewer than {threshold.min_bad_events} bad events in the longer of the windows")
    if threshold.earlier is not None:
        before = threshold.earlier
        ends = Duration(before.ago.seconds + before.window.seconds).words()
        yield Fact(
            "Only where",
            f"it was above {before.value} over {before.window.words()}, {before.ago.words()} ago. So it ends by itself "
            f"after {ends} at the latest, fixed or not",
        )
    yield Fact("The alert carries", _carried(page.rules))
    yield from _exceptions(plan, alert)


def _exceptions(plan: Plan, alert: Alert) -> Iterator[Fact]:
    """What this environment does in another way than the definition says."""
    override, default = plan.environment.overrides.get(alert.name), plan.definitions.alerts.get(alert.name)
    if override is not None and default is not None:
        changes = [
            f"{severity.value} at {level}, elsewhere at {default.threshold.level(severity)}"
            for severity, level in alert.threshold.levels
            if level != default.threshold.level(severity)
        ]
        if alert.threshold.for_ != default.threshold.for_:
            changes.append(f"must last {alert.threshold.for_.words()}, elsewhere {default.threshold.for_.words()}")
        if changes:
            yield Fact("Set by this environment", sentence("; ".join(changes), "in", code(override.where.file)))
    measured = [backend for backend in plan.backends if alert.signal.measure(backend) is not None]
    if alert.prometheus_only and any(backend is not Backend.PROMETHEUS for backend in measured):
        yield Fact("Not raised by Azure", alert.prometheus_only)


def _carried(rules: Iterable[PlannedAlert]) -> Markdown:
    """The labels (in Azure: dimensions) by which one alert is told from the next."""
    names: dict[str, None] = {}
    for rule in rules:
        match rule:
            case PrometheusAlert():
                names |= dict.fromkeys((*rule.alert.signal.labels, *rule.labels))
            case LogAlert(dimensions=dimensions):
                names |= dict.fromkeys(dimensions)
            case MetricAlert(platform=platform):
                names |= dict.fromkeys(platform.dimensions)
    return listed(map(code, names))


def _conditions(rules: tuple[PlannedAlert, ...]) -> Iterator[Markdown]:
    """The exact conditions. The levels of an alert differ in one number, so each query stands there once."""
    prometheus = [rule for rule in rules if isinstance(rule, PrometheusAlert)]
    if any(rule.alert.threshold.burn_rates for rule in prometheus):
        yield from map(_burn_condition, prometheus)
    elif prometheus:
        worst, *others = prometheus
        also = [f"{rule.severity.value} with {_level(rule)} in place of {_level(worst)}" for rule in others]
        says = f"Prometheus raises {worst.severity.value} for each series that this yields"
        yield Markdown(
            f"{sentence('; '.join((says, *also)) + ':')}\n\n{fenced(print_promql(worst.condition), 'promql')}"
        )
    logs: dict[str, list[LogAlert]] = {}
    for rule in rules:
        if isinstance(rule, LogAlert):
            logs.setdefault(rule.query, []).append(rule)
    for query, alike in logs.items():
        levels = [f"{rule.severity.value} for {_comparison(rule)}" for rule in alike]
        says = sentence("Azure raises", f"{' and '.join(levels)} in the column", code(alike[0].column), "of this:")
        yield Markdown(f"{says}\n\n{fenced(query, 'kusto')}")
    for rule in rules:
        if isinstance(rule, MetricAlert):
            metric = sentence("where the", rule.platform.aggregation.lower(), "of", code(rule.platform.metric.name))
            each = sentence("of each", listed(map(code, rule.platform.dimensions))) if rule.platform.by else ""
            on = sentence("on deployment", code(rule.deployment)) if rule.deployment else ""
            over = f"over {rule.window.words()}"
            yield sentence("Azure raises", rule.severity.value, metric, each, on, over, f"is {_comparison(rule)}.")


def _burn_condition(rule: PrometheusAlert) -> Markdown:
    says = sentence(f"Prometheus raises {rule.severity.value} for each series that this yields:")
    return Markdown(f"{says}\n\n{fenced(print_promql(rule.condition), 'promql')}")


def _level(rule: PrometheusAlert) -> str:
    return str(rule.alert.threshold.level(rule.severity))


def _comparison(rule: LogAlert | MetricAlert) -> str:
    return f"{rule.alert.threshold.comparison.words} {plain(rule.threshold)}"
