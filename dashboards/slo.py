"""The objectives: how much of each error budget is left, how fast it is spent, and how many requests that is."""

from monitoring_kit import Backend, Dashboard, Row, Severity
from rules.slo import AVAILABILITY, LATENCY, TAIL_LATENCY

objectives = Dashboard(
    title="Objectives",
    description="How much of each error budget is left, and how fast it is spent.",
    backends=(Backend.PROMETHEUS,),
    variables="namespace model_name",
    last="7d",
    rows=(
        Row(
            "How much may still fail?",
            AVAILABILITY.budget_left.stat(8),
            LATENCY.budget_left.stat(8),
            TAIL_LATENCY.budget_left.stat(8),
            AVAILABILITY.budget_left.timeseries(8),
            LATENCY.budget_left.timeseries(8),
            TAIL_LATENCY.budget_left.timeseries(8),
        ),
        Row(
            "How fast is it spent on failures?",
            AVAILABILITY.burn_rate.burn_rates(12, Severity.CRITICAL, title="Availability burn rate that pages"),
            AVAILABILITY.burn_rate.burn_rates(12, Severity.WARNING, title="Availability burn rate of a ticket"),
        ),
        Row(
            "How fast is it spent on slow answers?",
            LATENCY.burn_rate.burn_rates(12, Severity.CRITICAL, title="Latency burn rate that pages"),
            LATENCY.burn_rate.burn_rates(12, Severity.WARNING, title="Latency burn rate of a ticket"),
            TAIL_LATENCY.burn_rate.burn_rates(12, Severity.CRITICAL, title="Tail latency burn rate that pages"),
            TAIL_LATENCY.burn_rate.burn_rates(12, Severity.WARNING, title="Tail latency burn rate of a ticket"),
        ),
        Row(
            "How many requests is that?",
            AVAILABILITY.events.timeseries(8),
            LATENCY.events.timeseries(8),
            TAIL_LATENCY.events.timeseries(8),
            AVAILABILITY.bad_events.timeseries(8),
            LATENCY.bad_events.timeseries(8),
            TAIL_LATENCY.bad_events.timeseries(8),
            collapsed=True,
        ),
    ),
)
