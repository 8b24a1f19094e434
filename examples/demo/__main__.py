"""`python -m examples.demo [environment file]`: the whole chain on this machine, for a person to disturb and to watch.

Type what is to go wrong, or press its button on the page; each alert that fires or is resolved is printed as its
notification arrives. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from urllib.parse import urlsplit

from examples.demo.faster import shortened
from examples.demo.incidents import INCIDENTS, Incident
from examples.demo.page import State, serving_page
from examples.demo.receiver import Notification
from examples.demo.stack import FACTOR, PROJECT, Stack, plan_of, running_stack
from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Refused
from monitoring_kit.core.text_table import table
from monitoring_kit.plan.model import Plan, PrometheusAlert
from monitoring_kit.programs.processes import LOOPBACK, ProgramFailed, answers
from monitoring_kit.programs.prometheus import PrometheusFailed, query

# Scrapes, evaluations of recordings and of alerts: a second each; Alertmanager's wait of five, and one more.
_ON_THE_WAY_SECONDS = 9
STATES = "alerts"


def main(arguments: list[str]) -> int:
    """Runs until Ctrl-C, SIGTERM or SIGHUP. Exit status 0 then, 1 where it cannot start, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument(
        "environment",
        nargs="?",
        type=Path,
        default=PROJECT.environments_folder / "production.yaml",
        help="the environment file whose rules run (default: environments/production.yaml)",
    )
    environment: Path = parser.parse_args(arguments).environment
    # SIGINT too: a shell that starts a program in the background has it ignored, and that is inherited.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
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
    plan, state = plan_of(environment), State()
    # Incidents are brought about by the main thread alone, see `Pod`; others put their words here.
    words: SimpleQueue[str] = SimpleQueue()

    def tell(notification: Notification) -> None:
        state.tell(notification)
        _print_notification(notification)

    print("Starting the model server, Prometheus and Alertmanager ...", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as folder,
        running_stack(plan, Path(folder), tell) as stack,
        serving_page(stack.plan, stack.prometheus, state, outcomes(stack.plan), words.put) as page,
    ):
        print(introduction(stack, Path(folder), page), flush=True)
        threading.Thread(target=_listen, args=(words,), daemon=True).start()
        while True:
            _obey(words.get(), stack, state)


def introduction(stack: Stack, folder: Path, page: str) -> str:
    """What a person has to know: addresses, the speed of time, and what can be typed."""
    score, metrics = (f"http://{LOOPBACK}:{port}" for port in stack.pod.ports)
    addresses = [
        ("Page", page),
        ("Prometheus", _pages(stack.prometheus)),
        ("Alertmanager", f"{stack.alertmanager}/api/v2/alerts"),
        ("Model server", f"{score}/score  {metrics}/metrics"),
        ("Rules and logs", str(folder)),
    ]
    seen = outcomes(stack.plan)
    words = [(incident.word, incident.says, seen[incident.word]) for incident in INCIDENTS]
    return "\n".join(
        [
            "",
            *(f"{name:16}{address}" for name, address in addresses),
            "",
            f"The rules of {stack.plan.environment.where.file} run {FACTOR} times as fast as in production:",
            f"5 minutes take {shortened(Duration(300), FACTOR).words()} here. The texts still speak of production.",
            "",
            table(("type", "what happens", "what you will see"), [*words, (STATES, "", "the alerts as they stand")]),
            "",
            "Ctrl-C ends it all.",
            "",
        ]
    )


def _pages(prometheus: str) -> str:
    """Where Prometheus shows alerts and graphs; Debian has them elsewhere, and only where its package is installed."""
    for folder in ("", "/classic"):
        if answers(urlsplit(prometheus).port or 0, f"{folder}/alerts"):
            return f"{prometheus}{folder}/alerts  {prometheus}{folder}/graph"
    return f"{prometheus}/api/v1/alerts  (pages come with an installed Prometheus: apt-get install prometheus)"


def outcomes(plan: Plan) -> dict[str, str]:
    """What a person will see of each incident, by its word."""
    return {incident.word: _outcome(incident, plan) for incident in INCIDENTS}


def _outcome(incident: Incident, plan: Plan) -> str:
    if incident.silent_because:
        return f"no alert: {incident.silent_because}"
    if not incident.alerts:
        return "what fired is resolved"
    rules = {rule.alert.name: rule for rule in plan.prometheus_alerts}
    expected = [f"{name} within {_when_it_fires(rules[name])}" for name in incident.alerts if name in rules]
    return ", ".join(expected) or "nothing: this environment has no alert for it"


def _when_it_fires(rule: PrometheusAlert) -> str:
    threshold = rule.alert.threshold
    measured = rule.window.seconds if rule.window else 0
    seconds = measured + threshold.for_.seconds + _ON_THE_WAY_SECONDS
    return f"{seconds} s, after {threshold.earlier.ago.words()} of traffic" if threshold.earlier else f"{seconds} s"


def _obey(word: str, stack: Stack, state: State) -> None:
    incident = next((incident for incident in INCIDENTS if incident.word == word), None)
    if incident is not None:
        stack.bring_about(incident)
        state.now(incident)
        _say(f"from now on: {incident.says}")
    elif word == STATES:
        _say(_states(stack))
    else:
        words = ", ".join(incident.word for incident in INCIDENTS)
        _say(f"{word!r} is none of {words}, {STATES}")


def _states(stack: Stack) -> str:
    active = sorted(
        "  ".join(f"{sample.labels.get(label, ''):8}" for label in ("alertstate", "severity", "alertname"))
        for sample in query(stack.prometheus, "ALERTS", time.time())
    )
    return "\n".join(["alerts that are pending or fire:", *(f"          {line}" for line in active or ["none"])])


def _print_notification(notification: Notification) -> None:
    severity, name = notification.labels.get("severity", ""), notification.labels["alertname"]
    summary = notification.annotations.get("summary", "")
    _say(f"{notification.status.upper():8}  {severity:8}  {name}: {summary}")


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def _listen(words: SimpleQueue[str]) -> None:
    """Pass on the words of standard input. Where it ends, nobody types any more, and everything goes on."""
    unread = b""
    while chunk := os.read(sys.stdin.fileno(), 4096):
        *lines, unread = (unread + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                words.put(line.decode(errors="replace").strip())


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001, the signature of a signal handler
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
