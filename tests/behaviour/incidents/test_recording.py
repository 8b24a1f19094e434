"""What a recording holds: what production exports, counted by the real instrumentation, each series to its end.

The incidents themselves are held against the alerts in test_incidents.py.
"""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from monitoring_kit.analysis.series import METRIC_NAME_LABEL
from monitoring_kit.programs.prometheus import query
from tests.behaviour.incidents import production, recording
from tests.behaviour.incidents.cluster import HEALTHY, Answer, Behaviour, Cluster, InvalidInput, Model, ModelServer
from tests.behaviour.incidents.incident import START, Incident
from tests.behaviour.incidents.incidents import HEALTHY_WEEK, INCIDENTS, steady
from tests.behaviour.incidents.production import Rule
from tests.behaviour.incidents.recording import served
from tests.support.planting import shipped

BY_NAME = {incident.name: incident for incident in INCIDENTS}
SHORT = [incident for incident in INCIDENTS if incident is not HEALTHY_WEEK]
MINUTE = 60

# What a kubelet says of a whole pod or of its sandbox has no container, and of a whole pod no image either.
NOT_ALWAYS_THERE = {"container", "image", "name"}
# They find and start programs, whatever is recorded with them.
# What Prometheus writes itself while it evaluates alerts.
EVALUATED = {"ALERTS", "ALERTS_FOR_STATE"}
NOT_A_SOURCE = {"monitoring_kit.core.shown", "monitoring_kit.programs.processes", "monitoring_kit.programs.tools"}


def a_quarter_of_an_hour() -> Cluster:
    cluster = Cluster(START, steady(2))
    cluster.runs("15m")
    return cluster


def test_requests_are_counted_by_the_real_instrumentation() -> None:
    server = ModelServer(Model("churn", "3", "sklearn", HEALTHY.but(0.1, Answer(4.0, TimeoutError()))))
    server.answers(1000)

    exposed = {(name, *sorted(labels.items())): value for name, labels, value in server.exposed()}
    model = (("model_name", "churn"), ("model_version", "3"))
    status = {status: exposed["model_predictions_total", *model, ("status", status)] for status in ("success", "error")}
    assert status == {"success": 889, "error": 101}
    assert exposed["model_predictions_total", *model, ("status", "rejected")] == 9
    assert exposed["model_errors_total", ("error_type", "timeout"), *model] == 100
    assert exposed["model_errors_total", ("error_type", "model_error"), *model] == 1
    assert exposed["model_prediction_duration_seconds_count", *model] == 999 - 9
    assert exposed["model_prediction_duration_seconds_bucket", ("le", "2.5"), *model] == 899 - 9
    assert exposed["model_info", ("framework", "sklearn"), *model] == 1


def test_fractions_of_a_request_are_not_lost() -> None:
    little_by_little, at_once = ModelServer(Model()), ModelServer(Model())
    for _ in range(4000):
        little_by_little.answers(0.25)
    at_once.answers(1000)

    for one, other in zip(little_by_little.exposed(), at_once.exposed(), strict=True):
        assert one[:2] == other[:2]
        assert one[2] == pytest.approx(other[2])


def test_a_recording_is_the_same_each_time() -> None:
    first, second = (BY_NAME["slow version rolled out"].happens() for _ in range(2))
    assert first.now == second.now
    assert first.samples.openmetrics(START, first.now) == second.samples.openmetrics(START, second.now)


def test_recordings_hold_what_the_contract_says_and_all_of_it() -> None:
    catalogue = shipped().catalogue
    found: Counter[str] = Counter()
    for incident in SHORT:
        for series in incident.happens().samples:
            shape = catalogue.shape(series.metric)
            assert shape is not None, f"{incident.name}: {series.name} is not in the contract"
            labels = {label for label, value in series.labels.items() if value}
            optional = NOT_ALWAYS_THERE if "metrics_path" in shape.labels else set()
            assert shape.labels - optional <= labels <= shape.labels, f"{incident.name}: labels of {series.name}"
            for label, values in shape.closed.items():
                assert not values or series.labels[label] in values, f"{incident.name}: {label} of {series.name}"
            found[shape.metric.name] += 1

    recorded = {rule["record"] for rule in production.recording_rules()}
    assert set(found) == set(catalogue.metrics) - recorded - EVALUATED


def test_a_series_ends_with_the_first_scrape_that_it_is_missing_from() -> None:
    pods = 'up{namespace="production", job="ml-inference-metrics"}'
    with served(BY_NAME["targets gone"]) as recorded:
        known = {
            seconds: len(query(recorded.address, pods, recorded.start + 60 * MINUTE + seconds))
            for seconds in (0, 5, 10, 20, 30)
        }
    # The targets are scraped 10 and 20 seconds after each half minute, the last time before the hour is full.
    assert known == {0: 2, 5: 2, 10: 1, 20: 0, 30: 0}


