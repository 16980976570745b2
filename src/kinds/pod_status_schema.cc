#include "kinds/pod_status_schema.h"

#include "kinds/common_schema.h"
#include "kinds/pod_container_schema.h"

namespace signet::kinds {
namespace {

constexpr Field pod_condition_fields[] = {
    text(1, "type").required(),
    int64(7, "observedGeneration"),
    text(2, "status").required(),
    scalar(3, "lastProbeTime", Type::time),
    scalar(4, "lastTransitionTime", Type::time),
    text(5, "reason"),
    text(6, "message"),
};
constexpr Schema pod_condition{"PodCondition", pod_condition_fields};

constexpr Field host_ip_fields[] = {
    text(1, "ip").required(),
};
constexpr Schema host_ip{"HostIP", host_ip_fields};

constexpr Field pod_ip_fields[] = {
    text(1, "ip").required(),
};
constexpr Schema pod_ip{"PodIP", pod_ip_fields};

constexpr Field container_state_waiting_fields[] = {
    text(1, "reason"),
    text(2, "message"),
};
constexpr Schema container_state_waiting{"ContainerStateWaiting", container_state_waiting_fields};

constexpr Field container_state_running_fields[] = {
    scalar(1, "startedAt", Type::time),
};
constexpr Schema container_state_running{"ContainerStateRunning", container_state_running_fields};

constexpr Field container_state_terminated_fields[] = {
    int32(1, "exitCode").required(),
    int32(2, "signal"),
    text(3, "reason"),
    text(4, "message"),
    scalar(5, "startedAt", Type::time),
    scalar(6, "finishedAt", Type::time),
    text(7, "containerID"),
};
constexpr Schema container_state_terminated{"ContainerStateTerminated",
                                            container_state_terminated_fields};

constexpr Field container_state_fields[] = {
    message(1, "waiting", container_state_waiting).optional(),
    message(2, "running", container_state_running).optional(),
    message(3, "terminated", container_state_terminated).optional(),
};
constexpr Schema container_state{"ContainerState", container_state_fields};

constexpr Field volume_mount_status_fields[] = {
    text(1, "name").required(),
    text(2, "mountPath").required(),
    boolean(3, "readOnly"),
    text(4, "recursiveReadOnly").optional(),
};
constexpr Schema volume_mount_status{"VolumeMountStatus", volume_mount_status_fields};

constexpr Field linux_container_user_fields[] = {
    int64(1, "uid").required(),
    int64(2, "gid").required(),
    list_of(3, "supplementalGroups", Type::int64),
};
constexpr Schema linux_container_user{"LinuxContainerUser", linux_container_user_fields};

constexpr Field container_user_fields[] = {
    message(1, "linux", linux_container_user).optional(),
};
constexpr Schema container_user{"ContainerUser", container_user_fields};

constexpr Field resource_health_fields[] = {
    text(1, "resourceID").required(),
    text(2, "health"),
};
constexpr Schema resource_health{"ResourceHealth", resource_health_fields};

constexpr Field resource_status_fields[] = {
    text(1, "name").required(),
    list(2, "resources", resource_health).listed_by("resourceID"),
};
constexpr Schema resource_status{"ResourceStatus", resource_status_fields};

constexpr Field container_status_fields[] = {
    text(1, "name").required(),
    message(2, "state", container_state),
    message(3, "lastState", container_state),
    boolean(4, "ready").required(),
    int32(5, "restartCount").required(),
    text(6, "image").required(),
    text(7, "imageID").required(),
    text(8, "containerID"),
    boolean(9, "started").optional(),
    map_of(10, "allocatedResources", Type::quantity),
    message(11, "resources", resource_requirements).optional(),
    list(12, "volumeMounts", volume_mount_status).merged_by("mountPath"),
    message(13, "user", container_user).optional(),
    list(14, "allocatedResourcesStatus", resource_status).merged_by("name"),
    text(15, "stopSignal").optional(),
};
constexpr Schema container_status{"ContainerStatus", container_status_fields};

constexpr Field pod_resource_claim_status_fields[] = {
    text(1, "name").required(),
    text(2, "resourceClaimName").optional(),
};
constexpr Schema pod_resource_claim_status{"PodResourceClaimStatus",
                                           pod_resource_claim_status_fields};

constexpr Field container_extended_resource_request_fields[] = {
    text(1, "containerName").required(),
    text(2, "resourceName").required(),
    text(3, "requestName").required(),
};
constexpr Schema container_extended_resource_request{"ContainerExtendedResourceRequest",
                                                     container_extended_resource_request_fields};

constexpr Field pod_extended_resource_claim_status_fields[] = {
    list(1, "requestMappings", container_extended_resource_request).required(),
    text(2, "resourceClaimName").required(),
};
constexpr Schema pod_extended_resource_claim_status{"PodExtendedResourceClaimStatus",
                                                    pod_extended_resource_claim_status_fields};

constexpr Field pod_status_fields[] = {
    int64(17, "observedGeneration"),
    text(1, "phase"),
    list(2, "conditions", pod_condition).merged_by("type"),
    text(3, "message"),
    text(4, "reason"),
    text(11, "nominatedNodeName"),
    text(5, "hostIP"),
    list(16, "hostIPs", host_ip).merged_by("ip").whole(),
    text(6, "podIP"),
    list(12, "podIPs", pod_ip).merged_by("ip"),
    scalar(7, "startTime", Type::time).optional(),
    list(10, "initContainerStatuses", container_status),
    list(8, "containerStatuses", container_status),
    text(9, "qosClass"),
    list(13, "ephemeralContainerStatuses", container_status),
    text(14, "resize"),
    list(15, "resourceClaimStatuses", pod_resource_claim_status)
        .merged_by("name")
        .with_retained_keys(),
    message(18, "extendedResourceClaimStatus", pod_extended_resource_claim_status).optional(),
};

}  // namespace

constinit const Schema pod_status{"PodStatus", pod_status_fields};

}  // namespace signet::kinds
