"""What of YAML is read, that every value stays as written, and where everything else is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from monitoring_kit.core.findings import Finding, Refused
from monitoring_kit.core.shown import shown
from monitoring_kit.environment import strict_yaml
from monitoring_kit.environment.strict_yaml import MAX_BYTES, Fields, Items, Text, parse_yaml, read_yaml


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML is built with or without libyaml; both have to give the same lines and refuse the same files."""
    loader = {"libyaml": yaml.CSafeLoader, "python": yaml.SafeLoader}[request.param]
    monkeypatch.setattr(strict_yaml, "_LOADER", loader)


def refused(text: str) -> tuple[Finding, ...]:
    try:
        return parse_yaml(text, "f.yaml").findings
    except Refused as refusal:
        return refusal.findings


@pytest.mark.parametrize(
    "written",
    [
        "no",
        "on",
        "yes",
        "y",
        "true",
        "012",
        "0x1F",
        "0o17",
        "1_000",
        "1e3",
        "5:30",
        "190:20:30",
        "2026-11-23",
        ".inf",
        "=",
    ],
)
def test_a_value_that_yaml_would_turn_into_something_else_stays_as_written(written: str) -> None:
    root = parse_yaml(f"key: {written}\n", "f.yaml").root
    assert isinstance(root, Fields)
    value = root.entries["key"].value
    assert isinstance(value, Text)
    assert value.text == written


@pytest.mark.parametrize("written", ["", "~", "null", "Null", "NULL", "# comment"])
def test_a_null_is_no_value(written: str) -> None:
    root = parse_yaml(f"key: {written}\n", "f.yaml").root
    assert isinstance(root, Fields)
    value = root.entries["key"].value
    assert isinstance(value, Text)
    assert value.nothing


def test_quotes_block_scalars_lists_and_blocks_are_read_with_their_lines() -> None:
    text = "a: 'null'\r\nb:\r\n  - x\r\n  - {c: 1}\r\nd: >\r\n  two\r\n  words\r\n# é 😀\r\ne: \"x\"\r\n"
    root = parse_yaml(text, "f.yaml").root
    assert isinstance(root, Fields)
    assert {key: entry.where.line for key, entry in root.entries.items()} == {"a": 1, "b": 2, "d": 5, "e": 9}
    a, b, d = (root.entries[key].value for key in "abd")
    assert isinstance(a, Text)
    assert not a.nothing
    assert isinstance(d, Text)
    assert d.text == "two words"
    assert isinstance(b, Items)
    assert [item.where.line for item in b.items] == [3, 4]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 0, "the file is empty"),
        ("# only a comment\n", 0, "the file holds no fields"),
        ("---\n", 0, "the file holds no fields"),
        ("~\n", 0, "the file holds no fields"),
        ("a: 1\nb: c: d\n", 2, "not YAML"),
        ("a: 1\n b: 2\n", 2, "column 3 in 'b: 2'"),
        ("a: 1\nb: [1, 2\n", 3, "not YAML"),
        ("a: 1\nb: @x\n", 2, "not YAML"),
        ("a: 1\nb: %x\n", 2, "not YAML"),
        ("a: 1\nb: 'x\n", 3, "not YAML"),
        ("%YAML 9.9\n---\na: 1\n", 1, "not YAML"),
        ("a: 1\n\tb: 1\n", 2, "U+0009 (tab) in column 1"),
        ("a:\t1\n", 1, "U+0009 (tab) in column 3"),
        ("a: 1\nb: x\x00y\n", 2, "U+0000 (control character) in column 5"),
        ("a: 1\nb: x\x1b[31m\n", 2, "U+001B"),
        ("a: 1\nb: x\u202ey\n", 2, "U+202E (right-to-left override)"),
        ("a: 1\n# \u2066\n", 2, "U+2066"),
        ("a: 1\nb: x\u200by\n", 2, "U+200B (zero width space)"),
        ("a: 1\nb: x\u2028y\n", 2, "U+2028 (line separator)"),
        ("a: 1\nb: x\u3164y\n", 2, "U+3164 (hangul filler)"),
        ("a: 1\nb: x\u2800y\n", 2, "U+2800 (braille pattern blank)"),
        ("a: 1\nb: x\ufe0fy\n", 2, "U+FE0F (variation selector-16)"),
        ("a: 1\rb: 2\n", 1, "U+000D (carriage return)"),
        ("a: 1\nb: \ufffe\n", 0, "not YAML"),
        ('a: 1\nb: "x\\0"\n', 2, "b: character U+0000"),
        ('a: 1\nb: "x\\u202e"\n', 2, "b: character U+202E"),
        ('a: 1\nb: "x\\ny"\n', 2, "b: character U+000A (line break) in 'x\\ny'"),
        ("a: 1\nb: |\n  x\n  y\n", 2, "b: character U+000A (line break)"),
        ('"x\\ny": 1\n', 1, "character U+000A (line break)"),
        ("a: 1\nb: &x 2\n", 2, "b: found '&x'"),
        ("a: &x 2\nb: *x\n", 2, "b: found '*x'"),
        ("a: *unknown\n", 1, "a: found '*unknown'"),
        ("a: {b: 1}\n<<: {c: 1}\n", 2, "the merge key '<<'"),
        ("a: !!str 1\n", 1, "a: found the tag '!!str'"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "found the tag '!!python/object/apply:os.system'"),
        ("a: ! 1\n", 1, "found the tag '!'"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, "b: the key 'c' stands twice, first in line 3"),
        ("a: 1\n'a': 2\n", 2, "the key 'a' stands twice, first in line 1"),
        ("? [x]\n: 1\n", 1, "a key that is not a word"),
        ("? {x: 1}\n: 1\n", 1, "a key that is not a word"),
        ("? \n: 1\n", 1, "a key that is not a word"),
        ("~: 1\n", 1, "a key that is not a word"),
        ("a: 1\n---\nb: 1\n", 2, "a second document begins with ---"),
        (f"a: 1\nb: {'x' * 1001}\n", 2, "has 1001 characters"),
        (f"a: 1\n? {'x' * 1001}\n: 1\n", 2, "has 1001 characters"),
        ("a: " + "[" * 30_000, 1, "more than 10 blocks or lists stand in each other"),
        ("a: " + "{a: " * 10_000, 1, "more than 10 blocks or lists stand in each other"),
        ("- " * 30_000, 1, "more than 10 blocks or lists stand in each other"),
    ],
)
def test_what_is_not_read_is_named_with_its_line(text: str, line: int, says: str) -> None:
    findings = refused(text)
    assert [f for f in findings if f.where.line == line and says in str(f) and "\n" not in f.problem], findings
    assert all(finding.remedy for finding in findings)


