"""The part of YAML that an environment file may use: blocks, lists and text, each with the line where it stands.

Every value stays the text that the file shows, so nothing changes its type on the way: `no` is the word no, 012 keeps
its zero and 5:30 is no number. Refused are anchors, aliases, merge keys and tags, which make a file mean something
other than it says, a key that stands twice, and characters that cannot be seen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import yaml

from monitoring_kit.core.findings import Finding, Location, Refused, shown_path
from monitoring_kit.core.shown import shown

MAX_BYTES = 64 * 1024
MAX_DEPTH = 10
MAX_VALUE = 1000
CHECK = "yaml"

# The parser of libyaml is ten times as fast and is part of PyYAML's wheels, but not of every build.
_LOADER: type[yaml.CSafeLoader] | type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNSEEN = frozenset(("Cc", "Cf", "Zl", "Zp"))
# Letters, marks and a braille pattern by their category, and yet nothing to see: fillers and variation selectors.
_BLANK = frozenset(map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)))
_SELECTORS = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_NOTHING = frozenset(("", "~", "null", "Null", "NULL"))
_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
_SYNTAX = (
    "Check indentation, quotes and brackets here and in the line above. A value needs quotes where it holds ': ' "
    "or ' #', or begins with one of @ ` % & * ! | > { } [ ] , ? #"
)


@dataclass(frozen=True)
class Text:
    """One value as written, without its quotes."""

    text: str
    quoted: bool
    where: Location

    @property
    def nothing(self) -> bool:
        """Whether no value was written: nothing at all, or a null without quotes."""
        return not self.quoted and self.text in _NOTHING


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    where: Location


@dataclass(frozen=True)
class Entry:
    """The value of a key, and where the key stands."""

    value: Node
    where: Location


@dataclass(frozen=True)
class Fields:
    """A block of keys and values, in the order of the file."""

    entries: Mapping[str, Entry]
    where: Location


@dataclass(frozen=True)
class Unusable:
    """A value that stands in the file and has been reported already."""

    where: Location


Node = Text | Items | Fields | Unusable


@dataclass(frozen=True)
class Document:
    """What a file holds, and what is wrong with how it is written."""

    root: Node
    findings: tuple[Finding, ...]


def child_path(parent: str, key: str) -> str:
    """The path of the field `key` below `parent`, as messages name it: "azure.online_endpoint.id"."""
    name = key if _NAME.fullmatch(key) or not key else shown(key)
    return ".".join(part for part in (parent, name) if part)


def read_yaml(path: str | Path, root: Path | None = None) -> Document:
    """The content of the YAML file at `path`. Raises Refused where it cannot be read or holds no content."""
    file = shown_path(path, root)
    return parse_yaml(_text(Path(path), file), file)


def parse_yaml(text: str, file: str) -> Document:
    """The content of `text`, which stands in `file`. Raises Refused where it is not the YAML that is allowed here."""
    text = text.replace("\r\n", "\n")
    unseen = list(_unseen(text, file))
    if unseen:
        raise Refused(unseen)
    reader = _Reader(file, yaml.parse(text, Loader=_LOADER))
    try:
        root = reader.root()
    except yaml.YAMLError as error:
        raise Refused(_syntax_error(error, text, file)) from None
    if root is None:
        problem = "the file holds no fields" if text.strip() else "the file is empty"
        remedy = "Copy one of the environments and change its values."
        raise Refused([*reader.findings, _finding(Location(file), "file", problem, remedy)])
    return Document(root, tuple(reader.findings))


def _text(path: Path, file: str) -> str:
    where = Location(file)
    try:
        if path.exists() and not path.is_file():
            kind = "a directory" if path.is_dir() else "not a regular file"
            raise Refused(_finding(where, "file", f"this is {kind}", "Name a YAML file."))
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refused(_finding(where, "file", f"cannot be read: {error.strerror}")) from None
    except ValueError:
        raise Refused(_finding(where, "file", "cannot be read: no file can have this name")) from None
    if len(content) > MAX_BYTES:
        raise Refused(_finding(where, "file", f"is larger than {MAX_BYTES // 1024} KiB", "Is it an environment file?"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"byte 0x{content[error.start]:02x} is not UTF-8"
        raise Refused(_finding(Location(file, line), "file", problem, "Save the file as UTF-8.")) from None


def _unseen(text: str, file: str) -> Iterator[Finding]:
    suspects = {c for c in set(text) if c != "\n" and _is_unseen(c)}
    for number, line in enumerate(text.split("\n") if suspects else (), start=1):
        for character in sorted(suspects.intersection(line)):
            problem = f"{_named(character)} in column {line.index(character) + 1}"
            remedy = "Write spaces instead." if character == "\t" else "Delete it: a reader cannot see it."
            yield _finding(Location(file, number), "file", problem, remedy)


def _is_unseen(character: str) -> bool:
    if character.isascii():
        return not character.isprintable()
    selects = any(ord(character) in selectors for selectors in _SELECTORS)
    return selects or character in _BLANK or unicodedata.category(character) in _UNSEEN


def _named(character: str) -> str:
    name = {"\t": "tab", "\n": "line break", "\r": "carriage return"}.get(character)
    return f"character U+{ord(character):04X} ({name or unicodedata.name(character, 'control character').lower()})"


def _syntax_error(error: yaml.YAMLError, text: str, file: str) -> Finding:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read").strip()
    if mark is None:
        return _finding(Location(file), "file", f"not YAML: {problem}", _SYNTAX)
    lines = text.split("\n")
    content = lines[mark.line].strip() if mark.line < len(lines) else ""
    found = f" in {shown(content)}" if content else ""
    problem = f"not YAML: {problem}, column {mark.column + 1}{found}"
    return _finding(Location(file, mark.line + 1), "file", problem, _SYNTAX)


def _finding(where: Location, subject: str, problem: str, remedy: str = "") -> Finding:
    return Finding(where, subject, problem, remedy, CHECK)


class _Reader:
    """Reads nodes from the parser's events, one function a kind of node. MAX_DEPTH bounds the recursion."""

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self._events = events
        self._depth = 0

    def root(self) -> Node | None:
        """The node of the first document, None where there is nothing. A second document is a finding."""
        root: Node | None = None
        documents = 0
        for event in self._events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            documents += 1
            if documents == 1:
                root = self._node(next(self._events), "")
            elif documents == 2:
                problem = "a second document begins with ---"
                self._report(self._where(event), "file", problem, "Write one environment a file.")
        return None if isinstance(root, Text) and root.nothing else root

    def _node(self, event: yaml.Event, path: str) -> Node:
        """The node that begins with `event`."""
        where, subject = self._where(event), path or "file"
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            remedy = "Write the value out: anchors and aliases are not used here. A text that begins so needs quotes."
            self._report(where, subject, f"found {shown(sign + event.anchor)}", remedy)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            remedy = "Leave the tag out: every value is text. A text that begins with ! needs quotes."
            self._report(where, subject, f"found the tag {shown(tag)}", remedy)
        match event:
            case yaml.ScalarEvent():
                return self._scalar(event, subject, where)
            case yaml.CollectionStartEvent():
                if self._depth == MAX_DEPTH:
                    problem = f"more than {MAX_DEPTH} blocks or lists stand in each other"
                    raise Refused([*self.findings, _finding(where, subject, problem, "No field is that deep.")])
                self._depth += 1
                is_list = isinstance(event, yaml.SequenceStartEvent)
                node = self._items(path, where) if is_list else self._fields(path, where)
                self._depth -= 1
                return node
            case _:
                return Unusable(where)

    def _items(self, path: str, where: Location) -> Items:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, f"{path}[{len(items)}]"))
        return Items(tuple(items), where)

    def _fields(self, path: str, where: Location) -> Fields:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key_where = self._where(event)
            key = self._key(self._node(event, path), path or "file", entries)
            value = self._node(next(self._events), child_path(path, key or ""))
            if key is not None:
                entries[key] = Entry(value, key_where)
        return Fields(MappingProxyType(entries), where)

    def _scalar(self, event: yaml.ScalarEvent, subject: str, where: Location) -> Node:
        # A block scalar ends with a line break that its author did not mean.
        text = event.value.removesuffix("\n") if event.style in ("|", ">") else event.value
        unseen = next((c for c in text if _is_unseen(c)), None)
        if unseen is not None:
            self._report(where, subject, f"{_named(unseen)} in {shown(text)}", "Write one line of visible characters.")
        elif len(text) > MAX_VALUE:
            problem = f"{shown(text)} has {len(text)} characters"
            self._report(where, subject, problem, f"The longest value has {MAX_VALUE}.")
        else:
            return Text(text, not event.implicit[0], where)
        return Unusable(where)

    def _key(self, node: Node, subject: str, entries: Mapping[str, Entry]) -> str | None:
        """The key that `node` is, None where the entry has to be passed over."""
        if isinstance(node, Unusable):
            return None
        if not isinstance(node, Text) or node.nothing:
            self._report(node.where, subject, "a key that is not a word", "Write `field: value`.")
            return None
        if node.text == "<<" and not node.quoted:
            self._report(node.where, subject, "found the merge key '<<'", "Write the fields out.")
            return None
        if node.text in entries:
            first = entries[node.text].where.line
            problem = f"the key {shown(node.text)} stands twice, first in line {first}"
            self._report(node.where, subject, problem, "Delete one of the two.")
            return None
        return node.text

    def _where(self, event: yaml.Event) -> Location:
        return Location(self.file, event.start_mark.line + 1 if event.start_mark else 0)

    def _report(self, where: Location, subject: str, problem: str, remedy: str) -> None:
        self.findings.append(_finding(where, subject, problem, remedy))
