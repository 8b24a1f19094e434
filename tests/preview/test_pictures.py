"""The pictures that are kept with the project: as new as the dashboards, and small."""

from __future__ import annotations

import json

import pytest

from tests.behaviour.incidents.incidents import HEALTHY_WEEK
from tests.preview.pictures import MANIFEST, PICTURES, SHOWN, WIDTH, picture_of, taken_of
from tests.preview.test_viewer import size

LARGEST_BYTES = 120_000


def test_the_pictures_are_those_of_the_dashboards_as_they_are() -> None:
    assert json.loads(MANIFEST.read_text(encoding="utf-8")) == taken_of(), "run `make pictures`"


@pytest.mark.parametrize("name", [HEALTHY_WEEK.name, *SHOWN])
def test_a_picture_is_small(name: str) -> None:
    file = picture_of(name)
    assert file.stat().st_size < LARGEST_BYTES
    assert size(file)[0] == WIDTH


def test_no_picture_is_left_over() -> None:
    assert set(PICTURES.glob("*.png")) == {picture_of(name) for name in (HEALTHY_WEEK.name, *SHOWN)}
