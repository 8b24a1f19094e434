"""An Alertmanager of one's own on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitoring_kit.programs.processes import LOOPBACK, Program, answers, running_on_free_ports
from monitoring_kit.programs.tools import find

# Debian's Alertmanager reads the templates of e-mails and chats from here, and does not start without them.
_DEBIANS_TEMPLATES = Path("/usr/share/prometheus/alertmanager")


@contextmanager
def alertmanager(configuration: str, folder: Path) -> Iterator[str]:
    """A running Alertmanager; gives its address, such as "http://127.0.0.1:40124".

    `configuration` is an alertmanager.yml, `folder` takes its data and its log. It listens on the loopback only, knows
    of no other Alertmanager, and is stopped when the context ends, however it ends. Raises ProgramFailed where it does
    not start, ToolMissing without Alertmanager.
    """
    folder.mkdir()
    settings = folder / "alertmanager.yml"
    settings.write_text(configuration, encoding="utf-8")
    command = [
        str(_startable(find("prometheus-alertmanager"), folder)),
        f"--config.file={settings}",
        f"--storage.path={folder / 'data'}",
        "--cluster.listen-address=",
    ]

    def on(ports: tuple[int, ...]) -> Program:
        (port,) = ports
        listening = [*command, f"--web.listen-address={LOOPBACK}:{port}"]
        return Program("Alertmanager", listening, lambda: answers(port, "/-/ready"), folder)

    with running_on_free_ports(on, 1, folder / "log") as started:
        yield f"http://{LOOPBACK}:{started.ports[0]}"


def _startable(program: Path, folder: Path) -> Path:
    """`program` itself, or a copy in `folder` that reads its templates there.

    The copy is for Debian's program where its package was unpacked but not installed: the place of the templates cannot
    be set, so the copy has the name of its working directory in that place, in as many characters. Its templates are
    empty: what webhooks receive is made without them.
    """
    content = program.read_bytes()
    fixed = bytes(_DEBIANS_TEMPLATES)
    if _DEBIANS_TEMPLATES.exists() or fixed not in content:
        return program
    copy = folder / program.name
    copy.write_bytes(content.replace(fixed, b"." + b"/" * (len(fixed) - 1)))
    copy.chmod(0o700)
    for template in ("default.tmpl", "email.tmpl"):
        (folder / template).touch()
    return copy
