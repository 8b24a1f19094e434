"""The places in which a signal can be measured. Each is a block of an environment file, with the same name."""

from __future__ import annotations

from enum import Enum


class Place(Enum):
    """Where series, rows or platform metrics come from, in the order in which an alert prefers them.

    An alert is raised by the first of these that the environment has and that measures its signal: Prometheus sees
    every scrape, the endpoint's gateway sees failures that never reached the container, Application Insights sees what
    the container reported, Container insights sees the container from outside.
    """

    PROMETHEUS = "prometheus"
    ONLINE_ENDPOINT = "online_endpoint"
    APPLICATION_INSIGHTS = "application_insights"
    CONTAINER_INSIGHTS = "container_insights"

    @property
    def title(self) -> str:
        """The place's name in a sentence."""
        return (
            "Application Insights" if self is Place.APPLICATION_INSIGHTS else self.value.replace("_", " ").capitalize()
        )
