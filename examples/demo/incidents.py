"""What can go wrong in the demonstration."""

from __future__ import annotations

from dataclasses import dataclass

from examples.demo.callers import Mood


@dataclass(frozen=True)
class Incident:
    """One thing that goes wrong, by the word that a person types.

    `faults` is what examples/model_server/faults.py is told, `callers` what those who ask do, `running` whether the
    pod runs. `alerts` are the first to fire, none where nobody must be woken, for the reason `silent_because`.
    """

    word: str
    says: str
    faults: str = "off"
    callers: Mood = Mood.NORMAL
    running: bool = True
    alerts: tuple[str, ...] = ()
    silent_because: str = ""


WELL = Incident("off", "everything is well again")
INCIDENTS = (
    Incident("errors", "30 % of the predictions fail", faults="error_ratio=0.3", alerts=("ModelErrorRatioHigh",)),
    Incident("few-errors", "3.5 % of them fail", faults="error_ratio=0.035", alerts=("ModelErrorRatioHigh",)),
    Incident("slow", "every prediction takes 600 ms longer", faults="added_seconds=0.6", alerts=("ModelLatencyHigh",)),
    Incident("down", "the pod is gone", running=False, alerts=("InferenceNoReplicas",)),
    Incident("silence", "nobody calls any more", callers=Mood.GONE, alerts=("ModelTrafficStopped",)),
    Incident(
        "bad-input",
        "every caller sends what the model refuses",
        callers=Mood.CARELESS,
        silent_because="it is not the service's fault",
    ),
    WELL,
)
