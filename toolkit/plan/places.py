"""Where an environment can measure, and where it raises an alert."""

from __future__ import annotations

from toolkit.alerts import Alert
from toolkit.environment import Environment
from toolkit.places import Place


def places_of(environment: Environment) -> tuple[Place, ...]:
    """The places that an environment has, in the order in which an alert prefers them."""
    azure = environment.azure
    present = {
        Place.PROMETHEUS: environment.prometheus,
        Place.ONLINE_ENDPOINT: azure and azure.online_endpoint,
        Place.APPLICATION_INSIGHTS: azure and azure.application_insights,
        Place.CONTAINER_INSIGHTS: azure and azure.container_insights,
    }
    return tuple(place for place in Place if present[place] is not None)


def raised_at(alert: Alert, environment: Environment) -> tuple[Place, ...]:
    """Where the environment raises the alert: in Prometheus if it can, else in Azure; in both only where it says so."""
    able = [place for place in places_of(environment) if alert.signal.measure(place) is not None]
    prometheus = tuple(place for place in able if place is Place.PROMETHEUS)
    azure = () if alert.prometheus_only else tuple(place for place in able if place is not Place.PROMETHEUS)[:1]
    repeat = environment.azure is not None and environment.azure.repeat_prometheus_alerts
    return (*prometheus, *azure) if repeat else prometheus or azure
