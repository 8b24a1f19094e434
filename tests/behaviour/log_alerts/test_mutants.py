"""A log alert with a mistake in it does otherwise than specified: some case notices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.behaviour.log_alerts.case import LogSpecification
from tests.behaviour.log_alerts.cases import SPECIFICATIONS
from tests.behaviour.log_alerts.mutants import LogMutant, mutants
from tests.behaviour.log_alerts.running import Loaded, differences, loaded, rules_for
from tests.behaviour.log_alerts.service import LogRule
from tests.behaviour.log_alerts.store import CannotRun
from tests.support.planting import shipped

NOT_REJECTED = "the alert reads only what is not rejected, whatever it is called"
WHOLE = "the measure is a whole number, so nothing lies between the two thresholds"
ONE_PERIOD = "with one period the query sees no row outside the window, whatever the bin"
ADDED_UP = "the rule adds the bins of its period up, wherever they end"
INSTANT = "a row at the very instant belongs to either side"
NONE_LATELY = "where requests came in the last 15 minutes it is silent, so what came before is all there is"
OWN_WINDOW = "the query narrows its hour by itself, and its result has no time"
NO_LIMIT = "without a limit the share is left out either way"
ZERO_LIMIT = "the engine divides a column by zero to null, so a limit of 0 has no share here; in Kusto it is infinite"
BY_NAME = "what is added up is chosen by the counter's name again; the line only keeps other counters from being joined"

# Mutants that no case can notice, and why.
NOT_BLAMED = "the alert reads only what the caller is to blame for"
EXCUSED: Mapping[str, Mapping[str, str]] = {
    "ModelErrorRatioHigh": {
        "line 3: 0 becomes 1": "stands for a missing code, and lies outside 400 to 499 like 0",
        "line 3: 0 becomes -1": "stands for a missing code, and lies outside 400 to 499 like 0",
        'line 3: "success" becomes "success~"': "the alert reads only who is to blame, and success is nobody",
        'line 4: "rejected" (2) becomes "rejected~"': "an error is not rejected: only other signals need the condition",
    },
    "ModelLatencyHigh": {
        "line 3: 0 becomes 1": "stands for a missing code, and lies outside 400 to 499 like 0",
        "line 3: 0 becomes -1": "stands for a missing code, and lies outside 400 to 499 like 0",
        'line 3: "success" becomes "success~"': NOT_REJECTED,
        'line 3: "error" becomes "error~"': NOT_REJECTED,
        'line 3: "error" (2) becomes "error~"': NOT_REJECTED,
    },
    "EndpointTrafficStopped": {
        "thresholds times 0.9": WHOLE,
        "line 3: > becomes >=": INSTANT,
        "line 3: 15m (2) becomes 3m": NONE_LATELY,
        "line 3: countif(TimeGenerated <= ago(15m)) becomes count()": NONE_LATELY,
        "window 30m instead of 15m": OWN_WINDOW,
        "window 450s instead of 15m": OWN_WINDOW,
    },
    "ModelRejectsNearlyAll": {
        "line 3: 0 becomes 1": "stands for a missing code, and lies outside 400 to 499 like 0",
        "line 3: 0 becomes -1": "stands for a missing code, and lies outside 400 to 499 like 0",
        'line 3: "success" becomes "success~"': NOT_BLAMED,
        'line 3: "error" becomes "error~"': NOT_BLAMED,
        'line 3: "error" (2) becomes "error~"': NOT_BLAMED,
    },
    "ModelRejectedRatioHigh": {
        "line 3: 0 becomes 1": "stands for a missing code, and lies outside 400 to 499 like 0",
        "line 3: 0 becomes -1": "stands for a missing code, and lies outside 400 to 499 like 0",
        'line 3: "success" becomes "success~"': NOT_BLAMED,
        'line 3: "error" becomes "error~"': NOT_BLAMED,
        'line 3: "error" (2) becomes "error~"': NOT_BLAMED,
    },
    "ModelExceptionsRaised": {
        "thresholds times 1.1": WHOLE,
        "line 2: 15m becomes 30m": ONE_PERIOD,
        "line 2: 15m becomes 3m": ADDED_UP,
        "line 2: without bin(timestamp, 15m),": ONE_PERIOD,
    },
    "InferenceContainerRestarts": {
        "thresholds times 0.9": WHOLE,
        "line 5: 1h becomes 2h": ONE_PERIOD,
        "line 5: 1h becomes 12m": ADDED_UP,
        "line 5: without bin(TimeGenerated, 1h),": ONE_PERIOD,
    },
    "InferenceErrorsLogged": {
        "line 4: 15m becomes 30m": ONE_PERIOD,
        "line 4: 15m becomes 3m": ADDED_UP,
        "line 4: without bin(TimeGenerated, 15m),": ONE_PERIOD,
    },
    "InferenceCpuNearLimit": {
        "line 9: null becomes 0": NO_LIMIT,
        "line 10: > becomes >=": ZERO_LIMIT,
        "line 10: 0 becomes -1": ZERO_LIMIT,
        "line 10: without | where Allowed > 0": ZERO_LIMIT,
        "line 10: 0 becomes 1": "a limit of one billionth of a core",
        'line 3: without | where CounterName in ("cpuUsageNanoCores", "cpuLimitNanoCores")': BY_NAME,
        "line 6: without and isnotempty(ContainerName)": "a pod without a container has no readings to be joined with",
    },
    "InferenceMemoryNearLimit": {
        "line 9: null becomes 0": NO_LIMIT,
        "line 10: > becomes >=": ZERO_LIMIT,
        "line 10: 0 becomes -1": ZERO_LIMIT,
        "line 10: without | where Allowed > 0": ZERO_LIMIT,
        "line 10: 0 becomes 1": "a limit of one byte",
        'line 3: without | where CounterName in ("memoryWorkingSetBytes", "memoryLimitBytes")': BY_NAME,
        "line 6: without and isnotempty(ContainerName)": "a pod without a container has no readings to be joined with",
    },
}


def quick(rule: LogRule) -> LogRule:
    """The rule without toint() of columns that are int already, which takes the engine three times as long."""
    whole = {name for table in shipped().tables.values() for name, type in table.columns.items() if type == "int"}
    query = re.sub(r"toint\((\w+)\)", lambda found: found[1] if found[1] in whole else found[0], rule.query)
    return replace(rule, query=query)


def survivors(all_mutants: Sequence[LogMutant], alert: str) -> set[str]:
    """The mutants that do all that the cases of the alert say. One that the engine or the service refuses does not."""
    cases = list(loaded(alert))
    names: set[str] = set()
    for mutant in all_mutants:
        noticing = next((case for case in cases if _notices(case, mutant)), None)
        if noticing is None:
            names.add(mutant.name)
        else:  # the next mutant is much like this one
            cases.remove(noticing)
            cases.insert(0, noticing)
    return names


def _notices(case: Loaded, mutant: LogMutant) -> bool:
    try:
        return next(differences(mutant.rules, [case]), None) is not None
    except (CannotRun, ValueError):
        return True


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda specification: specification.alert)
def test_every_mutant_is_noticed_or_excused(specification: LogSpecification) -> None:
    alert = specification.alert
    rules = tuple(map(quick, rules_for(specification)))
    assert list(differences(rules, loaded(alert))) == []
    excused = EXCUSED.get(alert, {})
    survive = survivors(tuple(mutants(rules)), alert)
    assert sorted(survive - excused.keys()) == [], "no case notices these"
    assert sorted(excused.keys() - survive) == [], (
        "these are excused, though a case notices them or they are no mutants"
    )


def test_the_mutants_of_a_query_are_its_slips_of_the_hand() -> None:
    (rule,) = rules_for(next(one for one in SPECIFICATIONS if one.alert == "InferenceErrorsLogged"))
    names = {mutant.name for mutant in mutants([rule])}
    assert {
        'line 3: without | where LogLevel in~ ("error", "critical", "fatal", "err")',
        "line 2: == becomes !=",
        'line 2: without PodNamespace == "production" and',
        'line 2: "^ml-inference-[a-z0-9]+-[a-z0-9]{5}$" becomes "ml-inference-[a-z0-9]+-[a-z0-9]{5}$"',
        "line 3: in~ becomes !in~",
        "line 3: in~ becomes in",
        'line 3: "error" becomes "error~"',
        "line 4: 15m becomes 3m",
        "thresholds times 0.9",
        "GreaterThan becomes GreaterThanOrEqual",
        "one period more",
        "not split by PodName",
        "window 30m instead of 15m",
    } <= names
