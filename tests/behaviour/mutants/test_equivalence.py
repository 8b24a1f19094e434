"""Which mutants are said to behave like their rule, and which are not.

That the shipped rules' are equivalent indeed is tried in every run: one that a case notices fails it.
"""

from __future__ import annotations

import pytest

from monitoring_kit.promql.parser import parse
from monitoring_kit.testing.equivalence import why_equivalent
from monitoring_kit.testing.mutant_operators import changes
from tests.support.planting import shipped

RATIO = (
    '(sum by (namespace) (rate(model_predictions_total{status="error"}[5m]))'
    " or 0 * sum by (namespace) (rate(model_predictions_total[5m])))"
    " / (sum by (namespace) (rate(model_predictions_total[5m])) > 0) > 0.05"
)
JOINED = (
    'max by (namespace, pod) (container_memory_working_set_bytes{namespace="a"})'
    ' / on (namespace, pod) max by (namespace, pod) (kube_pod_container_resource_limits{namespace="a"}) > 0.9'
)
GUARDED = (
    'sum by (namespace, pod) (up{namespace="a"}) < 1'
    ' and on (namespace, pod) min by (namespace, pod) (up{namespace="a"}) > 0'
)


@pytest.mark.parametrize(
    ("text", "operator", "place", "reason"),
    [
        (RATIO, "sum to max", "right of or > right of * > sum", "0 times any number"),
        (RATIO, "rate to irate", "right of or > right of * > sum > rate", "0 times any number"),
        (RATIO, "window x2", "right of or > right of * > sum > rate", "counts as 0"),
        (RATIO, "guard dropped", "or", "counts as 0"),
        (RATIO, "number 0 to 1", "right of or > left of *", None),
        (RATIO, "comparison dropped", "right of / > >", "nothing over nothing"),
        (RATIO, "number 0 to 1", "right of / > right of >", None),
        (RATIO, "> to >=", ">", "by chance only"),
        (RATIO, "number x1.1", "right of >", None),
        ("sum by (namespace) (up) < 1", "number x0.9", "right of <", "whole number"),
        ("sum by (namespace) (up) < 1", "number x1.1", "right of <", None),
        ("sum by (namespace) (up) < 1", "< to <=", "<", None),
        ("sum by (namespace) (up) <= 0", "sum to max", "sum", "0 together"),
        ("sum by (namespace) (up) <= 0", "by label namespace dropped", "sum", None),
        ("sum by (namespace) (up) <= 1", "sum to max", "sum", None),
        ("sum by (namespace) (up) >= 1", "sum to max", "sum", None),
        ("absent(up) >= 1", "comparison dropped", ">=", "is 1 wherever"),
        ("absent(up) >= 1", ">= to >", ">=", None),
        ("sum by (namespace) (up) >= 1", "comparison dropped", ">=", None),
        ("scrape_duration_seconds > 5", "> to >=", ">", "by chance only"),
        ("increase(model_predictions_total[5m]) > 0", "> to >=", ">", None),
        (JOINED, "matcher namespace dropped", "container_memory_working_set_bytes", "other side of the join"),
        (JOINED, "matcher namespace negated", "container_memory_working_set_bytes", None),
        (JOINED, "on label namespace dropped", "/", None),
        (JOINED, "matching dropped", "/", "exactly the labels"),
        (JOINED.replace("by (namespace, pod) (kube", "by (pod) (kube"), "matcher namespace dropped", "limits", None),
        (GUARDED, "on label namespace dropped", "and", "same single value"),
        (GUARDED, "on label pod dropped", "and", None),
        ('model_info{pod!=""} > 0', "matcher pod loosened", "model_info", "every value but the empty one"),
        ('model_info{pod!="a"} > 0', "matcher pod loosened", "model_info", None),
        ("count by (namespace) (sum by (namespace, pod) (up)) > 1", "sum to max", "count > sum", "number of series"),
        ("max by (namespace) (sum by (namespace, pod) (up)) > 1", "sum to max", "max > sum", None),
        (
            'sum by (namespace) (model_version_status:model_predictions:rate5m{namespace="a"}) > 1',
            "sum to max",
            "sum",
            None,
        ),
        (
            "sum by (namespace, pod, container) (pod_container:container_cpu_usage_seconds:rate5m) > 1",
            "sum to max",
            "sum",
            "one series",
        ),
    ],
)
def test_a_mutant_is_equivalent_for_a_reason_or_not_at_all(
    text: str, operator: str, place: str, reason: str | None
) -> None:
    expression = parse(text)
    found = [one for one in changes(expression) if one.operator == operator and one.place.endswith(place)]
    assert found
    why = why_equivalent(expression, found[0], shipped().catalogue, value_shown=True)
    assert (why is None) == (reason is None), why
    assert reason is None or reason in str(why)


def test_a_value_that_nobody_is_shown_may_be_another_one() -> None:
    expression = parse("sum by (namespace) (up) >= 1")
    change = next(one for one in changes(expression) if one.operator == "sum to max")
    assert why_equivalent(expression, change, shipped().catalogue, value_shown=False)
