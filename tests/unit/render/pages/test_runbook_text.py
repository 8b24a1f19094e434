from __future__ import annotations

import pytest

from monitoring_kit.model.backends import Backend
from monitoring_kit.plan.runbook_text import Block, blocks, environment_names, filled, for_places
from tests.support.planting import shipped_environment

PAGE = """\
## Diagnosis

Common.

### On Prometheus

One.

### On Azure

Two.

### On an online endpoint

Three.

## Mitigation

Common again.
"""


@pytest.mark.parametrize(
    ("backend", "kept"),
    [
        (Backend.PROMETHEUS, {"One."}),
        (Backend.ONLINE_ENDPOINT, {"Two.", "Three."}),
        (Backend.APPLICATION_INSIGHTS, {"Two."}),
        (Backend.CONTAINER_INSIGHTS, {"Two."}),
    ],
)
def test_only_the_parts_for_the_place_that_raises_the_alert_stay(backend: Backend, kept: set[str]) -> None:
    page = for_places(PAGE, frozenset({backend}))

    assert {part for part in ("One.", "Two.", "Three.") if part in page} == kept
    assert page.startswith("## Diagnosis\n\nCommon.")
    assert page.endswith("## Mitigation\n\nCommon again.")


def test_a_heading_within_a_block_of_code_is_none() -> None:
    page = "```sh\n### On Azure\n```"

    assert for_places(page, frozenset({Backend.PROMETHEUS})) == page


def test_a_block_of_code_is_found_with_its_language_and_the_line_of_its_text() -> None:
    assert blocks("a\n\n   ```promql\n   up\n   ```\nb\n```\nx\n```\n") == (
        Block("promql", "   up", 4),
        Block("", "x", 8),
    )


@pytest.mark.parametrize(
    ("page", "result"),
    [
        ("`<group>`", '`it\'s ("new")`'),
        ("```sh\naz --group <group>\n```", "```sh\naz --group 'it'\"'\"'s (\"new\")'\n```"),
        ('```promql\nup{job="<group>"}\n```', '```promql\nup{job="it\'s (\\"new\\")"}\n```'),
        ('```kusto\nT | where A == "<group>"\n```', '```kusto\nT | where A == "it\'s (\\"new\\")"\n```'),
        ("`<pod>`", "`<pod>`"),
    ],
)
def test_a_known_name_is_filled_in_for_the_language_around_it(page: str, result: str) -> None:
    assert filled(page, {"group": 'it\'s ("new")'}) == result


def test_an_environment_fills_in_what_it_knows_and_nothing_else() -> None:
    assert environment_names(shipped_environment("staging")) == {
        "EndpointName": "ml-endpoint-staging",
        "ml_workspace": "example-mlw",
        "resource_group": "example-rg",
        "subscription": "00000000-0000-0000-0000-000000000000",
        "log_analytics": "example-law",
        "application_insights": "example-appi",
    }
    production = environment_names(shipped_environment("production"))
    assert (production["namespace"], production["deployment"]) == ("production", "ml-inference")
    assert (production["service"], production["metrics_port"]) == ("ml-inference-metrics", "5001")
