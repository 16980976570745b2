#include "kinds/node_schema.h"

#include "kinds/common_schema.h"

namespace signet::kinds {
namespace {

constexpr Field taint_fields[] = {
    text(1, "key").required(),
    text(2, "value"),
    text(3, "effect").required(),
    scalar(4, "timeAdded", Type::time).optional(),
};
constexpr Schema taint{"Taint", taint_fields};

constexpr Field config_map_node_config_source_fields[] = {
    text(1, "namespace").required(),
    text(2, "name").required(),
    text(3, "uid"),
    text(4, "resourceVersion"),
    text(5, "kubeletConfigKey").required(),
};
constexpr Schema config_map_node_config_source{"ConfigMapNodeConfigSource",
                                               config_map_node_config_source_fields};

constexpr Field node_config_source_fields[] = {
    message(2, "configMap", config_map_node_config_source).optional(),
};
constexpr Schema node_config_source{"NodeConfigSource", node_config_source_fields};

constexpr Field node_spec_fields[] = {
    text(1, "podCIDR"),       list_of(7, "podCIDRs", Type::text).merged_as_set(),
    text(3, "providerID"),    boolean(4, "unschedulable"),
    list(5, "taints", taint), message(6, "configSource", node_config_source).optional(),
    text(2, "externalID"),
};
constexpr Schema node_spec{"NodeSpec", node_spec_fields};

constexpr Field node_condition_fields[] = {
    text(1, "type").required(),
    text(2, "status").required(),
    scalar(3, "lastHeartbeatTime", Type::time),
    scalar(4, "lastTransitionTime", Type::time),
    text(5, "reason"),
    text(6, "message"),
};
constexpr Schema node_condition{"NodeCondition", node_condition_fields};

constexpr Field node_address_fields[] = {
    text(1, "type").required(),
    text(2, "address").required(),
};
constexpr Schema node_address{"NodeAddress", node_address_fields};

constexpr Field daemon_endpoint_fields[] = {
    int32(1, "Port").required(),
};
constexpr Schema daemon_endpoint{"DaemonEndpoint", daemon_endpoint_fields};

constexpr Field node_daemon_endpoints_fields[] = {
    message(1, "kubeletEndpoint", daemon_endpoint),
};
constexpr Schema node_daemon_endpoints{"NodeDaemonEndpoints", node_daemon_endpoints_fields};

constexpr Field node_swap_status_fields[] = {
    int64(1, "capacity").optional(),
};
constexpr Schema node_swap_status{"NodeSwapStatus", node_swap_status_fields};

constexpr Field node_system_info_fields[] = {
    text(1, "machineID").required(),
    text(2, "systemUUID").required(),
    text(3, "bootID").required(),
    text(4, "kernelVersion").required(),
    text(5, "osImage").required(),
    text(6, "containerRuntimeVersion").required(),
    text(7, "kubeletVersion").required(),
    text(8, "kubeProxyVersion").required(),
    text(9, "operatingSystem").required(),
    text(10, "architecture").required(),
    message(11, "swap", node_swap_status).optional(),
};
constexpr Schema node_system_info{"NodeSystemInfo", node_system_info_fields};

constexpr Field container_image_fields[] = {
    list_of(1, "names", Type::text).required(),
    int64(2, "sizeBytes"),
};
constexpr Schema container_image{"ContainerImage", container_image_fields};

constexpr Field attached_volume_fields[] = {
    text(1, "name").required(),
    text(2, "devicePath").required(),
};
constexpr Schema attached_volume{"AttachedVolume", attached_volume_fields};

constexpr Field node_config_status_fields[] = {
    message(1, "assigned", node_config_source).optional(),
    message(2, "active", node_config_source).optional(),
    message(3, "lastKnownGood", node_config_source).optional(),
    text(4, "error"),
};
constexpr Schema node_config_status{"NodeConfigStatus", node_config_status_fields};

constexpr Field node_runtime_handler_features_fields[] = {
    boolean(1, "recursiveReadOnlyMounts").optional(),
    boolean(2, "userNamespaces").optional(),
};
constexpr Schema node_runtime_handler_features{"NodeRuntimeHandlerFeatures",
                                               node_runtime_handler_features_fields};

constexpr Field node_runtime_handler_fields[] = {
    text(1, "name").required(),
    message(2, "features", node_runtime_handler_features).optional(),
};
constexpr Schema node_runtime_handler{"NodeRuntimeHandler", node_runtime_handler_fields};

constexpr Field node_features_fields[] = {
    boolean(1, "supplementalGroupsPolicy").optional(),
};
constexpr Schema node_features{"NodeFeatures", node_features_fields};

constexpr Field node_status_fields[] = {
    map_of(1, "capacity", Type::quantity),
    map_of(2, "allocatable", Type::quantity),
    text(3, "phase"),
    list(4, "conditions", node_condition).merged_by("type"),
    list(5, "addresses", node_address).merged_by("type"),
    message(6, "daemonEndpoints", node_daemon_endpoints),
    message(7, "nodeInfo", node_system_info),
    list(8, "images", container_image),
    list_of(9, "volumesInUse", Type::text),
    list(10, "volumesAttached", attached_volume),
    message(11, "config", node_config_status).optional(),
    list(12, "runtimeHandlers", node_runtime_handler),
    message(13, "features", node_features).optional(),
};
constexpr Schema node_status{"NodeStatus", node_status_fields};

constexpr Field node_fields[] = {
    message(1, "metadata", object_meta),
    message(2, "spec", node_spec),
    message(3, "status", node_status),
};

}  // namespace

constinit const Schema node_schema{"Node", node_fields};

}  // namespace signet::kinds
