"""From what a definition means to what is asked of one Prometheus: recordings stand in, scopes are filled in."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring_kit.model.definitions import Definitions
from monitoring_kit.model.recordings import from_recordings
from monitoring_kit.plan.scope import scoped
from monitoring_kit.promql.tree import Expression


def placed(
    expression: Expression,
    definitions: Definitions,
    settings: Mapping[str, str],
    variables: frozenset[str] = frozenset(),
) -> Expression:
    """The expression as an environment evaluates it; the labels of `variables` are the reader's to choose."""
    return scoped(from_recordings(expression, definitions.recordings), definitions.catalogue, settings, variables)
