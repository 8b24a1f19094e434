"""Where an environment can measure, and where it raises an alert."""

from __future__ import annotations

from monitoring_kit.environment.model import Environment
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.places import Place


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


# Places that see the same service, from outside or inside: an alert is raised by one of them. The pods of a cluster and
# an online endpoint are different services.
SAME_SERVICE = (
    (Place.PROMETHEUS, Place.CONTAINER_INSIGHTS),
    (Place.ONLINE_ENDPOINT, Place.APPLICATION_INSIGHTS),
)


def raised_at(alert: Alert, environment: Environment) -> tuple[Place, ...]:
    """Where the environment raises the alert: for each service at the first place that measures the signal.

    Where the environment says so, Azure repeats what Prometheus raises.
    """
    repeat = environment.azure is not None and environment.azure.repeat_prometheus_alerts
    present = places_of(environment)
    raised: list[Place] = []
    for service in SAME_SERVICE:
        able = [
            place
            for place in service
            if place in present
            and alert.signal.measure(place) is not None
            and (place is Place.PROMETHEUS or not alert.prometheus_only)
        ]
        raised += able if repeat else able[:1]
    return tuple(raised)
