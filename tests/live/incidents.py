"""The incidents: what happens, in a few lines each, and which alerts are heard of it. Whatever is not named is silent.

Everything begins in good health; what goes wrong goes wrong after one hour, where nothing else is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from tests.live.cluster import (
    HEALTHY,
    MEMORY_LIMIT,
    Answer,
    Cluster,
    InvalidInput,
    Model,
    with_behaviour,
)
from tests.live.incident import START, Incident, between, fires

MODEL = Model()


def steady(a_second: float) -> Callable[[float], float]:
    """So many requests a second, in waves of a tenth over twenty minutes: exactly steady traffic hides mistakes."""
    return lambda now: a_second * (1 + 0.1 * math.sin(2 * math.pi * (now - START) / 1200))


def daily(least: float, most: float) -> Callable[[float], float]:
    """Requests a second over the day: `least` at 2 in the morning, `most` at 2 in the afternoon."""
    middle, swing = (most + least) / 2, (most - least) / 2
    return lambda now: middle - swing * math.cos(2 * math.pi * (now - START - 7200) / 86400)


def a_healthy_week() -> Cluster:
    cluster = Cluster(START, daily(0.3, 2.0))
    cluster.runs("3d10h")
    cluster.rolls_out(Model(version="1.5.0"))
    cluster.runs("2d14h")
    cluster.neighbours_move_in()
    cluster.runs("23h57m")
    return cluster


HEALTHY_WEEK = Incident(
    "healthy", "A week with daily traffic and a rollout on the fourth day. Nobody is woken.", a_healthy_week
)

INCIDENTS = (HEALTHY_WEEK,)
