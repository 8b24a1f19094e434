"""YAML that every reader takes for what it is: old and new versions of YAML, and what Kubernetes makes of them."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring_kit.render.yaml_text import YamlValue, yaml_documents, yaml_text

NOT_TEXT_UNQUOTED = {
    "whole numbers": ("0", "7", "-7", "+7", "12345678901234567890"),
    "whole numbers with a zero in front": ("08", "0777", "-010"),
    "whole numbers with underscores": ("1_000", "1_", "-1__0"),
    "octal, hexadecimal and binary": ("0o17", "-0o17", "0x1F", "0X1f", "+0xdead_beef", "0b101", "0b-1"),
    "numbers with a point": ("1.5", "1.", ".5", "-.5", "+1.5", "1_0.5", "1.2.3"),
    "numbers with an exponent": ("1e3", "1E3", "12e5", "4815162342e0", "1e-3", "1.5e+3", ".5e3", "1_e3"),
    "numbers to the base of 60": ("1:30", "190:20:30", "-1:30", "1:30.5", "0:0"),
    "what is no number": (".inf", "-.Inf", "+.INF", ".nan", ".NaN"),
    "dates": ("2026-11-24", "2026-1-2", "2026-11-24T10:00:00Z", "2026-11-24t10:00:00Z", "2026-1-2 10:00:00 -5"),
    "booleans": ("true", "False", "YES", "no", "on", "Off", "y", "N"),
    "nothing": ("~", "null", "Null", ""),
    "keys with a meaning of their own": ("<<", "="),
}
TEXT_UNQUOTED = (
    *("30s", "5m", "1h30m", "1d", "5001m", "2Gi", "10%", "1e", "e3", "0x", "0xg", "0o8a", "1e3f", "beef", "7f3e2a1"),
    *("10.0.0.1:5001", "v1.2.3", "yesterday", "nobody", "offset", "nullable", "1-2-3", "+", "on-call"),
)


def is_quoted(text: str) -> bool:
    value = yaml_text({"key": text}, "").removeprefix("key: ").rstrip("\n")
    return value == f"'{text}'"


@pytest.mark.parametrize("text", [text for texts in NOT_TEXT_UNQUOTED.values() for text in texts])
def test_text_that_some_reader_takes_for_another_type_is_quoted(text: str) -> None:
    assert is_quoted(text)


@pytest.mark.parametrize("text", TEXT_UNQUOTED)
def test_other_text_stays_as_a_person_would_write_it(text: str) -> None:
    assert yaml_text({"key": text}, "") == f"key: {text}\n"


def test_keys_and_items_are_quoted_like_values() -> None:
    assert yaml_text({"1e3": ["0o17", "plain"]}, "") == "'1e3':\n- '0o17'\n- plain\n"


def test_numbers_booleans_and_nothing_are_not_quoted() -> None:
    assert yaml_text([8, 0.5, True, None], "") == "- 8\n- 0.5\n- true\n- null\n"


def test_the_header_stands_above_the_first_of_several_documents() -> None:
    assert yaml_documents([{"a": "1"}, {"b": "2"}], "Made by\nthe tests.") == (
        "# Made by\n# the tests.\na: '1'\n---\nb: '2'\n"
    )


def test_several_lines_become_a_block_and_long_lines_are_not_folded() -> None:
    long = "word " * 200 + "end"
    assert yaml_text({"expr": "a\n  + b", "long": long}, "") == f"expr: |-\n  a\n    + b\nlong: {long}\n"


def test_equal_parts_are_written_out_without_anchors() -> None:
    part = {"a": "b"}
    assert yaml_text([part, part], "") == "- a: b\n- a: b\n"


_TEXTS = st.text(max_size=20) | st.text(
    alphabet=" \n\t\r#:-'\"\\|>{}[]&*!%@`,?~.0123456789eEx_+aé\u2028\x85\x07😀", max_size=12
)
_SCALARS = _TEXTS | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
_VALUES: st.SearchStrategy[YamlValue] = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3), max_leaves=6
)


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader])
def test_what_is_read_back_is_what_was_written(loader: type[yaml.CSafeLoader] | type[yaml.SafeLoader]) -> None:
    @settings(max_examples=200, deadline=None, derandomize=True)
    @given(_VALUES)
    def reads_back(value: YamlValue) -> None:
        assert yaml.load(yaml_text(value, "header"), Loader=loader) == value  # noqa: S506, both are safe loaders

    reads_back()
