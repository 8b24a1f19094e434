"""Where a click on a value leads: to the page that tells more, with the time and the choices of the reader."""

from __future__ import annotations

from monitoring_kit.plan.model import Plan, PlannedDashboard, PlannedPanel, PrometheusQuery
from monitoring_kit.render.grafana.schema import Json
from monitoring_kit.render.grafana.targets import PROMETHEUS_VARIABLE

_POD = "pod"


def further(planned: PlannedPanel, dashboard: PlannedDashboard, plan: Plan) -> list[Json]:
    """The links of a panel's values: of a pod to the page on pods, of a bad value to the page that tells more."""
    links: list[Json] = []
    panel = planned.panel
    labels = (*panel.signal.labels, *panel.labels)
    on_pods = next((page for page in plan.dashboards if page is not dashboard and _narrows(page, _POD)), None)
    if on_pods is not None and isinstance(planned.queries[0], PrometheusQuery) and _POD in labels:
        chosen = "" if panel.worst else f"&var-{_POD}=${{__field.labels.{_POD}}}"
        links.append(_link(f"{on_pods.dashboard.title} page", f"{address(on_pods, dashboard)}{chosen}"))
    more = next((page for page in plan.dashboards if page.dashboard.name == panel.signal.more_on), None)
    if more is not None and more is not dashboard:
        links.append(_link(more.title, address(more, dashboard)))
    return links


def address(to: PlannedDashboard, reader_on: PlannedDashboard) -> str:
    """The address of a dashboard that keeps the time, and those choices of the reader that it has a variable for."""
    shared = {variable.label for variable in reader_on.variables if variable.default} & {
        variable.label for variable in to.variables
    }
    reads = [query for panel in to.panels for query in panel.queries]
    if shared and any(isinstance(query, PrometheusQuery) for query in reads):
        shared.add(PROMETHEUS_VARIABLE)
    kept = "".join(f"&${{{name}:queryparam}}" for name in sorted(shared))
    return f"/d/{to.uid}?${{__url_time_range}}{kept}"


def _narrows(page: PlannedDashboard, label: str) -> bool:
    return any(variable.label == label for variable in page.variables)


def _link(title: str, url: str) -> Json:
    return {"title": title, "url": url}
