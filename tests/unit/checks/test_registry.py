"""Every finding bears the name of a check that is registered, explained, and shown by an example that is still true."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

import pytest

from monitoring_kit.checks.all import GROUPS
from monitoring_kit.checks.document import document
from monitoring_kit.checks.registry import Check
from tests.support.planting import PROJECT
from tests.unit.checks.check_names import messages_in, names_used

CHECKS = [check for group in GROUPS for check in group.checks]
# Findings repeat the words of these, wherever a time, an expression or a query is read.
TELL_WHAT_IS_WRONG = {"core/durations.py", "promql/parser.py", "kusto/pipeline.py", "model/kql_template.py"}
# The words of these come from another program or from Python itself.
WORDS_OF_OTHERS = {"amtool", "promtool check rules", "promtool test rules", "python", "type", "yaml"}


def test_every_name_that_a_finding_bears_is_registered_and_no_other() -> None:
    assert {check.name for check in CHECKS} == set(names_used())


def test_a_name_is_registered_once() -> None:
    assert [name for name, times in Counter(check.name for check in CHECKS).items() if times > 1] == []


def test_every_check_is_explained_in_sentences() -> None:
    assert [check.name for check in CHECKS if not check.explanation.endswith(".")] == []


@pytest.mark.parametrize(
    "check", [check for check in CHECKS if check.name not in WORDS_OF_OTHERS], ids=attrgetter("name")
)
def test_an_example_is_what_the_kit_says(check: Check) -> None:
    """A text of the modules that give findings the name can become what stands behind the example's subject."""
    problem = check.example.partition(": ")[2]
    assert problem
    assert any(text.search(problem) for text in messages_in(names_used()[check.name] | TELL_WHAT_IS_WRONG)), problem


def test_the_page_is_what_the_registry_gives() -> None:
    page = (PROJECT / "docs/checks.md").read_text(encoding="utf-8")
    assert page == document(), "run: python -m monitoring_kit.checks.document > docs/checks.md"
