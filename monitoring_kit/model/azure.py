"""How Azure Monitor itself measures: the platform metrics of its resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from monitoring_kit.core.findings import Location, here
from monitoring_kit.core.units import Unit
from monitoring_kit.core.words import Words, checked_words, words
from monitoring_kit.model.log_tables import PlatformMetric


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A platform metric, aggregated over a minute and split by the dimensions `by` (one alert a value).

    >>> LAG = platform_metric(
    ...     "Microsoft.EventHub/namespaces", "ConsumerLag", unit=COUNT, aggregations="Maximum", dimensions="EntityName"
    ... )
    >>> lag = azure.Metric(metric=LAG, aggregation="Maximum", by="EntityName")
    """

    metric: PlatformMetric
    aggregation: Literal["Average", "Minimum", "Maximum", "Total", "Count"] = "Average"
    by: Words = ""
    only: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    where: Location = field(default_factory=here, compare=False)

    def __post_init__(self) -> None:
        """Refuses a `by` that holds anything but names."""
        checked_words("by", self.by, like=("EntityName",), where=self.where)

    def judged_unit(self, shown: Unit) -> Unit:
        """The unit of the value that an alert compares: that of Azure's figures, whatever the signal's is."""
        return self.metric.unit

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions of `by`."""
        return words(self.by)

    @property
    def on_deployment(self) -> bool:
        """Whether each deployment of an endpoint has the metric, rather than the endpoint."""
        return self.metric.namespace.endswith("/deployments")
