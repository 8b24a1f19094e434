"""Unit tests of rules, run so that a failure names the case."""

from __future__ import annotations

from collections.abc import Sequence

import pytest


def expect_none(says: str, problems: Sequence[str]) -> None:
    """Fails with `says` and each of `problems`, without a traceback that would hide them."""
    if problems:
        pytest.fail("\n".join([f"{says}:", *problems]), pytrace=False)
