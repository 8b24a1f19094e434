"""The managed online endpoint: what the gateway saw, what the container reported, what the platform measured."""

from monitoring_kit import Backend, Dashboard, Row
from queries.endpoint import recent_requests, server_errors, unrouted_requests
from queries.errors import (
    app_error_ratio,
    error_ratio,
    exceptions,
    exceptions_by_type,
    failed_requests,
    rejected_ratio,
)
from queries.latency import app_latency, latency, latency_p95_by_minute, slowest_requests
from queries.pods import console_log, deployment_capacity, endpoint_events
from queries.resources import cpu_utilisation, disk_utilisation, memory_utilisation
from queries.traffic import app_request_rate, request_rate, requests_per_minute

endpoint = Dashboard(
    title="Online endpoint",
    description="Is the endpoint up, correct, fast and roomy: gateway log, Application Insights and platform metrics.",
    backends=(Backend.ONLINE_ENDPOINT, Backend.APPLICATION_INSIGHTS),
    rows=(
        Row(
            "Is it up?",
            request_rate.timeseries(6),
            request_rate.timeseries(6, by="Outcome", title="Requests by outcome"),
            requests_per_minute.timeseries(6),
            deployment_capacity.timeseries(6),
            unrouted_requests.timeseries(8),
            server_errors.timeseries(8),
            recent_requests.timeseries(8),
            endpoint_events.rows(24),
        ),
        Row(
            "Is it correct?",
            error_ratio.timeseries(8),
            rejected_ratio.timeseries(8),
            app_error_ratio.timeseries(8),
            exceptions.timeseries(8),
            exceptions_by_type.rows(16),
            failed_requests.rows(24),
        ),
        Row(
            "Is it fast?",
            latency.slow_share(8, title="Slow predictions"),
            latency.quantiles(8, "p50 p95 p99"),
            latency_p95_by_minute.timeseries(8),
            app_latency.quantiles(8, "p50 p95 p99"),
            app_request_rate.timeseries(16),
            slowest_requests.rows(24),
        ),
        Row(
            "Is it full?",
            cpu_utilisation.timeseries(8),
            memory_utilisation.timeseries(8),
            disk_utilisation.timeseries(8),
        ),
        Row("What did it say?", console_log.rows(24)),
    ),
)
