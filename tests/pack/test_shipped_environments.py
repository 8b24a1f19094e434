"""The environments as they are shipped: what they are, that their comments are right, and that they name nothing real.

`environments/` belongs to whoever runs a service. What is said here of a file there is said until one of its values is
changed, so that nobody has to keep the comments of an example. The reference environments keep the values for good.
"""

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from monitoring_kit.core.findings import shown_path
from monitoring_kit.environment.reader import field_paths, read_environment
from tests.support.planting import PROJECT, REFERENCE, shipped_environment
from tests.unit.plan.overrides.changing import findings, read

ENVIRONMENTS = PROJECT / "environments"
PRODUCTION = ENVIRONMENTS / "production.yaml"
STAGING = ENVIRONMENTS / "staging.yaml"


def as_shipped(path: Path) -> bool:
    """Whether nobody has changed a value of an environment."""
    return path.exists() and yaml.safe_load(path.read_text()) == yaml.safe_load((REFERENCE / path.name).read_text())


UNCHANGED = [path for path in (PRODUCTION, STAGING) if as_shipped(path)]


def test_production_is_the_hybrid_of_the_guide() -> None:
    environment = shipped_environment("production")
    assert environment.prometheus is not None
    assert environment.azure is not None
    assert environment.azure.container_insights is not None
    assert environment.azure.managed_prometheus is not None
    assert not environment.overrides


def test_staging_is_an_online_endpoint() -> None:
    environment = shipped_environment("staging")
    assert environment.prometheus is None
    assert environment.azure is not None
    assert environment.azure.online_endpoint is not None
    assert environment.azure.online_endpoint.deployments == ("blue",)
    assert environment.settings()["endpoint"] == "ml-endpoint-staging"


@pytest.mark.parametrize("path", UNCHANGED, ids=lambda path: path.stem)
def test_everything_in_comments_reads_too(path: Path, tmp_path: Path) -> None:
    """The commented fields and overrides are examples, and an example that is refused is worse than none."""
    text = re.sub(
        r"^( *)# (( *)((?:- )?[\w-]+: *(\S+|\".*\")?|alerts:|- pager_\w+))$", r"\1\2", path.read_text(), flags=re.M
    )
    everything = tmp_path / path.name
    everything.write_text(text)
    environment = read_environment(everything)
    assert len(environment.overrides) == 2
    assert environment.azure is not None
    assert environment.azure.application_insights is not None
    assert environment.azure.action_group.webhooks
    assert environment.azure.action_group.logic_apps
    assert environment.azure.action_group.azure_functions


@pytest.mark.parametrize("path", UNCHANGED, ids=lambda path: path.stem)
def test_the_overrides_in_comments_build(path: Path, tmp_path: Path) -> None:
    text = path.read_text()
    examples = re.search(r"^# alerts:\n(?:#   .*\n)+", text, flags=re.M)
    assert examples is not None
    used = re.sub(r"^# ?", "", examples[0], flags=re.M)
    assert findings(read(tmp_path, path.stem, f"{text}\n{used}")) == []


@pytest.mark.skipif(PRODUCTION not in UNCHANGED, reason="production is no longer the example")
@pytest.mark.parametrize(
    ("option", "deleted"), [("A", ["azure"]), ("B", ["prometheus", "  managed_prometheus"])], ids=["A", "B"]
)
def test_options_a_and_b_are_production_without_the_blocks_that_it_names(
    option: str, deleted: list[str], tmp_path: Path
) -> None:
    text = PRODUCTION.read_text()
    (says,) = re.findall(rf"^# Option {option}.*delete (.*)\.$", text, flags=re.M)
    assert re.findall("`(.*?)`", says) == (
        ["azure"] if option == "A" else ["prometheus", "azure", "managed_prometheus"]
    )
    for block in deleted:
        depth = len(block) - len(block.lstrip())
        text = re.sub(rf"^{block}:\n(?: {{{depth + 1},}}.*\n|\n)*", "", text, flags=re.M)
    path = tmp_path / "production.yaml"
    path.write_text(text)
    environment = read_environment(path)
    assert (environment.azure is None, environment.prometheus is None) == (option == "A", option == "B")


@pytest.mark.skipif(len(UNCHANGED) < 2, reason="the two are no longer the examples")
@pytest.mark.parametrize("path", field_paths())
def test_every_field_is_shown_or_named_in_a_shipped_file(path: str) -> None:
    name = path.replace("[]", "").rpartition(".")[2]
    assert any(
        re.search(rf"^ *#? *{name}:|severity \(.*\b{name}\b", file.read_text(), flags=re.M) for file in UNCHANGED
    )


@pytest.mark.parametrize("path", UNCHANGED, ids=lambda path: path.stem)
def test_every_field_has_a_comment_above_it_or_shares_the_one_of_its_neighbour(path: Path) -> None:
    lines = path.read_text().splitlines()
    bare = [
        line for above, line in pairwise(lines) if re.match(r" *\w+:", line) and not re.match(r" *#| *\w+: \S", above)
    ]
    assert bare == []


@pytest.mark.parametrize("path", [*sorted(REFERENCE.glob("*.yaml")), *UNCHANGED], ids=shown_path)
def test_nothing_real_is_named(path: Path) -> None:
    text = path.read_text()
    assert set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text)) == {"00000000-0000-0000-0000-000000000000"}
    assert all(host.endswith("example.com") for host in re.findall(r"(?:https?://|@)([\w.]+)", text))
