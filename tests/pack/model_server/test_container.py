"""The image holds what the tests have tested: the same versions, and every file that the server needs."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
from pathlib import Path

from tests.pack.model_server.server import EXAMPLE, GOOD_BODY, post, running
from tests.unit.programs.locks import read_lock


def test_the_pinned_versions_are_the_ones_that_are_tested() -> None:
    pins = read_lock(EXAMPLE / "requirements.txt")
    assert {name: pin.version for name, pin in pins.items()} == {
        name: importlib.metadata.version(name) for name in pins
    }


def test_the_image_takes_only_files_that_the_lock_knows() -> None:
    dockerfile = (EXAMPLE / "Dockerfile").read_text(encoding="utf-8")
    (install,) = re.findall(r"pip install (.*) \\$", dockerfile, re.MULTILINE)
    assert {"--require-hashes", "--only-binary=:all:", "--requirement"} <= set(install.split())


def test_the_base_image_can_be_given_with_its_digest() -> None:
    dockerfile = (EXAMPLE / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(
        r"^ARG BASE=python:[0-9.]+-slim(@sha256:[0-9a-f]{64})?\nFROM \$\{BASE\}$", dockerfile, re.MULTILINE
    )


def test_the_server_runs_on_the_files_that_the_image_copies(tmp_path: Path) -> None:
    copied = re.findall(r"^COPY (.*) \.", (EXAMPLE / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    image = tmp_path / "app"
    image.mkdir()
    for name in " ".join(copied).split():
        shutil.copy(EXAMPLE / name, image)
    with running(tmp_path, workers=1, example=image) as server:
        assert post(server.score_port, GOOD_BODY) == 200
        assert server.scrape()
