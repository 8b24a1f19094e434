"""Whole files: missing and unknown fields, rules that tie fields together, overrides, directories, and noise."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring_kit.core.findings import Finding, Location, Refused
from monitoring_kit.environment.model import Environment
from monitoring_kit.environment.reader import environment_files, read_environment, read_environments
from tests.unit.environment.conftest import VALID

Read = Callable[[str | bytes], Environment]
Findings = Callable[[str | bytes], tuple[Finding, ...]]


def without(text: str, block: str) -> str:
    """`text` without the lines of a block or field; `block` is its first line."""
    lines = text.splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.rstrip("\n").startswith(block))
    depth = len(block) - len(block.lstrip())
    end = next((n for n in range(start + 1, len(lines)) if len(lines[n]) - len(lines[n].lstrip()) <= depth), len(lines))
    return "".join(lines[:start] + lines[end:])


@pytest.mark.parametrize(
    ("line", "subject", "where"),
    [
        ("grafana_url", "grafana_url", 0),
        ("runbooks_url", "runbooks_url", 0),
        ("  namespace", "prometheus.namespace", 3),
        ("  service", "prometheus.service", 3),
        ("  scrape_interval", "prometheus.scrape_interval", 3),
        ("  location", "azure.location", 12),
        ("  action_group", "azure.action_group", 12),
        ("    short_name", "azure.action_group.short_name", 15),
        ("    deployments", "azure.online_endpoint.deployments", 19),
        ("    cluster", "azure.container_insights.cluster", 23),
    ],
)
def test_a_missing_field_is_named_with_its_block_and_what_to_write(
    findings: Findings, line: str, subject: str, where: int
) -> None:
    (finding,) = findings(without(VALID, line))
    assert (finding.subject, finding.problem, finding.where.line) == (subject, "is missing", where)
    assert finding.remedy.startswith("Write ")


@pytest.mark.parametrize(
    "line",
    [
        "  datasource",
        "    emails",
        "    webhooks",
        "  online_endpoint",
        "  application_insights",
        "  container_insights",
        "  managed_prometheus",
        "  repeat_prometheus_alerts",
        "azure",
        "alerts",
    ],
)
def test_an_optional_field_may_be_left_out(read: Read, line: str) -> None:
    assert read(without(VALID, line)).name == "production"


@pytest.mark.parametrize(
    ("old", "new", "subject", "line", "says"),
    [
        ("  release:", "  relase:", "prometheus.relase", 10, "Is release meant? Allowed: namespace, workload"),
        ("grafana_url:", "grafana-url:", "grafana-url", 1, "Is grafana_url meant?"),
        (
            "runbooks_url:",
            "online_endpoint: {}\nrunbooks_url:",
            "online_endpoint",
            2,
            "Is azure.online_endpoint meant?",
        ),
        ("runbooks_url:", "namespace: x\nrunbooks_url:", "namespace", 2, "Is prometheus.namespace meant?"),
        ("  location:", "  zzz: 1\n  location:", "azure.zzz", 13, "Allowed: location, log_analytics"),
        ("  location:", "  'a\"b': 1\n  location:", "azure.'a\"b'", 13, "Allowed: location"),
        ("    for: 10m", "    fort: 10m", "alerts.ModelErrorRatioHigh.fort", 35, "Is for meant?"),
    ],
)
def test_an_unknown_field_is_named_with_the_nearest_one(
    findings: Findings, old: str, new: str, subject: str, line: int, says: str
) -> None:
    (finding,) = [f for f in findings(VALID.replace(old, new, 1)) if f.subject == subject]
    assert (finding.problem, finding.where.line) == ("there is no such field", line)
    assert says in finding.remedy


def test_a_renamed_field_says_what_to_write(findings: Findings) -> None:
    (finding,) = findings(VALID.replace("    for: 10m", "    hold: 10m"))
    assert str(finding.where).endswith("production.yaml:35")
    assert (finding.problem, finding.remedy) == ("is called `for` now", "Write `for:` in its place.")


@pytest.mark.parametrize(
    ("block", "subject", "says"),
    [
        ("teams: [a]", "teams", "Write below it a line each, such as `operations: checkout`"),
        ("teams: {Serving: ml-serving}", "teams.Serving", "a role that a definition names"),
        ("teams: {serving: ML}", "teams.serving", "the name of a team"),
        ("contacts: {ml-serving: x}", "contacts.ml-serving", "how a person reaches the team"),
        ('title: "<b>"', "title", "letters, digits"),
    ],
)
def test_teams_contacts_and_title_have_their_form(findings: Findings, block: str, subject: str, says: str) -> None:
    (finding,) = findings(f"{block}\n{VALID}")
    assert finding.subject == subject
    assert says in finding.remedy


def test_values_of_the_example_are_told_with_their_place(read: Callable[[str | bytes], Environment]) -> None:
    placeholders = read(VALID).placeholders
    assert ("grafana_url", 1) in [(path, where.line) for path, where in placeholders]
    assert "prometheus.namespace" not in dict(placeholders)


@pytest.mark.parametrize(
    ("text", "subject", "says"),
    [
        (without(without(VALID, "prometheus"), "azure"), "file", "names no backend"),
        (without(VALID, "prometheus"), "azure.managed_prometheus", "needs the block `prometheus`"),
        (
            VALID.replace("    namespace: production", "    namespace: other"),
            "azure.container_insights.namespace",
            "found 'other', but prometheus.namespace in line 4 is 'production'",
        ),
        (
            VALID.replace("    workload: ml-inference", "    workload: other"),
            "azure.container_insights.workload",
            "found 'other', but prometheus.workload in line 5 is 'ml-inference'",
        ),
        (
            VALID.replace("managedClusters/aks\n  repeat", "managedClusters/other\n  repeat"),
            "azure.container_insights.cluster",
            "but azure.managed_prometheus.cluster in line 29 is",
        ),
        (without(without(VALID, "    emails"), "    webhooks"), "azure.action_group", "names nobody"),
        (
            VALID.replace("[teams_oncall]", f"[{', '.join(f'w{n}' for n in range(11))}]"),
            "azure.action_group.webhooks",
            "found 11 webhooks",
        ),
        (
            VALID.partition("  online_endpoint")[0],
            "azure",
            "names nothing to watch",
        ),
        (VALID.partition("  namespace")[0], "prometheus", "found no value"),
        (VALID.partition("  namespace")[0].rstrip() + " here\n", "prometheus", "found 'here'"),
    ],
)
def test_fields_have_to_fit_each_other(findings: Findings, text: str, subject: str, says: str) -> None:
    (finding,) = findings(text)
    assert finding.subject == subject
    assert says in finding.problem
    assert finding.remedy


def test_all_problems_of_a_file_come_at_once_in_the_order_of_its_lines(findings: Findings) -> None:
    text = VALID.replace("5001", "x").replace("westeurope", "'West Europe'").replace("10m", "soon")
    found = findings(f"{text}grafana_url: twice\nunknown: 1\n")
    assert [(f.where.line, f.subject) for f in found] == [
        (7, "prometheus.metrics_port"),
        (13, "azure.location"),
        (35, "alerts.ModelErrorRatioHigh.for"),
        (38, "file"),
        (39, "unknown"),
    ]


def test_a_report_stays_readable_however_much_is_wrong(findings: Findings) -> None:
    found = findings("".join(f"k{n}: 1\n" for n in range(7000)))
    assert len(found) == 51
    assert "6953 more problems are not shown" in found[0].problem


def test_overrides_keep_the_text_and_the_place_of_each_value(read: Read) -> None:
    overrides = read(VALID).overrides
    changed, off = overrides["ModelErrorRatioHigh"], overrides["ModelLatencyHigh"]
    assert (changed.levels, changed.for_, changed.disabled) == ({"warning": "5%", "critical": "10%"}, "10m", None)
    assert (changed.where.line, {name: place.line for name, place in changed.locations.items()}) == (
        32,
        {"critical": 34, "warning": 33, "for": 35},
    )
    assert (off.levels, off.for_, off.disabled) == ({}, None, "Latency is not promised here.")


@pytest.mark.parametrize(
    ("alerts", "subject", "says"),
    [
        ("alerts:", "alerts", "found no value"),
        ("alerts: [A]", "alerts", "found a list"),
        ("alerts: {A: 10%}", "alerts.A", "found '10%'"),
        ("alerts: {A: }", "alerts.A", "found no value"),
        ("alerts: {A: {}}", "alerts.A", "found an empty block"),
        ("alerts: {A: {critical: }}", "alerts.A.critical", "found no value"),
        ("alerts: {A: {critical: [1]}}", "alerts.A.critical", "found a list"),
        ("alerts: {A: {for: 5 minutes}}", "alerts.A.for", "found '5 minutes'"),
        ("alerts: {A: {for: 5s1m}}", "alerts.A.for", "is not a duration"),
        ("alerts: {A: {disabled: true}}", "alerts.A.disabled", "found 'true'"),
        ("alerts: {A: {disabled: ''}}", "alerts.A.disabled", "found '' in quotes"),
        ("alerts: {A: {disabled: out of order, critical: 1}}", "alerts.A", "disabled and changed at the same time"),
        ("alerts: {'A B': {critical: 1}}", "alerts.'A B'", "'A B' is no alert's name"),
        ("alerts: {'{{x}}': {critical: 1}}", "alerts.'{{x}}'", "is no alert's name"),
        ("alerts: {A: &x {critical: 1}, B: *x}", "alerts.B", "found '*x'"),
    ],
)
def test_a_wrong_override_is_refused(findings: Findings, alerts: str, subject: str, says: str) -> None:
    (finding,) = [f for f in findings(without(VALID, "alerts") + alerts + "\n") if f.subject == subject]
    assert says in finding.problem
    assert finding.where.line == 31
    assert finding.remedy


@pytest.mark.parametrize("text", ["- a\n", "word\n", '"quoted"\n', "&x [a]\n"])
def test_a_file_that_is_no_block_of_fields_is_refused(findings: Findings, text: str) -> None:
    assert any(f.subject == "file" and "Write fields" in f.remedy for f in findings(text))


@pytest.mark.parametrize(
    "name",
    [
        "Production.yaml",
        "1st.yaml",
        "a b.yaml",
        "prod-.yaml",
        f"{'x' * 21}.yaml",
        "prod.txt",
        "é.yaml",
        "x.y.yaml",
        "a\nb.yaml",
    ],
)
def test_the_name_of_a_file_has_to_fit_the_names_made_of_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(VALID)
    with pytest.raises(Refused) as refused:
        read_environment(path)
    (finding,) = refused.value.findings
    assert finding.subject == "file name"
    assert "at most 20 lower-case letters" in finding.remedy
    assert "\n" not in finding.where.file


def test_a_directory_gives_its_environments_by_name(tmp_path: Path) -> None:
    for name in ("staging.yaml", "production.yml", "README.md", ".hidden.yaml", "old.yaml.orig"):
        (tmp_path / name).write_text(VALID)
    assert [path.name for path in environment_files(tmp_path)] == ["production.yml", "staging.yaml"]
    assert [path.name for path in environment_files(tmp_path, only=["staging"])] == ["staging.yaml"]
    assert [environment.name for environment in read_environments(tmp_path)] == ["production", "staging"]


def test_one_bad_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: b: c\n")
    (tmp_path / "b.yaml").write_text(VALID)
    (tmp_path / "c.yaml").mkdir()
    read = []
    with pytest.raises(Refused) as refused:
        for environment in read_environments(tmp_path):
            read.append(environment.name)
    assert read == ["b"]
    assert [finding.where for finding in refused.value.findings] == [
        Location(str(tmp_path / "a.yaml"), 1),
        Location(str(tmp_path / "c.yaml")),
    ]


@pytest.mark.parametrize(
    ("files", "only", "says"),
    [
        ([], None, "no environment here"),
        (["README.md"], None, "no environment here"),
        (["staging.yaml", "staging.yml"], None, "two files have this name"),
        (["staging.yaml"], ["stagin"], "environment 'stagin': there is none"),
    ],
)
def test_a_directory_that_cannot_be_used_is_refused(
    tmp_path: Path, files: list[str], only: list[str] | None, says: str
) -> None:
    for name in files:
        (tmp_path / name).write_text(VALID)
    with pytest.raises(Refused, match=says):
        environment_files(tmp_path, only)


@pytest.mark.parametrize("name", ["absent", "file.yaml", "a\0b"])
def test_a_directory_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.yaml").write_text(VALID)
    with pytest.raises(Refused, match="cannot be read"):
        environment_files(f"{tmp_path}/{name}")


def read_or_refuse(path: Path, content: bytes) -> None:
    """Reads `content`; any exception but Refused, and any message that is not one line a finding, fails the test."""
    path.write_bytes(content)
    try:
        environment = read_environment(path)
    except Refused as refused:
        assert refused.findings
        for finding in refused.findings:
            assert finding.where.file.endswith("production.yaml")
            assert finding.subject.isprintable()
            assert finding.problem.isprintable()
            assert finding.remedy.isprintable()
            assert finding.remedy
    else:
        assert environment.prometheus or environment.azure


FAST = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FAST
@given(content=st.binary(max_size=400))
def test_random_bytes_are_refused_and_never_crash(tmp_path: Path, content: bytes) -> None:
    read_or_refuse(tmp_path / "production.yaml", content)


@FAST
@given(content=st.text(st.sampled_from("a:-?[]{}&*!|>'\"%@`#,~<= \n0.\\"), max_size=60))
def test_random_yaml_is_refused_and_never_crashes(tmp_path: Path, content: str) -> None:
    read_or_refuse(tmp_path / "production.yaml", content.encode())


@FAST
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(VALID)), st.integers(0, 20), st.text(max_size=5).map(str.encode)), max_size=3
    )
)
def test_a_damaged_environment_is_read_or_refused_and_never_crashes(
    tmp_path: Path, changes: list[tuple[int, int, bytes]]
) -> None:
    content = VALID.encode()
    for start, length, inserted in changes:
        content = content[:start] + inserted + content[start + length :]
    read_or_refuse(tmp_path / "production.yaml", content)
