"""Renderers are of one shape, and no file has two of them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.render.files import RENDERERS, render_files
from tests.support.planting import shipped, shipped_environment


def production() -> Plan:
    return build_plan(shipped(), shipped_environment("production"))


def test_every_renderer_writes_something_of_production() -> None:
    plan = production()
    assert [render.__name__ for render in RENDERERS if not render(plan)] == []


def test_a_path_that_two_renderers_write_is_refused() -> None:
    def again(_plan: Plan) -> Mapping[str, str]:
        return {"index.md": "something else"}

    with pytest.raises(ValueError, match=r"rendered twice: index\.md"):
        render_files(production(), (*RENDERERS, again))
