from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.project import copied


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project that a test may break."""
    return copied(tmp_path / "project")
