"""What label inference says of an expression, over the guide's metrics."""

from __future__ import annotations

import pytest

from monitoring_kit.analysis.labels import Inference, Problem, infer
from monitoring_kit.promql.parser import parse
from tests.unit.analysis.contract import GUIDE

RATE = "rate(model_predictions_total[5m])"
ERRORS = "rate(model_errors_total[5m])"
MATCHED = f"sum by (model_name) ({RATE})"
BUCKETS = "rate(model_prediction_duration_seconds_bucket[5m])"


def inferred(text: str) -> Inference:
    return infer(parse(text), GUIDE)


def problems(text: str) -> list[str]:
    return [problem.check for problem in inferred(text).problems]


def labels(text: str) -> list[str] | None:
    """Each possible label set as text, `...` for labels that are not known; target labels are left out for brevity."""
    found = inferred(text).labels
    if found is None:
        return None
    scrape = {"job", "instance", "namespace", "pod"}
    return [" ".join([*sorted(s.labels - scrape), *(["..."] if s.open else [])]) for s in found]


def only_problem(text: str) -> Problem:
    (problem,) = inferred(text).problems
    return problem


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # The guide's own defects and their obvious wrong repairs.
        (f"{ERRORS} / {RATE}", ["never-matches"]),
        (f"{ERRORS} / on (model_name, pod, instance, job, namespace) {RATE}", ["many-to-many"]),
        (f"sum by (model_name, model_version) ({ERRORS})", ["unknown-group-label"]),
        (f"histogram_quantile(0.95, sum({BUCKETS}))", ["le-lost"]),
        (f"histogram_quantile(0.95, {BUCKETS})", ["quantile-per-instance"]),
        ("rate(model_info[5m])", ["rate-on-gauge"]),
        ("sum by (status) (model_predictions_total)", ["raw-counter"]),
        ('rate(model_errors_total{model_version="1"}[5m])', ["unknown-label"]),
        (f"{RATE} unless sum({ERRORS})", ["never-matches"]),
        # Names.
        ("rate(model_prediction_total[5m])", ["unknown-metric"]),
        ('{__name__="nothing"}', ["unknown-metric"]),
        ('queue_length{team="a"}', ["unknown-label"]),
        ('queue_length{team!="a"}', ["unknown-label"]),
        ('queue_length{team=~".*"}', ["unknown-label"]),
        ('queue_length{team=""}', []),
        ('rate(model_predictions_total{status="failed"}[5m])', ["unknown-label-value"]),
        ('rate(model_predictions_total{status=~"fail.*|broken"}[5m])', ["unknown-label-value"]),
        ('rate(model_predictions_total{status!~".+"}[5m])', ["unknown-label-value"]),
        ('rate(model_predictions_total{status=~"err.*|broken"}[5m])', []),
        ('rate(model_predictions_total{status=~"$status"}[5m])', []),
        ('rate(model_predictions_total{status="$status"}[5m])', []),
        ('rate(model_prediction_duration_seconds_bucket{le="1"}[5m])', ["unknown-label-value"]),
        ('rate(model_prediction_duration_seconds_bucket{le="1.0"}[5m])', []),
        # Counters and gauges.
        ("resets(queue_length[1h])", ["rate-on-gauge"]),
        ("delta(model_errors_total[1h])", ["delta-on-counter"]),
        ("deriv(queue_length[1h])", []),
        ("model_errors_total > 5", ["raw-counter"]),
        ("max_over_time(model_errors_total[5m])", ["raw-counter"]),
        ("absent(model_errors_total)", []),
        ("absent_over_time(model_errors_total[5m])", []),
        ("count by (model_name) (model_errors_total)", []),
        ("count(sum by (model_name) (model_errors_total))", []),
        ("count(model_errors_total > 5)", ["raw-counter"]),
        ("time() - timestamp(model_errors_total)", []),
        ("changes(model_errors_total[5m])", []),
        ("resets(model_errors_total[5m])", []),
        ("queue_length unless on (model_name) model_errors_total", []),
        ("0 * model_errors_total", []),
        ("rate(model_errors_total[1h:1m])", []),
        ("rate(sum(model_errors_total)[1h:1m])", ["rate-of-sum"]),
        ("rate(queue_length[1h:1m])", ["rate-on-gauge"]),
        (f"max_over_time({ERRORS}[1h:1m])", []),
        ('rate({job="a"}[5m])', []),
        # Quantiles.
        (f"histogram_quantile(0.9, sum by (model_name, le) ({BUCKETS}))", []),
        (f"histogram_quantile(0.9, sum by (pod, le) ({BUCKETS}))", ["quantile-per-instance"]),
        (f"histogram_quantile(0.9, sum without (le) ({BUCKETS}))", ["le-lost"]),
        ("histogram_quantile(0.9, sum by (le) (model_prediction_duration_seconds_bucket))", ["bucket-without-rate"]),
        (f"histogram_quantile(0.9, sum by (model_name) ({ERRORS}))", ["not-a-bucket"]),
        ("histogram_quantile(0.9, rate(model_prediction_duration_seconds_count[5m]))", ["not-a-bucket"]),
        # Matching.
        (f"sum by (model_name) ({ERRORS}) / sum by (model_name) ({RATE})", []),
        (f"sum by (model_name, status) ({RATE}) / sum by (model_name) ({RATE})", ["never-matches"]),
        (f"sum by (model_name, status) ({RATE}) / ignoring (status) sum by (model_name) ({RATE})", ["many-to-many"]),
        (f"sum by (model_name, status) ({RATE}) / ignoring (status) group_left () sum by (model_name) ({RATE})", []),
        (f"sum by (model_name) ({RATE}) / on (model_name) group_left () {RATE}", ["many-to-many"]),
        (f"sum by (model_name) ({RATE}) * on (model_name) group_right () model_info", []),
        (f"sum by (model_name) ({RATE}) * on (model_name) model_info", ["maybe-many-to-many"]),
        (f"{MATCHED} * on (model_name) rate(model_predictions_total{{status=~'err.*'}}[5m])", ["maybe-many-to-many"]),
        (f"{RATE} > 0 and on (team) {ERRORS}", ["unknown-group-label"]),
        (f"{RATE} and on (error_type) {ERRORS}", ["never-matches"]),
        (f"{RATE} * on (pod) group_left (team) group by (pod) (model_info)", ["unknown-group-label"]),
        (f"{RATE} and sum({RATE})", ["never-matches"]),
        (f"{RATE} and on () sum({RATE})", []),
        (
            'rate(model_predictions_total{status="error"}[5m]) / rate(model_predictions_total{status="success"}[5m])',
            ["never-matches"],
        ),
        ('queue_length{model_name="$a"} / queue_length{model_name="b"}', []),
        ('{job="a"} / {job="a"}', []),
        # NaN.
        ("sum(queue_length / model_info)", ["never-matches", "nan-in-sum"]),
        (f"sum(queue_length / ignoring (x) ({RATE} > 0))", ["unknown-group-label", "never-matches"]),
        (f"avg(sum by (model_name) ({ERRORS}) / sum by (model_name) ({RATE}))", ["nan-in-sum"]),
        (f"avg(sum by (model_name) ({ERRORS}) / (sum by (model_name) ({RATE}) > 0))", []),
        (f"avg(sum by (model_name) ({ERRORS}) / (0 < sum by (model_name) ({RATE})))", []),
        (f"avg((sum by (model_name) ({ERRORS}) / sum by (model_name) ({RATE})) > 0)", []),
        (f"sum({RATE} / 60)", []),
        ("sum(queue_length / on (model_name) group_left () count by (model_name) (model_info))", []),
    ],
)
def test_mistakes_are_found_and_nothing_else(text: str, found: list[str]) -> None:
    assert problems(text) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2", None),
        ("time()", None),
        ("scalar(queue_length)", None),
        ("vector(1)", [""]),
        ("hour()", [""]),
        ("queue_length", ["model_name"]),
        ("-queue_length", ["model_name"]),
        ("1 - queue_length", ["model_name"]),
        ("queue_length > bool 1", ["model_name"]),
        ('{job="a"}', ["..."]),
        ('sum by (team) ({job="a"})', ["..."]),
        ('sum({job="a"})', [""]),
        (BUCKETS, ["le model_name"]),
        ("sum without (pod, instance, job, namespace) (model_info)", ["framework model_name model_version"]),
        ("topk by (model_name) (3, model_info)", ["framework model_name model_version"]),
        ('count_values by (model_name) ("value", queue_length)', ["model_name value"]),
        ('count_values("value", queue_length)', ["value"]),
        ("quantile by (model_name) (0.9, queue_length)", ["model_name"]),
        (f"histogram_quantile(0.9, sum by (model_name, le) ({BUCKETS}))", ["model_name"]),
        ('absent(queue_length{model_name="a",x=~"b",y="c",y="d"})', ["model_name"]),
        ('absent(queue_length{model_name="a"} > 1)', [""]),
        ('absent_over_time(queue_length{model_name="a"}[5m])', ["model_name"]),
        ('label_replace(queue_length, "service", "$1", "pod", "(.*)")', ["model_name service"]),
        ('label_replace(queue_length, "service", "$1", "pod", "a-(.+)")', ["model_name service", "model_name"]),
        ('label_replace(queue_length, "service", "fixed", "pod", ".*")', ["model_name service"]),
        ('label_replace(queue_length, "model_name", "", "pod", ".*")', [""]),
        ('label_join(queue_length, "both", "/", "model_name", "pod")', ["both model_name"]),
        ('label_join(queue_length, "both", "", "missing")', ["model_name"]),
        ('queue_length{model_name=""}', [""]),
        ("sum by (model_name) (queue_length) or sum(queue_length)", ["model_name", ""]),
        ("sum by (model_name) (queue_length) or vector(0)", ["model_name", ""]),
        ("queue_length unless on (model_name) model_info", ["model_name"]),
        ("queue_length and on (model_name) model_info", ["model_name"]),
        ("sum by (model_name) (queue_length) / on (model_name) sum by (model_name) (queue_length)", ["model_name"]),
        (
            "queue_length * on (pod) group_left (framework) group by (pod, framework) (model_info)",
            ["framework model_name"],
        ),
        (
            "model_info * on (pod) group_left (framework) group by (pod) (model_info)",
            ["model_name model_version"],
        ),
        (f"{ERRORS} / {RATE}", []),
        ("rate(nothing[5m])", ["..."]),
        ("avg_over_time(queue_length[1h:5m] offset 1d)", ["model_name"]),
        ("max_over_time(queue_length[1h] @ end())", ["model_name"]),
    ],
)
def test_the_labels_of_the_result(text: str, expected: list[str] | None) -> None:
    assert labels(text) == expected


