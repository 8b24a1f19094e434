"""What Python says of a mistake in a definition, with what it suggests instead."""

from __future__ import annotations

import builtins
import difflib
import inspect
import re
import sys
from traceback import format_exception_only, walk_tb

_UNEXPECTED = re.compile(r"(?P<callee>[\w.]+?)(\.__init__)?\(\) got an unexpected keyword argument '(?P<name>\w+)'")


def said(error: Exception) -> str:
    """The error on one line: "NameError: name 'error_ration' is not defined. Did you mean: 'error_ratio'?"."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    text = " ".join("".join(format_exception_only(error)).split())
    near = [] if "Did you mean" in text else _near(error)
    return f"{text}. Did you mean: '{near[0]}'?" if near else text


def _near(error: Exception) -> list[str]:
    """The known name that is most like the wrong one: Python 3.11 says so only where it ends with the error."""
    wrong, known = "", list[str]()
    if isinstance(error, NameError) and error.name:
        *_, (frame, _) = walk_tb(error.__traceback__)
        wrong, known = error.name, [*frame.f_locals, *frame.f_globals, *dir(builtins)]
    elif isinstance(error, AttributeError) and error.name:
        wrong, known = error.name, dir(error.obj)
    elif isinstance(error, TypeError) and (unexpected := _UNEXPECTED.search(str(error))):
        wrong, known = unexpected["name"], _parameters(unexpected["callee"])
    return difflib.get_close_matches(wrong, known, n=1)


def _parameters(callee: str) -> list[str]:
    """The parameters of everything in the kit that is called `callee`: Python tells no more of it than that name."""
    found: dict[str, None] = {}
    for module in [module for name, module in sys.modules.items() if name.startswith("monitoring_kit.")]:
        holder: object = module
        for part in callee.split("."):
            holder = getattr(holder, part, None)
        if callable(holder):
            found |= dict.fromkeys(inspect.signature(holder).parameters)
    return list(found)
