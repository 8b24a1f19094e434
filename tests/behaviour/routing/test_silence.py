"""The silence that a runbook has an engineer set, given to a real Alertmanager as it is written there."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from examples.demo.alertmanager import alertmanager
from monitoring_kit.plan.runbook_text import blocks
from monitoring_kit.programs import amtool
from monitoring_kit.programs.tools import find
from monitoring_kit.render.pages.runbook import render_runbooks
from tests.behaviour.routing.alertmanager_api import eventually, fire, known
from tests.behaviour.routing.support import configuration, fired, plan

ADDRESS = "http://localhost:9093"


def commands(page: str) -> list[str]:
    """What the page of an alert has somebody tell amtool."""
    text = render_runbooks(plan())[f"runbooks/{page}.md"]
    lines = [line for block in blocks(text) for line in block.text.splitlines()]
    return [line for line in lines if line.startswith("amtool ")]


def test_who_scales_to_zero_on_purpose_wakes_nobody(tmp_path: Path) -> None:
    (command,) = commands("ModelAllTargetsDown")
    names = ("ModelAllTargetsDown", "ModelMetricsMissing")
    meant = [fired()[name, "critical"].but(job="ml-inference-metrics") for name in names]
    others = [meant[0].but(namespace="production-2"), fired()["InferenceNoReplicas", "critical"]]
    with alertmanager(amtool.profile(configuration()), tmp_path / "alertmanager") as address:
        arguments = shlex.split(command.replace(ADDRESS, address).replace("$USER", "somebody"))[1:]
        subprocess.run([str(find("amtool")), *arguments], check=True, capture_output=True)
        fire(address, [*meant, *others])

        def silenced() -> set[tuple[str, str]]:
            alerts = [one for one in known(address, "production") if one["status"]["silencedBy"]]
            return {(one["labels"]["alertname"], one["labels"]["namespace"]) for one in alerts}

        assert eventually(lambda: len(known(address, "production")) == 4 and len(silenced()) == 2)
        assert silenced() == {(one.name, "production") for one in meant}