def test_entities_that_multiply_are_refused_before_they_do() -> None:
    laughs = "a0: &a0 [lol, lol]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 100))
    assert len(refused(laughs)) == 100 + 2 * 99


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"a: 1\nb: \xe9t\xe9\n", 2, "byte 0xe9 is not UTF-8"),
        ("a: 1\n".encode("utf-16"), 1, "is not UTF-8"),
        (b"#" * (MAX_BYTES + 1), 0, "is larger than 64 KiB"),
    ],
)
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes, line: int, says: str) -> None:
    path = tmp_path / "production.yaml"
    path.write_bytes(content)
    with pytest.raises(Refused, match=says) as refusal:
        read_yaml(path)
    assert refusal.value.findings[0].where.line == line


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "production.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert isinstance(read_yaml(path).root, Fields)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder, "this is a directory"),
        (lambda _: Path("/dev/zero"), "this is not a regular file"),
        (lambda folder: folder / "absent.yaml", "No such file or directory"),
        (lambda folder: folder / "absent.yaml" / "deeper.yaml", "No such file or directory"),
        (lambda folder: folder / f"{'x' * 300}.yaml", "File name too long"),
        (lambda _: Path("a\0b.yaml"), "no file can have this name"),
        (lambda folder: link_to_itself(folder / "loop.yaml"), "symbolic links"),
    ],
)
def test_a_path_that_cannot_be_read_is_refused(tmp_path: Path, make: Callable[[Path], Path], says: str) -> None:
    with pytest.raises(Refused, match=says):
        read_yaml(make(tmp_path))


def link_to_itself(path: Path) -> Path:
    path.symlink_to(path)
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "'plain'"),
        ("it's", '"it\'s"'),
        ("a\nb\u202e\x1b", r"'a\nb\u202e\x1b'"),
        ("x" * 40 + "y" * 60, f"'{'x' * 20}...{'y' * 47}'"),
        ("https://example.com", "'https://example.com'"),
        ("https://example.com/hook/secret", "'https://example.com/...'"),
        ("see https://example.com?token=secret", "'see https://example.com/...'"),
        ("https://user:secret@example.com", "'https://...'"),
        ("https://user:sec/ret@example.com", "'https://...'"),
    ],
)
def test_a_message_shows_a_value_short_printable_and_without_secrets(text: str, expected: str) -> None:
    assert shown(text) == expected
