"""A pytest plugin: each environment file of a project is a file of tests, which prove what was built for it.

    pytest -p monitoring_kit.testing.plugin environments

An environment has these tests: `build` is what the definitions give; every alert of the project's own, and every
shipped one that the environment changes, does what its cases say when the rules in `build` meet them in promtool; and a
case notices every small mistake in an own rule. `--shipped-alerts` proves those alerts too that are left as they are.

Cases are derived from the signal and the threshold. Where a signal is a query of its own, only its author knows what it
means: a `conftest.py` says so in `pytest_monitoring_specifications`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pytest
import yaml

from monitoring_kit.core.findings import Finding, Location, Refused
from monitoring_kit.environment.reader import read_environment
from monitoring_kit.model.alerts import Alert
from monitoring_kit.output.writer import compare
from monitoring_kit.plan.build import build_plan
from monitoring_kit.plan.model import Plan
from monitoring_kit.project import Project
from monitoring_kit.render.files import render_files
from monitoring_kit.testing.case import Specification
from monitoring_kit.testing.completeness import gaps
from monitoring_kit.testing.derive import derive, is_derivable
from monitoring_kit.testing.mutation import stages_of
from monitoring_kit.testing.rule_files import Rule, rules_by_alert, rules_of
from monitoring_kit.testing.runner import MutantOutcome, Verdict, run_alert
from monitoring_kit.testing.scope import CannotDerive, scope_of
from monitoring_kit.testing.unit_tests import failures

SHOWN = 10
SHOWN_FAILURES = 3
PROJECT = pytest.StashKey[Project]()


class Hooks:
    """What a project's `conftest.py` may add."""

    @pytest.hookspec
    def pytest_monitoring_specifications(self, plan: Plan) -> Sequence[Specification]:  # type: ignore[empty-body]
        """Cases of alerts in the environment of `plan`, written by hand: they stand beside those that are derived."""

    @pytest.hookspec
    def pytest_monitoring_excused(self, plan: Plan) -> Mapping[str, str]:  # type: ignore[empty-body]
        """Mutants that no case can notice, as a failure names them, each with the reason."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Lets a `conftest.py` add what only the author of a definition knows."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--shipped-alerts`."""
    group = parser.getgroup("monitoring")
    group.addoption("--shipped-alerts", action="store_true", help="prove alerts of packs too that nothing here changes")


def pytest_configure(config: pytest.Config) -> None:
    """The project is the folder that pytest takes for its root."""
    config.stash[PROJECT] = Project(config.rootpath)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> EnvironmentFile | None:
    """Environment files of the project hold tests."""
    folder = parent.config.stash[PROJECT].environments_folder
    if file_path.parent != folder or file_path.suffix not in (".yaml", ".yml"):
        return None
    collected: EnvironmentFile = EnvironmentFile.from_parent(parent, path=file_path)
    return collected


class EnvironmentFile(pytest.File):
    """The tests of one environment."""

    def collect(self) -> Iterator[pytest.Item]:
        """What was built, then each alert: what it does, and that its cases notice mistakes."""
        yield Built.from_parent(self, name="build")
        for name, rules in rules_by_alert(self.plan).items():
            alert, override = rules[0].alert, self.plan.environment.overrides.get(name)
            own = self._is_own(alert)
            changed = override is not None or self.config.getoption("--shipped-alerts")
            if own or (changed and is_derivable(alert.signal)):  # the pack's cases by hand stay with the pack
                yield Behaves.from_parent(self, name=f"cases[{name}]", alert=name)
            if own:
                yield Noticed.from_parent(self, name=f"mutants[{name}]", alert=name)

    def _is_own(self, alert: Alert) -> bool:
        return alert.where.path.is_relative_to(self.project.root)

    @property
    def project(self) -> Project:
        """The project that the environment belongs to."""
        return self.config.stash[PROJECT]

    @cached_property
    def plan(self) -> Plan:
        """What the environment is to get. Raises Refused where its file or the definitions cannot be used."""
        return build_plan(self.project.definitions, read_environment(self.path, self.project.root))

    @cached_property
    def rules(self) -> list[Rule]:
        """The rules as they were built. Raises Refused where they cannot be read."""
        folder = self.project.output_folder / self.plan.environment.name / "prometheus"
        found: list[Rule] = []
        for file in sorted(folder.glob("*.yaml")):
            try:
                found += [rule for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]
            except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
                raise Refused(Finding(Location(str(file)), "rule file", f"cannot be read: {error}")) from None
        return found

    def rules_of(self, alert: str) -> list[Rule]:
        """The built rules of `alert` and what they read. Raises Unproven where one of its severities has none."""
        rules = rules_of([alert], self.rules)
        built, planned = sum("alert" in rule for rule in rules), len(rules_by_alert(self.plan)[alert])
        if built != planned:
            raise Unproven(f"{built} of its {planned} rules are built: run `monitoring-kit build`")
        return rules

    def specification(self, alert: str) -> Specification:
        """The cases of `alert`: derived ones, and those written by hand."""
        derived = self._derived(alert)
        groups: list[Sequence[Specification]] = self.ihook.pytest_monitoring_specifications(plan=self.plan)
        written = [one for group in groups for one in group if one.alert == alert]
        cases = tuple(case for one in (*derived, *written) for case in one.cases)
        reasons = {question: why for one in (*derived, *written) for question, why in one.not_applicable.items()}
        return Specification(alert, cases, reasons)

    def _derived(self, alert: str) -> list[Specification]:
        rules = rules_by_alert(self.plan)[alert]
        if not is_derivable(rules[0].alert.signal):
            return []
        return [derive(rules, scope_of(self.project.definitions, self.plan))]

    def excused(self) -> Mapping[str, str]:
        """The mutants that no case can notice."""
        groups: list[Mapping[str, str]] = self.ihook.pytest_monitoring_excused(plan=self.plan)
        return {mutant: why for group in groups for mutant, why in group.items()}


