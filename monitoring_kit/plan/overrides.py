"""What an environment decides about alerts and dashboards: another team, level or `for`, off with a reason."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.core.shown import shown
from monitoring_kit.core.units import COUNT, RATIO, Unit, parse_quantity, plain
from monitoring_kit.environment.model import AlertOverride, Environment
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.dashboards import Dashboard
from monitoring_kit.model.thresholds import Severity, Threshold
from monitoring_kit.plan.model import Disabled, DisabledDashboard, PlannedDashboard

_BARE = re.compile(r"\s*[0-9]+(\.[0-9]+)?\s*")


def overridden(
    alerts: Mapping[str, Alert], environment: Environment
) -> tuple[tuple[Alert, ...], tuple[Disabled, ...], list[Finding]]:
    """The alerts as the environment wants them, those that it switched off, and what is wrong with what it says."""
    findings = [
        _no_such("alert", name, override.where, alerts)
        for name, override in environment.overrides.items()
        if name not in alerts
    ]
    findings += _team_findings(alerts, environment)
    kept, disabled = [], []
    for name, alert in alerts.items():
        override = environment.overrides.get(name)
        alert = replace(alert, team=override.team if override and override.team else environment.team(alert.team))
        if override is not None and override.disabled is not None:
            disabled.append(Disabled(alert, override.disabled))
            continue
        if override is not None:
            threshold, problems = _changed(alert, override)
            findings += problems
            alert = replace(alert, threshold=threshold)
        kept.append(alert)
    return tuple(kept), tuple(disabled), findings


def shown_dashboards(
    possible: Iterable[PlannedDashboard], known: Mapping[str, Dashboard], environment: Environment
) -> tuple[tuple[PlannedDashboard, ...], tuple[DisabledDashboard, ...], list[Finding]]:
    """The dashboards that the environment keeps, those that it switched off, and names that are no dashboard's."""
    kept, disabled = [], []
    for planned in possible:
        override = environment.dashboards.get(planned.dashboard.name)
        if override is None:
            kept.append(planned)
        else:
            disabled.append(DisabledDashboard(planned, override.disabled))
    findings = [
        _no_such("dashboard", name, override.where, known)
        for name, override in environment.dashboards.items()
        if name not in known
    ]
    return tuple(kept), tuple(disabled), findings


def _team_findings(alerts: Mapping[str, Alert], environment: Environment) -> Iterator[Finding]:
    """Roles and contacts that nothing here has: a name spelled wrong would send alerts to a team that is not there."""
    roles = sorted({alert.team for alert in alerts.values()})
    unmapped = [role for role in roles if role not in environment.teams]
    for role in environment.teams:
        if role not in roles and unmapped:  # where every role has its team, one more is not a slip of the pen
            yield _unknown(environment, f"teams.{role}", "no alert names this role", roles)
    teams = {environment.team(role) for role in roles}
    teams |= {override.team for override in environment.overrides.values() if override.team}
    for team in environment.contacts:
        if team not in teams:
            yield _unknown(environment, f"contacts.{team}", "no alert goes to this team", sorted(teams))


def _unknown(environment: Environment, path: str, problem: str, known: list[str]) -> Finding:
    near = difflib.get_close_matches(path.partition(".")[2], known, n=1)
    remedy = f"{f'is {near[0]} meant? ' if near else ''}There are: {', '.join(known)}"
    return Finding(environment.location(path), path, problem, remedy, "team")


def _changed(alert: Alert, override: AlertOverride) -> tuple[Threshold, list[Finding]]:
    threshold, findings = alert.threshold, []
    levels = dict(threshold.levels)
    for name, text in override.levels.items():
        severity = Severity(name)
        where, field = override.location(name), f"alerts.{alert.name}.{name}"
        if threshold.burn_rates:
            problem = f"the levels of {alert.name} follow from its objective and are the same in every environment"
            remedy = "change target= or alerting= of the objective in rules/slo.py, or switch the alert off here"
            findings.append(Finding(where, field, problem, remedy, "override"))
            continue
        if severity not in levels:
            known = " or ".join(level.value for level in levels)
            problem = f"{alert.name} has no level {name!r}"
            findings.append(Finding(where, field, problem, f"it has {known}: change that one", "override"))
            continue
        unit = levels[severity].unit
        if remedy := _without_sign(text, unit):
            problem = f"found {shown(text)}, a share without its unit"
            findings.append(Finding(where, field, problem, f"write {remedy}", "override"))
            continue
        try:
            level = parse_quantity(text, unit)
            if unit == COUNT and level.value % 1 and not levels[severity].value % 1:
                raise ValueError(f"{plain(level.value)} is not a whole number")
            levels[severity] = level
        except ValueError as error:
            remedy = f"write a value like the definition's own: {levels[severity]}"
            findings.append(Finding(where, field, str(error), remedy, "override"))
    for_ = threshold.for_
    if override.for_ is not None:
        try:
            for_ = parse_duration(override.for_)
        except ValueError as error:
            field = f"alerts.{alert.name}.for"
            findings.append(Finding(override.location("for"), field, str(error), check="override"))
    order = tuple((severity, levels[severity]) for severity, _ in threshold.levels)
    # The definition's reason argues for the definition's numbers.
    because = override.because or f"changed in {override.where.file}, which gives no reason"
    return replace(threshold, levels=order, for_=for_, because=because), findings


def _without_sign(text: str, unit: Unit) -> str:
    """What to write for a bare number that is to be a share, "" where the text is anything else.

    10 can hardly mean anything but 10%, but 0.5 may be half or half a percent: that is for the writer to say.
    """
    if unit.dimension != RATIO.dimension or _BARE.fullmatch(text) is None:
        return ""
    number = Decimal(text)
    return f"{plain(number)}%" if number == 0 or number >= 1 else f"{plain(number * 100)}%, or {plain(number)}%"


def _no_such(what: str, name: str, where: Location, known: Iterable[str]) -> Finding:
    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"known are: {', '.join(sorted(known))}"
    return Finding(where, f"{what}s.{name}", f"there is no such {what}", remedy, "override")
