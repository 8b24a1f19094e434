"""The contract with Log Analytics and Application Insights: the log tables that a query may name, whole.

Columns and types as Microsoft's table reference lists them (2024-11; classic names of Application Insights from the
page on workspace-based resources). Column names are case sensitive in Kusto.
"""

from monitoring_kit import Backend, LogScope, log_table

# The outcome of a request in the words of model_predictions_total. Where the container answers anything but 200 the
# gateway says 424 and keeps the container's own answer as ModelStatusCode. 404 says that no deployment takes the
# endpoint's traffic, 408 is the model's time-out and 429 that too many requests are waiting, all for us to fix
# (Microsoft, troubleshooting online endpoints, HTTP status codes).
OUTCOME = (
    'case(toint(ResponseCode) >= 500 or toint(ResponseCode) in (404, 408, 429), "error", '
    'toint(ResponseCode) == 424 and not(coalesce(toint(ModelStatusCode), 0) between (400 .. 499)), "error", '
    'toint(ResponseCode) >= 400, "rejected", "success")'
)

# Written by the endpoint's gateway, so it sees failures that never reached the container. Needs a diagnostic setting.
# 100 is an interim answer to a caller that asks before it sends: the real answer has a row of its own.
TRAFFIC_LOG = log_table(
    "AmlOnlineEndpointTrafficLog",
    backend=Backend.ONLINE_ENDPOINT,
    own_rows="EndpointName =~ {{ endpoint }} and toint(ResponseCode) != 100",
    derived={"Outcome": OUTCOME},
    closed={"Outcome": "error rejected success"},
    columns="""
        AuthType:string AzureMLWorkspaceId:string AzureMLWorkspaceName:string _BilledSize:real
        DeploymentName:string EndpointName:string IdentityData:string _IsBillable:string Location:string
        Method:string ModelStatusCode:int ModelStatusReason:string OperationName:string Path:string
        Protocol:string RequestDurationMs:int RequestPayloadSize:int RequestThrottlingDelayMs:int
        _ResourceId:string ResponseCode:int ResponseCodeReason:string ResponseDurationMs:int
        ResponsePayloadSize:int ResponseThrottlingDelayMs:int SourceSystem:string _SubscriptionId:string
        TenantId:string TimeGenerated:datetime TotalDurationMs:int Type:string UserAgent:string
        XMSClientRequestId:string XRequestId:string
    """,
)
# No EndpointName column: the endpoint is the last segment of the resource id.
CONSOLE_LOG = log_table(
    "AmlOnlineEndpointConsoleLog",
    backend=Backend.ONLINE_ENDPOINT,
    own_rows='_ResourceId endswith {{ "/onlineendpoints/" ~ endpoint }}',
    columns="""
        _BilledSize:real ContainerImageName:string ContainerName:string DeploymentName:string InstanceId:string
        _IsBillable:string Message:string OperationName:string _ResourceId:string SourceSystem:string
        _SubscriptionId:string TenantId:string TimeGenerated:datetime Type:string
    """,
)
EVENT_LOG = log_table(
    "AmlOnlineEndpointEventLog",
    backend=Backend.ONLINE_ENDPOINT,
    own_rows='_ResourceId endswith {{ "/onlineendpoints/" ~ endpoint }}',
    columns="""
        _BilledSize:real DeploymentName:string InstanceId:string _IsBillable:string Message:string Name:string
        OperationName:string _ResourceId:string SourceSystem:string _SubscriptionId:string TenantId:string
        TimeGenerated:datetime Type:string
    """,
)

# Queried with the Application Insights component as scope, where the classic names are the valid ones. The component is
# the service's own, so no predicate on a role name: which one the inference server writes depends on its version.
APP_REQUESTS = log_table(
    "requests",
    backend=Backend.APPLICATION_INSIGHTS,
    scope=LogScope.COMPONENT,
    time="timestamp",
    own_rows="true",
    columns="""
        timestamp:datetime appId:string appName:string application_Version:string client_Browser:string
        client_City:string client_CountryOrRegion:string client_IP:string client_Model:string client_OS:string
        client_StateOrProvince:string client_Type:string cloud_RoleInstance:string cloud_RoleName:string
        customDimensions:dynamic iKey:string itemId:string itemType:string operation_Id:string
        operation_Name:string operation_ParentId:string operation_SyntheticSource:string sdkVersion:string
        session_Id:string user_AccountId:string user_AuthenticatedId:string user_Id:string _ResourceId:string
        customMeasurements:dynamic itemCount:int duration:real id:string name:string performanceBucket:string
        resultCode:string source:string success:string url:string
    """,
)
APP_EXCEPTIONS = log_table(
    "exceptions",
    backend=Backend.APPLICATION_INSIGHTS,
    scope=LogScope.COMPONENT,
    time="timestamp",
    own_rows="true",
    columns="""
        timestamp:datetime appId:string appName:string application_Version:string client_Browser:string
        client_City:string client_CountryOrRegion:string client_IP:string client_Model:string client_OS:string
        client_StateOrProvince:string client_Type:string cloud_RoleInstance:string cloud_RoleName:string
        customDimensions:dynamic iKey:string itemId:string itemType:string operation_Id:string
        operation_Name:string operation_ParentId:string operation_SyntheticSource:string sdkVersion:string
        session_Id:string user_AccountId:string user_AuthenticatedId:string user_Id:string _ResourceId:string
        customMeasurements:dynamic itemCount:int assembly:string details:dynamic handledAt:string
        innermostAssembly:string innermostMessage:string innermostMethod:string innermostType:string
        message:string method:string outerAssembly:string outerMessage:string outerMethod:string
        outerType:string problemId:string severityLevel:int type:string
    """,
)