class Unproven(Exception):
    """What a test of an environment found, as lines to read."""


class _Item(pytest.Item):
    parent: EnvironmentFile

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: object) -> str:
        """Findings as they are, without the way that Python took to them."""
        if isinstance(excinfo.value, (Unproven, Refused, CannotDerive)):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The environment and what is proven of it."""
        return self.path, None, f"{self.path.stem}: {self.name}"


class Built(_Item):
    """What stands in `build` is what the definitions give."""

    def runtest(self) -> None:
        """Compares without writing."""
        environment = self.parent
        output, name = environment.project.output_folder, environment.plan.environment.name
        changes = compare(output, name, render_files(environment.plan))
        if changes.any:
            named = (("is missing", changes.added), ("differs", changes.changed), ("is left over", changes.removed))
            lines = [f"{output.name}/{name}/{path} {what}" for what, paths in named for path in paths]
            remedy = "`monitoring-kit diff` says how they differ, `monitoring-kit build` writes what it should be"
            raise Unproven(f"{_first(lines, SHOWN)}\n{remedy}")


class _OfAlert(_Item):
    def __init__(self, *, alert: str, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type] # pytest's own arguments
        self.alert = alert


class Behaves(_OfAlert):
    """The built rules of an alert do what its cases say, and its cases leave no question open."""

    def runtest(self) -> None:
        """Runs all cases in promtool."""
        environment = self.parent
        specification = environment.specification(self.alert)
        severities = [rule.severity for rule in rules_by_alert(environment.plan)[self.alert]]
        rules = environment.rules_of(self.alert)
        if open_questions := [str(gap) for gap in gaps(specification, severities)]:
            remedy = "write its cases in conftest.py: pytest_monitoring_specifications"
            raise Unproven(f"{_first(open_questions, SHOWN)}\n{remedy}")
        if found := failures(rules, [self.alert], specification.cases):
            raise Unproven(_first(found, SHOWN_FAILURES))


class Noticed(_OfAlert):
    """A case notices every mutant of a rule that does not behave like the rule."""

    def runtest(self) -> None:
        """Runs all mutants in promtool."""
        environment = self.parent
        cases = environment.specification(self.alert).cases
        rules = environment.rules_of(self.alert)
        verdicts = run_alert(rules, self.alert, stages_of(cases), environment.project.definitions.catalogue)
        excused = {mutant: why for mutant, why in environment.excused().items() if mutant.split(" ")[0] == self.alert}
        if complaints := list(_complaints(verdicts, excused)):
            raise Unproven(_first(complaints, SHOWN))


def _first(lines: Sequence[str], number: int) -> str:
    more = [f"and {len(lines) - number} more"] if len(lines) > number else []
    return "\n".join([*lines[:number], *more])


def _complaints(verdicts: Sequence[Verdict], excused: Mapping[str, str]) -> Iterator[str]:
    for mutant in sorted(set(excused).difference(map(str, verdicts))):
        yield f"is excused ({excused[mutant]}), and there is no such mutant: {mutant}"
    for verdict in verdicts:
        if verdict.outcome is MutantOutcome.SURVIVED and str(verdict) not in excused:
            yield f"no case notices it: {verdict}"
        elif verdict.outcome is MutantOutcome.REFUTED:
            yield f"is said to behave like the rule ({verdict.reason}), and a case notices it: {verdict}"
        elif verdict.outcome is not MutantOutcome.SURVIVED and str(verdict) in excused:
            yield f"is excused ({excused[str(verdict)]}), and is {verdict.outcome.value}: {verdict}"
