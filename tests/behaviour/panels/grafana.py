"""A dashboard's file as Grafana runs it against Prometheus: variables, intervals, queries, legends, links from alerts.

What the documentation leaves open follows Grafana's source: `pkg/promlib/models/query.go` (steps, `$__rate_interval`,
alignment), `packages/grafana-data/src/datetime/rangeutil.ts` (rounding), `packages/grafana-prometheus/src/escaping.ts`
and `public/app/features/templating` (variables). One thing is stricter: Grafana sends a variable that it does not know
to Prometheus as it stands; here it is an error.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlsplit

from monitoring_kit.core.durations import parse_duration
from monitoring_kit.programs.prometheus import QueryFailed, fetch

Json = dict[str, Any]
ALL = "$__all"

# What Grafana knows in these tests: one data source, of which this is the uid.
DATA_SOURCES = {"prometheus": "prometheus"}

# A dashboard on a screen of 1920 pixels, without menu and margins. A graph asks for as many points as it is wide.
_DASHBOARD_PIXELS = 1800
_COLUMNS = 24
# The data source's setting "scrape interval", as Grafana has it when nobody has set it.
_SOURCE_INTERVAL = 15.0
_MOST_POINTS = 11_000
# Rounded to the second number when below the first, in seconds.
_ROUNDED = (
    (1.5, 1),
    (3.5, 2),
    (7.5, 5),
    (12.5, 10),
    (17.5, 15),
    (25, 20),
    (45, 30),
    (90, 60),
    (210, 120),
    (450, 300),
    (750, 600),
    (1050, 900),
    (1500, 1200),
    (2700, 1800),
    (5400, 3600),
    (9000, 7200),
    (16200, 10800),
    (32400, 21600),
    (86400, 43200),
    (604800, 86400),
    (math.inf, 604800),
)


class GrafanaError(Exception):
    """What a reader would see as a red corner on the panel, or should see: the message says why."""


@dataclass(frozen=True)
class TimeRange:
    """The dashboard's time range, in seconds since 1970."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True)
class Interval:
    """The intervals of one query, in seconds."""

    step: float
    rate_interval: float


@dataclass(frozen=True)
class DashboardVariable:
    """A variable with its options and what is chosen of them: `(ALL,)` for All."""

    definition: Json
    options: tuple[str, ...]
    chosen: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name that queries use."""
        return str(self.definition["name"])

    @property
    def is_several(self) -> bool:
        """Whether more than one value can be chosen, so that the value lands in a pattern."""
        return bool(self.definition.get("multi") or self.definition.get("includeAll"))


Variables = Mapping[str, DashboardVariable]


@dataclass(frozen=True)
class PanelLine:
    """A series of a panel: what it is called, and its points."""

    labels: Mapping[str, str]
    legend: str
    points: tuple[tuple[float, float], ...]

    @property
    def values(self) -> tuple[float, ...]:
        """The values that can be drawn."""
        return tuple(value for _, value in self.points if math.isfinite(value))


@dataclass(frozen=True)
class QueryResult:
    """What Prometheus answered to one query of a panel, and how many samples it had to look at for that."""

    target: Json
    query: str
    series: tuple[PanelLine, ...]
    samples: int


@dataclass(frozen=True)
class Link:
    """An address of one panel: the dashboard, the panel, the variables' values and the time range."""

    uid: str
    panel: int
    chosen: Mapping[str, tuple[str, ...]]
    time_range: TimeRange


