"""Mutants that no case can tell from their rule, for a reason that the definitions do not hold.

What follows from the definitions is a rule in `monitoring_kit.testing.equivalence`. An entry names the alert, the
operator and the place as the list of survivors prints them. One that no mutant needs any more fails the run.
"""

from __future__ import annotations

from monitoring_kit.testing.mutation import Excused

_NO_LIMIT = "only containers have a limit: the join leaves out the pod's own cgroup and its sandbox as well"

_ENOUGH = "the guard beside it asks for 5 bad events in the same window, so that there is more than one in all"

_OLD_NOTE = "beside it an older note counts as none, and then the whole value counts as it does after a restart"

_MEMORY_USED = "left of > > left of / > max > container_memory_working_set_bytes"
_CPU_USED = "left of > > left of / > sum > pod_container:container_cpu_usage_seconds:rate5m"

_UP = "left of <= > left of unless > left of or > sum"
_NO_SCRAPE = "each scrape is 0 or 1: where their sum is 0, so are their mean and their highest"
_ABSENT = "absent is 1 or nothing, so that the comparison only says how it is meant"
_READY = "left of >= > left of unless > max"
_ONE_POD = "kube-state-metrics has one such series of a pod"

_LONG_TOTAL = "left of > > left of / > right of / > right of >"

EXCUSED = (
    Excused("ModelAllTargetsDown", "sum to avg", _UP, _NO_SCRAPE),
    Excused("ModelAllTargetsDown", "sum to max", _UP, _NO_SCRAPE),
    Excused("ModelMetricsMissing", "comparison dropped", ">=", _ABSENT),
    Excused("InferenceUsageUnknown", "comparison dropped", ">=", _ABSENT),
    Excused("ModelPodWithoutMetrics", "max to sum", _READY, _ONE_POD),
    Excused("InferenceMemoryNearLimit", 'matcher container!="" dropped', _MEMORY_USED, _NO_LIMIT),
    Excused("InferenceMemoryNearLimit", 'matcher container!="POD" dropped', _MEMORY_USED, _NO_LIMIT),
    Excused("InferenceMemoryNearLimit", 'matcher container!="POD" loosened', _MEMORY_USED, _NO_LIMIT),
    Excused("InferenceCpuNearLimit", 'matcher container!="" dropped', _CPU_USED, _NO_LIMIT),
    Excused("InferenceCpuNearLimit", 'matcher container!="POD" dropped', _CPU_USED, _NO_LIMIT),
    Excused("InferenceCpuNearLimit", 'matcher container!="POD" loosened', _CPU_USED, _NO_LIMIT),
    *(
        Excused(alert, "number 0 to 1", f"{rate} > left of and > left of and > {_LONG_TOTAL}", _ENOUGH)
        for alert in ("ModelErrorBudgetBurn", "ModelLatencyBudgetBurn", "ModelTailLatencyBudgetBurn")
        for rate in ("left of or", "right of or")
    ),
    *(
        Excused(
            f"instance:{counter}:across_gap",
            f"window x{factor}",
            "left of / > left of or > right of or > right of and > right of < > last_over_time",
            _OLD_NOTE,
        )
        for counter in ("model_predictions", "model_prediction_duration_seconds_bucket")
        for factor in (2, 12)
    ),
)
