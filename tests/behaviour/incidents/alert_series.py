"""What Prometheus itself records of its alerts: `ALERTS` while one is pending or fires, and since when it is active."""

from __future__ import annotations

from collections.abc import Sequence

from monitoring_kit.core.durations import parse_duration
from tests.behaviour.incidents.evaluation import true_at
from tests.behaviour.incidents.production import Rule, labels_of
from tests.behaviour.incidents.samples import Samples


def alert_series(address: str, rules: Sequence[Rule], evaluations: range) -> Samples:
    """`ALERTS` and `ALERTS_FOR_STATE` of the alerting rules, evaluated at each of these times (seconds since 1970).

    As Prometheus does it in `AlertingRule.Eval` (rules/alerting.go): at each evaluation an active alert is written with
    its state, "pending" until it has been active for as long as `for` says. Raises QueryFailed.
    """
    samples = Samples()
    for rule in rules:
        for_ = parse_duration(str(rule.get("for", "0s"))).seconds
        for found, times in true_at(address, rule, evaluations).items():
            labels = {**dict(found), **labels_of(rule), "alertname": str(rule["alert"])}
            since = previous = None
            for now in sorted(times):
                since = now if since is None or now - evaluations.step != previous else since
                previous = now
                state = "firing" if now - since >= for_ else "pending"
                samples.series("ALERTS", {**labels, "alertstate": state}).add(now, 1.0)
                samples.series("ALERTS_FOR_STATE", labels).add(now, float(since))
    return samples
