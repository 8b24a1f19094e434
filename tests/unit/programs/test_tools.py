"""External programs are found, or their absence is explained; missing ones are unpacked without root."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring_kit.programs import tools
from monitoring_kit.programs.tools import TOOLS, ToolMissing

# Stands for apt-get: its package lists are empty until lists of one's own are fetched. A package is a tar archive here.
APT_GET = """\
case "$*" in
  *Dir::State::lists=*update*) touch "$(dirname "$0")/updated" ;;
  *Dir::State::lists=*download*) test -e "$(dirname "$0")/updated" && cp "$(dirname "$0")"/*.deb . ;;
  *) echo 'E: Unable to locate package prometheus' >&2; exit 100 ;;
esac
"""
APT_GET_WITHOUT_NETWORK = "echo 'E: Could not resolve the mirror' >&2; exit 100\n"
DPKG_DEB = 'exec tar -x -f "$2" -C "$3"\n'


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test has a PATH with `path/` before the shell's own programs, and an empty `.tools`."""
    (tmp_path / "path").mkdir()
    (tmp_path / "system").mkdir()
    for name in ("sh", "touch", "cp", "tar", "test", "dirname"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "system" / name).symlink_to(found)
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:{tmp_path / 'system'}")
    monkeypatch.setattr(tools, "TOOLS_FOLDER", tmp_path / ".tools")
    tools.find.cache_clear()
    yield
    tools.find.cache_clear()


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)
    return path


def says(version: str, name: str = "promtool") -> str:
    return f"echo '{name}, version {version} (branch: HEAD)'\n"


def packages(folder: Path, versions: dict[str, str]) -> None:
    """What the distribution offers: one archive with all programs."""
    for name, version in versions.items():
        program(folder / "content/usr/bin", name, says(version, name))
    tar = shutil.which("tar")
    assert tar is not None
    subprocess.run([tar, "-c", "-f", folder / "path/prometheus.deb", "-C", folder / "content", "usr"], check=True)


@pytest.mark.parametrize("version", ["2.42.0+ds", "2.100.1"])
def test_a_program_on_the_path_is_used(tmp_path: Path, version: str) -> None:
    on_path = program(tmp_path / "path", "promtool", says(version))
    program(tmp_path / ".tools/bin", "promtool", says("2.42.0"))
    assert tools.find("promtool") == on_path


def test_prometheus_3_on_the_path_gives_way_to_the_release_that_figures_are_compared_with(tmp_path: Path) -> None:
    program(tmp_path / "path", "promtool", says("3.1.0"))
    unpacked = program(tmp_path / ".tools/bin", "promtool", says("2.42.0"))
    assert tools.find("promtool") == unpacked


def test_prometheus_3_on_the_path_is_used_where_there_is_no_other(tmp_path: Path) -> None:
    on_path = program(tmp_path / "path", "promtool", says("3.1.0"))
    assert tools.find("promtool") == on_path


@pytest.mark.parametrize("apt_get", [APT_GET, APT_GET_WITHOUT_NETWORK], ids=["network", "no network"])
def test_install_unpacks_another_release_beside_prometheus_3_where_it_can(tmp_path: Path, apt_get: str) -> None:
    for name in TOOLS:
        program(tmp_path / "path", name, says("3.1.0" if name in ("promtool", "prometheus") else "0.27.0", name))
    program(tmp_path / "path", "apt-get", apt_get)
    program(tmp_path / "path", "dpkg-deb", DPKG_DEB)
    packages(tmp_path, dict.fromkeys(TOOLS, "2.42.0"))
    tools.install()
    folder = tmp_path / (".tools/bin" if apt_get == APT_GET else "path")
    assert tools.find("promtool") == folder / "promtool"
    assert tools.find("amtool") == tmp_path / "path" / "amtool"


def test_alertmanager_goes_by_two_names(tmp_path: Path) -> None:
    on_path = program(tmp_path / "path", "alertmanager", says("0.27.0", "alertmanager"))
    assert tools.find("prometheus-alertmanager") == on_path


@pytest.mark.parametrize("answer", [says("2.41.9"), says("1.99.0"), "exit 1\n"])
def test_a_program_on_the_path_that_is_too_old_is_passed_over(tmp_path: Path, answer: str) -> None:
    program(tmp_path / "path", "promtool", answer)
    unpacked = program(tmp_path / ".tools/bin", "promtool", says("2.42.0"))
    assert tools.find("promtool") == unpacked


def test_what_is_missing_is_explained(tmp_path: Path) -> None:
    program(tmp_path / "path", "promtool", says("2.30.1"))
    with pytest.raises(ToolMissing) as missing:
        tools.find("promtool")
    assert f"promtool: {tmp_path}/path/promtool is version 2.30" in str(missing.value)
    assert "run `make tools`" in str(missing.value)
    assert "put promtool 2.42 or newer on PATH" in str(missing.value)


def test_install_unpacks_the_distributions_packages_with_package_lists_of_its_own(tmp_path: Path) -> None:
    program(tmp_path / "path", "apt-get", APT_GET)
    program(tmp_path / "path", "dpkg-deb", DPKG_DEB)
    packages(tmp_path, dict.fromkeys(TOOLS, "2.42.0"))
    tools.install()
    assert {name: tools.find(name) for name in TOOLS} == {name: tmp_path / ".tools/bin" / name for name in TOOLS}
    assert not list((tmp_path / ".tools").glob("*-*"))


def test_install_fetches_nothing_when_everything_is_there(tmp_path: Path) -> None:
    for name in TOOLS:
        program(tmp_path / ".tools/bin", name, says("2.42.0"))
    tools.install()
    assert sorted(path.name for path in (tmp_path / ".tools").iterdir()) == ["bin"]


# Stands for an apt that is configured to take whatever it gets, as an apt.conf can say: only options refuse it.
APT_GET_THAT_TRUSTS = """\
for option in APT::Get::AllowUnauthenticated Acquire::AllowInsecureRepositories Acquire::AllowWeakRepositories \\
  Acquire::AllowDowngradeToInsecureRepositories
do
  case "$*" in *"-o $option=false"*) ;; *) cp "$(dirname "$0")"/*.deb .; exit ;; esac
done
echo 'E: The repository is not signed.' >&2; exit 100
"""


@pytest.mark.parametrize(
    ("apt_get", "version", "problem"),
    [
        (None, "2.42.0", "cannot be installed: this machine has no apt-get and dpkg-deb"),
        (APT_GET_WITHOUT_NETWORK, "2.42.0", "cannot be installed: apt-get: E: Could not resolve the mirror"),
        (APT_GET_THAT_TRUSTS, "2.42.0", "cannot be installed: apt-get: E: The repository is not signed."),
        (APT_GET, "0.1.0", "cannot be installed: the distribution's version 0.1 is too old"),
    ],
)
def test_install_says_why_it_cannot(
    tmp_path: Path, apt_get: str | None, version: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if apt_get is not None:
        program(tmp_path / "path", "apt-get", apt_get)
        program(tmp_path / "path", "dpkg-deb", DPKG_DEB)
    packages(tmp_path, dict.fromkeys(TOOLS, version))
    assert tools.main() == 1
    shown = capsys.readouterr().err
    assert problem in shown
    assert "on PATH: https://prometheus.io/download/" in shown
    assert not list((tmp_path / ".tools").glob("bin/*"))
