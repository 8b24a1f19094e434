"""What a build would change, in a reviewer's words: alerts, panels and files rather than lines of JSON."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from monitoring_kit.output.writer import Changes, compare

Facts = Mapping[str, Mapping[str, str]]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def describe(output: Path, environment: str, files: Mapping[str, str]) -> list[str]:
    """The differences between `files` and what stands in `output/environment`, as lines; none where there are none.

    Raises Refused where a file of the user's own is in the way.
    """
    changes = compare(output, environment, files)
    if not changes.any:
        return []
    before = {
        path: (output / environment / path).read_text(encoding="utf-8", errors="replace")
        for path in (*changes.changed, *changes.removed)
    }
    after = {path: files[path] for path in (*changes.added, *changes.changed)}
    told = list(_compared(_facts(before), _facts(after)))
    return [
        f"{environment}:",
        *(f"  {line}" for line in told or ["only texts and layout differ"]),
        *_file_lines(changes),
    ]


def _facts(files: Mapping[str, str]) -> Facts:
    """What the files say, by subject and attribute. A file that cannot be read says nothing: it will be replaced."""
    facts: dict[str, Mapping[str, str]] = {}
    for path, text in files.items():
        try:
            if path.startswith("prometheus/"):
                facts.update(_rules(yaml.load(text, _LOADER)))  # noqa: S506 - the safe loader in C
            elif path.startswith("grafana/"):
                facts.update(_dashboard(json.loads(text)))
            elif path == "azure/alerts.json":
                facts.update(_resources(json.loads(text)))
        except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return facts


def _rules(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for group in document["groups"]:
        for rule in group["rules"]:
            labels, annotations = rule.get("labels", {}), rule.get("annotations", {})
            if "record" in rule:
                told_apart = "".join(f" {name}={value}" for name, value in labels.items())
                yield f"recording {rule['record']}{told_apart}", {"expression": rule["expr"], "group": group["name"]}
                continue
            said = {"condition": rule["expr"], "for": rule.get("for", "0s"), "group": group["name"]}
            said |= {f"label {name}": value for name, value in labels.items()}
            said |= annotations
            yield f"alert {rule['alert']} ({labels.get('severity', 'no severity')})", said


def _dashboard(dashboard: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    uid = dashboard["uid"]
    variables = ", ".join(variable["name"] for variable in dashboard["templating"]["list"])
    yield f"dashboard {uid}", {"title": dashboard["title"], "variables": variables}
    for panel in dashboard["panels"]:
        said = {
            "title": panel["title"],
            "type": panel["type"],
            "place on the page": ", ".join(f"{key}={value}" for key, value in sorted(panel["gridPos"].items())),
            "unit": str(panel.get("fieldConfig", {}).get("defaults", {}).get("unit", "")),
            "thresholds": json.dumps(
                panel.get("fieldConfig", {}).get("defaults", {}).get("thresholds"), sort_keys=True
            ),
        }
        for target in panel.get("targets", []):
            said[f"query {target['refId']}"] = str(
                target.get("expr") or json.dumps(target.get("azureLogAnalytics") or target.get("azureMonitor"))
            )
        yield f"panel {panel['title']!r} ({panel['id']}) of dashboard {uid}", said


def _resources(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for resource in template["resources"]:
        said = dict(_flat(resource.get("properties", {})))
        yield f"Azure {resource['type'].partition('/')[2]} {resource['name']}", said


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _flat(value[key], f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}[{index}]")
    else:
        yield path, str(value)


def _compared(before: Facts, after: Facts) -> Iterator[str]:
    for subject in sorted({*before, *after}):
        if subject not in before:
            yield f"+ {subject}"
        elif subject not in after:
            yield f"- {subject}"
        else:
            yield from _changed(subject, before[subject], after[subject])


def _changed(subject: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for attribute in sorted({*old, *new}):
        was, now = old.get(attribute), new.get(attribute)
        if was == now:
            continue
        if was is None or now is None:
            yield f"~ {subject}: {attribute} {'added' if was is None else 'removed'}: {now if was is None else was}"
        elif "\n" in was + now:
            yield f"~ {subject}: {attribute}"
            lines = difflib.unified_diff(was.splitlines(), now.splitlines(), lineterm="", n=1)
            yield from (f"    {line}" for line in lines if not line.startswith(("---", "+++", "@@")))
        else:
            yield f"~ {subject}: {attribute} {was} -> {now}"


def _file_lines(changes: Changes) -> Iterator[str]:
    kinds = (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed))
    for kind, paths in kinds:
        if paths:
            yield f"  files {kind}: {', '.join(paths)}"
