"""Where a number of an alert was written: in its threshold, or in the environment file that overrides it."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring_kit.core.findings import Finding, Location
from monitoring_kit.environment.model import AlertOverride
from monitoring_kit.model.alerts import Alert


@dataclass(frozen=True)
class Written:
    """The place of a number and the name of what is wrong there; `override` tells whose language a remedy speaks."""

    where: Location
    subject: str
    override: bool

    def finding(self, check: str, problem: str, *, definition: str, override: str) -> Finding:
        """A finding about the number, with the remedy for the file in which it stands: a definition or an override."""
        return Finding(self.where, self.subject, problem, override if self.override else definition, check)


def written(alert: Alert, field: str, override: AlertOverride | None) -> Written:
    """Where the field `field` (a severity, or "for") of an alert has its value from."""
    if override is not None and override.changes(field):
        return Written(override.location(field), f"alerts.{alert.name}.{field}", override=True)
    return Written(alert.threshold.where, f"threshold of {alert.name}", override=False)
