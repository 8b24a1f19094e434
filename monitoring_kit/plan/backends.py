"""Where an environment can measure, and where it raises an alert."""

from __future__ import annotations

from monitoring_kit.environment.model import Environment
from monitoring_kit.model.alerts import Alert
from monitoring_kit.model.backends import Backend


def backends_of(environment: Environment) -> tuple[Backend, ...]:
    """The places that an environment has, in the order in which an alert prefers them."""
    azure = environment.azure
    present = {
        Backend.PROMETHEUS: environment.prometheus,
        Backend.ONLINE_ENDPOINT: azure and azure.online_endpoint,
        Backend.APPLICATION_INSIGHTS: azure and azure.application_insights,
        Backend.CONTAINER_INSIGHTS: azure and azure.container_insights,
    }
    return tuple(backend for backend in Backend if present[backend] is not None)


# Places that see the same service, from outside or inside: an alert is raised by one of them. The pods of a cluster and
# an online endpoint are different services.
SAME_SERVICE = (
    (Backend.PROMETHEUS, Backend.CONTAINER_INSIGHTS),
    (Backend.ONLINE_ENDPOINT, Backend.APPLICATION_INSIGHTS),
)


def raised_at(alert: Alert, environment: Environment) -> tuple[Backend, ...]:
    """Where the environment raises the alert: for each service at the first place that measures the signal.

    Where the environment says so, Azure repeats what Prometheus raises.
    """
    repeat = environment.azure is not None and environment.azure.repeat_prometheus_alerts
    present = backends_of(environment)
    raised: list[Backend] = []
    for service in SAME_SERVICE:
        able = [
            backend
            for backend in service
            if backend in present
            and alert.signal.measure(backend) is not None
            and (backend is Backend.PROMETHEUS or not alert.prometheus_only)
        ]
        raised += able if repeat else able[:1]
    return tuple(raised)
