"""The places in which a signal can be measured. Each is a block of an environment file, with the same name."""

from __future__ import annotations

from enum import Enum


class Backend(Enum):
    """Where series, rows or platform metrics come from, in the order in which an alert prefers them.

    >>> backends = (Backend.PROMETHEUS, Backend.ONLINE_ENDPOINT)

    Prometheus sees every scrape of the pods, Container insights sees the pods from outside; the endpoint's gateway sees
    failures that never reached its container, Application Insights sees what the container reported.
    """

    PROMETHEUS = "prometheus"
    ONLINE_ENDPOINT = "online_endpoint"
    APPLICATION_INSIGHTS = "application_insights"
    CONTAINER_INSIGHTS = "container_insights"

    @property
    def title(self) -> str:
        """The place's name in a sentence."""
        return (
            "Application Insights"
            if self is Backend.APPLICATION_INSIGHTS
            else self.value.replace("_", " ").capitalize()
        )
