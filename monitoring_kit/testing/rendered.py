"""What an alert says to a person, computed without its templates.

The sentences are put together by the functions that also write the templates, but around the values themselves: numbers
are printed by `monitoring_kit.testing.go_template`, labels come from the series. So a label that the rule's result does
not have, a number in another unit and a wrong value show; how a sentence reads is for a person to judge, in the cases
by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote_plus

from monitoring_kit.plan.model import PrometheusAlert
from monitoring_kit.plan.texts import description, prometheus_subject, summary
from monitoring_kit.testing.case import Firing
from monitoring_kit.testing.go_template import in_words
from monitoring_kit.testing.scope import Scope

_HOLE = re.compile(r"\{\{ \$labels\.(\w+)( \| urlquery)? \}\}")


def rendered(rule: PrometheusAlert, group: Mapping[str, str], value: float, scope: Scope) -> Firing:
    """The alert of `rule` about `group`, measured at `value`, as it reaches a person.

    Its labels are those of the group and three that say who hears of it; they are not taken from the rule.
    """
    own = {"severity": rule.severity.value, "team": rule.alert.team, "service": scope.settings["workload"]}
    labels = {**group, **own}
    alert = rule.alert
    measure = alert.signal.prometheus
    if measure is None:
        raise ValueError(f"{alert.name} is not measured by Prometheus")
    words = in_words(value, measure.judged_unit(alert.signal.unit))
    subject = _filled(prometheus_subject(alert.signal.labels), labels)
    return Firing(
        alert.name,
        labels,
        summary=summary(alert, rule.severity, subject, words),
        description=description(alert, rule.severity, words, rule.window),
        runbook_url=rule.annotations["runbook_url"],
        dashboard_url=_filled(rule.annotations["dashboard_url"], labels),
    )


def _filled(text: str, labels: Mapping[str, str]) -> str:
    """`text` with the labels in its holes. Raises KeyError for a label that the alert does not have."""
    return _HOLE.sub(lambda hole: quote_plus(labels[hole[1]]) if hole[2] else labels[hole[1]], text)
