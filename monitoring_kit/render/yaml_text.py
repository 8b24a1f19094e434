"""YAML as a person would write it: keys in the given order, expressions as blocks, no anchors, no line folding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

YamlValue = str | int | float | bool | None | Sequence["YamlValue"] | Mapping[str, "YamlValue"]


class _Dumper(yaml.SafeDumper):
    """The safe dumper with blocks for texts of several lines, and without aliases, which not every reader follows."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        """Writes everything out."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def yaml_text(value: YamlValue, header: str) -> str:
    """`value` as a YAML document under a comment that says where it comes from."""
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    return comment + yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def yaml_documents(values: Sequence[YamlValue], header: str) -> str:
    """Several documents in one file."""
    first, *others = values
    return yaml_text(first, header) + "".join(
        "---\n" + yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
        for value in others
    )