def panels_of(dashboard: Json) -> Iterator[Json]:
    """The panels that have queries, those in collapsed rows too."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panels_of({"panels": panel.get("panels") or []})
        else:
            yield panel


def reads_prometheus(panel: Json) -> bool:
    """Whether the panel asks Prometheus."""
    return bool(panel["datasource"]["type"] == "prometheus")


# Variables


def resolve(
    dashboard: Json, address: str, time_range: TimeRange, chosen: Mapping[str, Sequence[str]] | None = None
) -> dict[str, DashboardVariable]:
    """The variables of a dashboard, each resolved with those before it. `chosen` is what the address bar says.

    Raises GrafanaError for a variable that cannot be resolved. One without options is no error to Grafana: it is empty.
    """
    variables: dict[str, DashboardVariable] = {}
    for definition in dashboard["templating"]["list"]:
        options = tuple(_options(definition, variables, address, time_range))
        name = definition["name"]
        values = tuple((chosen or {}).get(name, ())) or _current(definition, options)
        variables[name] = DashboardVariable(definition, options, values)
    return variables


def _options(definition: Json, variables: Variables, address: str, time_range: TimeRange) -> list[str]:
    match definition["type"]:
        case "datasource":
            return [uid for uid, kind in DATA_SOURCES.items() if kind == definition["query"]]
        case "query":
            source = definition["datasource"]
            _require_source(source, variables)
            return _sorted(_matching(_found(definition, variables, address, time_range), definition), definition)
        case "custom":
            return [text.strip().rpartition(" : ")[2] for text in definition["query"].split(",")]
        case "constant" | "textbox":
            return [definition["query"]]
        case other:
            raise GrafanaError(f"variable {definition['name']}: nobody knows the type {other!r}")


_LABEL_VALUES = re.compile(r"label_values\((?:(?P<selector>.+),\s*)?(?P<label>[a-zA-Z_][a-zA-Z0-9_]*)\)\s*")


def _found(definition: Json, variables: Variables, address: str, time_range: TimeRange) -> list[str]:
    query = definition["query"]
    text = interpolate(query["query"] if isinstance(query, dict) else query, variables, _range_words(time_range))
    matched = _LABEL_VALUES.fullmatch(text)
    if matched is None:
        raise GrafanaError(f"variable {definition['name']}: {text!r} is not label_values(selector, label)")
    parameters = {"start": repr(time_range.start), "end": repr(time_range.end)}
    if matched["selector"]:
        parameters["match[]"] = matched["selector"]
    found = ask(address, f"/api/v1/label/{matched['label']}/values", parameters, method="GET")
    return [str(value) for value in found]


def _matching(values: list[str], definition: Json) -> list[str]:
    """The values that the variable's pattern keeps; of a pattern with a group, what the group holds."""
    pattern = definition.get("regex") or ""
    if not pattern:
        return values
    written = re.fullmatch(r"/(.*)/[a-z]*", pattern)
    compiled = re.compile(written[1] if written else pattern)
    kept = [found for value in values if (found := compiled.search(value))]
    return list(dict.fromkeys(found[1] if compiled.groups else found.string for found in kept))


def _sorted(values: list[str], definition: Json) -> list[str]:
    match definition.get("sort", 0):
        case 1:
            return sorted(values)
        case 2:
            return sorted(values, reverse=True)
        case _:
            return values


def _current(definition: Json, options: tuple[str, ...]) -> tuple[str, ...]:
    """What the file says is chosen, as far as it still exists; else the first option."""
    saved = (definition.get("current") or {}).get("value")
    values = tuple(saved) if isinstance(saved, list) else (saved,) if saved else ()
    if ALL in values:
        return (ALL,)
    kept = tuple(value for value in values if value in options)
    if kept:
        return kept
    return (ALL,) if definition.get("includeAll") else options[:1]


# Interpolation

_REFERENCE = re.compile(
    r"\$(?P<plain>\w+)|\[\[(?P<square>\w+?)(?::(?P<square_format>\w+))?\]\]|\$\{(?P<braces>\w+)(?::(?P<format>[^}]+))?\}"
)


def interpolate(text: str, variables: Variables, built_in: Mapping[str, str]) -> str:
    """`text` with `$v`, `${v}`, `${v:format}` and `[[v]]` filled in. Raises GrafanaError for an unknown variable.

    `$1` and the like stay: they are the groups of `label_replace`.
    """

    def filled(reference: re.Match[str]) -> str:
        name = reference["plain"] or reference["square"] or reference["braces"]
        format = reference["square_format"] or reference["format"] or ""
        if name.isdigit():
            return reference[0]
        if name in built_in:
            return built_in[name]
        if name not in variables:
            known = ", ".join(f"${known}" for known in (*variables, *built_in))
            raise GrafanaError(f"there is no variable {reference[0]}; there are {known}")
        return _written(variables[name], format, variables, built_in)

    return _REFERENCE.sub(filled, text)


