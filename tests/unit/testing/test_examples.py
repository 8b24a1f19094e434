"""The examples in the docstrings of the testing kit run as they stand."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from monitoring_kit.testing import case, series


@pytest.mark.parametrize("module", [case, series], ids=lambda module: module.__name__)
def test_the_example_of_a_module_runs(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted
    assert result.failed == 0
