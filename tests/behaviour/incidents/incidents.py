"""The incidents: what happens, in a few lines each, and which alerts are heard of it. Whatever is not named is silent.

All begin in good health. Times are those of the incident's own clock, which starts with the recording. An alert may
fire from the fault's beginning plus its `for` on, and has to when its window is full as well, give or take a scrape and
an evaluation (a window of 10 minutes sees what happened in 9m30s), or sooner where a part of the window is enough by
far. It may be over when the fault ends, and has to be when the fault has left the window.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from tests.behaviour.incidents.cluster import (
    HEALTHY,
    MEMORY_LIMIT,
    MODEL_BYTES,
    Answer,
    Behaviour,
    Cluster,
    InvalidInput,
    Model,
)
from tests.behaviour.incidents.incident import START, Incident, between, fires

Requests = Callable[[float], float]
"""Requests a second at a time, in seconds since 1970."""

FRAUD = Model(name="fraud", version="7", framework="xgboost")


def steady(a_second: float) -> Requests:
    """So many requests a second, in waves of a tenth over twenty minutes: exactly steady traffic hides mistakes."""
    return lambda now: a_second * (1 + 0.1 * math.sin(2 * math.pi * (now - START) / 1200))


def daily(least: float, most: float) -> Requests:
    """Requests a second over the day: `least` at 2 in the morning, `most` at 2 in the afternoon."""
    middle, swing = (most + least) / 2, (most - least) / 2
    return lambda now: middle - swing * math.cos(2 * math.pi * (now - START - 2 * 3600) / 86400)


def office_day(most: float, peak: int) -> Requests:
    """Requests a second of people at work: `most` at `peak` (seconds after the start, and each day), ever less around.

    A bell of three hours to each side, so that nine hours later somebody asks once in a few minutes, then nobody.
    """

    def requests(now: float) -> float:
        hours_from_peak = ((now - START - peak) / 3600 + 12) % 24 - 12
        return most * math.exp(-((hours_from_peak / 3) ** 2) / 2)

    return requests


def after_an_hour(requests: Requests, pods: int = 2) -> Cluster:
    """A cluster that has been well for an hour, beside neighbours that are not."""
    cluster = Cluster(START, requests, pods)
    cluster.neighbours_move_in()
    cluster.runs("1h")
    return cluster


def healthy() -> Cluster:
    cluster = Cluster(START, daily(0.3, 2.0))
    cluster.runs("3d10h")
    cluster.rolls_out(Model(version="1.5.0"))
    cluster.runs("2d14h")
    cluster.neighbours_move_in()
    cluster.runs("23h57m")
    return cluster


def error_burst() -> Cluster:
    cluster = after_an_hour(steady(4))
    cluster.service.behaves(HEALTHY.but(0.08, Answer(0.3, ConnectionError())))
    cluster.runs("30m")
    cluster.service.behaves(HEALTHY)
    cluster.runs("30m")
    return cluster


def slow_version() -> Cluster:
    cluster = after_an_hour(steady(6), pods=3)
    slow = Model(version="1.5.0", behaviour=HEALTHY.but(0.27, Answer(0.9)))
    cluster.rolls_out(slow, pods=1)
    cluster.runs("30m")
    cluster.rolls_out(slow, pods=2)
    cluster.runs("30m")
    cluster.rolls_out(Model())
    cluster.runs("30m")
    return cluster


def every_fifth_times_out() -> Cluster:
    cluster = Cluster(START, steady(4))
    cluster.runs("6h")
    cluster.service.behaves(HEALTHY.but(0.2, Answer(3.0, TimeoutError())))
    cluster.runs("40m")
    cluster.service.behaves(HEALTHY)
    cluster.runs("1h10m")
    return cluster


def three_seconds_each() -> Cluster:
    cluster = Cluster(START, steady(4))
    cluster.runs("6h")
    cluster.service.behaves(HEALTHY.but(0.9, Answer(3.0)))
    cluster.runs("1h")
    cluster.service.behaves(HEALTHY)
    cluster.runs("1h10m")
    return cluster


def bad_input() -> Cluster:
    cluster = after_an_hour(steady(4))
    cluster.service.behaves(HEALTHY.but(0.6, Answer(0.004, InvalidInput())))
    cluster.runs("1h")
    return cluster


def refuses_everything() -> Cluster:
    cluster = after_an_hour(steady(4))
    cluster.rolls_out(
        Model(version="1.5.0", behaviour=Behaviour({Answer(0.004, InvalidInput()): 1.0})), pods=2, each="1m"
    )
    cluster.runs("30m")
    cluster.rolls_out(Model())
    cluster.runs("20m")
    return cluster


def one_pod_of_thirty_fails() -> Cluster:
    cluster = after_an_hour(steady(8), pods=30)
    cluster.service.pods[7].behaves(HEALTHY.but(1.0, Answer(0.02, OSError("no space left on device"))))
    cluster.runs("30m")
    cluster.service.pods[7].behaves(HEALTHY)
    cluster.runs("20m")
    return cluster


def nine_of_ten_replicas_gone() -> Cluster:
    cluster = after_an_hour(steady(4), pods=10)
    del cluster.service.pods[1:]
    cluster.runs("30m")
    for _ in range(9):
        cluster.adds_pod(cluster.service, Model()).starts()
    cluster.runs("10m")
    return cluster


def new_pod_waits(*, container: str = "", init_container: str = "") -> Cluster:
    """A rollout whose first new pod never starts: Kubernetes gives up after 10 minutes, somebody undoes it after 30."""
    cluster = after_an_hour(steady(4))
    pod = cluster.adds_pod(cluster.service, Model(version="1.5.0"))
    pod.waiting_for, pod.init_waiting_for = container, init_container
    cluster.runs("10m")
    cluster.service.progressing = False
    cluster.runs("20m")
    cluster.service.pods.remove(pod)
    cluster.service.progressing = True
    cluster.runs("20m")
    return cluster


def sources_gone() -> Cluster:
    cluster = after_an_hour(steady(4))
    cluster.service.kubernetes_known = False
    cluster.runs("30m")
    cluster.service.kubernetes_known = True
    cluster.runs("30m")
    return cluster


def scaled_to_zero() -> Cluster:
    cluster = after_an_hour(lambda now: steady(1)(now) if now < START + 3600 else 0.0)
    cluster.service.wanted = 0
    cluster.service.pods.clear()
    cluster.runs("2h")
    return cluster


def crash_loop() -> Cluster:
    cluster = after_an_hour(steady(4))
    pod = cluster.service.pods[1]
    for waits in ("30s", "30s", "1m", "1m30s", "3m", "5m", "5m", "5m", "5m"):
        pod.ends("Error")
        pod.waiting_for = "CrashLoopBackOff"
        cluster.runs(waits)
        pod.restarts_in_place(listening=False)
        cluster.runs("30s")
    pod.starts()
    cluster.runs("1h30m")
    return cluster


def memory_leak() -> Cluster:
    cluster = after_an_hour(steady(4))
    pod = cluster.service.pods[0]
    for _ in range(240):
        pod.leaked += (MEMORY_LIMIT - MODEL_BYTES) / 240
        cluster.runs("30s")
    pod.ends("OOMKilled")
    cluster.runs("30s")
    pod.restarts_in_place(listening=False)
    cluster.runs("1m30s")
    pod.starts()
    cluster.runs("28m")
    return cluster


def scrapes_fail() -> Cluster:
    cluster = after_an_hour(steady(4))
    for pod in cluster.service.pods:
        pod.reachable = False
    cluster.runs("30m")
    for pod in cluster.service.pods:
        pod.reachable = True
    cluster.runs("30m")
    return cluster


def targets_gone() -> Cluster:
    cluster = after_an_hour(steady(4))
    cluster.service.targets_known = False
    cluster.runs("30m")
    cluster.service.targets_known = True
    cluster.runs("30m")
    return cluster


def pods_gone() -> Cluster:
    cluster = after_an_hour(steady(4))
    cluster.service.pods.clear()
    cluster.runs("30m")
    for _ in range(2):
        cluster.adds_pod(cluster.service, Model()).starts()
    cluster.runs("30m")
    return cluster


def traffic_gone() -> Cluster:
    away = range(START + 9000, START + 12600)  # from 2h30m to 3h30m
    cluster = after_an_hour(lambda now: 0.0 if now in away else steady(1)(now))
    cluster.runs("3h")
    return cluster


def quiet_night() -> Cluster:
    cluster = Cluster(START, office_day(2, peak=2 * 3600))
    cluster.runs("13h")
    cluster.neighbours_move_in()
    server = cluster.service.pods[0].server
    assert server is not None
    for _ in range(3):
        server.answers_one(Answer(1.2, ConnectionError()))
    cluster.runs("10h")
    return cluster


def callers_stop_for_the_night() -> Cluster:
    open_until = START + 9000  # 2h30m
    cluster = after_an_hour(lambda now: steady(1)(now) if now < open_until else 0.0)
    cluster.runs("5h")
    return cluster


def one_model_of_two() -> Cluster:
    cluster = Cluster(START, steady(4))
    cluster.neighbours_move_in()
    fraud = cluster.deploys(
        "production", "ml-inference-fraud", steady(2), 1, model=FRAUD, service=cluster.service.service
    )
    cluster.runs("1h")
    fraud.behaves(HEALTHY.but(0.028, Answer(0.3, TimeoutError())))
    cluster.runs("30m")
    fraud.behaves(HEALTHY)
    cluster.runs("30m")
    return cluster


def uneven_load() -> Cluster:
    peak = range(START + 3600, START + 3600 + 2400)  # from 1h to 1h40m
    cluster = Cluster(START, lambda now: 50.0 if now in peak else steady(5)(now), pods=3)
    cluster.neighbours_move_in()
    for pod, weight in zip(cluster.service.pods, (90, 9, 1), strict=True):
        pod.weight = weight
    cluster.service.pods[2].behaves(HEALTHY.but(0.5, Answer(0.9)))
    cluster.runs("2h10m")
    return cluster


def counter_resets() -> Cluster:
    cluster = after_an_hour(steady(4))
    pod = cluster.service.pods[0]
    pod.ends("Error")
    cluster.runs("30s")
    pod.restarts_in_place(listening=False)
    cluster.runs("1m30s")
    pod.starts()
    cluster.runs("28m")
    for version in ("1.5.0", "1.5.1"):
        cluster.rolls_out(Model(version=version))
        cluster.runs("27m")
    return cluster


def stuck_rollout() -> Cluster:
    cluster = after_an_hour(steady(4))
    cluster.rolls_out(Model(version="1.5.0"), pods=1)
    cluster.runs("1h30m")
    cluster.rolls_out(Model(version="1.5.0"), pods=1)
    cluster.runs("30m")
    return cluster


# A ticket need not come to the minute: the long windows behind it move in coarse steps. A recording holds all that the
# service has ever done: a bad half hour weighs more in it than in the life of an older service, and none is long enough
# for the ticket to be over.
TICKET_AFTER_1H = fires(between("1h", "2h1m"), over=None)
TICKET_AFTER_6H = fires(between("6h", "7h1m"), over=None)

HEALTHY_WEEK = Incident("healthy", "A week with daily traffic, a rollout on the fourth day.", healthy)

INCIDENTS = (
    HEALTHY_WEEK,
    Incident(
        "error burst",
        "From 1h to 1h30m the model loses a service that it depends on: 8% of its predictions fail.",
        error_burst,
        fires={
            "ModelErrorRatioHigh warning": fires(between("1h5m", "1h11m"), over=between("1h30m", "1h36m")),
            "ModelErrorRatioHigh critical": fires(between("1h5m", "1h11m"), over=between("1h30m", "1h36m")),
            "ModelErrorBudgetBurn warning": TICKET_AFTER_1H,
        },
    ),
    Incident(
        "slow version rolled out",
        "A version that answers 27% of its requests too late gets one pod of three at 1h, all of them at 1h34m, and "
        "is taken back at 2h04m.",
        slow_version,
        fires={
            "ModelLatencyHigh warning": fires(between("1h11m", "1h18m"), over=between("2h4m", "2h15m")),
            "ModelLatencyHigh critical": fires(between("1h44m", "1h51m"), over=between("2h4m", "2h11m")),
            "ModelLatencyBudgetBurn warning": TICKET_AFTER_1H,
        },
    ),
    Incident(
        "every fifth prediction times out",
        "From 6h to 6h40m one in five takes three seconds and fails: in 40 minutes the error budget of a day is gone.",
        every_fifth_times_out,
        fires={
            "ModelErrorRatioHigh warning": fires(between("6h5m", "6h7m"), over=between("6h40m", "6h46m")),
            "ModelErrorRatioHigh critical": fires(between("6h5m", "6h8m"), over=between("6h40m", "6h46m")),
            "ModelLatencyHigh warning": fires(between("6h10m", "6h16m"), over=between("6h40m", "6h46m")),
            "ModelErrorBudgetBurn critical": fires(between("6h21m", "6h27m"), over=between("6h40m", "6h46m")),
            "ModelErrorBudgetBurn warning": TICKET_AFTER_6H,
            "ModelTailLatencyBudgetBurn warning": TICKET_AFTER_6H,
        },
    ),
    Incident(
        "three seconds for an answer",
        "From 6h to 7h nine of ten answers take three seconds.",
        three_seconds_each,
        fires={
            "ModelLatencyHigh warning": fires(between("6h10m", "6h16m"), over=between("7h", "7h6m")),
            "ModelLatencyHigh critical": fires(between("6h10m", "6h16m"), over=between("7h", "7h6m")),
            "InferenceCpuNearLimit warning": fires(between("6h15m", "6h21m"), over=between("7h", "7h6m"), times=2),
            "ModelLatencyBudgetBurn critical": fires(between("6h48m", "6h54m"), over=between("7h", "7h6m")),
            "ModelLatencyBudgetBurn warning": TICKET_AFTER_6H,
            "ModelTailLatencyBudgetBurn critical": fires(between("6h9m", "6h15m"), over=between("7h25m", "7h36m")),
            "ModelTailLatencyBudgetBurn warning": TICKET_AFTER_6H,
        },
    ),
    Incident("caller sends bad input", "From 1h on 60% of the requests are refused. Nobody is paged.", bad_input),
    Incident(
        "rollout refuses every request",
        "The version that is rolled out from 1h on checks its input so strictly that it refuses all of it, until it is "
        "taken back at 1h32m. The server is well, and no error budget is spent.",
        refuses_everything,
    ),
    Incident(
        "one pod of thirty fails every request",
        "From 1h to 1h30m the disk of one pod of thirty is full. Of the service's requests that is 3%.",
        one_pod_of_thirty_fails,
        fires={
            "ModelErrorRatioHigh warning": fires(between("1h5m", "1h11m"), over=between("1h30m", "1h36m")),
            "ModelErrorBudgetBurn warning": TICKET_AFTER_1H,
        },
    ),
    Incident(
        "nine of ten replicas gone",
        "From 1h to 1h30m one pod of ten is left, and carries the load of all.",
        nine_of_ten_replicas_gone,
    ),
    Incident(
        "image cannot be pulled",
        "At 1h a rollout begins whose image is not in the registry. At 1h30m it is undone.",
        lambda: new_pod_waits(container="ImagePullBackOff"),
        fires={"ModelTargetDown warning": fires(between("1h5m", "1h6m"), over=between("1h30m", "1h31m"))},
    ),
    Incident(
        "init container fails to download the model",
        "At 1h a rollout begins whose model is not in the storage. At 1h30m it is undone.",
        lambda: new_pod_waits(init_container="CrashLoopBackOff"),
        fires={"ModelTargetDown warning": fires(between("1h5m", "1h6m"), over=between("1h30m", "1h31m"))},
    ),
    Incident(
        "kube-state-metrics and cAdvisor gone",
        "From 1h to 1h30m nothing is known of Deployment and containers, which are well.",
        sources_gone,
    ),
    Incident("scaled to zero on purpose", "At 1h the Deployment is scaled to zero. Nobody is told.", scaled_to_zero),
    Incident(
        "pod crash-looping",
        "One pod of two crashes at 1h, and again each time that it is restarted, until it recovers at 1h31m.",
        crash_loop,
        fires={
            "InferencePodCrashLooping warning": fires(between("1h10m", "1h12m"), over=between("1h31m", "1h37m")),
            "InferenceContainerRestarts warning": fires(between("1h5m", "1h6m"), over=between("2h14m", "2h15m")),
            "ModelTargetDown warning": fires(between("1h5m", "1h6m"), over=between("1h31m", "1h32m")),
        },
    ),
    Incident(
        "memory leak to an out-of-memory kill",
        "From 1h on one pod of two takes ever more memory, until it is killed at 3h and begins anew.",
        memory_leak,
        fires={
            "InferenceMemoryNearLimit warning": fires(between("2h55m", "2h56m"), over=between("3h", "3h1m")),
            "InferenceOutOfMemory warning": fires(between("3h", "3h2m"), over=between("3h15m", "3h17m")),
        },
    ),
    Incident(
        "scrapes fail",
        "From 1h to 1h30m a network policy keeps Prometheus from both pods, which go on answering their callers.",
        scrapes_fail,
        fires={
            "ModelAllTargetsDown critical": fires(between("1h3m", "1h4m"), over=between("1h30m", "1h31m")),
            "ModelTargetDown warning": fires(between("1h5m", "1h6m"), over=between("1h30m", "1h31m"), times=2),
            "ModelMetricsMissing critical": fires(between("1h10m", "1h11m"), over=between("1h30m", "1h31m")),
        },
    ),
    Incident(
        "targets gone",
        "From 1h to 1h30m the Service selects no pod: Prometheus knows no target any more.",
        targets_gone,
        fires={
            "ModelAllTargetsDown critical": fires(between("1h3m", "1h4m"), over=between("1h30m", "1h31m")),
            "ModelMetricsMissing critical": fires(between("1h10m", "1h11m"), over=between("1h30m", "1h31m")),
        },
    ),
    Incident(
        "pods gone",
        "From 1h to 1h30m the nodes are gone, and both pods with them.",
        pods_gone,
        fires={
            "InferenceNoReplicas critical": fires(between("1h2m", "1h3m"), over=between("1h30m", "1h31m")),
            "ModelAllTargetsDown critical": fires(between("1h3m", "1h4m"), over=between("1h30m", "1h31m")),
            "ModelMetricsMissing critical": fires(between("1h10m", "1h11m"), over=between("1h30m", "1h31m")),
        },
    ),
    Incident(
        "traffic gone",
        "From 2h30m to 3h30m nobody asks, after one request a second until then.",
        traffic_gone,
        fires={
            "ModelTrafficStopped critical": fires(between("2h49m", "2h52m"), over=between("3h30m", "3h32m")),
        },
    ),
    Incident(
        "no traffic at night",
        "From the early afternoon to the next morning: requests fade away and come back. At 13h three come alone, and "
        "all fail.",
        quiet_night,
    ),
    Incident(
        "callers that stop at once for the night",
        "At 2h30m the office closes, and with it all requests end. It cannot be told from lost callers: switch the "
        "alert off where that is right, as the environment file shows.",
        callers_stop_for_the_night,
        fires={
            "ModelTrafficStopped critical": fires(between("2h49m", "2h52m"), over=between("4h23m", "4h26m")),
        },
    ),
    Incident(
        "two models of which one is broken",
        "From 1h to 1h30m the model fraud runs into time-outs in 2.8% of its predictions; machine-failure is well.",
        one_model_of_two,
        fires={
            "ModelErrorRatioHigh warning": fires(
                between("1h5m", "1h11m"), over=between("1h30m", "1h36m"), about={"model_name": "fraud"}
            ),
            "ModelErrorBudgetBurn warning": replace(TICKET_AFTER_1H, about={"model_name": "fraud"}),
        },
    ),
    Incident(
        "several pods with uneven load",
        "One pod of three gets 90% of the requests, and ten times as many from 1h to 1h40m; another gets 1% and is "
        "slow.",
        uneven_load,
        fires={
            "InferenceCpuNearLimit warning": fires(between("1h15m", "1h21m"), over=between("1h40m", "1h46m")),
        },
    ),
    Incident(
        "counter resets",
        "A pod is restarted in place at 1h, and two versions are rolled out at 1h30m and 2h.",
        counter_resets,
    ),
    Incident(
        "rollout stuck half-way",
        "At 1h one pod of two gets a new version, the other one only at 2h31m.",
        stuck_rollout,
        fires={
            "ModelVersionSkew warning": fires(between("2h1m", "2h3m"), over=between("2h31m", "2h34m")),
        },
    ),
)
