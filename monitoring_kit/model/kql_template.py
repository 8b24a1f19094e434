"""Kusto text with holes: what a query is written as, and how its panel form and its alert form come from it.

In a text, `{{ rows(Table) }}` becomes the table, narrowed to this service's rows (and, in a panel, to the dashboard's
time range); `{{ bin }}` groups by time (the dashboard's interval in a panel, the alert's window in an alert) and
`{{ width }}` is that width as a timespan. Any other value is a setting of the environment and lands as an escaped
Kusto literal: no text of an environment file can become syntax.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, StrictUndefined, Template, TemplateError

from monitoring_kit.core.durations import Duration
from monitoring_kit.kusto.literals import kql_string, kql_timespan
from monitoring_kit.model.log_tables import LogTable


class _Syntax(str):
    """Text that is Kusto already and is not to be quoted."""

    __slots__ = ()


@dataclass(frozen=True)
class Form:
    """How a query is used. `window` is None in a panel, where Grafana's macros stand for range and interval."""

    window: Duration | None

    @property
    def is_panel(self) -> bool:
        """Whether Grafana's macros may stand in the text."""
        return self.window is None

    @property
    def width(self) -> str:
        """The width of a time bin, as a Kusto timespan."""
        return "$__interval" if self.window is None else kql_timespan(self.window)


PANEL = Form(None)


def alert_form(window: Duration) -> Form:
    """The form of a log alert that Azure evaluates over `window`: it narrows the time range by itself."""
    return Form(window)


class KqlTemplateError(ValueError):
    """A text whose holes cannot be filled: a syntax error or an unknown name."""


def _literal(value: object) -> object:
    if isinstance(value, _Syntax):
        return value
    if isinstance(value, str):
        try:
            return kql_string(value)
        except ValueError as error:
            raise KqlTemplateError(str(error)) from None
    raise KqlTemplateError(f"{value!r} cannot stand in a query: use rows(Table), bin, width or a setting")


_JINJA = Environment(  # noqa: S701 - autoescape is for HTML; `finalize` turns every value into a Kusto literal
    undefined=StrictUndefined, finalize=_literal, keep_trailing_newline=False, trim_blocks=True, lstrip_blocks=True
)


def render_kql(text: str, form: Form, settings: Mapping[str, str], tables: Mapping[str, LogTable]) -> str:
    """`text` with its holes filled, in `form`.

    `tables` are the tables of the contract by name. Raises KqlTemplateError where a hole names nothing known.
    """
    time = _time_column(text, tables)
    names: dict[str, object] = {
        **settings,
        **tables,
        "rows": _rows(text, form, settings),
        "bin": _Syntax(f"bin({time}, {form.width})"),
        "width": _Syntax(form.width),
    }
    try:
        rendered = _template(text).render(names)
    except TemplateError as error:
        raise KqlTemplateError(str(error)) from None
    return "\n".join(line.rstrip() for line in rendered.strip().splitlines() if line.strip())


@cache  # the same texts for every environment
def _template(text: str) -> Template:
    return _JINJA.from_string(text)


def _rows(text: str, form: Form, settings: Mapping[str, str]) -> Callable[[LogTable], _Syntax]:
    def rows(table: LogTable) -> _Syntax:
        own = _template(table.own_rows).render(settings)
        lines = [table.name]
        if form.is_panel:
            lines.append(f"| where $__timeFilter({table.time})")
        if own != "true":
            lines.append(f"| where {own}")
        derived = {name: value for name, value in table.derived.items() if re.search(rf"\b{name}\b", text)}
        lines += [f"| extend {name} = {value}" for name, value in derived.items()]
        return _Syntax("\n".join(lines))

    return rows


def tables_named(text: str, tables: Mapping[str, LogTable]) -> tuple[LogTable, ...]:
    """The tables that `text` reads through `rows(...)`, in order of appearance."""
    found = [name.partition(")")[0].strip() for name in text.split("rows(")[1:]]
    return tuple(tables[name] for name in dict.fromkeys(found) if name in tables)


def _time_column(text: str, tables: Mapping[str, LogTable]) -> str:
    named = tables_named(text, tables)
    return named[0].time if named else "TimeGenerated"
