"""The table of contents of an environment: its alerts, signals and dashboards, and how to apply what was generated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitoring_kit.core.units import RATIO, Quantity
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.signals import Signal
from monitoring_kit.model.thresholds import Severity
from monitoring_kit.plan.model import MetricAlert, Plan, PlannedAlert, PlannedDashboard
from monitoring_kit.render.pages.markdown import TEMPLATES, Markdown, code, link, listed, sentence, table
from monitoring_kit.render.pages.runbook import (
    AVERAGED,
    level_in_words,
    measured_over,
)


@dataclass(frozen=True)
class Chapter:
    """A dashboard of the index: what it is for, and its panels."""

    heading: Markdown
    says: str
    panels: Markdown


@dataclass(frozen=True)
class LoadStep:
    """One kind of generated files, and how to put it to use."""

    what: str
    how: str


def render_index(plan: Plan) -> Mapping[str, str]:
    """`index.md`."""
    environment, definitions = plan.environment, plan.definitions
    raised = sorted((alert for alert in plan.alerts if plan.rules_of(alert)), key=_worst_first)
    silent = sorted((alert for alert in plan.alerts if not plan.rules_of(alert)), key=lambda alert: alert.name)
    measured = {name: signal for name, signal in sorted(definitions.signals.items()) if _places(signal, plan)}
    text = TEMPLATES.get_template("index.md.j2").render(
        environment=environment,
        source=code(environment.where.file),
        alerts=_alerts(plan, raised),
        disabled=[
            sentence(code(off.alert.name), off.reason) for off in sorted(plan.disabled, key=lambda off: off.alert.name)
        ],
        disabled_dashboards=[
            sentence(code(off.dashboard.uid), off.reason)
            for off in sorted(plan.disabled_dashboards, key=lambda off: off.dashboard.uid)
        ],
        silent=[sentence(code(alert.name), _why_silent(alert, plan)) for alert in silent],
        signals=_signals(plan, measured.values()),
        unmeasured=listed(code(name) for name in sorted(definitions.signals) if name not in measured),
        objectives=_objectives(definitions) if plan.event_recordings else "",
        recordings=_recordings(definitions) if plan.recordings else "",
        dashboards=[_chapter(plan, dashboard) for dashboard in sorted(plan.dashboards, key=lambda shown: shown.title)],
        steps=tuple(_steps(plan)),
    )
    return {"index.md": text}


def _alerts(plan: Plan, raised: Iterable[Alert]) -> Markdown:
    rows, written = [], {page.alert.name for page in plan.runbooks}
    for alert in raised:
        levels = [
            f"{severity.value}: {level_in_words(alert.threshold, severity)}" for severity, _ in alert.threshold.levels
        ]
        backends = dict.fromkeys(rule.backend.title for rule in plan.rules_of(alert))
        page = link(alert.name, f"runbooks/{alert.name}.md") if alert.name in written else code(alert.name)
        windows = dict.fromkeys(map(measured_over, plan.rules_of(alert)))
        holds = dict.fromkeys(map(_hold, plan.rules_of(alert)))
        contact = plan.environment.contacts.get(alert.team)
        team = f"{alert.team}, {contact}" if contact else alert.team
        row = (page, "; ".join(levels), ", ".join(windows), "; ".join(holds), ", ".join(backends), team)
        rows.append(row)
    return table(("Alert", "Fires at", "Measured over", "Must last", "Raised at", "Call"), rows)


def _worst_first(alert: Alert) -> tuple[int, str]:
    """What pages stands first."""
    severities = {severity for severity, _ in alert.threshold.levels}
    return min(list(Severity).index(severity) for severity in severities), alert.name


def _hold(rule: PlannedAlert) -> str:
    if isinstance(rule, MetricAlert):
        return AVERAGED
    for_ = rule.alert.threshold.for_
    return for_.words() if for_.seconds else "at once"


def _why_silent(alert: Alert, plan: Plan) -> str:
    if _places(alert.signal, plan):
        return f"is raised by Prometheus only: {alert.prometheus_only}."
    return f"needs the signal {alert.signal.name}, which nothing here measures."


def _signals(plan: Plan, signals: Iterable[Signal]) -> Markdown:
    rows = [
        (
            code(signal.name),
            f"{signal.title}. {signal.description}",
            signal.unit.name,
            ", ".join(_places(signal, plan)),
            _watched(plan, signal),
        )
        for signal in signals
    ]
    return table(("Signal", "What it is", "Unit", "Measured at", "Watched by"), rows)


def _objectives(definitions: Definitions) -> Markdown:
    rows = [
        (
            code(objective.name),
            f"{objective.title}: {objective}",
            code(objective.signal.name),
            f"{Quantity(objective.budget, RATIO)} of the events",
            listed(code(alert.name) for alert in definitions.watching(objective.burn_rate)),
            objective.because,
        )
        for objective in sorted(definitions.objectives, key=lambda objective: objective.name)
    ]
    return table(("Objective", "Promise", "Counts the events of", "Budget", "Watched by", "Why"), rows)


def _recordings(definitions: Definitions) -> Markdown:
    rows = [
        (
            code(recording.name),
            sentence("rate of", code(recording.counter)),
            listed(code(label) for label in recording.by),
            recording.window.words(),
        )
        for recording in definitions.recordings.values()
    ]
    return table(("Series", "Holds", "By", "Measured over"), rows)


def _places(signal: Signal, plan: Plan) -> tuple[str, ...]:
    return tuple(backend.title for backend in plan.backends if signal.measure(backend) is not None)


def _watched(plan: Plan, signal: Signal) -> Markdown:
    """The alerts that judge a signal here, else why none does."""
    if signal.unwatched is not None:
        return sentence(f"no alert: {signal.unwatched.why}")
    here = {alert.name for alert in plan.alerts if plan.rules_of(alert)}
    off = {disabled.alert.name for disabled in plan.disabled}
    names = sorted(alert.name for alert in plan.definitions.watching(signal))
    return listed(
        sentence(code(name), "(switched off)" if name in off else "" if name in here else "(not raised here)")
        for name in names
    )


def _chapter(plan: Plan, dashboard: PlannedDashboard) -> Chapter:
    rows = [
        (
            row.title,
            link(panel.title, plan.panel_url(dashboard, panel)),
            code(panel.panel.signal.name),
            panel.unit.name,
            listed(code(name) for name in sorted({alert.name for alert in panel.alerts})),
        )
        for row in dashboard.rows
        for panel in row.panels
    ]
    return Chapter(
        heading=link(dashboard.title, plan.dashboard_url(dashboard)),
        says=dashboard.dashboard.description,
        panels=table(("Row", "Panel", "Signal", "Unit", "Draws the lines of"), rows),
    )


def _steps(plan: Plan) -> Iterator[LoadStep]:
    environment = plan.environment
    if environment.prometheus is not None:
        yield LoadStep(
            sentence(code("kubernetes/"), "rules, ServiceMonitor and dashboards as Kubernetes objects"),
            code("kubectl apply --server-side -k kubernetes"),
        )
        yield LoadStep(
            sentence(code("prometheus/"), "the same rules as plain files"),
            sentence("name them under", code("rule_files"), "of Prometheus or load them into a ruler"),
        )
    if environment.prometheus is not None and environment.prometheus.notifications is not None:
        yield LoadStep(
            sentence(code("alertmanager/"), "who is told of which alert, as a whole configuration"),
            sentence(
                "for an Alertmanager of your own;", code("kubernetes/alertmanagerconfig.yaml"), "is for a shared one"
            ),
        )
    if plan.dashboards:
        yield LoadStep(
            sentence(code("grafana/"), "dashboards"), "in Grafana: Dashboards, New, Import, one file at a time"
        )
    if environment.azure is not None:
        yield _template("alerts", "alerts and action group")
        if environment.azure.managed_prometheus is not None and plan.prometheus_alerts:
            yield _template("prometheus-rule-groups", "the Prometheus rules for Azure's managed Prometheus")
    yield LoadStep(sentence(code("runbooks/"), "what to do about each alert"), f"served at {environment.runbooks_url}")


def _template(name: str, what: str) -> LoadStep:
    parameters = f"--template-file azure/{name}.json --parameters @azure/{name}.parameters.json"
    command = code(f"az deployment group create --resource-group <resource group> {parameters}")
    return LoadStep(sentence(code(f"azure/{name}.json"), what), command)
