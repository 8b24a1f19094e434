from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.preview.viewer import Viewer, running_viewer


@pytest.fixture(scope="session")
def viewer() -> Iterator[Viewer]:
    """One browser for all pictures."""
    with running_viewer() as running:
        yield running
