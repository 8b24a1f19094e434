"""A check that the bound of a slow event is one of its histogram's own: between two of them a share is a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from monitoring_kit.core.findings import Finding
from monitoring_kit.core.units import Quantity
from monitoring_kit.model.metrics import Metric, bucket_label

Finder = Callable[[str, str, str], Finding]
"""Makes a finding about one definition, of the check, the problem and the remedy."""


def bucket_findings(slower_than: Quantity, metric: Metric, finding: Finder) -> Iterator[Finding]:
    """What is wrong with the bound, which is a time; `metric` is the histogram."""
    if slower_than.to(metric.unit) not in metric.buckets:
        bounds = " ".join(bucket_label(bucket) for bucket in metric.buckets)
        problem = f"slower_than is {slower_than}, which is no bucket bound of {metric.name}"
        remedy = f"a histogram is exact only at its bounds, in {metric.unit}: {bounds}; use one, or add a bucket"
        yield finding("bucket-bound", problem, remedy)
