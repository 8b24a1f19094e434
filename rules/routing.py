"""Who hears of an alert, how soon and how often; and which alerts are silent while a worse one fires.

A message is worth its interruption: what pages wakes one person once, what does not page waits for the day. The
addresses of each team stand in the environment file (`notifications:`).
"""

from monitoring_kit import Audience, Discarded, Heartbeat, Inhibition, Route, Routing, Severity, grouping
from rules.alerts import (
    InferenceNoReplicas,
    ModelAllTargetsDown,
    ModelErrorRatioHigh,
    ModelLatencyHigh,
    ModelRejectsNearlyAll,
)

# What breaks together is one message: all replicas or versions of a model, but not two models, which may have two
# causes, and not two namespaces, which have two teams of callers.
ONE_TROUBLE = "alertname namespace model_name"

PAGE = grouping(
    group_by=ONE_TROUBLE,
    wait="1m",
    interval="5m",
    repeat="1h",
    because="of an outage Prometheus knows at once and Kubernetes a minute later, and the later alert mutes the "
    "earlier: with less to wait, one outage would page twice; who slept through a page is called again after an hour",
)
TICKET = grouping(
    group_by=ONE_TROUBLE,
    wait="1m",
    interval="5m",
    repeat="12h",
    because="the channel is read by day: once in the morning and once before leaving keeps a ticket in mind",
)
CONTEXT = grouping(
    group_by="namespace",
    wait="5m",
    interval="12h",
    repeat="1d",
    because="nobody has to act, but what no other alert sees must not pass unread: one message holds half a day",
)
HEARTBEAT = grouping(
    group_by="alertname",
    wait="0s",
    interval="1m",
    repeat="5m",
    because="a dead man's switch that expects a sign every 5 minutes can report after 15 that alerting is dead",
)

ROUTING = Routing(
    routes=(
        Route(Severity.CRITICAL, Audience.PAGE, PAGE),
        Route(Severity.CRITICAL, Audience.CHANNEL, TICKET),
        Route(Severity.WARNING, Audience.CHANNEL, TICKET),
        Route(Severity.INFO, Audience.DIGEST, CONTEXT),
    ),
    otherwise=TICKET,
    heartbeat=Heartbeat("Watchdog", HEARTBEAT),
    discarded=(Discarded("InfoInhibitor", because="kube-prometheus-stack raises it to mute others; it says nothing"),),
    # The page of an outage is InferenceNoReplicas: it comes from Kubernetes, so it says for certain that nobody
    # answers, and its runbook begins where the engineer has to. The ticket of a crash loop stays loud beside it: it is
    # the cause, and the team that has to mend it is another one.
    inhibitions=(
        Inhibition(
            source=InferenceNoReplicas,
            mutes="Model.+|InferenceReplicasMissing",
            equal="namespace service",
            because="without a replica there is nobody to scrape, so whatever is said of the models follows from it; "
            "and none is fewer than half",
        ),
        Inhibition(
            source=ModelAllTargetsDown,
            mutes="Model.+",
            equal="namespace service",
            because="without a scrape the other alerts about the models are blind, or say the same once more",
        ),
        Inhibition(
            source=ModelRejectsNearlyAll,
            mutes="ModelRejectedRatioHigh",
            equal="namespace service model_name",
            because="nearly all is more than a quarter: the page says it",
        ),
        # The page that says what goes on now is the one to act on. When it ends, what is left of a budget may still
        # page: then it went on for longer, or came back smaller, than a page about the last minutes can tell.
        Inhibition(
            source=ModelErrorRatioHigh,
            mutes="ModelErrorBudgetBurn|ModelPodFailing",
            equal="namespace service model_name",
            because="the same failures burn the budget: one incident is one page, whose runbook asks which pods fail",
        ),
        Inhibition(
            source=ModelLatencyHigh,
            mutes="ModelLatencyBudgetBurn|ModelTailLatencyBudgetBurn",
            equal="namespace service model_name",
            because="the same slow answers burn both budgets: one incident is one page",
        ),
    ),
)