def test_a_restart_is_a_reset_of_every_counter() -> None:
    resets = 'resets(model_prediction_duration_seconds_count{namespace="production", job="ml-inference-metrics"}[30m])'
    with served(BY_NAME["counter resets"]) as recorded:
        numbers = sorted(sample.value for sample in query(recorded.address, resets, recorded.start + 85 * MINUTE))
    assert numbers == [0, 1]


def test_recording_rules_are_recorded_too() -> None:
    evaluated: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
    with served(BY_NAME["error burst"]) as recorded:
        for rule in production.recording_rules():
            answer = query(recorded.address, str(rule["expr"]), recorded.end)
            # Nothing is missing at the end of this incident, so nothing is noted of a gap.
            assert answer or str(rule["record"]).endswith("_gap"), rule["record"]
            for sample in answer:
                labels = {**sample.labels, **production.labels_of(rule), METRIC_NAME_LABEL: str(rule["record"])}
                evaluated.setdefault(str(rule["record"]), {})[frozenset(labels.items())] = sample.value
        for record, expected in evaluated.items():
            kept = query(recorded.address, record, recorded.end)
            assert {frozenset(sample.labels.items()): sample.value for sample in kept} == expected


def test_a_rule_that_reads_what_it_recorded_before_keeps_its_value() -> None:
    note = "instance:model_predictions:before_gap"
    with served(BY_NAME["scrapes fail"]) as recorded:
        kept = [
            sum(sample.value for sample in query(recorded.address, note, recorded.start + minute * MINUTE))
            for minute in (50, 65, 85)
        ]
    assert kept[0] == 0, "nothing is noted while scrapes work"
    assert kept[1] == kept[2] > 0, "the last values before the gap, for as long as it lasts"


def test_a_recording_rule_can_read_another_one() -> None:
    rules: Sequence[Rule] = [
        {"record": "service:twice:sum", "expr": "2 * service:once:sum"},
        {"record": "service:once:sum", "expr": 'sum(up{job="ml-inference-metrics"})', "labels": {"team": "a"}},
    ]
    with served(Incident("small", "", a_quarter_of_an_hour), rules) as recorded:
        (twice,) = query(recorded.address, "service:twice:sum", recorded.start + 10 * MINUTE)
    assert (twice.value, twice.labels["team"]) == (4, "a")


def test_recording_rules_that_read_each_other_are_refused() -> None:
    rules: Sequence[Rule] = [
        {"record": "a:b:sum", "expr": "sum(b:a:sum)"},
        {"record": "b:a:sum", "expr": "sum(a:b:sum)"},
    ]
    with (
        pytest.raises(ValueError, match="need each other: a:b:sum, b:a:sum"),
        served(Incident("small", "", a_quarter_of_an_hour), rules),
    ):
        pass


def test_a_recording_is_kept_until_something_that_it_depends_on_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def happens() -> Cluster:
        made.append("once more")
        if len(made) == 1:
            raise InterruptedError
        return a_quarter_of_an_hour()

    monkeypatch.setattr(recording, "RECORDINGS", tmp_path)
    monkeypatch.setattr(production, "recording_rules", tuple)
    incident = Incident("small", "", happens)
    with pytest.raises(InterruptedError), served(incident):
        pass
    for _ in range(2):
        with served(incident):
            pass
    assert len(made) == 2, "what was interrupted is made again, what was finished is kept"

    monkeypatch.setattr(production, "recording_rules", lambda: ({"record": "a:b:sum", "expr": "vector(1)"},))
    with served(incident):
        pass
    assert len(made) == 3
    assert len(list((tmp_path / "small").iterdir())) == 1, "what is outdated is removed"


def test_a_change_of_any_module_behind_a_recording_makes_it_anew() -> None:
    sources = {module.__name__ for module in recording.SOURCES}
    needed = {name for module in recording.SOURCES for name in _imported(module)}
    assert needed - sources - NOT_A_SOURCE == set()


def _imported(module: ModuleType) -> set[str]:
    """The modules of the project that a module imports."""
    tree = ast.parse(inspect.getsource(module))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name for name in names if name.startswith(("tests.", "monitoring_kit.", "examples."))}


def test_time_passes_in_whole_scrapes() -> None:
    with pytest.raises(ValueError, match="45s is not a number of whole scrape intervals of 30 s"):
        Cluster(START, steady(1)).runs("45s")


def test_the_shares_of_a_behaviour_are_all_requests() -> None:
    with pytest.raises(ValueError, match=r"the shares add up to 0\.9"):
        Behaviour({Answer(0.1): 0.5, Answer(0.1, InvalidInput()): 0.4})
