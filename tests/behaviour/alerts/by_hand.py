"""Alerts on expressions of their own: which of their cases here answers which question, or why none has to.

An alert whose signal says what it measures (`Ratio`, `Latency`, `State` ...) needs no entry: its cases are derived.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitoring_kit.testing.case import Kind

Answer = tuple[str, ...] | str
"""The names of cases, or a reason why there are none."""

BY_HAND: Mapping[str, Mapping[Kind, Answer]] = {
    "ModelVersionSkew": {
        Kind.JUST_BAD: ("two versions, when they have been there for an hour and not before",),
        Kind.JUST_GOOD: ("silent with one version on several pods",),
        Kind.HOLD: ("over when the old version is gone",),
        Kind.BURST: ("silent over a rollout of 55 minutes",),
        Kind.FOREIGN: ("silent while no model is loaded",),  # others have theirs: they are noise in every case
        Kind.INSTANCES: (
            "two versions, when they have been there for an hour and not before",
            "silent with one version that was rebuilt with another framework",
        ),
        Kind.GROUPS: ("the model with two versions, not the one beside it",),
        Kind.RESET: "it reads no counter",
        Kind.NO_DATA: ("silent while no model is loaded",),
        Kind.BORN_LATE: ("silent over a rollout of 55 minutes",),
        Kind.LOW_TRAFFIC: "a version is loaded or not, whatever is asked of it",
        Kind.EARLIER: "its threshold does not look back",
    },
}
