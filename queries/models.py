"""Which model runs where."""

from monitoring_kit import Listing, Query, Unwatched, prom

model_versions = Listing(
    title="Model versions",
    description="Pods per model and version, from model_info.",
    by="namespace model_name model_version framework",
    prometheus=prom.Gauge(gauge="model_info", combine="count"),
    counts="Pods",
    unwatched=Unwatched("a table to read; the number of versions at once has an alert"),
)

versions_served = Query(
    title="Versions served at once",
    description="How many versions of a model answer at the same time. 2 during a rollout.",
    by="namespace model_name",
    prometheus=prom.Query(
        text="count by (namespace, model_name) (count by (namespace, model_name, model_version) (model_info))"
    ),
)
