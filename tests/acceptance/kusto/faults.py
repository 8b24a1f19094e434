"""The table of faults: each is planted in a shipped query, and names who must notice it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.acceptance.kusto.planting import Fault

ERRORS, SLOW, RAISED = "ModelErrorRatioHigh", "ModelLatencyHigh", "ModelExceptionsRaised"
RESTARTS, LOGGED, CPU = "InferenceContainerRestarts", "InferenceErrorsLogged", "InferenceCpuNearLimit"
ADDED = (
    "case(prev(ContainerName) != ContainerName, 0, prev(ContainerRestartCount) > ContainerRestartCount, "
    "ContainerRestartCount, ContainerRestartCount - prev(ContainerRestartCount))"
)
GROUPS = "bin(TimeGenerated, 5m), EndpointName, DeploymentName"

REQUESTS = "requests | project EndpointName = name, DeploymentName = name, ErrorRatio = duration"

NAMES: Mapping[str, Fault] = {
    "no query": Fault(ERRORS, "", "", "no query", "no result"),
    "two queries": Fault(ERRORS, "\n| summarize", ";\nPerf\n| summarize", "more than one query", "does not refer"),
    "open parenthesis": Fault(ERRORS, "1.0 * Bad", "(1.0 * Bad", "'(' is not closed", "Expected: )"),
    "open string": Fault(LOGGED, '"err")', '"err)', "does not end", "KS"),
    "misspelt table": Fault(
        ERRORS, "TrafficLog", "TraficLog", "did you mean AmlOnlineEndpointTrafficLog?", "does not refer to any known"
    ),
    "table in small letters": Fault(
        CPU, "Perf", "perf", "did you mean Perf? Kusto tells capitals", "does not refer to any known"
    ),
    "retired table of the guide": Fault(
        LOGGED, "ContainerLogV2", "ContainerLog", "did you mean ContainerLogV2?", "does not refer to any known"
    ),
    "misspelt table in a join": Fault(
        CPU, "KubePodInventory", "KubePodInventori", "did you mean KubePodInventory?", "does not refer to any known"
    ),
    "table of another scope": Fault(ERRORS, "", REQUESTS, "scope of the component", "does not refer to any known"),
    "misspelt column": Fault(
        SLOW, "TotalDurationMs", "TotalDurationsMs", "did you mean TotalDurationMs?", "does not refer to any known"
    ),
    "column in small letters": Fault(
        "container_log", "PodName,", "podName,", "did you mean PodName?", "does not refer to any known"
    ),
    "column of another table": Fault(
        "failed_requests", "XRequestId", "operation_Id", "no column operation_Id", "does not refer to any known"
    ),
    "misspelt column in a join": Fault(
        CPU, "ClusterId", "ClusterID", "did you mean ClusterId?", "does not refer to any known"
    ),
    "misspelt key of a join": Fault(
        CPU, "on InstanceName", "on InstanceNames", "did you mean InstanceName?", "does not refer to any known"
    ),
    "misspelt column in a list of rows": Fault(
        ERRORS,
        "in (404, 408, 429)",
        "in ((Perf | project Countername))",
        "did you mean CounterName?",
        "does not refer to any known",
    ),
    "measure by another name": Fault(
        ERRORS, "ErrorRatio =", "ErrorShare =", "no column ErrorRatio, which the alert", "no column ErrorRatio of type"
    ),
    "column of a panel by another name": Fault(
        "slowest_requests",
        "ThrottlingDelayMs =",
        "DelayMs =",
        "no column ThrottlingDelayMs",
        "does not refer to any known",
    ),
    "sum of nothing": Fault(RESTARTS, "sum(Added)", "sum()", "sum() of nothing", "expects 1 argument"),
    "sum of nothing with a condition": Fault(
        "app_error_ratio",
        "sumif(itemCount, toint(customDimensions.resultCode) >= 500)",
        "sumif()",
        "sumif() of nothing",
        "expects 2 arguments",
    ),
    "ago() of a number": Fault(
        ERRORS, "!= 100", "!= 100 and TimeGenerated > ago(60)", "ago(60) is refused", "type timespan expected"
    ),
}

TYPES: Mapping[str, Fault] = {
    "unknown function": Fault(ERRORS, "countif(", "cuontif(", service="known function"),
    "misspelt operator": Fault(ERRORS, "summarize", "summarise", service="Query operator expected"),
    "pipe with nothing behind it": Fault(
        ERRORS, "| where Total", "| | where Total", "no operator", "Query operator expected"
    ),
    "column that project left out": Fault(
        "failed_requests", "top 100 by TimeGenerated", "top 100 by Path", service="The name 'Path'"
    ),
    "column that summarize left out": Fault(
        SLOW, "Total >= 20", "Total >= 20 and TotalDurationMs > 1", service="The name 'TotalDurationMs'"
    ),
    "key that one side of a join has not": Fault(CPU, "on InstanceName", "on CounterName", service="CounterName"),
    "dimension that project left out": Fault(
        ERRORS, "DeploymentName, ErrorRatio", "ErrorRatio", service="no column DeploymentName"
    ),
    "dimension that is a time": Fault(
        ERRORS,
        f"{GROUPS}",
        "TimeGenerated = bin(TimeGenerated, 5m), EndpointName, DeploymentName = bin(TimeGenerated, 5m)",
        service="no column DeploymentName of type",
    ),
    "dimension that is dynamic": Fault(
        RAISED,
        "sum(itemCount) by bin(timestamp, 15m), cloud_RoleName",
        "sum(itemCount), cloud_RoleName = take_any(customDimensions) by bin(timestamp, 15m)",
        service="no column cloud_RoleName of type",
    ),
    "measure that is a text": Fault(
        ERRORS, "1.0 * Bad / Total", "tostring(Bad)", service="no column ErrorRatio of type"
    ),
    "several windows without a time": Fault(
        ERRORS, "project TimeGenerated, ", "project ", service="tells its 2 periods apart"
    ),
    "series without a time": Fault(
        "exceptions", "by bin(timestamp, $__interval), ", "by ", service="The name 'timestamp'"
    ),
    "series named by a number": Fault(
        "request_rate",
        ", DeploymentName\n| project",
        ", DeploymentName = ResponseCode\n| project",
        service="which the panel names its series by",
    ),
    "row with a dynamic value": Fault(
        "container_log", "tostring(LogMessage)", "LogMessage", service="no column Line of type"
    ),
    "equality of a number and a text": Fault(ERRORS, "!= 100", '!= "100"', service="int is compared with string"),
    "list of texts for a number": Fault(
        ERRORS, "in (404, 408, 429)", 'in (408, "429")', service="int is compared with string"
    ),
    "list of numbers for a text": Fault(
        ERRORS, "EndpointName =~ ", "EndpointName in~ (1) or EndpointName =~ ", service="string is compared with long"
    ),
    "success of the guide": Fault(
        "app_error_ratio",
        "toint(customDimensions.resultCode) >= 500",
        "success == false",
        service="string is compared with bool",
    ),
    "equality of a computed text": Fault(
        ERRORS, "toint(ResponseCode) != 100", "tostring(ResponseCode) != 100", service="string is compared with long"
    ),
    "equality of a time and a text": Fault(
        ERRORS, "!= 100", "!= 100 and TimeGenerated == '2026-01-01'", service="datetime is compared with string"
    ),
    "order of numbers and texts": Fault(ERRORS, ">= 500", '>= "500"', service="operator '>=' is not defined"),
    "order of a number and a time": Fault(
        SLOW, "TotalDurationMs > 500", "TotalDurationMs > 5m", service="types int and timespan"
    ),
    "search in a number": Fault(
        ERRORS, "toint(ResponseCode) != 100", 'ResponseCode !has "1"', service="operator '!has' is not defined"
    ),
    "sum of texts": Fault(RAISED, "sum(itemCount)", "sum(itemType)", service="must be summable"),
    "aggregate in where": Fault(
        ERRORS, "Total >= 20", "Total >= 20 and count() > 1", service="aggregate function 'count' is not allowed"
    ),
    "number as a condition": Fault(ERRORS, "Total >= 20", "Total >= 20 and Bad", service="types bool and long"),
    "keys of two types": Fault(
        CPU,
        "on InstanceName",
        "on $left.CounterValue == $right.InstanceName",
        service="Inconsistent data types for join keys",
    ),
}

FIGURES: Mapping[str, Fault] = {
    "sum of a growing count, as in the guide": Fault(
        RESTARTS,
        "sum(Added)",
        "sum(ContainerRestartCount)",
        "sum(ContainerRestartCount) adds up ContainerRestartCount, which only ever grows",
    ),
    "sum of a growing count by another name": Fault(
        RESTARTS, f"Added = {ADDED}", "Added = toint(ContainerRestartCount)", "sum(Added) adds up Added"
    ),
    "spread of a growing count": Fault(
        RESTARTS, "sum(Added)", "max(ContainerRestartCount) - min(ContainerRestartCount)", "in each time bin loses"
    ),
    "fraction lost, as in the guide": Fault(
        ERRORS, "1.0 * Bad / Total", "Bad * 100 / Total", "Bad * 100 / Total divides whole numbers"
    ),
    "fraction lost among aggregates": Fault(
        "error_ratio",
        "Total = countif",
        "Share = countif(ResponseCode > 1) / count(), Total = countif",
        "countif(ResponseCode > 1) / count() divides",
    ),
    "fraction lost of weights": Fault(
        "app_error_ratio", "1.0 * Bad / Total", "Bad / Total", "Bad / Total divides whole numbers"
    ),
    "fraction lost of columns": Fault(
        "slowest_requests",
        "RequestThrottlingDelayMs + ResponseThrottlingDelayMs",
        "ResponseDurationMs / (2 + 3)",
        "ResponseDurationMs /",
    ),
    "count of sampled rows": Fault("app_request_rate", "sum(itemCount)", "count()", "write sum(itemCount)"),
    "count of some sampled rows": Fault(
        "app_error_ratio", "sumif(itemCount, toint", "countif(toint", "write sumif(itemCount, ...)"
    ),
    "count of all sampled rows": Fault(
        RAISED, "exceptions\n", "exceptions\n| where itemCount < toscalar(exceptions | count)\n", "count() counts rows"
    ),
    "ratio without a guard": Fault(ERRORS, "| where Total >= 20\n", "", "1.0 * Bad / Total has no minimum of traffic"),
    "ratio with a guard of the wrong count": Fault(
        ERRORS, "where Total >= 20", "where Bad >= 20", "no minimum of traffic"
    ),
    "difference to another row in no order": Fault(
        RESTARTS,
        "| order by ContainerName asc, TimeGenerated asc\n",
        "",
        "prev() reads another row, and the rows are in no order",
    ),
    "running total in no order": Fault(
        "container_log", "Line = tostring(LogMessage)", "Line = row_cumsum(1)", "row_cumsum() reads another row"
    ),
    "order that summarize lost": Fault(
        RESTARTS,
        "asc\n| extend",
        "asc\n| summarize ContainerRestartCount = max(ContainerRestartCount) by ContainerName, Name, TimeGenerated\n"
        "| extend",
        "prev() reads another row",
    ),
}

VALUES: Mapping[str, Fault] = {
    "misspelt outcome": Fault("failed_requests", 'Outcome == "error"', 'Outcome == "rror"', "Outcome is never 'rror'"),
    "outcome of another word": Fault(
        ERRORS, 'Outcome != "rejected"', 'Outcome != "refused"', "it is one of error, rejected, success"
    ),
    "outcome with a capital": Fault(ERRORS, 'Outcome == "error"', 'Outcome == "Error"', "did you mean 'error'?"),
    "outcome before the operator": Fault(ERRORS, 'Outcome == "error"', '"eror" == Outcome', "Outcome is never 'eror'"),
    "misspelt level": Fault(LOGGED, '"critical"', '"citical"', "did you mean 'critical'?"),
    "misspelt level in any case": Fault(
        LOGGED, 'in~ ("error", "critical", "fatal", "err")', 'in~ ("error", "critcal")', "LogLevel is never 'critcal'"
    ),
    "level in a case that nothing writes": Fault(LOGGED, 'in~ ("error"', 'in ("ErroR"', "LogLevel is never 'ErroR'"),
    "misspelt word that a level has": Fault(
        "container_log",
        'LogLevel in~ ("warning", "warn", "error", "critical", "fatal", "err")',
        'LogLevel has "WARNIG"',
        "LogLevel is never 'WARNIG'",
    ),
    "misspelt source of a log": Fault(
        "container_log", "where LogLevel", "where LogSource != 'stdeer' and LogLevel", "did you mean 'stderr'?"
    ),
    "misspelt counter": Fault(
        CPU, '"cpuLimitNanoCores")', '"cpuLiemitNanoCores")', "did you mean 'cpuLimitNanoCores'?"
    ),
    "counter of the wrong case in a call": Fault(
        CPU, 'CounterName == "cpuUsage', 'CounterName == "CpuUsage', "CounterName is never 'CpuUsageNanoCores'"
    ),
    "misspelt object": Fault(CPU, '"K8SContainer"', '"K8sContainer"', "did you mean 'K8SContainer'?"),
    "misspelt state of a pod": Fault(
        RESTARTS, "isnotempty(ContainerName)", 'PodStatus !in ("Pendng", "Failed")', "did you mean 'Pending'?"
    ),
    "state of a container with a capital": Fault(
        RESTARTS, "isnotempty(ContainerName)", 'ContainerStatus == "Waiting"', "did you mean 'waiting'?"
    ),
    "type in a workspace": Fault(
        "request_rate",
        "by bin(TimeGenerated, $__interval), DeploymentName\n",
        "by bin(TimeGenerated, $__interval), DeploymentName = Type\n",
        "Type holds the name of the table",
    ),
}

TARGETS: Mapping[str, Fault] = {
    "search": Fault(ERRORS, "", "search 'error'", "starts with 'search", "no column"),
    "union": Fault(
        "exceptions_by_type", "exceptions\n", "exceptions\n| union requests\n", "union reads whatever tables there are"
    ),
    "macro in an alert": Fault(
        ERRORS, "!= 100", "!= 100 and $__timeFilter(TimeGenerated)", "$__timeFilter means something to Grafana only"
    ),
    "variable in an alert": Fault(
        RAISED, "exceptions\n", "exceptions\n| where cloud_RoleName == '' or ${role}\n", "${role}", "KS"
    ),
    "render in an alert": Fault(ERRORS, "Bad / Total", "Bad / Total\n| render timechart", "an alert draws nothing"),
    "render in a panel": Fault("exceptions", "asc", "asc\n| render timechart", "Grafana draws the panel"),
    "bin wider than the window": Fault(
        ERRORS, "bin(TimeGenerated, 5m)", "bin(TimeGenerated, 1h)", "bins of 1h in a window of 5m"
    ),
    "bin that ignores the range": Fault(
        "exceptions", "$__interval", "5m", "bins of 5m whatever the dashboard's time range"
    ),
    "ago() of a name": Fault(
        ERRORS,
        "AmlOnlineEndpointTrafficLog\n",
        "let old = 1h;\nAmlOnlineEndpointTrafficLog\n| where TimeGenerated > ago(old)\n",
        "ago(old) is refused",
    ),
    "rows at random": Fault(ERRORS, "| where Total", "| take 10\n| where Total", "take picks rows at random"),
    "limit in an alert": Fault(ERRORS, "| where Total", "| limit 10\n| where Total", "limit picks rows at random"),
    "plugin that Azure refuses": Fault(
        ERRORS, "| where Total", "| evaluate narrow()\n| where Total", "refuses narrow()", "does not refer to any known"
    ),
    "alert that ends in count": Fault(
        ERRORS,
        "| project TimeGenerated, EndpointName, DeploymentName, ErrorRatio = 1.0 * Bad / Total",
        "| count",
        "count that one row",
        "no column ErrorRatio",
    ),
    "panel without a time filter": Fault(
        "exceptions", "| where $__timeFilter(timestamp)\n", "", "exceptions is read with no time filter"
    ),
    "time filter of another column": Fault(
        "container_restarts", "(TimeGenerated)", "(PodStartTime)", "is read with $__timeFilter(PodStartTime)"
    ),
    "two time filters": Fault(
        "exceptions",
        "| where $__timeFilter(timestamp)",
        "| where $__timeFilter(timestamp) and $__timeFilter(timestamp)",
        "$__timeFilter(timestamp), $__timeFilter(timestamp)",
    ),
    "join without a time filter": Fault(
        "cpu_utilisation",
        "KubePodInventory\n| where $__timeFilter(TimeGenerated)\n",
        "KubePodInventory\n",
        "KubePodInventory is read with no time filter",
    ),
    "log list without an end": Fault(
        "failed_requests", "\n| top 100 by TimeGenerated desc", "", "as many rows as the time range holds"
    ),
    "log list that is only sorted": Fault("container_log", "top 200 by", "order by", "top 100 by TimeGenerated desc"),
}

FAULTS: Mapping[str, Fault] = {**NAMES, **TYPES, **FIGURES, **VALUES, **TARGETS}
