"""Everything between a prediction that fails and a notification that arrives, on the loopback of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from examples.demo.callers import Callers, calling
from examples.demo.cluster import MODEL_SERVER, Pod, kube_state_metrics, one_pod, pod_name
from examples.demo.faster import faster, shortened
from examples.demo.incidents import Incident
from examples.demo.receiver import Notification, Receiver, receiving
from toolkit import promtool
from toolkit.definitions import load_definitions
from toolkit.durations import Duration
from toolkit.environment import PrometheusBackend
from toolkit.environment_file import read_environment
from toolkit.findings import Finding, Refused
from toolkit.plan.build import build_plan
from toolkit.plan.model import Plan
from toolkit.processes import LOOPBACK, Program, answers, running_on_free_ports
from toolkit.prometheus_server import serve
from toolkit.render.prometheus import render_prometheus
from toolkit.render.yaml_text import YamlValue, yaml_text
from toolkit.tools import find

# A scrape every 30 seconds becomes one a second: Prometheus's times and ours are whole seconds.
FACTOR = 30
# Prometheus's own defaults, which have to shrink with the rest.
_LOOKBACK = Duration(5 * 60)
_RESEND = Duration(60)
_RECEIVER = "demo"

AlertmanagerConfiguration = Callable[[str], YamlValue]
"""What alertmanager.yml says, given the URL that notifications go to."""


@dataclass(frozen=True)
class Stack:
    """What runs: the plan with its times divided by `FACTOR`, the addresses, and the parts that can be disturbed."""

    plan: Plan
    prometheus: str
    alertmanager: str
    pod: Pod
    callers: Callers
    receiver: Receiver

    def bring_about(self, incident: Incident) -> None:
        """Let exactly this go wrong, and nothing else. Raises ProgramFailed where the pod does not come back."""
        self.pod.inject(incident.faults)
        self.callers.mood = incident.callers
        if incident.running and not self.pod.running:
            self.pod.start()
        if self.pod.running and not incident.running:
            self.pod.stop()


def plan_of(environment: Path) -> Plan:
    """The plan of an environment file. Raises Refused, also where nothing of it runs in Prometheus."""
    plan = build_plan(load_definitions(), read_environment(environment))
    if plan.findings:
        raise Refused(plan.findings)
    if plan.environment.prometheus is None:
        where = plan.environment.where
        raise Refused(
            Finding(where, "prometheus", "missing: there are no Prometheus rules to run", "name another file")
        )
    return plan


def plain_route(url: str) -> YamlValue:
    """An alertmanager.yml that sends every alert to `url`, both when it fires and when it is resolved."""
    return {
        "route": {
            "receiver": _RECEIVER,
            "group_by": ["alertname", "namespace", "model_name"],
            "group_wait": "1s",
            "group_interval": "1s",
            "repeat_interval": "1h",
        },
        "receivers": [{"name": _RECEIVER, "webhook_configs": [{"url": url, "send_resolved": True}]}],
    }


@contextmanager
def running_stack(
    plan: Plan,
    folder: Path,
    tell: Callable[[Notification], None],
    alertmanager: AlertmanagerConfiguration = plain_route,
) -> Iterator[Stack]:
    """The stack for a plan of `plan_of`, with traffic; everything is stopped when the context ends, however it ends.

    `folder` takes rules, data and logs; `tell` hears of every notification, in another thread. Call it from the main
    thread, see `toolkit.processes.running`. Raises ProgramFailed, PrometheusFailed, ToolMissing, and Refused for rules
    that promtool does not accept.
    """
    quick = faster(plan, FACTOR)
    settings = quick.environment.prometheus
    assert settings is not None  # noqa: S101, plan_of refuses such a plan
    rules = _written_rules(quick, folder / "rules")
    with ExitStack() as stack:
        url, receiver = stack.enter_context(receiving(tell))
        alertmanager_address = stack.enter_context(_alertmanager(folder, alertmanager(url)))
        pod = stack.enter_context(one_pod(folder))
        kubernetes = stack.enter_context(kube_state_metrics(settings, pod))
        configuration = prometheus_configuration(settings, rules, alertmanager_address, pod.metrics_port, kubernetes)
        flags = (
            f"--query.lookback-delta={shortened(_LOOKBACK, FACTOR)}",
            f"--rules.alert.resend-delay={shortened(_RESEND, FACTOR)}",
        )
        prometheus = stack.enter_context(serve(folder / "prometheus", configuration, flags))
        callers = stack.enter_context(calling(pod.score_port, MODEL_SERVER / "data.csv", "failed_within_week"))
        yield Stack(quick, prometheus, alertmanager_address, pod, callers, receiver)


def prometheus_configuration(
    settings: PrometheusBackend, rules: Path, alertmanager: str, metrics_port: int, kubernetes: str
) -> str:
    """A prometheus.yml that scrapes one pod with the labels that kube-prometheus-stack gives it.

    `rules` is a folder of rule files, `alertmanager` and `kubernetes` (kube-state-metrics) are addresses.
    """
    interval = settings.scrape_interval.prometheus()
    pod = {
        "namespace": settings.namespace,
        "pod": pod_name(settings),
        "container": settings.workload,
        "service": settings.service,
        "endpoint": "metrics",
    }
    return yaml_text(
        {
            "global": {
                "scrape_interval": interval,
                "scrape_timeout": interval,
                "evaluation_interval": settings.evaluation_interval.prometheus(),
            },
            "rule_files": [f"{rules}/*.yaml"],
            "alerting": {"alertmanagers": [{"static_configs": [_target(alertmanager.removeprefix("http://"), {})]}]},
            "scrape_configs": [
                {
                    "job_name": settings.service,
                    "static_configs": [_target(f"{LOOPBACK}:{metrics_port}", pod)],
                },
                {
                    "job_name": "kube-state-metrics",
                    "honor_labels": True,
                    "static_configs": [_target(kubernetes.removeprefix("http://"), {"namespace": "monitoring"})],
                },
            ],
        },
        "The demonstration's own.",
    )


def _target(address: str, labels: dict[str, YamlValue]) -> YamlValue:
    return {"targets": [address], "labels": labels}


def _written_rules(plan: Plan, folder: Path) -> Path:
    folder.mkdir()
    files = {folder / Path(name).name: text for name, text in render_prometheus(plan).items()}
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    promtool.check_rules(list(files))
    return folder


@contextmanager
def _alertmanager(folder: Path, configuration: YamlValue) -> Iterator[str]:
    settings = folder / "alertmanager.yml"
    settings.write_text(yaml_text(configuration, "The demonstration's own."), encoding="utf-8")

    def on(ports: tuple[int, ...]) -> Program:
        (port,) = ports
        command = [
            str(find("prometheus-alertmanager")),
            f"--config.file={settings}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--cluster.listen-address=",  # alone, it needs no port for others of its kind
        ]
        return Program("Alertmanager", command, lambda: answers(port, "/-/ready"))

    with running_on_free_ports(on, 1, folder / "alertmanager.log") as (port,):
        yield f"http://{LOOPBACK}:{port}"
