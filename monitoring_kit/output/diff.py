"""What a build would change, in a reviewer's words: alerts, panels and files rather than lines of JSON."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from monitoring_kit.output.facts import Thing, things
from monitoring_kit.output.writer import MANIFEST, MANIFEST_HEADER, Changes, compare

WIDTH = 120
FURTHER = "    "  # before what a line has no more room for
SHOWN_FIELDS = 4
INCIDENTS = "incidents.md"
LINE_MOVED = "line moved"
MANY = 5  # things of which the same is told: from more on they are counted, not named

# How a change of a part is told. Any other part "changed".
_TOLD = {
    "line": LINE_MOVED,
    "summary": "summary reworded",
    "description": "description reworded",
    "dashboard_url": "link to the dashboard changed",
    "runbook_url": "link to the runbook changed",
}
_CONDITION = {"", "for", "judged from", "window"}
_KINDS = {"panel", "row", "dashboard", "recording"}
_NUMBER = re.compile(r"(?<![\w.\"])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w\"]|\.\d)")
_ROW = re.compile(r"^\| (?P<incident>[^|]+) \| (?P<alert>\w+) \| (?P<severity>\w+) \|")

Raised = Mapping[tuple[str, str], tuple[str, ...]]


def describe(output: Path, environment: str, files: Mapping[str, str], *, verbose: bool = False) -> list[str]:
    """The differences between `files` and what stands in `output/environment`, as lines; none if there are none.

    No line is longer than 120 characters, and none holds JSON. With `verbose` each is followed by its details: queries
    as a diff, fields of JSON by path, whole texts, the names of files. Raises Refused if a file of the user's own is in
    the way.
    """
    changes = compare(output, environment, files)
    if not changes.any:
        return []
    before = {
        # What is not UTF-8 was broken by somebody: a build replaces it, and until then it can be shown.
        path: (output / environment / path).read_text(encoding="utf-8", errors="replace")
        for path in (*changes.changed, *changes.removed)
    }
    after = {path: files[path] for path in (*changes.added, *changes.changed)}
    told = [*_Comparison(things(before), things(after), recorded_incidents(output)).lines(verbose=verbose)]
    told = told or ["only texts and layout differ"]
    return [_cut(f"{environment}:"), *(f"  {line}" for line in told), *_file_lines(changes, verbose)]


def describe_removed(output: Path, environments: Collection[str]) -> list[str]:
    """A line for each environment that was built into `output` and is none of `environments` any more."""
    lines = []
    for manifest in sorted(output.glob(f"*/{MANIFEST}")):
        name = manifest.parent.name
        if name in environments or not manifest.read_bytes().startswith(MANIFEST_HEADER.encode()):
            continue
        if removed := compare(output, name, {}).removed:
            lines.append(_cut(f"{name}: is not defined any more, {len(removed)} files are removed"))
    return lines


def recorded_incidents(output: Path) -> Raised | None:
    """The recorded incidents in which an alert is raised, by its name and severity. None if no table says so."""
    try:
        text = (output / INCIDENTS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    raised: dict[tuple[str, str], dict[str, None]] = {}
    for row in filter(None, map(_ROW.match, text.splitlines())):
        raised.setdefault((row["alert"], row["severity"]), {})[row["incident"]] = None
    return {alert: tuple(incidents) for alert, incidents in raised.items()}


@dataclass(frozen=True)
class _Told:
    """What is told of a thing: that it is new (+), gone (-) or in what it changed (~)."""

    sign: str
    phrases: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    details: tuple[str, ...] = ()

    def lines(self, name: str) -> Iterator[str]:
        """What is told, of a thing called `name`."""
        if self.sign != "~" or self.phrases or self.details:
            head = f"{self.sign} {name}"
            yield from _wrapped(f"{head}: ", self.phrases, "; ") if self.phrases else [_cut(head, WIDTH - 2)]
        if self.incidents:
            yield from (f"    {line}" for line in _wrapped("incidents: ", self.incidents, ", ", WIDTH - 6))
        yield from self.details


@dataclass(frozen=True)
class _Comparison:
    """What files described and describe, and in which recorded incidents their alerts are raised."""

    before: Mapping[str, Thing]
    after: Mapping[str, Thing]
    raised: Raised | None

    def lines(self, *, verbose: bool) -> Iterator[str]:
        told: dict[_Told, list[str]] = {}  # the names of the things of which one thing is told
        for key in sorted({*self.before, *self.after}):
            old, new = self.before.get(key), self.after.get(key)
            change = self._told(key, old, new)
            change = replace(change, details=tuple(_details(old, new))) if verbose else change
            names = told.setdefault(change, [])
            name = (new or old or Thing("")).name
            if name not in names:  # the rules of one alert, such as one for each deployment, have one name
                names.append(name)
        for change, names in told.items():
            for called in [_number_of(names)] if len(names) > MANY else names:
                yield from change.lines(called)
        yield from self._moved()

    def _told(self, key: str, old: Thing | None, new: Thing | None) -> _Told:
        if new is None:
            return _Told("-", (), self._incidents(old))
        if old is None:
            return _Told("+", (new.condition,) if new.condition else ())
        phrases = self.phrases[key]
        if phrases == [LINE_MOVED] and new.name in self._told_with_an_alert:
            return _Told("~")
        if phrases and self._only_the_line_moved(new.panel):
            phrases = [*phrases, f"panel {self.after[new.panel].stated['title']}: {LINE_MOVED}"]
        return _Told("~", tuple(phrases), self._incidents(new) if _condition_changed(old, new) else ())

    @cached_property
    def phrases(self) -> Mapping[str, list[str]]:
        """What changed of each thing that was there and still is."""
        return {key: _phrases(self.before[key], new) for key, new in self.after.items() if key in self.before}

    @cached_property
    def _told_with_an_alert(self) -> frozenset[str]:
        """Names of panels on which a line moved, as is told beside the alert that opens one of them."""
        opened = (self.after[key].panel for key, phrases in self.phrases.items() if phrases)
        return frozenset(self.after[panel].name for panel in opened if self._only_the_line_moved(panel))

    def _only_the_line_moved(self, panel: str) -> bool:
        return self.phrases.get(panel) == [LINE_MOVED]

    def _incidents(self, thing: Thing | None) -> tuple[str, ...]:
        """In which recorded incidents an alert was raised before the change, if a table says so."""
        if self.raised is None or thing is None or thing.alert is None:
            return ()
        return self.raised.get(thing.alert, ("none raises it",))

    def _moved(self) -> Iterator[str]:
        """How many panels stand elsewhere on a dashboard: one that is put in moves all that follow."""
        moved = Counter(
            key.partition(" ")[2].partition("/")[0]
            for key in self.after
            if key in self.before and self.before[key].parts.get("place") != self.after[key].parts.get("place")
        )
        for uid, number in sorted(moved.items()):
            yield _cut(f"~ dashboard {uid}: {number} {'panels' if number > 1 else 'panel'} moved on the page")


def _number_of(names: Sequence[str]) -> str:
    """Names that are too many to read: "22 alerts", or "22 things" if they are not of one kind."""
    kinds = {first if (first := name.partition(" ")[0]) in _KINDS else "alert" for name in names}
    return f"{len(names)} {kinds.pop() if len(kinds) == 1 else 'thing'}s"


def _condition_changed(old: Thing, new: Thing) -> bool:
    return _level_changed(old, new) or old.parts.get("query") != new.parts.get("query")


def _level_changed(old: Thing, new: Thing) -> bool:
    return any(old.stated.get(label) != new.stated.get(label) for label in _CONDITION)


def _phrases(old: Thing, new: Thing) -> list[str]:
    """What changed, each in a few words.

    A text or query in which only numbers differ is not told beside the value that is behind them.
    """
    phrases = [
        _stated(label, old.stated.get(label), new.stated.get(label))
        for label in dict.fromkeys((*old.stated, *new.stated))
        if old.stated.get(label) != new.stated.get(label)
    ]
    explained = _level_changed(old, new) or old.parts.get("line") != new.parts.get("line")
    for label in dict.fromkeys((*old.parts, *new.parts)):
        was, now = old.parts.get(label, ""), new.parts.get(label, "")
        if label != "place" and _differ(was, now, explained and label != "line"):
            phrases.append(_TOLD.get(label, f"{label.partition(' ')[0]} changed"))
    leaves = [
        _leaf(path)
        for path in (*old.fields, *new.fields)
        if _differ(old.fields.get(path, ""), new.fields.get(path, ""), explained)
    ]
    phrases += [_TOLD[leaf] for leaf in leaves if leaf in _TOLD]
    if fields := list(dict.fromkeys(leaf for leaf in leaves if leaf not in _TOLD)):
        rest = f" and {len(fields) - SHOWN_FIELDS} more" if len(fields) > SHOWN_FIELDS else ""
        phrases.append(f"{', '.join(fields[:SHOWN_FIELDS])}{rest} changed")
    return list(dict.fromkeys(phrases))


def _differ(was: str, now: str, explained: bool) -> bool:
    return was != now and not (explained and _NUMBER.sub("#", was) == _NUMBER.sub("#", now))


def _leaf(path: str) -> str:
    """The name of a field without what it lies in: "timeAggregation" of "criteria.allOf[0].timeAggregation"."""
    return path.rpartition(".")[2].partition("[")[0]


def _stated(label: str, was: str | None, now: str | None) -> str:
    """A value as it was and as it is. Of a level only the words that differ: "5% -> 6%"."""
    old, new = (was or "").split(), (now or "").split()
    if not old or not new:
        return f"{label or 'level'} {' '.join(old or new)} {'added' if new else 'removed'}"
    if not label:
        while len(old) > 1 and len(new) > 1 and old[0] == new[0]:
            old, new = old[1:], new[1:]
        while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
    return f"{label} {' '.join(old)} -> {' '.join(new)}".lstrip()


def _details(old: Thing | None, new: Thing | None) -> Iterator[str]:
    """Everything that differs, each value whole and each text line by line."""
    was, now = _everything(old), _everything(new)
    for label in dict.fromkeys((*was, *now)):
        before, after = was.get(label), now.get(label)
        if before == after:
            continue
        if before is None or after is None or "\n" in before + after:
            yield f"    {label}"
            lines = difflib.unified_diff((before or "").splitlines(), (after or "").splitlines(), lineterm="", n=1)
            yield from (f"      {line}" for line in lines if not line.startswith(("---", "+++", "@@")))
        else:
            yield f"    {label} {before} -> {after}"


def _everything(thing: Thing | None) -> dict[str, str]:
    if thing is None:
        return {}
    return {**{label or "fires at": value for label, value in thing.stated.items()}, **thing.parts, **thing.fields}


def _file_lines(changes: Changes, verbose: bool) -> Iterator[str]:
    kinds = (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed))
    for kind, paths in kinds:
        if verbose:
            yield from (f"  file {kind}: {path}" for path in paths)
        elif paths:
            folders = Counter(PurePosixPath(path).parts[0] for path in paths)
            counts = [f"{folder} ({number})" if number > 1 else folder for folder, number in sorted(folders.items())]
            yield from (f"  {line}" for line in _wrapped(f"files {kind}: ", counts, ", ", WIDTH - 2))


def _wrapped(head: str, items: Sequence[str], separator: str, width: int = WIDTH - 2) -> list[str]:
    """`head` and the items on as few lines as they need, further lines indented. What no line has room for is cut."""
    lines, line = [], head
    for index, item in enumerate(items):
        text = item + (separator if index < len(items) - 1 else "")
        if len(line + text.rstrip()) > width and line not in (head, FURTHER):
            lines.append(line.rstrip())
            line = FURTHER
        line += text
    return [_cut(line.rstrip(), width) for line in (*lines, line)]


def _cut(line: str, width: int = WIDTH) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"
