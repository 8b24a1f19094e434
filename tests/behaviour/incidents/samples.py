"""Samples as a scrape stores them, and the OpenMetrics text that promtool makes blocks of."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ScrapedSeries:
    """A series with its samples in order of time. `times` are seconds since 1970."""

    metric: str
    labels: Mapping[str, str] = field(hash=False)
    times: array[int] = field(default_factory=lambda: array("q"), repr=False, hash=False)
    values: array[float] = field(default_factory=lambda: array("d"), repr=False, hash=False)

    @property
    def name(self) -> str:
        """Metric and labels as Prometheus writes them. A label with an empty value is one that is not there."""
        labels = ",".join(f'{label}="{_escaped(value)}"' for label, value in sorted(self.labels.items()) if value)
        return f"{self.metric}{{{labels}}}"

    def add(self, time: int, value: float) -> None:
        """One more sample, later than all before it."""
        self.times.append(time)
        self.values.append(value)


class Samples:
    """All series of a recording."""

    def __init__(self) -> None:
        self._series: dict[str, ScrapedSeries] = {}

    def series(self, metric: str, labels: Mapping[str, str]) -> ScrapedSeries:
        """The series of this name, new and empty at first."""
        new = ScrapedSeries(metric, labels)
        return self._series.setdefault(new.name, new)

    def __iter__(self) -> Iterator[ScrapedSeries]:
        """Every series, ordered by metric, as OpenMetrics wants them."""
        return iter(sorted(self._series.values(), key=lambda series: (series.metric, series.name)))

    def openmetrics(self, start: int, end: int) -> str:
        """The samples from `start` to before `end`, timestamps in seconds.

        All metrics are declared unknown: the blocks that promtool makes of the text keep no types.
        """
        lines: list[str] = []
        metric = ""
        for series in self:
            first, last = bisect_left(series.times, start), bisect_left(series.times, end)
            if first == last:
                continue
            if series.metric != metric:
                metric = series.metric
                lines.append(f"# TYPE {metric} unknown")
            name = series.name
            pairs = zip(series.times[first:last], series.values[first:last], strict=True)
            lines += [f"{name} {value!r} {time}" for time, value in pairs]
        return "\n".join([*lines, "# EOF", ""])


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
