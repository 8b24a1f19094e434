"""The image holds what the tests have tested: the same versions, and every file that the server needs."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
from pathlib import Path

from tests.pack.model_server.server import EXAMPLE, GOOD_BODY, post, running


def test_the_pinned_versions_are_the_ones_that_are_tested() -> None:
    lines = (EXAMPLE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert pins == {name: importlib.metadata.version(name) for name in pins}


def test_the_server_runs_on_the_files_that_the_image_copies(tmp_path: Path) -> None:
    copied = re.findall(r"^COPY (.*) \.", (EXAMPLE / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    image = tmp_path / "app"
    image.mkdir()
    for name in " ".join(copied).split():
        shutil.copy(EXAMPLE / name, image)
    with running(tmp_path, workers=1, example=image) as server:
        assert post(server.score_port, GOOD_BODY) == 200
        assert server.scrape()