def test_a_match_that_cannot_be_names_both_sides_and_what_to_write() -> None:
    problem = only_problem(f"sum by (model_name, error_type) ({ERRORS}) / sum by (model_name, status) ({RATE}) > 0.05")

    assert problem == Problem(
        "never-matches",
        "`sum by (model_name, error_type) (rate(model_errors_total[5m]))"
        " / sum by (model_name, status) (rate(model_predictions_total[5m]))` never has a value:"
        " the left side has {error_type, model_name}, the right side {model_name, status};"
        " only on the left: error_type; only on the right: status",
        "aggregate both sides to the same labels, for example sum by (model_name) (...),"
        " or name the labels to match with on (...)",
    )


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("rate(model_prediction_total[5m])", "write model_predictions_total, or add the metric to the contract"),
        (
            "rate(model_prediction_duration_seconds[5m])",
            "name one of its series: model_prediction_duration_seconds_bucket, model_prediction_duration_seconds_sum"
            " or model_prediction_duration_seconds_count",
        ),
        ('queue_length{model="a"}', "write model_name"),
        ('rate(model_predictions_total{status="eror"}[5m])', 'write status="error"'),
        (f"histogram_quantile(0.9, sum by (model_name) ({BUCKETS}))", "sum by (le, model_name) (...)"),
        (f"sum({ERRORS} / {ERRORS})", f"write {ERRORS} > 0 as the divisor"),
    ],
)
def test_the_remedy_says_what_to_write(text: str, remedy: str) -> None:
    assert remedy in only_problem(text).remedy
