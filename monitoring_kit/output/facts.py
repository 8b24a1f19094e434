"""What generated files say, taken apart into things that a reviewer knows: alerts, panels, recordings, resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# The sentences that plan/texts.py writes into the description of every alert.
_JUDGED = re.compile(
    r"(?: over (?P<window>[\w ]+))?\. Threshold: (?P<level>.+?)"
    r"(?: for (?P<lasting>[^,.]+))?(?:, judged only from (?P<guard>\d+ (?:bad )?events) on)?\. Why: "
)
_PANEL_LINK = re.compile(r"/d/([^?]+)\?.*\bviewPanel=(\d+)")


@dataclass(frozen=True)
class Thing:
    """An alert, panel, dashboard, recording, rule group or resource that a file describes.

    `stated` are short values by label, which are told as they were and as they are; the label "" needs no word. `parts`
    are long ones, of which the default output tells only that they changed. `fields` are those of JSON, by path.
    `alert` is the name and severity of a Prometheus alert, `panel` the key of the panel that an alert's link opens.
    """

    name: str
    stated: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    alert: tuple[str, str] | None = None
    panel: str = ""

    @property
    def condition(self) -> str:
        """What an alert fires at, in words; "" for anything else."""
        level, lasting = self.stated.get("", ""), self.stated.get("for", "")
        return f"{level}{f' for {lasting}' if lasting not in ('', '0s') else ''}" if level else ""


def things(files: Mapping[str, str]) -> dict[str, Thing]:
    """What `files` (text by path) describe, by a key that stays the same when a value changes.

    A file that cannot be understood describes nothing: a build replaces it.
    """
    found: dict[str, Thing] = {}
    for path, text in files.items():
        try:
            if path.startswith("prometheus/"):
                found.update(_rules(yaml.load(text, _LOADER)))  # noqa: S506 - the safe loader in C
            elif path.startswith("grafana/"):
                found.update(_dashboard(json.loads(text)))
            elif path == "azure/alerts.json":
                found.update(_resources(json.loads(text)))
        except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def _rules(document: dict[str, Any]) -> Iterator[tuple[str, Thing]]:
    for group in document["groups"]:
        settings = {key: str(value) for key, value in group.items() if key not in ("name", "rules")}
        yield f"rule group {group['name']}", Thing(f"rule group {group['name']}", settings)
        for rule in group["rules"]:
            labels = {key: str(value) for key, value in rule.get("labels", {}).items()}
            if "record" in rule:
                name = " ".join(
                    ["recording", str(rule["record"]), *(f"{key}={value}" for key, value in labels.items())]
                )
                yield name, Thing(name, {"group": str(group["name"])}, {"query": str(rule["expr"])})
            else:
                yield _alert_rule(rule, labels, str(group["name"]))


def _alert_rule(rule: dict[str, Any], labels: dict[str, str], group: str) -> tuple[str, Thing]:
    texts = {key: str(value) for key, value in rule.get("annotations", {}).items()}
    severity = labels.pop("severity", "of no severity")
    team = {"team": labels.pop("team")} if "team" in labels else {}
    judged, description = _judged(texts.pop("description", ""))
    judged["for"] = str(rule.get("for", "0s"))
    name = f"{rule['alert']} {severity}"
    return f"alert {name}", Thing(
        name,
        {**judged, **team, **{f"label {key}": value for key, value in labels.items()}, "group": group},
        {"query": str(rule["expr"]), "description": description, **texts},
        alert=(str(rule["alert"]), severity),
        panel=_panel_key(texts.get("dashboard_url", "")),
    )


def _judged(description: str) -> tuple[dict[str, str], str]:
    """The level, window, time and guard that a description names, and the rest of it."""
    found = _JUDGED.search(description)
    if found is None:
        return {}, description
    words = {"": found["level"], "window": found["window"], "for": found["lasting"]}
    words["judged from"] = found["guard"]
    rest = f"{description[: found.start()]}. Why: {description[found.end() :]}"
    return {label: value for label, value in words.items() if value}, rest


def _panel_key(link: str) -> str:
    found = _PANEL_LINK.search(link)
    return f"panel {found[1]}/{found[2]}" if found else ""


def _dashboard(dashboard: dict[str, Any]) -> Iterator[tuple[str, Thing]]:
    uid = dashboard["uid"]
    variables = ", ".join(str(variable["name"]) for variable in dashboard["templating"]["list"])
    rest = {key: value for key, value in dashboard.items() if key not in ("panels", "templating", "title")}
    stated = {"title": str(dashboard["title"]), "variables": variables}
    yield f"dashboard {uid}", Thing(f"dashboard {uid}", stated, fields=dict(_flat(rest)))
    for panel in dashboard["panels"]:
        yield f"panel {uid}/{panel['id']}", _panel(panel, uid)


def _panel(panel: dict[str, Any], uid: str) -> Thing:
    defaults = panel.get("fieldConfig", {}).get("defaults", {})
    kind = "row" if panel["type"] == "row" else "panel"
    parts = {"place": ", ".join(f"{key}={value}" for key, value in sorted(panel["gridPos"].items()))}
    if defaults.get("thresholds"):
        parts["line"] = _lines(defaults["thresholds"])
    if panel.get("description"):
        parts["description"] = str(panel["description"])
    for target in panel.get("targets", []):
        parts[f"query {target['refId']}"] = _query(target)
    told = {"gridPos", "description", "targets", "title", "type"}
    rest = {key: value for key, value in panel.items() if key not in told}
    fields = {path: value for path, value in _flat(rest) if not path.startswith("fieldConfig.defaults.thresholds.")}
    unit = fields.pop("fieldConfig.defaults.unit", "")
    stated = {"title": str(panel["title"]), "type": str(panel["type"]), "unit": unit}
    return Thing(f"{kind} {panel['title']} on {uid}", stated, parts, fields)


def _lines(thresholds: dict[str, Any]) -> str:
    """The colours of a panel's thresholds and where each begins: "green, red from 0.05"."""
    return ", ".join(
        str(step["color"]) + (f" from {step['value']:.6g}" if step["value"] is not None else "")
        for step in thresholds["steps"]
    )


