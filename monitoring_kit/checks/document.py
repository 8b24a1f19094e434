"""The page `docs/checks.md`: every check by name, with its explanation and an example.

`python -m monitoring_kit.checks.document` prints it.
"""

from __future__ import annotations

import sys

from monitoring_kit.checks.all import GROUPS
from monitoring_kit.checks.registry import Group

_HEAD = """# Checks

A finding ends with the name of its check in brackets, and the line below says what to write instead:

```
rules/thresholds.py:41: threshold of CheckoutErrorsHigh: does not say why [reason]
    write because='...'
```

A build tells one finding a cause: what rests on the labels of an expression waits until that expression is right, and
the same mistake at several places is one finding that names them all.

This page lists the checks by that name. It is generated: `python -m monitoring_kit.checks.document > docs/checks.md`.
"""


def document() -> str:
    """The whole page."""
    return "\n".join((_HEAD, *map(_section, GROUPS)))


def _section(group: Group) -> str:
    checks = [f"### {check.name}\n\n{check.explanation}\n\n```\n{check.example}\n```\n" for check in group.checks]
    return "\n".join((f"## {group.title}\n", *checks))


if __name__ == "__main__":
    sys.stdout.write(document())
