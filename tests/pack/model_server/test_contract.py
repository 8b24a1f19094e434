"""The server exports exactly what the contract says, and the comparison notices when it does not."""

from __future__ import annotations

import http.client
import subprocess
from collections.abc import Iterable, Iterator
from decimal import Decimal

import instrumentation
import pytest
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from monitoring_kit.programs import tools
from queries import metrics
from tests.pack.model_server.exposition_contract import contract, differences
from tests.pack.model_server.server import Server, get, running

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def parse_openmetrics(text: str) -> Iterable[Family]:
    families: Iterable[Family] = openmetrics.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]  # untyped
    return families


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), workers=2) as started:
        yield started


@pytest.fixture(scope="module")
def exposition(server: Server) -> str:
    return get(server.metrics_port, "/metrics").decode()


def test_the_server_exports_the_contract_and_nothing_else(server: Server, exposition: str) -> None:
    assert differences(parse_text(exposition)) == []
    open_metrics = get(server.metrics_port, "/metrics", OPEN_METRICS).decode()
    assert open_metrics.endswith("# EOF\n")
    assert differences(parse_openmetrics(open_metrics)) == []


def test_a_single_process_exports_the_contract_and_nothing_else() -> None:
    registry = instrumentation.Instrumentation("machine-failure", "1.4.0", "python").registry
    as_text, as_open_metrics = (choose_encoder(accept)[0](registry).decode() for accept in ("", OPEN_METRICS))
    assert differences(parse_text(as_text)) == []
    assert differences(parse_openmetrics(as_open_metrics)) == []


def test_the_lists_of_the_module_are_those_of_the_contract() -> None:
    assert (
        tuple(Decimal(str(bound)) for bound in instrumentation.DURATION_BUCKETS) == metrics.PREDICTION_DURATION.buckets
    )
    assert set(instrumentation.STATUSES) == metrics.PREDICTIONS.closed["status"]
    assert set(instrumentation.ERROR_TYPES) == metrics.ERRORS.closed["error_type"]


def test_every_label_set_exists_before_the_first_prediction(exposition: str) -> None:
    samples = [sample for family in parse_text(exposition) for sample in family.samples]
    assert {sample.value for sample in samples if sample.name != "model_info"} == {0.0}
    assert [sample.value for sample in samples if sample.name == "model_info"] == [1.0]  # one a pod, not one a worker


def test_promtool_finds_nothing_to_criticise(exposition: str) -> None:
    done = subprocess.run(
        [tools.find("promtool"), "check", "metrics"], input=exposition, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "model_info",
            "model_version_info",
            "model_version_info is exported but not in the contract",
        ),
        (
            "model_info",
            "model_version_info",
            "model_info is in the contract but not exported",
        ),
        (
            "# TYPE model_info gauge",
            "# TYPE model_info counter",
            "model_info_total is exported but not in the contract",
        ),
        (
            "# TYPE model_prediction_duration_seconds histogram",
            "# TYPE model_prediction_duration_seconds summary",
            "model_prediction_duration_seconds is a summary, in the contract a histogram",
        ),
        (
            'framework="python",',
            'framework="python",pid="17",',
            "model_info has the labels ['framework', 'model_name', 'model_version', 'pid'], "
            "in the contract ['framework', 'model_name', 'model_version']",
        ),
        (
            'model_version="1.4.0",status=',
            "status=",
            "model_predictions_total has the labels ['model_name', 'status'], "
            "in the contract ['model_name', 'model_version', 'status']",
        ),
        (
            'status="rejected"',
            'status="client_error"',
            "model_predictions_total has status in ['client_error', 'error', 'success'], "
            "in the contract ['error', 'rejected', 'success']",
        ),
        (
            'error_type="other"',
            'error_type="KeyError"',
            "model_errors_total has error_type in ['KeyError', 'dependency_error', 'model_error', 'out_of_memory', "
            "'timeout'], in the contract ['dependency_error', 'model_error', 'other', 'out_of_memory', 'timeout']",
        ),
        (
            'le="2.0"',
            'le="3.0"',
            "model_prediction_duration_seconds has le in ['+Inf', '0.005', '0.01', '0.025', '0.05', '0.1', '0.25', "
            "'0.5', '0.75', '1.0', '10.0', '2.5', '3.0', '30.0', '5.0'], in the contract ['+Inf', '0.005', '0.01', "
            "'0.025', '0.05', '0.1', '0.25', '0.5', '0.75', '1.0', '10.0', '2.0', '2.5', '30.0', '5.0']",
        ),
        (
            "model_prediction_duration_seconds_sum",
            "another_sum",
            "model_prediction_duration_seconds_sum is in the contract but not exported",
        ),
        (
            "Always 1:",
            "Sometimes 1:",
            "model_info has the help 'Sometimes 1: which version of which model a pod serves.', "
            "in the contract 'Always 1: which version of which model a pod serves.'",
        ),
    ],
)
def test_the_comparison_notices(exposition: str, old: str, new: str, expected: str) -> None:
    assert old in exposition
    assert expected in differences(parse_text(exposition.replace(old, new)))


def test_the_contract_of_the_model_server_is_what_the_guide_names() -> None:
    assert set(contract()) == {
        "model_predictions_total",
        "model_prediction_duration_seconds",
        "model_errors_total",
        "model_info",
    }


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4; charset=utf-8"),
        (
            # what Prometheus 2.42 sends
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
            "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
        ),
        (
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5",
            "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        ),
    ],
)
def test_the_content_type_is_the_one_that_was_asked_for(server: Server, accept: str, content_type: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.metrics_port, timeout=10)
    connection.request("GET", "/metrics", headers={"Accept": accept})
    assert connection.getresponse().getheader("Content-Type") == content_type
    connection.close()


def test_a_scrape_can_ask_for_one_metric(server: Server) -> None:
    exposition = get(server.metrics_port, "/metrics?name[]=model_info").decode()
    assert [family.name for family in parse_text(exposition)] == ["model_info"]


def test_the_metrics_are_not_on_the_port_that_callers_reach(server: Server) -> None:
    with pytest.raises(RuntimeError, match="/metrics answered 404"):
        get(server.score_port, "/metrics")
