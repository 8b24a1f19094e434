"""The tree of routes, as Alertmanager's file and the operator's resource both have it: only other names differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from monitoring_kit.model.routing import Grouping
from monitoring_kit.plan.routes import AlertMatcher, PlannedRoute
from monitoring_kit.render.yaml_text import YamlValue

Block = Mapping[str, YamlValue]


def route_block(
    route: PlannedRoute,
    times_of: Callable[[Grouping], Block],
    matchers_of: Callable[[tuple[AlertMatcher, ...]], Sequence[YamlValue]],
    above: Block = MappingProxyType({}),
) -> Block:
    """A node. `above` are the times and labels of the node above, which count where the node does not say otherwise."""
    times = times_of(route.grouping) if route.grouping else above
    below = [route_block(child, times_of, matchers_of, times) for child in route.routes]
    return {
        **({"matchers": list(matchers_of(route.matchers))} if route.matchers else {}),
        "receiver": route.receiver,
        **({"continue": True} if route.continues else {}),
        **{name: value for name, value in times.items() if above.get(name) != value},
        **({"routes": list(below)} if below else {}),
    }
