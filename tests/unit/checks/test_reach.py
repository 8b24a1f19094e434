"""Which levels part the values of a signal, by what it measures: the first and last that do, and those beyond."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitoring_kit.checks.reachable_levels import reach_findings
from monitoring_kit.core.units import COUNT, PER_SECOND, PERCENT, RATIO, Quantity
from monitoring_kit.model import prom
from monitoring_kit.model.signals import Absence, BudgetLeft, Query, Rate, Ratio, Signal, State, Utilisation
from monitoring_kit.model.thresholds import Threshold, above, at_least, at_most, below
from tests.support.planting import alone, findings_of

UP = prom.Gauge(gauge="up", combine="sum")
PER = "namespace"

SHARE = Ratio(
    title="Planted",
    description="Planted.",
    by=PER,
    prometheus=prom.Ratio(bad='model_predictions_total{status="error"}', total="model_predictions_total"),
)
USED = Utilisation(
    title="Planted",
    description="Planted.",
    by=PER,
    prometheus=prom.Utilisation(
        used="container_memory_working_set_bytes",
        used_is="gauge",
        limit='kube_pod_container_resource_limits{resource="memory"}',
        request='kube_pod_container_resource_requests{resource="memory"}',
    ),
)
FULL = State(title="Planted", description="Planted.", by=PER, unit=PERCENT, prometheus=prom.Gauge(gauge="up"))
RATE = Rate(title="Planted", description="Planted.", by=PER, prometheus=prom.Rate(counter="model_predictions_total"))
STATE = State(title="Planted", description="Planted.", by=PER, prometheus=UP)
YES_OR_NO = State(title="Planted", description="Planted.", by=PER, prometheus=prom.Gauge(gauge="up"), yes_or_no=True)
ABSENT = Absence(title="Planted", description="Planted.", by=PER, prometheus=prom.Absent(series="up"))
COUNTED = State(
    title="Planted", description="Planted.", by=PER, prometheus=prom.Gauge(gauge="model_info", combine="count")
)
COUNTED_OR_0 = State(
    title="Planted", description="Planted.", by=PER, prometheus=prom.Gauge(gauge="up", combine="count", or_missing=True)
)
OWN_COUNT = Query(
    title="Planted", description="Planted.", by=PER, prometheus=prom.Query(text="count by (namespace) (model_info)")
)
OWN = Query(
    title="Planted",
    description="Planted.",
    by=PER,
    unit=RATIO,
    prometheus=prom.Query(text="sum by (namespace) (deriv(up[5m]))"),
)
LEFT = BudgetLeft(
    title="Planted", description="Planted.", by=PER, prometheus=prom.Query(text="sum by (namespace) (up)")
)

Compared = Callable[..., Threshold]
FIRES = {"never": "unreachable", "always": "always-reached", "sometimes": ""}

CASES: list[tuple[Signal, Compared, Quantity, str]] = [
    (SHARE, above, 0 * RATIO, "sometimes"),
    (SHARE, above, 99 * PERCENT, "sometimes"),
    (SHARE, above, 1 * RATIO, "never"),
    (SHARE, above, 5 * RATIO, "never"),
    (SHARE, at_least, 1 * RATIO, "sometimes"),
    (SHARE, at_least, 101 * PERCENT, "never"),
    (SHARE, at_least, 0 * RATIO, "always"),
    (SHARE, below, 0 * RATIO, "never"),
    (SHARE, below, 1 * RATIO, "sometimes"),
    (SHARE, below, 2 * RATIO, "always"),
    (SHARE, at_most, 0 * RATIO, "sometimes"),
    (SHARE, at_most, 1 * RATIO, "always"),
    (USED, above, 0.99 * RATIO, "sometimes"),
    (USED, above, 1 * RATIO, "never"),
    (USED, at_least, 1 * RATIO, "never"),
    (USED, above, 0 * RATIO, "always"),
    (USED, below, 0 * RATIO, "never"),
    (FULL, above, 100 * PERCENT, "never"),
    (FULL, above, 90 * PERCENT, "sometimes"),
    (RATE, at_most, 0 * PER_SECOND, "sometimes"),
    (RATE, below, 0 * PER_SECOND, "never"),
    (RATE, at_least, 0 * PER_SECOND, "always"),
    (RATE, above, -1 * PER_SECOND, "always"),
    (RATE, above, 1e6 * PER_SECOND, "sometimes"),
    (STATE, below, 0 * COUNT, "never"),
    (STATE, below, 1 * COUNT, "sometimes"),
    (YES_OR_NO, at_least, 1 * COUNT, "sometimes"),
    (YES_OR_NO, above, 1 * COUNT, "never"),
    (YES_OR_NO, at_least, 0 * COUNT, "always"),
    (YES_OR_NO, below, 1 * COUNT, "sometimes"),
    (YES_OR_NO, below, 2 * COUNT, "always"),
    (YES_OR_NO, at_most, 1 * COUNT, "always"),
    (ABSENT, at_least, 1 * COUNT, "sometimes"),
    (ABSENT, at_least, 2 * COUNT, "never"),
    (COUNTED, above, 1 * COUNT, "sometimes"),
    (COUNTED, above, 0 * COUNT, "always"),
    (COUNTED, below, 1 * COUNT, "never"),
    (COUNTED_OR_0, below, 1 * COUNT, "sometimes"),
    (OWN_COUNT, at_least, 1 * COUNT, "always"),
    (OWN_COUNT, at_least, 2 * COUNT, "sometimes"),
    (OWN, below, 0 * RATIO, "sometimes"),
    (OWN, above, 3 * RATIO, "sometimes"),
    (LEFT, below, 0 * RATIO, "sometimes"),
]


@pytest.mark.parametrize(("signal", "compared", "level", "fires"), CASES)
def test_a_level_has_to_part_the_values(signal: Signal, compared: Compared, level: Quantity, fires: str) -> None:
    threshold = compared(warning=level, for_="5m", because="it is planted")
    (alert,) = alone(signal, threshold).alerts.values()
    assert "".join(finding.check for finding in reach_findings(alert, None)) == FIRES[fires]


def test_a_definition_is_refused_at_its_threshold_with_what_to_write() -> None:
    threshold = above(warning=0.5 * RATIO, critical=100 * RATIO, for_="5m", because="it is planted")
    (message,) = findings_of(alone(SHARE, threshold)).values()
    assert message.startswith("tests/unit/checks/test_reach.py:")
    assert "critical at more than 10000% would never fire" in message
    assert message.endswith("write critical= as 0% or more and less than 100%")


def test_a_definition_that_waits_for_longer_than_a_day_is_refused() -> None:
    threshold = above(warning=0.5 * RATIO, for_="2d", because="it is planted")
    (message,) = findings_of(alone(SHARE, threshold)).values()
    assert message.endswith('write at most for_="1d"')
