"""What is marked on the graphs."""

from monitoring_kit import Annotation, prom

FIRING = Annotation(
    title="Alert fires",
    text="{{alertname}} ({{severity}}) {{model_name}} {{deployment}} {{pod}}",
    colour="red",
    prometheus=prom.Query(text='ALERTS{alertstate="firing", severity="critical"}'),
)
VERSION_CHANGED = Annotation(
    title="Change of version",
    text="{{model_name}} {{model_version}}",
    colour="blue",
    prometheus=prom.Query(
        text="count by (namespace, model_name, model_version) (model_info) "
        "unless count by (namespace, model_name, model_version) (model_info offset 1m)"
    ),
)
