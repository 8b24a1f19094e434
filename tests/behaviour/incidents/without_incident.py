"""Alerts that no incident raises, and why none does: their derived cases alone speak for them.

An entry names alert and severity ("ModelErrorRatioHigh critical"). One whose alert an incident raises, or that does not
exist, is refused; `build/incidents.md` lists them all.
"""

from __future__ import annotations

from collections.abc import Mapping

WITHOUT_INCIDENT: Mapping[str, str] = {}
