"""Every file of an environment: each renderer takes the plan and returns texts by path."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from monitoring_kit.plan.model import Plan
from monitoring_kit.render.alertmanager.configuration import render_alertmanager
from monitoring_kit.render.alertmanager.resource import render_alertmanager_config
from monitoring_kit.render.azure.alerts import render_azure
from monitoring_kit.render.grafana import render_grafana
from monitoring_kit.render.kubernetes import render_kubernetes
from monitoring_kit.render.pages.index import render_index
from monitoring_kit.render.pages.runbook import render_runbooks
from monitoring_kit.render.prometheus import render_prometheus

Renderer = Callable[[Plan], Mapping[str, str]]

RENDERERS: tuple[Renderer, ...] = (
    render_grafana,
    render_prometheus,
    render_alertmanager,
    render_alertmanager_config,
    render_kubernetes,
    render_azure,
    render_runbooks,
    render_index,
)


def render_files(plan: Plan, renderers: tuple[Renderer, ...] = RENDERERS) -> Mapping[str, str]:
    """The text of every file of the plan, by its path below the environment's folder.

    Raises ValueError for a path that two renderers would write: the checks keep names apart, so that is a mistake of
    the kit.
    """
    files: dict[str, str] = {}
    for render in renderers:
        rendered = render(plan)
        if twice := sorted(files.keys() & rendered.keys()):
            raise ValueError(f"rendered twice: {', '.join(twice)}")
        files |= rendered
    return files
