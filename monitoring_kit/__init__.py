"""The machinery behind the definitions: what turns signals, thresholds and dashboards into files that were proven.

Nothing here names a metric, a threshold or a team. Definitions live in `queries/`, `rules/` and `dashboards/`.
"""