# A line of JSON brings its own level, in whatever case its author chose; for other lines the agent guesses one of the
# first seven (Microsoft, Container insights log schema, which writes them both ways). The last three are what common
# loggers write instead.
LOG_LEVELS = "critical error warning info debug trace unknown fatal err warn"

CONTAINER_LOG = log_table(
    "ContainerLogV2",
    backend=Backend.CONTAINER_INSIGHTS,
    closed={"LogLevel": f"{LOG_LEVELS} {LOG_LEVELS.upper()} {LOG_LEVELS.title()}", "LogSource": "stdout stderr"},
    own_rows='PodNamespace == {{ namespace }} and PodName matches regex {{ "^" ~ pods ~ "$" }}',
    columns="""
        _BilledSize:real Computer:string ContainerId:string ContainerName:string _IsBillable:string
        KubernetesMetadata:dynamic LogLevel:string LogMessage:dynamic LogSource:string PodName:string
        PodNamespace:string _ResourceId:string SourceSystem:string _SubscriptionId:string TenantId:string
        TimeGenerated:datetime Type:string
    """,
)
# One row per container and minute; both restart columns count since the pod was created. A pod's status is its phase,
# Terminating once it is to be deleted, or Unknown where its node is lost; a container's is the key of its state (source
# of the agent, microsoft/Docker-Provider, in_kube_podinventory.rb).
POD_INVENTORY = log_table(
    "KubePodInventory",
    backend=Backend.CONTAINER_INSIGHTS,
    own_rows='Namespace == {{ namespace }} and Name matches regex {{ "^" ~ pods ~ "$" }} and isnotempty(ContainerName)',
    cumulative="ContainerRestartCount PodRestartCount",
    closed={
        "PodStatus": "Pending Running Succeeded Failed Unknown Terminating",
        "ContainerStatus": "waiting running terminated Unknown",
    },
    columns="""
        _BilledSize:real ClusterId:string ClusterName:string Computer:string ContainerCreationTimeStamp:datetime
        ContainerID:string ContainerLastStatus:string ContainerName:string ContainerRestartCount:int
        ContainerStartTime:datetime ContainerStatus:string ContainerStatusReason:string ControllerKind:string
        ControllerName:string InstanceName:string _IsBillable:string Name:string Namespace:string
        PodCreationTimeStamp:datetime PodIp:string PodLabel:string PodRestartCount:int PodStartTime:datetime
        PodStatus:string PodUid:string _ResourceId:string ServiceName:string SourceSystem:string
        _SubscriptionId:string TimeGenerated:datetime Type:string
    """,
)
# InstanceName is <cluster id>/<pod uid>/<container>: a pod's name comes from KubePodInventory. CounterName mixes units;
# its values are those of containers (Microsoft, Container insights, search logs to analyze data).
CONTAINER_PERFORMANCE = log_table(
    "Perf",
    backend=Backend.CONTAINER_INSIGHTS,
    own_rows='ObjectName == "K8SContainer"',
    closed={
        "ObjectName": "K8SContainer K8SNode",
        "CounterName": "cpuUsageNanoCores cpuRequestNanoCores cpuLimitNanoCores memoryWorkingSetBytes memoryRssBytes "
        "memoryRequestBytes memoryLimitBytes restartTimeEpoch",
    },
    columns="""
        _BilledSize:real BucketEndTime:datetime BucketStartTime:datetime Computer:string CounterName:string
        CounterPath:string CounterValue:real InstanceName:string _IsBillable:string Max:real Min:real
        ObjectName:string _ResourceId:string SampleCount:int SourceSystem:string StandardDeviation:real
        _SubscriptionId:string TimeGenerated:datetime Type:string
    """,
)
