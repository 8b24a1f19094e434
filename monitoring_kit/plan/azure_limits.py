"""What Azure Monitor accepts: allowed lengths of time, counts and characters, each with its source.

Sources are Microsoft's pages and repositories by their short names, read in August 2026: "log alert rules" is
alerts/alerts-create-log-alert-rule of the Azure Monitor documentation, "service limits" its
azure-monitor-limits-alerts and azure-monitor-limits-metrics, "naming rules" the page resource-name-rules of Azure
Resource Manager. Where Microsoft's specification is silent the Terraform provider azurerm, which enforces what the API
enforces, is the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from monitoring_kit.core.durations import Duration, parse_duration


def _durations(text: str) -> tuple[Duration, ...]:
    return tuple(parse_duration(word) for word in text.split())


# azurerm_monitor_scheduled_query_rules_alert_v2
LOG_FREQUENCIES = _durations("1m 5m 10m 15m 30m 45m 1h 2h 3h 4h 5h 6h 1d")
LOG_WINDOWS = (*LOG_FREQUENCIES, *_durations("2d"))
LOG_LOOKBACK = parse_duration("2d")
LOG_TIME_RANGES = _durations("5m 10m 15m 20m 30m 45m 1h 2h 3h 4h 5h 6h 1d 2d")
LOG_PERIODS = range(1, 7)
# log alert rules
LOG_DIMENSIONS = 6
LOG_REFUSED_OPERATORS = frozenset({"search", "find", "union", "limit", "take"})
LOG_REFUSED_PLUGINS = frozenset({"bag_unpack", "pivot", "narrow"})
LOG_MINUTE_FREQUENCY = parse_duration("1m")
LOG_MINUTE_REFUSES = frozenset({"search", "union", "take", "limit", "ingestion_time", "adx"})

# Microsoft.Insights/metricAlerts
METRIC_WINDOWS = _durations("1m 5m 15m 30m 1h 6h 12h 1d")
METRIC_FREQUENCIES = _durations("1m 5m 15m 30m 1h")

# service limits
LOG_DESCRIPTION_CHARACTERS = 4096
DESCRIPTION_CHARACTERS = 2048
RULE_PROPERTIES_BYTES = 64 * 1024
# Microsoft.Insights/actionGroups 2023-01-01
SHORT_NAME_CHARACTERS = 12

# naming rules, log and metric rules together; a log rule with an identity refuses ";" as well
RULE_NAME = re.compile(r"[^*#&+:<>?@%{}\\/;\x00-\x1f]{0,259}[^*#&+:<>?@%{}\\/;\x00-\x1f .]")
RULE_NAME_ALLOWED = "at most 260 characters without * # & + : < > ? @ % { } \\ / ; and no blank or dot at the end"

# Azure Monitor managed service for Prometheus: service limits, and for labels and annotations the schema of
# az-prom-rules-converter. Names and label values are compared without regard to case.
GROUP_RULES = 20
GROUP_INTERVAL = parse_duration("1m")
RULE_LABELS = 10
LABEL_CHARACTERS = 1024
GROUP_NAME = re.compile(r"[^:@/#{}%&+*<>?]+")

# Azure Resource Manager, page best-practices
TEMPLATE_PARAMETERS = 256
TEMPLATE_RESOURCES = 800


def in_words(durations: Iterable[Duration]) -> str:
    """The durations as a message lists them: "1m, 5m, 15m"."""
    return ", ".join(str(duration) for duration in durations)


def nearest_at_least(wanted: Duration, allowed: Iterable[Duration]) -> Duration:
    """The shortest of `allowed` that is not shorter than `wanted`; the longest where none is."""
    ordered = sorted(allowed)
    return next((duration for duration in ordered if duration >= wanted), ordered[-1])
