"""Every log alert does what its cases say, on rows, in the form in which it is deployed."""

from __future__ import annotations

import pytest

from tests.behaviour.log_alerts.case import LogSpecification
from tests.behaviour.log_alerts.cases import SPECIFICATIONS
from tests.behaviour.log_alerts.running import differences, loaded, rules_for


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda specification: specification.alert)
def test_log_alert_fires_as_specified_and_not_otherwise(specification: LogSpecification) -> None:
    found = list(differences(rules_for(specification), loaded(specification.alert)))
    if found:
        pytest.fail("\n".join([f"{specification.alert} does otherwise than specified:", *found]), pytrace=False)
