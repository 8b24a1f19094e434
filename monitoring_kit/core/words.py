"""Lists in definitions, which may be written two ways: `by="namespace pod"` is `by=("namespace", "pod")`."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

from monitoring_kit.core.findings import Finding, Location, Refused, here

Words = str | tuple[str, ...]
"""Names, in one text and separated by blanks, or as a tuple."""
Numbers = str | tuple[float, ...]
"""Numbers, in one text and separated by blanks, or as a tuple."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


@cache
def words(given: Words) -> tuple[str, ...]:
    """The words of a field that `checked_words` has accepted."""
    return tuple(given.split()) if isinstance(given, str) else given


def checked_words(
    field: str,
    given: Words,
    *,
    form: re.Pattern[str] = NAME,
    like: tuple[str, ...] = ("namespace", "pod"),
    where: Location | None = None,
) -> tuple[str, ...]:
    """The words that are written for `field`, each of which `form` matches whole.

    `like` are words to show as an example, `where` is the definition, if not the line that is being read. Raises
    Refused for a word of another form, for one that is there twice, and for what is neither text nor tuple of texts.
    """
    try:
        found = words(given)
        wrong = [word for word in found if form.fullmatch(word) is None]
    except (TypeError, AttributeError):
        raise _refused(field, f"found {given!r}, which is no list of names", like, where) from None
    if wrong:
        apart = tuple(word for text in found for word in re.split(r"[\s,;]+", text) if word)
        meant = apart if all(map(form.fullmatch, apart)) else like
        raise _refused(field, f"{wrong[0]!r} in {given!r} cannot be read", meant, where)
    twice = [word for word in dict.fromkeys(found) if found.count(word) > 1]
    if twice:
        raise _refused(field, f"names {twice[0]!r} twice", tuple(dict.fromkeys(found)), where)
    return found


def checked_numbers(field: str, given: Numbers, *, like: tuple[float, ...], prefix: str = "") -> tuple[Decimal, ...]:
    """The numbers that are written for `field`, in a text each with `prefix` or without. Raises Refused otherwise."""
    if isinstance(given, tuple):
        wrong = [number for number in given if isinstance(number, bool) or not isinstance(number, int | float)]
        if wrong:
            raise _refused(field, f"found {wrong[0]!r}, which is no number", like, None)
        return tuple(Decimal(str(number)) for number in given)
    form = re.compile(f"(?:{prefix})?{NUMBER.pattern}")
    shown = tuple(f"{prefix}{number}" for number in like)
    return tuple(Decimal(word.removeprefix(prefix)) for word in checked_words(field, given, form=form, like=shown))


def _refused(field: str, problem: str, words: tuple[object, ...], where: Location | None) -> Refused:
    text = " ".join(map(str, words))
    each = ", ".join(map(repr, words)) + ("," if len(words) == 1 else "")
    remedy = f'write {field}="{text}" or {field}=({each})'.replace("'", '"')
    return Refused(Finding(where or here(), f"{field}=", problem, remedy, "words"))
