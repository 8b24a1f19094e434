"""Alerts on the log alerts themselves: one that Azure switched off, or that cannot run, is silent.

Azure switches a log alert off whose query has failed for a week, which a table without rows yet or a right to read that
was never given is enough for, and writes that into the activity log; its resource health says sooner that it fails
(Microsoft, troubleshooting log search alerts and health of log search alert rules). Both kinds of alerts are free.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitoring_kit.plan.model import Plan
from monitoring_kit.render.azure.arm_template import Expression, Resource, Value, call, member, resource_id
from monitoring_kit.render.azure.names import ACTION_GROUPS, LOG_ALERTS

ACTIVITY_LOG_ALERTS = "Microsoft.Insights/activityLogAlerts"
ACTIVITY_LOG_ALERTS_VERSION = "2020-10-01"


def watching_the_rules(plan: Plan) -> Iterator[Resource]:
    """An alert for each way in which a log alert goes blind; none where there is no log alert."""
    if not plan.log_alerts:
        return
    yield _alert(
        plan,
        "LogAlertDisabled",
        "Azure switched a log alert of this resource group off, because its query failed for a week. The activity log "
        "names it. Read the error on its page in the portal, fix what it queries, and deploy alerts.json again.",
        [
            {"field": "category", "equals": "Administrative"},
            {"field": "operationName", "equals": f"{LOG_ALERTS}/disable/action"},
        ],
    )
    yield _alert(
        plan,
        "LogAlertUnhealthy",
        "A log alert of this resource group cannot run its query: until it can, it watches nothing. Resource health of "
        "the rule names the reason: a table that has no rows yet, one on the plan Basic or Auxiliary, or an identity "
        "that may not read the workspace.",
        [
            {"field": "category", "equals": "ResourceHealth"},
            {"field": "resourceType", "equals": LOG_ALERTS},
            {
                "anyOf": [
                    {"field": "properties.currentHealthStatus", "equals": status}
                    for status in ("Degraded", "Unavailable")
                ]
            },
        ],
    )


def _alert(plan: Plan, name: str, description: str, conditions: list[Value]) -> Resource:
    group: Expression = resource_id(ACTION_GROUPS, plan.action_group)
    return Resource(
        type=ACTIVITY_LOG_ALERTS,
        api_version=ACTIVITY_LOG_ALERTS_VERSION,
        name=f"{plan.environment.name}-{name}",
        location="Global",
        depends_on=(group,),
        properties={
            "description": description,
            "enabled": True,
            "scopes": [member(call("resourceGroup"), "id")],
            "condition": {"allOf": conditions},
            "actions": {"actionGroups": [{"actionGroupId": group}]},
        },
    )
