"""The address of the runbooks is the environment's own: a copied file must not lead to those of another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring_kit.core.findings import Refused
from monitoring_kit.environment.model import Environment
from monitoring_kit.environment.reader import read_environment
from tests.unit.environment.conftest import VALID


def with_runbooks_at(folder: Path, url: str, name: str = "eu") -> Environment:
    path = folder / f"{name}.yaml"
    path.write_text(VALID.replace("https://git.example.com/runbooks", url, 1))
    return read_environment(path)


@pytest.mark.parametrize("end", ["", "/", "/deep"])
def test_the_runbooks_of_another_environment_are_refused(tmp_path: Path, end: str) -> None:
    with pytest.raises(Refused) as refused:
        with_runbooks_at(tmp_path, f"https://git.example.com/monitoring/build/production/runbooks{end}")
    (finding,) = refused.value.findings
    assert (finding.subject, finding.where.line) == ("runbooks_url", 2)
    assert finding.problem == "leads to /build/production/runbooks, but this file is the environment 'eu'"
    assert finding.remedy.startswith("Write /build/eu/runbooks in its place")


@pytest.mark.parametrize(
    "path",
    [
        "build/eu/runbooks",
        "build/eu/runbooks/",
        "runbooks",
        "production/runbooks",
        "build/production",
        "rebuild/production/runbooks",
        "build/production/runbooks-of-eu",
    ],
)
def test_any_other_address_is_taken(tmp_path: Path, path: str) -> None:
    assert with_runbooks_at(tmp_path, f"https://git.example.com/{path}").runbooks_url.startswith("https://")
