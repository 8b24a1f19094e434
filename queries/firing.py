"""Which alerts fire."""

from monitoring_kit import SECONDS, Listing, Unwatched, prom

firing_alerts = Listing(
    title="Firing now",
    description="The alerts of this service that fire, and for how long their conditions have held. A click on one "
    "opens its runbook.",
    unit=SECONDS,
    by="namespace severity alertname job deployment model_name model_version pod container",
    prometheus=prom.FiringAlerts(
        alerts='ALERTS{alertstate="firing"}',
        since="ALERTS_FOR_STATE",
        subject="model_name model_version deployment pod",
    ),
    counts="Since",
    unwatched=Unwatched("shows the alerts themselves"),
    when_empty="Nothing fires",
    empty_when_healthy="shows what fires, and nothing does",
)
