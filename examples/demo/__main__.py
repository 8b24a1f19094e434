"""`python -m examples.demo [environment file]`: the whole chain on this machine, for a person to disturb and to watch.

Type what is to go wrong; each alert that fires or is resolved is printed as its notification arrives. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from examples.demo.faster import shortened
from examples.demo.incidents import INCIDENTS, Incident
from examples.demo.receiver import Notification
from examples.demo.stack import FACTOR, Stack, plan_of, running_stack
from toolkit.durations import Duration
from toolkit.findings import PROJECT, Refused
from toolkit.plan.model import Plan
from toolkit.processes import ProgramFailed
from toolkit.prometheus_server import PrometheusFailed
from toolkit.text_table import table

# Scrapes, evaluations of recordings and of alerts, and Alertmanager's wait: a second each, and one more.
_ON_THE_WAY_SECONDS = 5


def main(arguments: list[str]) -> int:
    """Runs until Ctrl-C, SIGTERM or SIGHUP. Exit status 0 then, 1 where it cannot start, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument(
        "environment",
        nargs="?",
        type=Path,
        default=PROJECT / "environments/production.yaml",
        help="the environment file whose rules run (default: environments/production.yaml)",
    )
    environment: Path = parser.parse_args(arguments).environment
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        _run(environment)
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
    except (ProgramFailed, PrometheusFailed, Refused) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _run(environment: Path) -> None:
    plan = plan_of(environment)
    print("Starting the model server, Prometheus and Alertmanager ...", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as folder,
        running_stack(plan, Path(folder), _print_notification) as stack,
    ):
        print(introduction(stack, Path(folder)), flush=True)
        for word in _typed():
            _obey(word, stack)


def introduction(stack: Stack, folder: Path) -> str:
    """What a person has to know: addresses, the speed of time, and what can be typed."""
    alertmanager, prometheus, pod = stack.alertmanager, stack.prometheus, stack.pod
    addresses = [
        ("Alerts", f"{prometheus}/alerts"),
        ("Graphs", f"{prometheus}/graph"),
        ("Alertmanager", alertmanager),
        (
            "Model server",
            f"http://127.0.0.1:{pod.score_port}/score, metrics http://127.0.0.1:{pod.metrics_port}/metrics",
        ),
        ("Logs", str(folder)),
    ]
    incidents = [(incident.word, incident.says, _outcome(incident, stack.plan)) for incident in INCIDENTS]
    return "\n".join(
        [
            "",
            *(f"{name:14}{address}" for name, address in addresses),
            "",
            f"The rules of {stack.plan.environment.where.file} run {FACTOR} times as fast as in production:",
            f"5 minutes take {shortened(Duration(300), FACTOR).words()} here. The texts still speak of production.",
            "",
            "Type a word and Enter:",
            table(("word", "what happens", "what you will see"), incidents),
            "",
            "Ctrl-C ends it all.",
            "",
        ]
    )


def _outcome(incident: Incident, plan: Plan) -> str:
    if incident.silent_because:
        return f"no alert: {incident.silent_because}"
    rules = {rule.alert.name: rule.alert.threshold for rule in plan.prometheus_alerts}
    expected = [
        f"{name} within {rules[name].window.seconds + rules[name].hold.seconds + _ON_THE_WAY_SECONDS} s"
        for name in incident.alerts
        if name in rules
    ]
    return ", ".join(expected) or ("what fired is resolved" if not incident.alerts else "no alert in this environment")


def _obey(word: str, stack: Stack) -> None:
    incident = next((incident for incident in INCIDENTS if incident.word == word), None)
    if incident is None:
        words = ", ".join(incident.word for incident in INCIDENTS)
        print(f"{_now()}  {word!r} is none of {words}", flush=True)
        return
    stack.bring_about(incident)
    print(f"{_now()}  from now on: {incident.says}", flush=True)


def _print_notification(notification: Notification) -> None:
    severity, name = notification.labels.get("severity", ""), notification.labels["alertname"]
    summary = notification.annotations.get("summary", "")
    print(f"{_now()}  {notification.status.upper():8}  {severity:8}  {name}: {summary}", flush=True)


def _now() -> str:
    return time.strftime("%H:%M:%S")


def _typed() -> Iterator[str]:
    """The words of standard input, for ever: where it ends, nobody types any more, and everything goes on."""
    unread = b""
    while chunk := os.read(sys.stdin.fileno(), 4096):
        *lines, unread = (unread + chunk).split(b"\n")
        yield from (line.decode(errors="replace").strip() for line in lines if line.strip())
    while True:
        signal.pause()


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001, the signature of a signal handler
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
