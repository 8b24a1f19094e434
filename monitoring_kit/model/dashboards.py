"""Dashboards: rows of panels, read from top to bottom in the order in which an engineer on call asks."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitoring_kit.core.findings import Location, here
from monitoring_kit.core.words import Words, checked_words, words
from monitoring_kit.model.backends import Backend
from monitoring_kit.model.prom import Query
from monitoring_kit.model.signals import Panel


@dataclass(frozen=True, init=False)
class Row:
    """A question and the panels that answer it.

    >>> error_ratio = Ratio(
    ...     title="Error ratio",
    ...     description="Share of jobs that failed.",
    ...     by="namespace",
    ...     prometheus=prom.Ratio(bad='jobs_total{status="error"}', total="jobs_total"),
    ... )
    >>> row = Row("Do they work?", error_ratio.stat(6), error_ratio.timeseries(18))

    A `collapsed` row holds the detail: its queries are asked when a reader opens it.
    """

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool

    def __init__(self, title: str, *panels: Panel, collapsed: bool = False) -> None:
        object.__setattr__(self, "title", title)
        object.__setattr__(self, "panels", panels)
        object.__setattr__(self, "collapsed", collapsed)


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """Moments to mark on every graph of a dashboard: those at which the query yields a series.

    >>> versions = Annotation(
    ...     title="Change of version",
    ...     text="{{version}}",
    ...     colour="blue",
    ...     prometheus=prom.Query(
    ...         text="count by (version) (worker_info) unless count by (version) (worker_info offset 1m)"
    ...     ),
    ... )

    `text` names labels of the result as a legend does, `colour` is a name of Grafana's palette.
    """

    title: str
    text: str
    colour: str
    prometheus: Query
    where: Location = field(default_factory=here, compare=False)


@dataclass(frozen=True)
class Dashboard:
    """A page of panels, all measured in the same `backends`.

    >>> error_ratio = Ratio(
    ...     title="Error ratio",
    ...     description="Share of jobs that failed.",
    ...     by="namespace",
    ...     prometheus=prom.Ratio(bad='jobs_total{status="error"}', total="jobs_total"),
    ... )
    >>> jobs = Dashboard(
    ...     title="Jobs",
    ...     description="Do jobs arrive, and do they work?",
    ...     backends=(Backend.PROMETHEUS,),
    ...     variables="namespace",
    ...     rows=(Row("Do they work?", error_ratio.stat(6), error_ratio.timeseries(18)),),
    ... )

    `variables` are the Prometheus labels by which a reader narrows it down. An environment gets the
    dashboard when it has at least one of its places; panels whose signal is measured in none of them are left out. It
    opens with the time `last`. `annotations` are drawn on its graphs. The loader fills in `name`: the name of the
    variable that holds the dashboard.
    """

    title: str
    description: str
    rows: tuple[Row, ...]
    backends: tuple[Backend, ...]
    variables: Words = ""
    last: str = "6h"
    annotations: tuple[Annotation, ...] = ()
    name: str = ""
    where: Location = field(default_factory=here, compare=False)

    def __post_init__(self) -> None:
        """Refuses `variables` that hold anything but names."""
        checked_words("variables", self.variables, where=self.where)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of `variables`."""
        return words(self.variables)
