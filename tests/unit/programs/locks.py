"""Lock files as pip reads them: one requirement and its hashes, over as many lines as it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@dataclass(frozen=True)
class Pin:
    """One package of a lock file. `wanted_here` is False for a package of another platform."""

    version: str
    hashes: tuple[str, ...]
    wanted_here: bool


def read_lock(file: Path) -> dict[str, Pin]:
    """The pins of a lock file by canonical name. Fails for a package that is there twice, or with a range."""
    pins: dict[str, Pin] = {}
    text = re.sub(r"#.*", "", file.read_text(encoding="utf-8")).replace("\\\n", " ")
    for line in filter(str.strip, text.splitlines()):
        words, *hashes = line.split("--hash=")
        requirement = Requirement(words)
        (specifier,) = requirement.specifier
        name = canonicalize_name(requirement.name)
        assert name not in pins, f"{file.name} has {name} twice"
        assert specifier.operator == "==", f"{file.name}: {requirement} is not one version"
        wanted_here = requirement.marker is None or requirement.marker.evaluate()
        pins[name] = Pin(specifier.version, tuple(text.strip() for text in hashes), wanted_here)
    return pins
