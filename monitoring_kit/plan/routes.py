"""What routing is planned as: a tree of routes as Alertmanager walks it, receivers, and who mutes whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from monitoring_kit.core.findings import Location
from monitoring_kit.environment.model import Addresses, Smtp
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.routing import Grouping, Inhibition

ALERT_NAME = "alertname"


@dataclass(frozen=True)
class AlertMatcher:
    """What an alert's label has to be. A label that is missing is empty."""

    label: str
    operator: Literal["=", "=~"]
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels matches."""
        value = labels.get(self.label, "")
        return value == self.value if self.operator == "=" else re.fullmatch(self.value, value) is not None


@dataclass(frozen=True)
class PlannedReceiver:
    """One or more addresses under one name. Without addresses, messages end here."""

    name: str
    addresses: Addresses
    send_resolved: bool


@dataclass(frozen=True)
class PlannedRoute:
    """A node of the tree, as Alertmanager walks it.

    An alert that matches goes to the first of `routes` that it matches, and to those after it as long as the matched
    ones have `continues`; where it matches none of them, to `receiver`. Without a `grouping` the one above counts.
    """

    matchers: tuple[AlertMatcher, ...]
    receiver: str
    grouping: Grouping | None = None
    continues: bool = False
    routes: tuple[PlannedRoute, ...] = ()

    def walk(self) -> Iterator[PlannedRoute]:
        """This node and all below it."""
        yield self
        for route in self.routes:
            yield from route.walk()

    def taking(self, labels: Mapping[str, str]) -> tuple[PlannedRoute, ...]:
        """The nodes that an alert with these labels ends at, none if it does not match."""
        if not all(matcher.matches(labels) for matcher in self.matchers):
            return ()
        taken: list[PlannedRoute] = []
        for route in self.routes:
            found = route.taking(labels)
            taken += found
            if found and not route.continues:
                break
        return tuple(taken) or (self,)


@dataclass(frozen=True)
class PlannedInhibition:
    """While an alert matches `source`, those that match `target` are silent where all labels `equal` agree.

    `by` is the alert whose rule it is, `declared` the definition that asks for it, None between severities of an alert.
    """

    source: tuple[AlertMatcher, ...]
    target: tuple[AlertMatcher, ...]
    equal: tuple[str, ...]
    by: Alert
    declared: Inhibition | None = None


@dataclass(frozen=True)
class PlannedRouting:
    """A routing tree with the receivers that its routes name. `where` is the definition that it comes from."""

    root: PlannedRoute
    receivers: tuple[PlannedReceiver, ...]
    inhibitions: tuple[PlannedInhibition, ...]
    smtp: Smtp | None
    where: Location

    def receivers_of(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The names of the receivers of an alert, in the order of the tree."""
        return tuple(route.receiver for route in self.root.taking(labels))
