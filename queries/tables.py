"""The contract with Log Analytics and Application Insights: the log tables that a query may name, whole.

Columns and types as Microsoft's table reference lists them (2024-11; classic names of Application Insights from the
page on workspace-based resources). Column names are case sensitive in Kusto.
"""

from toolkit.azure_contract import LogScope, log_table
from toolkit.places import Place

# Written by the endpoint's gateway, so it sees failures that never reached the container. Needs a diagnostic setting.
TRAFFIC_LOG = log_table(
    "AmlOnlineEndpointTrafficLog",
    place=Place.ONLINE_ENDPOINT,
    own_rows="EndpointName =~ {{ endpoint }}",
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
    place=Place.ONLINE_ENDPOINT,
    own_rows='_ResourceId endswith {{ "/onlineendpoints/" ~ endpoint }}',
    columns="""
        _BilledSize:real ContainerImageName:string ContainerName:string DeploymentName:string InstanceId:string
        _IsBillable:string Message:string OperationName:string _ResourceId:string SourceSystem:string
        _SubscriptionId:string TenantId:string TimeGenerated:datetime Type:string
    """,
)
EVENT_LOG = log_table(
    "AmlOnlineEndpointEventLog",
    place=Place.ONLINE_ENDPOINT,
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
    place=Place.APPLICATION_INSIGHTS,
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
    place=Place.APPLICATION_INSIGHTS,
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

CONTAINER_LOG = log_table(
    "ContainerLogV2",
    place=Place.CONTAINER_INSIGHTS,
    own_rows='PodNamespace == {{ namespace }} and PodName matches regex {{ "^" ~ pods ~ "$" }}',
    columns="""
        _BilledSize:real Computer:string ContainerId:string ContainerName:string _IsBillable:string
        KubernetesMetadata:dynamic LogLevel:string LogMessage:dynamic LogSource:string PodName:string
        PodNamespace:string _ResourceId:string SourceSystem:string _SubscriptionId:string TenantId:string
        TimeGenerated:datetime Type:string
    """,
)
# One row per container and minute; both restart columns count since the pod was created.
POD_INVENTORY = log_table(
    "KubePodInventory",
    place=Place.CONTAINER_INSIGHTS,
    own_rows='Namespace == {{ namespace }} and Name matches regex {{ "^" ~ pods ~ "$" }} and isnotempty(ContainerName)',
    cumulative="ContainerRestartCount PodRestartCount",
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
# InstanceName is <cluster id>/<pod uid>/<container>: a pod's name comes from KubePodInventory. CounterName mixes units.
CONTAINER_PERFORMANCE = log_table(
    "Perf",
    place=Place.CONTAINER_INSIGHTS,
    own_rows='ObjectName == "K8SContainer"',
    columns="""
        _BilledSize:real BucketEndTime:datetime BucketStartTime:datetime Computer:string CounterName:string
        CounterPath:string CounterValue:real InstanceName:string _IsBillable:string Max:real Min:real
        ObjectName:string _ResourceId:string SampleCount:int SourceSystem:string StandardDeviation:real
        _SubscriptionId:string TimeGenerated:datetime Type:string
    """,
)
