"""What is found beside the checks: while files are read and plans made, and by programs that read the output.

The findings come from the modules that do so; here is what their names stand for.
"""

from __future__ import annotations

from monitoring_kit.checks.registry import Check, Group

DEFINITIONS = Group(
    title="While definitions are read",
    checks=(
        Check(
            "python",
            "A definition is Python, and raised something at one of its lines.",
            "module queries.errors: NameError: name 'prom' is not defined",
        ),
        Check(
            "type",
            "A field holds a value of another type than it says.",
            "Ratio error_ratio: its title cannot be 3: int is not an instance of str",
        ),
        Check(
            "words",
            "A list is written as words with blanks between them, or as a tuple, and holds only what it may.",
            "by=: 'namespace,' in 'namespace, pod' cannot be read",
        ),
        Check(
            "number",
            "A number of a definition is finite.",
            "quantity: inf is no finite number",
        ),
        Check(
            "name",
            "A name is given twice, or says something else than what it names.",
            "recording job:requests:rate5m: records the rate of orders_total over 5m, and its name says otherwise",
        ),
        Check(
            "init",
            "A project is made in a new or an empty folder only.",
            "init: is not empty, and nothing of yours is overwritten",
        ),
        Check(
            "hides",
            "A module of a project hides one of its pack, and the project does not say that it is meant to.",
            "queries.errors: hides monitoring_kit/packs/shop/queries/errors.py",
        ),
        Check(
            "settings",
            "The settings of a project, under `[tool.monitoring-kit]`, cannot be read.",
            "settings: cannot be read: Permission denied",
        ),
        Check(
            "duration",
            "A time is written as 30s, 5m, 1h30m or 1d.",
            "objective: 'a month' is not a duration: write for example 30s, 5m, 1h30m or 1d",
        ),
        Check(
            "promql-syntax",
            "A selector or an expression is no PromQL.",
            "PromQL: not valid PromQL: sum by (namespace) (up: unclosed left parenthesis",
        ),
        Check(
            "selector",
            "A measure takes a selector, from which it builds its own expression.",
            "selector 'rate(up[5m])': is an expression, not a selector",
        ),
        Check(
            "scope",
            "The scope of a source is a selector, in which `$name` is a setting of the environment.",
            "source planted: its scope matches namespace with '$namespce', which is no setting",
        ),
        Check(
            "recording",
            "Only a rate of a counter of the contract is recorded.",
            "recording model:build_info:rate5m: records build_info, which is no counter of the contract",
        ),
        Check(
            "column",
            "A log table of the contract lists columns as `Name:type`, and other fields name only those.",
            "log table Traffic: there is no column Colour",
        ),
        Check(
            "kql-file",
            "The file of a Kusto text cannot be read.",
            "query kql/errors.kql: queries/kql/errors.kql cannot be read: No such file or directory",
        ),
    ),
)

ENVIRONMENTS = Group(
    title="Environment files",
    checks=(
        Check(
            "yaml",
            "Environment files are plain YAML: no anchors, no tags, no key twice, texts in UTF-8.",
            "file: the key 'grafana_url' stands twice, first in line 1",
        ),
        Check(
            "environment",
            "A field is missing, unknown or holds what it cannot hold. The remedy says what is allowed.",
            "alerts.CheckoutErrorsHigh: gives a reason and changes nothing",
        ),
    ),
)

PLANNING = Group(
    title="While an environment is planned",
    checks=(
        Check(
            "override",
            "An environment changes an alert that is not there, a level that it does not have, or to a value "
            "in another unit.",
            "alerts.CheckoutErorsHigh: there is no such alert",
        ),
        Check(
            "judgeable",
            "An alert judges a signal that has no single value there: rows, or a latency without `slower_than`.",
            "alert PlantedSignalHigh: signal planted has no value that could be compared with a number",
        ),
        Check(
            "text",
            "The summary of an alert has a hole that nothing fills in.",
            "alert PlantedSignalHigh: summary='has {number} targets' cannot be filled in: 'number'",
        ),
        Check(
            "kql",
            "A hole of a Kusto text is filled by a table, a bin, a width or a setting, and by nothing else.",
            "signal errors: 3 cannot stand in a query: use rows(Table), bin, width or a setting",
        ),
        Check(
            "view",
            "A panel shows a signal in a way that its measure does not have.",
            "dashboard planted: a panel cannot show planted as slow share at Prometheus",
        ),
        Check(
            "variable",
            "A variable of a dashboard is a label that none of its panels' metrics has.",
            "dashboard planted: no panel has a metric with the label 'colour'",
        ),
        Check(
            "alert-without-panel",
            "No dashboard plots what an alert judges, so its link would lead nowhere.",
            "alert PlantedSignalHigh: no dashboard plots its signal planted at Prometheus, so its link leads nowhere",
        ),
    ),
)

PROGRAMS = Group(
    title="Programs that read the output",
    checks=(
        Check(
            "promtool check rules",
            "promtool refuses a generated rule file.",
            "build/production/prometheus/errors.yaml: could not parse expression",
        ),
        Check(
            "promtool test rules",
            "promtool refuses a file of unit tests.",
            "tests.yaml: no tests in a file",
        ),
        Check(
            "amtool",
            "amtool refuses a generated configuration of Alertmanager.",
            "Alertmanager configuration: undefined receiver",
        ),
    ),
)
