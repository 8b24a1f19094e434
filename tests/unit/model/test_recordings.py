"""Recording rules: what reads them, what does not, and that both say the same."""

from __future__ import annotations

import pytest

from monitoring_kit.core.findings import Refused
from monitoring_kit.model.recordings import from_recordings, recording, with_recorded
from monitoring_kit.promql.parser import parse
from monitoring_kit.promql.printer import one_line
from tests.unit.analysis.contract import GUIDE

REQUESTS = recording(
    "model_status:model_predictions:rate5m",
    counter="model_predictions_total",
    by="namespace model_name status",
    window="5m",
)
RECORDINGS = {REQUESTS.name: REQUESTS}


@pytest.mark.parametrize(
    ("expression", "read"),
    [
        (
            "sum by (model_name) (rate(model_predictions_total[5m]))",
            "sum by (model_name) (model_status:model_predictions:rate5m)",
        ),
        (
            'sum by (model_name) (rate(model_predictions_total{status="error"}[5m]))',
            'sum by (model_name) (model_status:model_predictions:rate5m{status="error"})',
        ),
        (
            "sum by (model_name) (increase(model_predictions_total[5m]))",
            "sum by (model_name) (model_status:model_predictions:rate5m) * 300",
        ),
        (
            "sum by (model_name) (rate(model_predictions_total[5m] offset 1h))",
            "sum by (model_name) (model_status:model_predictions:rate5m offset 1h)",
        ),
        (
            "sum by (model_name) (rate(model_predictions_total[$__rate_interval]))",
            "sum by (model_name) (avg_over_time(model_status:model_predictions:rate5m[$__rate_interval]))",
        ),
    ],
    ids=["sum of a rate", "with a matcher", "increase", "offset", "Grafana's window"],
)
def test_a_sum_that_a_recording_holds_reads_it(expression: str, read: str) -> None:
    assert one_line(from_recordings(parse(expression), RECORDINGS)) == read


@pytest.mark.parametrize(
    "expression",
    [
        "sum by (model_name) (rate(model_predictions_total[10m]))",
        "sum by (pod) (rate(model_predictions_total[5m]))",
        'sum by (model_name) (rate(model_predictions_total{pod="a"}[5m]))',
        "max by (model_name) (rate(model_predictions_total[5m]))",
        "sum without (pod) (rate(model_predictions_total[5m]))",
        "sum by (model_name) (irate(model_predictions_total[5m]))",
        "rate(model_predictions_total[5m])",
        "sum by (model_name) (increase(model_predictions_total[$__rate_interval]))",
        "absent(model_predictions_total)",
    ],
)
def test_everything_else_stays_with_the_counter(expression: str) -> None:
    assert from_recordings(parse(expression), RECORDINGS) == parse(expression)


def test_a_recorded_series_joins_the_contract_as_a_gauge_with_the_labels_that_are_kept() -> None:
    shape = with_recorded(GUIDE, [REQUESTS]).shape(REQUESTS.name)
    assert shape is not None
    assert shape.labels == {"namespace", "model_name", "status"}
    assert shape.type.value == "gauge"


def test_recording_something_that_is_no_counter_is_refused() -> None:
    with pytest.raises(Refused, match="no counter of the contract"):
        with_recorded(GUIDE, [recording("model:model_info:rate5m", counter="model_info", by="namespace", window="5m")])


@pytest.mark.parametrize("name", ["model:model_predictions:rate10m", "model:requests:rate5m", "model_predictions"])
def test_a_name_says_what_is_recorded(name: str) -> None:
    with pytest.raises(Refused, match=r'write "[a-z_]+:model_predictions:rate5m"'):
        recording(name, counter="model_predictions_total", by="namespace", window="5m")
