"""YAML as a person would write it: keys in the given order, expressions as blocks, no anchors, no line folding."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import yaml

YamlValue = str | int | float | bool | None | Sequence["YamlValue"] | Mapping[str, "YamlValue"]

# What a reader of some kind takes for a boolean, null, infinity, a merge key or a default value where it is not quoted.
_WORDS = re.compile(r"~|null|y|yes|true|on|n|no|false|off|[-+]?\.inf|\.nan|<<|=", re.IGNORECASE)
# Numbers and dates of YAML 1.1 (https://yaml.org/type/), of YAML 1.2 (section 10.3.2 of the specification) and of
# Kubernetes' reader (sigs.k8s.io/yaml), which takes more than either: `1e3`, `0o17`, `08` and `2026-1-2` among them.
_NUMBER_OR_DATE = re.compile(
    r"""
      [-+]? 0 (?: b[-+]?[01]+ | o[0-7]+ | x[0-9a-f]+ )
    | [-+]? \d+ (?: :[0-5]?\d )* (?: \.\d* )? (?: e[-+]?\d+ )?  # whole, with a point, to the base of 60
    | [-+]? \d* (?: \.\d* )+ (?: e[-+]?\d+ )?  # YAML 1.1 lets a number have many points
    | \d{4}-\d\d?-\d\d? (?: [t\ \t] .* )?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_BEGINS_LIKE_A_NUMBER = tuple("+-.0123456789")


class _Dumper(yaml.CSafeDumper):
    """The safe dumper with blocks for texts of several lines, and without aliases, which not every reader follows."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        """Writes everything out."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else "'" if _could_be_read_as_another_type(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


def _could_be_read_as_another_type(text: str) -> bool:
    """Whether a reader of YAML 1.1 or 1.2 may take `text` for something else than text where it stands unquoted.

    PyYAML only quotes what PyYAML would misread.
    """
    if text.startswith(_BEGINS_LIKE_A_NUMBER):
        # Most readers drop underscores from a number, wherever they stand.
        return bool(_NUMBER_OR_DATE.fullmatch(text.replace("_", "")) or _WORDS.fullmatch(text))
    return _WORDS.fullmatch(text) is not None


_Dumper.add_representer(str, _text)


def yaml_text(value: YamlValue, header: str) -> str:
    """`value` as a YAML document under a comment that says where it comes from."""
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    return comment + _document(value)


def yaml_documents(values: Sequence[YamlValue], header: str) -> str:
    """Several documents in one file."""
    first, *others = values
    return yaml_text(first, header) + "".join("---\n" + _document(value) for value in others)


def _document(value: YamlValue) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
