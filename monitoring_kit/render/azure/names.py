"""What things are called in Azure: types and levels. Names that come from definitions are the plan's."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring_kit.model.thresholds import Severity

ACTION_GROUPS = "Microsoft.Insights/actionGroups"
LOG_ALERTS = "Microsoft.Insights/scheduledQueryRules"
LOG_ALERTS_VERSION = "2026-03-01"
METRIC_ALERTS = "Microsoft.Insights/metricAlerts"
METRIC_ALERTS_VERSION = "2026-01-01"

# 0 is the worst of Azure's levels, 4 the least. 1 and 4 stay free.
SEVERITIES: Mapping[Severity, int] = {Severity.CRITICAL: 0, Severity.WARNING: 2, Severity.INFO: 3}
