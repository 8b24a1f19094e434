"""The reference environments with other overrides in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml

from monitoring_kit.checks.all import check_plan
from monitoring_kit.core.findings import Finding
from monitoring_kit.environment.model import Environment
from monitoring_kit.environment.reader import read_environment
from monitoring_kit.plan.build import build_plan
from tests.support.planting import REFERENCE, shipped, shipped_environment

ENVIRONMENTS = ("production", "staging")


def overriding(folder: Path, alert: str, changes: dict[str, str], environment: str = "production") -> Environment:
    """The environment, read from a file in `folder`, with one alert changed."""
    text = (REFERENCE / f"{environment}.yaml").read_text()
    overrides = yaml.safe_dump({"alerts": {alert: changes}}, sort_keys=False, width=1000)
    file = folder / f"{environment}.yaml"
    file.write_text(f"{text}\n{overrides}")
    return read_environment(file)


def line_of(environment: Environment, field: str) -> int:
    """The line in which the last field of this name stands in the environment's file."""
    lines = Path(environment.where.file).read_text().splitlines()
    return max(number for number, line in enumerate(lines, start=1) if line.strip().startswith(f"{field}:"))


def findings(environment: Environment) -> list[Finding]:
    """What is wrong with the shipped definitions in `environment`."""
    return sorted(set(check_plan(build_plan(shipped(), environment))))


def read(folder: Path, name: str, text: str) -> Environment:
    """An environment of this text."""
    file = folder / f"{name}.yaml"
    file.write_text(text)
    return read_environment(file)


def unchanged(environment: str) -> Environment:
    """The reference environment without its overrides."""
    return replace(shipped_environment(environment), overrides={})
