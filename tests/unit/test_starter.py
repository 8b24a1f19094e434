"""`init`: a project that builds before anybody has written a definition, and never on top of what is there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import monitoring_kit
from monitoring_kit import starter
from monitoring_kit.loading import PACKAGES
from tests.support.project import files_of, run


def test_a_new_project_builds_what_the_pack_defines(tmp_path: Path) -> None:
    folder = tmp_path / "team"
    done = run("init", folder)
    assert done.returncode == 0, done.stderr
    assert f"Next: cd {folder} && make build" in done.stdout
    built = run("build", project=folder)
    assert built.returncode == 0, built.stderr
    assert (folder / "build/production/prometheus/errors.yaml").exists()
    assert "environments/production.yaml still holds values of the example" in built.stdout


def test_a_new_project_has_a_place_for_everything(tmp_path: Path) -> None:
    run("init", tmp_path / "team")
    assert set(files_of(tmp_path / "team")) == {
        ".github/workflows/monitoring.yml",
        "azure-pipelines.yml",
        ".gitignore",
        "Makefile",
        "README.md",
        "pyproject.toml",
        "requirements.txt",
        "environments/production.yaml",
        "environments/staging.yaml",
        "rules/runbooks/.gitkeep",
        *(f"{package}/.gitkeep" for package in PACKAGES),
    }


def test_the_files_of_a_new_project_call_the_command_by_its_name(tmp_path: Path) -> None:
    run("init", tmp_path / "team")
    texts = [text.decode() for text in files_of(tmp_path / "team").values()]
    assert not any("generate.py" in text for text in texts)
    settings = tomllib.loads((tmp_path / "team/pyproject.toml").read_text())
    assert settings["tool"]["monitoring-kit"] == {"packs": ["model_serving"], "replaces": []}


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = run("init", tmp_path)
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert list(files_of(tmp_path)) == ["notes.txt"]


def test_a_folder_that_cannot_be_made_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("init", tmp_path / "file" / "team")
    assert done.returncode == 1
    assert "init: cannot be made: Not a directory" in done.stderr


@pytest.mark.parametrize(
    ("origin", "written"),
    [
        ('{"url": "https://git.example.com/kit", "vcs_info": {"vcs": "git", "commit_id": "abc"}}', "git+https"),
        ('{"url": "file:///src/kit", "dir_info": {}}', "monitoring-kit[testing] @ file:///src/kit"),
        (None, f"monitoring-kit[testing]=={monitoring_kit.__version__}"),
    ],
    ids=["repository", "folder", "registry"],
)
def test_the_kit_is_required_as_it_was_installed(
    monkeypatch: pytest.MonkeyPatch, origin: str | None, written: str
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            return origin if name == "direct_url.json" else None

    monkeypatch.setattr("importlib.metadata.distribution", lambda _: Installed())
    assert written in starter.requirement()