def _written(variable: DashboardVariable, format: str, variables: Variables, built_in: Mapping[str, str]) -> str:
    values = variable.chosen
    if values == (ALL,):
        if format == "text":
            return "All"
        every = variable.definition.get("allValue")
        if every and format != "percentencode":
            return interpolate(every, variables, built_in)
        values = variable.options
    if not format:
        return _for_promql(values, variable)
    if format not in _FORMATS:
        raise GrafanaError(f"variable {variable.name}: nobody knows the format {format!r}")
    return _FORMATS[format](values)


def _for_promql(values: Sequence[str], variable: DashboardVariable) -> str:
    """As the Prometheus data source writes values into a query: in a pattern escaped, several as alternatives."""
    if not variable.is_several:
        return "".join(value.replace("\\", "\\\\").replace("'", "\\\\'") for value in values[:1])
    escaped = [re.sub(r"[$^*{}\[\]+?.()|]", r"\\\\\g<0>", value.replace("\\", "\\" * 4)) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _alternatives(values: Sequence[str]) -> str:
    escaped = [re.sub(r"[\\^$*+?.()|[\]{}/]", r"\\\g<0>", value) for value in values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


_FORMATS: Mapping[str, Callable[[Sequence[str]], str]] = {
    "csv": ",".join,
    "raw": ",".join,
    "pipe": "|".join,
    "text": " + ".join,
    "regex": _alternatives,
    "glob": lambda values: values[0] if len(values) == 1 else f"{{{','.join(values)}}}",
    "json": lambda values: json.dumps(values[0] if len(values) == 1 else list(values)),
    "singlequote": lambda values: ",".join("'" + value.replace("'", "\\'") + "'" for value in values),
    "doublequote": lambda values: ",".join('"' + value.replace('"', '\\"') + '"' for value in values),
    "percentencode": lambda values: quote(values[0] if len(values) == 1 else f"{{{','.join(values)}}}", safe=""),
}


def _range_words(time_range: TimeRange) -> dict[str, str]:
    seconds = round(time_range.seconds)
    return {
        "__range": f"{seconds}s",
        "__range_s": f"{seconds}",
        "__range_ms": f"{seconds * 1000}",
        "__from": f"{round(time_range.start * 1000)}",
        "__to": f"{round(time_range.end * 1000)}",
    }


def _interval_words(interval: Interval) -> dict[str, str]:
    return {
        "__interval": f"{interval.step:g}s",
        "__interval_ms": f"{interval.step * 1000:.0f}",
        "__rate_interval": f"{interval.rate_interval:g}s",
        "__rate_interval_ms": f"{interval.rate_interval * 1000:.0f}",
    }


# Queries


def intervals(panel: Json, target: Json, time_range: TimeRange) -> Interval:
    """The step between the points of a query, and the window of `$__rate_interval`.

    The panel's shortest interval, or else the data source's, goes into the window; the query's own goes into both.
    """
    points = panel.get("maxDataPoints") or panel["gridPos"]["w"] * _DASHBOARD_PIXELS // _COLUMNS
    per_point = time_range.seconds / points
    of_panel = _seconds(panel.get("interval")) or _SOURCE_INTERVAL
    of_query = _seconds(target.get("interval")) or of_panel
    step = of_query if per_point < of_query else _rounded(per_point)
    return Interval(
        step=max(step, _rounded(time_range.seconds / _MOST_POINTS)),
        rate_interval=max(max(_rounded(per_point), of_panel) + of_query, 4 * of_query),
    )


def _seconds(written: str | None) -> float:
    return float(parse_duration(written).seconds) if written else 0.0


def _rounded(seconds: float) -> float:
    return float(next(rounded for below, rounded in _ROUNDED if seconds < below))


def run(panel: Json, variables: Variables, address: str, time_range: TimeRange) -> Iterator[QueryResult]:
    """Asks Prometheus what the panel asks, query by query. Raises GrafanaError for a query that cannot be run."""
    for target in panel["targets"]:
        if target.get("hide"):
            continue
        _require_source(target.get("datasource") or panel["datasource"], variables)
        yield _answer(panel, target, variables, address, time_range)


def _answer(panel: Json, target: Json, variables: Variables, address: str, time_range: TimeRange) -> QueryResult:
    interval = intervals(panel, target, time_range)
    built_in = _range_words(time_range) | _interval_words(interval)
    query = interpolate(target["expr"], variables, built_in)
    parameters = {"query": query, "stats": "all"}
    if target.get("instant"):
        data = ask(address, "/api/v1/query", {**parameters, "time": repr(time_range.end)})
    else:
        step = interval.step
        aligned = {
            "start": repr(math.floor(time_range.start / step) * step),
            "end": repr(math.floor(time_range.end / step) * step),
            "step": repr(step),
        }
        data = ask(address, "/api/v1/query_range", {**parameters, **aligned})
    legend = interpolate(target.get("legendFormat") or "", variables, built_in)
    return QueryResult(
        target=target,
        query=query,
        series=tuple(_series(found, legend) for found in _vector(data)),
        samples=data["stats"]["samples"]["totalQueryableSamples"],
    )


def _vector(data: Json) -> list[Json]:
    if data["resultType"] in ("scalar", "string"):
        return [{"metric": {}, "value": data["result"]}]
    return list(data["result"])


def _series(found: Json, legend: str) -> PanelLine:
    points = found["values"] if "values" in found else [found["value"]]
    labels: dict[str, str] = found["metric"]
    return PanelLine(labels, legend_of(legend, labels), tuple((float(time), float(value)) for time, value in points))


LEGEND_LABEL = re.compile(r"\{\{\s*(.+?)\s*\}\}")


def legend_of(legend: str, labels: Mapping[str, str]) -> str:
    """What a series is called: a label that it lacks leaves a hole. Without a legend, by all that tells it apart."""
    if legend in ("", "__auto"):
        return json.dumps(labels, sort_keys=True)
    return LEGEND_LABEL.sub(lambda hole: labels.get(hole[1], ""), legend)


def _require_source(source: Json, variables: Variables) -> None:
    uid = interpolate(source["uid"], variables, {})
    if DATA_SOURCES.get(uid) != source["type"]:
        raise GrafanaError(f"there is no data source {uid!r} of the type {source['type']!r}")


def ask(address: str, path: str, parameters: Mapping[str, str], method: Literal["GET", "POST"] = "POST") -> Any:
    """The data of Prometheus's answer. Raises GrafanaError with its words where it refuses."""
    try:
        return fetch(address, path, parameters, method)
    except QueryFailed as refused:
        raise GrafanaError(str(refused)) from None


# Links


def read_link(address: str, now: float) -> Link:
    """What the address of a panel means to Grafana. Raises GrafanaError for one that opens no panel of a dashboard."""
    parts = urlsplit(address)
    path = re.fullmatch(r".*/d/(?P<uid>[A-Za-z0-9_-]+)(/[^/]*)?", parts.path)
    chosen: dict[str, tuple[str, ...]] = {}
    others: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name.startswith("var-"):
            chosen[name[4:]] = (*chosen.get(name[4:], ()), value)
        else:
            others[name] = value
    if path is None or not others.get("viewPanel", "").isdigit():
        raise GrafanaError(f"{address} does not open a panel: it needs /d/<uid> and viewPanel=<id>")
    time_range = TimeRange(_moment(others.get("from", "now-6h"), now), _moment(others.get("to", "now"), now))
    return Link(path["uid"], int(others["viewPanel"]), chosen, time_range)


def _moment(written: str, now: float) -> float:
    if written.isdigit():
        return int(written) / 1000
    matched = re.fullmatch(r"now(?:-(?P<ago>\w+))?", written)
    if matched is None:
        raise GrafanaError(f"{written!r} is not a moment such as now-3h")
    return now - _seconds(matched["ago"])
