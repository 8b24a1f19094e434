"""The one wrapper around amtool: it checks a configuration of Alertmanager and tells where an alert would go.

Debian 12's amtool is release 0.25, and knows neither `msteamsv2_configs` (0.28) nor `url_file` of a webhook (0.26). It
gets the configuration in a profile: receivers for Microsoft Teams become webhooks, and webhooks get an address on the
loopback. Names of receivers, routes, times and inhibitions stay as they are.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from monitoring_kit.core.findings import Finding, Location, Refused, shown_path
from monitoring_kit.programs.tools import find

_TIMEOUT_SECONDS = 60.0
# The discard port: nobody listens there, and nothing is ever sent by amtool.
NOWHERE = "http://127.0.0.1:9/"


def profile(configuration: str, webhook: str = NOWHERE) -> str:
    """`configuration` as release 0.25 can read it, with `webhook` as the URL of every webhook."""
    document: dict[str, Any] = yaml.safe_load(configuration)
    for receiver in document["receivers"]:
        replaced = [*receiver.pop("msteamsv2_configs", ()), *receiver.pop("webhook_configs", ())]
        if replaced:
            receiver["webhook_configs"] = [{"send_resolved": one["send_resolved"], "url": webhook} for one in replaced]
    return yaml.safe_dump(document, sort_keys=False)


def check_configuration(file: Path) -> None:
    """Raises Refused with amtool's words for a configuration that it does not read, ToolMissing without amtool."""
    done = _run(["check-config", str(file)])
    if done.returncode != 0:
        words = " ".join((done.stdout + done.stderr).split())
        raise Refused(Finding(Location(shown_path(file)), "Alertmanager configuration", words, check="amtool"))


def reaches(file: Path, labels: Mapping[str, str], receivers: tuple[str, ...]) -> str:
    """Compares the receivers of an alert with `receivers`, in the order of the tree.

    Returns "" where they are the same, else amtool's words. Raises ToolMissing without amtool.
    """
    wanted = f"--verify.receivers={','.join(receivers)}"
    pairs = [f"{name}={value}" for name, value in labels.items()]
    done = _run(["config", "routes", "test", f"--config.file={file}", wanted, *pairs])
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}".strip()


def rendered(template: str, data: Path, form: str = "text") -> str:
    """What a template makes of a message, whose data is the JSON in `data`. `form` is text or html.

    Raises Refused with amtool's words for a template that cannot be read.
    """
    # amtool asks for files of templates even where the template is given; the data are a template that says itself.
    files = f"--template.glob={data}"
    command = ["template", "render", files, f"--template.text={template}", f"--template.data={data}"]
    done = _run([*command, f"--template.type={form}"])
    if done.returncode != 0:
        raise Refused(Finding(Location(shown_path(data)), "template", done.stderr.strip(), check="amtool"))
    return done.stdout


def _run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603, the arguments are our own and no shell reads them
        [str(find("amtool")), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_SECONDS,
    )
