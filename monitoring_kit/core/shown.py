"""How a message shows a text that a person wrote."""

from __future__ import annotations

import re

_URL = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]*://)(\S*)")


def shown(text: str) -> str:
    """`text` as a message may show it: in quotes, printable, on one line, short.

    Of a URL only the host is shown, because a path, a query or a password may be a secret and messages end up in logs.
    """
    text = _URL.sub(_shown_url, text)
    return repr(text if len(text) <= 70 else f"{text[:20]}...{text[-47:]}")


def _shown_url(matched: re.Match[str]) -> str:
    scheme, rest = matched.groups()
    if "@" in rest:
        return f"{scheme}..."
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return scheme + (rest if rest.rstrip("/") == host else f"{host}/...")