def _query(target: dict[str, Any]) -> str:
    if "expr" in target:
        return str(target["expr"])
    azure = target.get("azureLogAnalytics") or target.get("azureMonitor") or {}
    return str(azure.get("query") or "\n".join(f"{path}: {value}" for path, value in _flat(azure)))


def _resources(template: dict[str, Any]) -> Iterator[tuple[str, Thing]]:
    for resource in template["resources"]:
        kind, name = resource["type"].partition("/")[2], resource["name"]
        properties = resource.get("properties", {})
        texts = _alert_texts(properties)
        if "alertname" not in texts:
            yield f"Azure {kind} {name}", Thing(f"Azure {kind} {name}", fields=dict(_flat(properties)))
            continue
        judged, description = _judged(str(properties.get("description", "")))
        fields = {path: value for path, value in _flat(properties) if path != "description"}
        parts = {"description": description}
        for path in [path for path in fields if path.endswith(".query")]:
            parts["query"] = fields.pop(path)
        panel = _panel_key(str(texts.get("dashboard_url", "")))
        called = f"{texts['alertname']} {texts.get('severity', '')} on Azure"
        yield f"Azure {kind} {name}", Thing(called, judged, parts, fields, panel=panel)


def _alert_texts(properties: dict[str, Any]) -> dict[str, str]:
    """The alert's name, severity and links, which a log alert and a metric alert carry at different places."""
    actions = properties.get("actions", {})
    if isinstance(actions, dict):
        return dict(actions.get("customProperties", {}))
    return dict(actions[0].get("webHookProperties", {})) if actions else {}


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _flat(value[key], f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}[{index}]")
    else:
        yield path, str(value)
