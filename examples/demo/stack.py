"""Everything between a prediction that fails and a notification that arrives, on the loopback of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from examples.demo.alertmanager import alertmanager
from examples.demo.callers import Callers, calling
from examples.demo.cluster import MODEL_SERVER, Pod, cadvisor, kube_state_metrics, one_pod, pod_name
from examples.demo.faster import faster, shortened
from examples.demo.incidents import Incident
from examples.demo.receiver import Notification, Receiver, receiving
from monitoring_kit.core.durations import Duration
from monitoring_kit.core.findings import Finding, Refused
from monitoring_kit.environment.model import PrometheusSettings
from monitoring_kit.environment.reader import read_environment
from monitoring_kit.model.budgets import ErrorBudget
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.programs import promtool
from monitoring_kit.programs.processes import LOOPBACK
from monitoring_kit.programs.prometheus import serve
from monitoring_kit.project import Project
from monitoring_kit.render.alertmanager.configuration import inhibit_rules
from monitoring_kit.render.prometheus import render_prometheus
from monitoring_kit.render.yaml_text import YamlValue, yaml_text

PROJECT = Project(Path(__file__).resolve().parents[2])

# A scrape every 30 seconds becomes one a second: Prometheus's times and ours are whole seconds.
FACTOR = 30
# Prometheus's own defaults, which have to shrink with the rest.
_LOOKBACK = Duration(5 * 60)
_RESEND = Duration(60)
# Of what goes wrong, or is over, the lesser level is crossed some seconds apart from the worse one that mutes it.
_WAIT = "5s"
_RECEIVER = "demo"
_HEADER = "Made by examples/demo for one run."


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
    """The plan of an environment file, without its objectives: those look back over hours, even at this speed.

    Raises Refused.
    """
    plan = build_plan(PROJECT.definitions, read_environment(environment))
    if plan.findings:
        raise Refused(plan.findings)
    quick = [rule for rule in plan.prometheus_alerts if not isinstance(rule.alert.signal.prometheus, ErrorBudget)]
    return replace(plan, prometheus_alerts=tuple(quick), event_recordings=())


def one_receiver(url: str, plan: Plan) -> YamlValue:
    """An alertmanager.yml that sends every alert to `url`, both when it fires and when it is resolved.

    Alerts mute each other as they do in production.
    """
    return {
        "route": {
            "receiver": _RECEIVER,
            "group_by": ["alertname", "namespace", "model_name"],
            "group_wait": _WAIT,
            "group_interval": _WAIT,
            "repeat_interval": "1h",
        },
        "inhibit_rules": inhibit_rules(plan.inhibitions),
        "receivers": [{"name": _RECEIVER, "webhook_configs": [{"url": url, "send_resolved": True}]}],
    }


@contextmanager
def running_stack(plan: Plan, folder: Path, tell: Callable[[Notification], None]) -> Iterator[Stack]:
    """The stack for a plan, with traffic; everything is stopped when the context ends, however it ends.

    `folder` takes rules, data and logs; `tell` hears of every notification, in another thread. Call it from the main
    thread, see `monitoring_kit.programs.processes.running`. Raises ProgramFailed, PrometheusFailed, ToolMissing, and
    Refused for an environment without Prometheus and for rules that promtool does not accept.
    """
    quick = faster(plan, FACTOR)
    settings = quick.environment.prometheus
    if settings is None:
        problem, remedy = "is not there, so there are no rules to run", "name an environment file that has it"
        raise Refused(Finding(plan.environment.where, "block prometheus", problem, remedy))
    rules = _written_rules(quick, folder / "rules")
    with ExitStack() as stack:
        url, receiver = stack.enter_context(receiving(tell))
        told = yaml_text(one_receiver(url, quick), _HEADER)
        notifier = stack.enter_context(alertmanager(told, folder / "alertmanager"))
        pod = stack.enter_context(one_pod(folder))
        kubernetes = stack.enter_context(kube_state_metrics(settings, pod))
        usage = stack.enter_context(cadvisor(settings, pod))
        scraped = [
            _job(settings.service, f"http://{LOOPBACK}:{pod.metrics_port}", _pod_labels(settings)),
            _job("kube-state-metrics", kubernetes, {"namespace": "monitoring"}, honor_labels=True),
            _job("kubelet", usage, {"metrics_path": "/metrics/cadvisor"}, honor_labels=True),
        ]
        configuration = yaml_text(_prometheus_yml(settings, rules, notifier, scraped), _HEADER)
        flags = (
            f"--query.lookback-delta={shortened(_LOOKBACK, FACTOR)}",
            f"--rules.alert.resend-delay={shortened(_RESEND, FACTOR)}",
        )
        prometheus = stack.enter_context(serve(folder / "prometheus", configuration, flags))
        callers = stack.enter_context(calling(pod.score_port, MODEL_SERVER / "data.csv", "failed_within_week"))
        yield Stack(quick, prometheus, notifier, pod, callers, receiver)


def _written_rules(plan: Plan, folder: Path) -> Path:
    folder.mkdir()
    files = {folder / Path(name).name: text for name, text in render_prometheus(plan).items()}
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    promtool.check_rules(list(files))
    return folder


def _prometheus_yml(
    settings: PrometheusSettings, rules: Path, alertmanager: str, scraped: list[YamlValue]
) -> Mapping[str, YamlValue]:
    return {
        "global": {
            "scrape_interval": settings.scrape_interval.prometheus(),
            "scrape_timeout": settings.scrape_interval.prometheus(),
            "evaluation_interval": settings.evaluation_interval.prometheus(),
        },
        "rule_files": [f"{rules}/*.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [_host(alertmanager)]}]}]},
        "scrape_configs": scraped,
    }


def _job(name: str, address: str, labels: Mapping[str, str], honor_labels: bool = False) -> YamlValue:
    """A scrape job; with `honor_labels` the labels that a series brings along win over those of its target."""
    target: YamlValue = {"targets": [_host(address)], "labels": labels}
    return {"job_name": name, "honor_labels": honor_labels, "static_configs": [target]}


def _pod_labels(settings: PrometheusSettings) -> Mapping[str, str]:
    """What the operator's ServiceMonitor adds to a series of the pod, beside `job` and `instance`."""
    return {
        "namespace": settings.namespace,
        "pod": pod_name(settings),
        "container": settings.workload,
        "service": settings.service,
        "endpoint": "metrics",
    }


def _host(address: str) -> str:
    return address.removeprefix("http://")
