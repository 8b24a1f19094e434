"""The gate: every severity of an alert has every kind of case, or a reason why it needs none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitoring_kit.model.thresholds import Severity
from monitoring_kit.testing.case import Case, Kind, Shows


@dataclass(frozen=True)
class Gap:
    """What no case shows."""

    alert: str
    severity: Severity
    kind: Kind
    problem: str

    def __str__(self) -> str:
        return f"{self.alert} {self.severity.value}: {self.kind.words}: {self.problem}"


def gaps(
    alert: str, severities: Iterable[Severity], cases: Collection[Case], reasons: Mapping[Kind, str]
) -> Iterator[Gap]:
    """What the cases of an alert leave open, and reasons that stand beside cases of the same kind."""
    for severity in severities:
        for kind in Kind:
            of_kind = [case for case in cases if case.kind is kind]
            if kind in reasons:
                if of_kind:
                    yield Gap(alert, severity, kind, "has cases and a reason to have none: remove the reason")
                continue
            fires, silent = (any(case.fires(severity) is wanted for case in of_kind) for wanted in (True, False))
            enough = {
                Shows.FIRES: fires,
                Shows.SILENT: silent,
                Shows.BOTH: fires and silent,
                Shows.ANYTHING: bool(of_kind),
            }
            if not enough[kind.shows]:
                yield Gap(alert, severity, kind, f"no case shows {kind.shows.value}, and no reason is given")
