"""Every fault of the table is noticed by who must notice it, once, and the other has nothing to say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from monitoring_kit.checks import kql
from monitoring_kit.checks.kql import kql_findings
from tests.acceptance.kusto.faults import FAULTS
from tests.acceptance.kusto.planting import said_by_build, said_by_service
from tests.acceptance.kusto.variants import OPTION_B, STAGING, plan_of
from tests.support.planting import shipped


@cache
def of_the_build() -> Mapping[str, tuple[str, ...]]:
    return said_by_build(FAULTS)


@cache
def of_the_service() -> Mapping[str, tuple[str, ...]]:
    return said_by_service(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_the_build_has_one_finding_of_a_fault_that_it_must_notice_and_none_of_others(name: str) -> None:
    found = of_the_build()[name]
    assert len(found) == bool(FAULTS[name].build), found
    assert all(FAULTS[name].build in message for message in found), found
    assert all(re.match(r"queries/\w+\.py:\d+: ", message) for message in found), found


@pytest.mark.parametrize("name", FAULTS)
def test_the_language_service_notices_the_faults_that_it_must_and_no_others(name: str) -> None:
    found, words = of_the_service()[name], FAULTS[name].service
    assert bool(found) == bool(words), found
    assert not words or any(words in message for message in found), found


def test_somebody_notices_each_fault() -> None:
    assert [name for name, fault in FAULTS.items() if not fault.build and not fault.service] == []


def test_each_check_of_the_build_has_a_planted_fault() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in Path(kql.__file__).parent.glob("kql*.py"))
    checks = {*re.findall(r'"(kql-[a-z-]+)"', sources), "kql-table", "kql-column"}
    found = "\n".join(message for messages in of_the_build().values() for message in messages)
    assert {check for check in checks if f"[{check}]" not in found} == set()


@pytest.mark.parametrize("name", [STAGING, OPTION_B])
def test_the_shipped_queries_have_no_fault(name: str) -> None:
    assert kql_findings(plan_of(name), shipped()) == []
